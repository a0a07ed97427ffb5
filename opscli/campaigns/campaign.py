"""Config kind `campaign`: who gets which messages when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from opscli.clock import parse_duration, parse_instant
from opscli.config.document import Document, Place
from opscli.config.validate import did_you_mean
from opscli.kinds import kinds_in, load_kind
from opscli.outcome import Issue
from opscli.phrases import listed, say
from opscli.rules import audience
from opscli.rules.sugar import Written
from opscli.rules.tree import RuleInvalid
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
    audience: Written | None
    backfill: bool
    reentry: Reentry
    holdout: float
    exit_when: Written | None
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
    """The campaign, and its sending steps as `campaign/step`, for conditions that ask what somebody received."""
    file = spec.document.file
    yield Provided(category="campaign", name=spec.name, file=file, line=spec.document.mark(())[0])
    for name, step in {step.id: step for step in spec.steps if step.kind == "send"}.items():
        line = spec.document.mark(step.place)[0]
        yield Provided(category="message", name=f"{spec.name}/{name}", file=file, line=line)


def check(spec: CampaignSpec, catalog: Catalog) -> Iterable[Issue]:
    """Unknown topic, tag, channel or template; conditions that cannot be read; step ids used twice."""
    document = spec.document
    if catalog.get("topic", spec.topic) is None:
        yield document.issue(
            ("topic",), say("campaigns.no_topic", topic=spec.topic), how=nearest(spec.topic, catalog, "topic")
        )
    if spec.trigger is not None and catalog.get("tag", spec.trigger[1]) is None:
        place = ("trigger", spec.trigger[0])
        yield document.issue(
            place, say("campaigns.no_tag", tag=spec.trigger[1]), how=nearest(spec.trigger[1], catalog, "tag")
        )
    yield from _check_conditions(spec, catalog)
    seen: set[str] = set()
    for step in spec.steps:
        if step.id in seen:
            yield document.issue(
                step.place[:-1], say("campaigns.step_twice", step=step.id), how=say("campaigns.own_id")
            )
        seen.add(step.id)
        yield from load_kind(STEPS, step.kind).check(spec, step, catalog)


def _check_conditions(spec: CampaignSpec, catalog: Catalog) -> Iterator[Issue]:
    for key, written in (("audience", spec.audience), ("exit_when", spec.exit_when)):
        if written is None:
            continue
        try:
            audience.condition(written, catalog)
        except RuleInvalid as error:
            yield error.issue(spec.document, (key,))
    if spec.at is not None:
        try:
            parse_instant(spec.at, catalog.zone)
        except ValueError as error:
            yield spec.document.issue(("at",), str(error))


def nearest(name: str, catalog: Catalog, category: str) -> str:
    """The way out of an unknown name: the nearest of its category, else all of them, else where to add the first."""
    names = catalog.names(category)
    known = say("campaigns.known_here", names=listed(names)) if names else ""
    return did_you_mean(name, names, otherwise=known or say("campaigns.add_in", folder=f"configs/{category}s/"))
