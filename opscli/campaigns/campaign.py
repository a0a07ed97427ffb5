"""Config kind `campaign`: who gets which messages when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from opscli.clock import parse_duration, parse_instant
from opscli.config.document import Document, Place
from opscli.kinds import kinds_in, load_kind
from opscli.outcome import Issue
from opscli.rules.language import condition
from opscli.rules.tree import Expression, RuleInvalid
from opscli.stage import Catalog, Provided

STEPS = "opscli.campaigns.steps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step as written; `kind` is a file in `steps/`, `settings` its own keys, `place` where it stands."""

    id: str
    kind: str
    settings: Mapping[str, Any]
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Reentry:
    """Whether a customer may enter again; `after` is counted from the last entry."""

    allowed: bool
    after: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignSpec:
    """A campaign. Either `trigger` (the event and its tag) or `at` (local time, once) says when customers enter."""

    name: str
    class_: str
    topic: str
    priority: int
    trigger: tuple[str, str] | None
    at: str | None
    audience: str | None
    backfill: bool
    reentry: Reentry
    holdout: float
    exit_when: str | None
    not_after: timedelta
    max_recipients: int | None
    steps: tuple[Step, ...]
    owner: str = ""
    purpose: str = ""
    runbook: str = ""
    document: Document


def parse(document: Document) -> CampaignSpec:
    """The spec of a schema-valid campaign document; `send:` alone is one step named send."""
    data = document.data
    return CampaignSpec(
        name=document.name,
        class_=data.get("class", "marketing"),
        topic=data["topic"],
        priority=data.get("priority", 50),
        trigger=next(iter(data["trigger"].items())) if "trigger" in data else None,
        at=data.get("at"),
        audience=data.get("audience"),
        backfill=data.get("backfill", False),
        reentry=_reentry(data.get("reentry", "never")),
        holdout=_share(data.get("holdout", 0)),
        exit_when=data.get("exit_when"),
        not_after=parse_duration(data.get("not_after", "24h")),
        max_recipients=data.get("max_recipients"),
        steps=tuple(_steps(data)),
        document=document,
        **{key: str(data.get(key, "")) for key in ("owner", "purpose", "runbook")},
    )


def _steps(data: Mapping[str, Any]) -> Iterator[Step]:
    if "send" in data:
        yield Step(id="send", kind="send", settings=data["send"], place=("send",))
    for index, item in enumerate(data.get("steps", ())):
        kind = next(key for key in item if key in kinds_in(STEPS))
        yield Step(id=item["id"], kind=kind, settings=item[kind], place=("steps", index, kind))


def _reentry(value: Any) -> Reentry:
    if isinstance(value, Mapping):
        return Reentry(allowed=True, after=parse_duration(value["after"]))
    return Reentry(allowed=value == "always")


def _share(value: Any) -> float:
    """`10%` or 0.1 as a share."""
    return float(value.rstrip("% ")) / 100 if isinstance(value, str) else float(value)


def provides(spec: CampaignSpec) -> Iterator[Provided]:
    """The campaign."""
    yield Provided(category="campaign", name=spec.name, file=spec.document.file, line=spec.document.mark(())[0])


def names_for(catalog: Catalog) -> dict[str, str]:
    """What an audience may use: traits and fields of customers; a trait hides the field of its name."""
    customers = catalog.entities.get("customers")
    fields = {column.name: column.type for column in customers.columns} if customers else {}
    return {**fields, **catalog.types("trait")}


def expression(text: str, catalog: Catalog) -> Expression:
    """A condition of a campaign, checked against the catalogue; raises RuleInvalid."""
    return condition(text, names_for(catalog), tags=frozenset(catalog.names("tag")), zone=catalog.zone)


def check(spec: CampaignSpec, catalog: Catalog) -> Iterable[Issue]:
    """Unknown topic, tag, channel or template; conditions that cannot be read; step ids used twice."""
    document = spec.document
    if catalog.get("topic", spec.topic) is None:
        yield document.issue(("topic",), f'no topic "{spec.topic}"', how=_known(catalog, "topic", "configs/topics/"))
    if spec.trigger is not None and catalog.get("tag", spec.trigger[1]) is None:
        place = ("trigger", spec.trigger[0])
        yield document.issue(place, f'no tag "{spec.trigger[1]}"', how=_known(catalog, "tag", "configs/tags/"))
    yield from _check_conditions(spec, catalog)
    seen: set[str] = set()
    for step in spec.steps:
        if step.id in seen:
            yield document.issue(step.place[:-1], f'a second step "{step.id}"', how="give each step its own id")
        seen.add(step.id)
        yield from load_kind(STEPS, step.kind).check(spec, step, catalog)


def _check_conditions(spec: CampaignSpec, catalog: Catalog) -> Iterator[Issue]:
    for key, text in (("audience", spec.audience), ("exit_when", spec.exit_when)):
        if text is None:
            continue
        try:
            expression(text, catalog)
        except RuleInvalid as error:
            yield spec.document.issue((key,), error.what, why=error.why, how=error.how, offset=error.offset)
    if spec.at is not None:
        try:
            parse_instant(spec.at, catalog.zone)
        except ValueError as error:
            yield spec.document.issue(("at",), str(error))


def _known(catalog: Catalog, category: str, folder: str) -> str:
    names = catalog.names(category)
    return f"known here: {', '.join(names)}" if names else f"add one in {folder}"
