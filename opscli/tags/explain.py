"""Why a customer has a tag or not: the condition clause by clause, pins, and what wins in an exclusive dimension."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from opscli.charts.width import pad
from opscli.charts.width import width as columns_of
from opscli.clock import iso
from opscli.engine.warehouse import Session
from opscli.errors import DataUnusable, UsageError
from opscli.phrases import current, listed, named, say
from opscli.phrases.spacing import spaced
from opscli.rules import audience
from opscli.rules.explain import Finding, Judged, judged, look
from opscli.rules.tree import Expression
from opscli.rules.words import describe
from opscli.stage import Context
from opscli.tags import pins
from opscli.tags.tags import Tag, TagSpec
from opscli.traits.model import TraitSpec

WORDS = {True: "yes", False: "no", None: "unknown"}
"""The codes of verdicts; `phrases.named` says them to people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The answer for one customer and tag at `as_of`. `since` and `origin` are those of the interval that is open then.

    `verdict` is the condition's (None = unknown), `judged` its tree of clauses; `winner` is the tag of an exclusive
    dimension that comes first.
    """

    customer_id: str
    tag: str
    dimension: str
    as_of: datetime
    since: datetime | None
    origin: str
    words: str
    verdict: bool | None
    judged: Judged
    pin: Mapping[str, Any] | None
    winner: str


def explain(ctx: Context, customer_id: str, name: str) -> Explanation:
    """Look at the newest profile of a customer. Raises UsageError for an unknown tag, DataUnusable without one."""
    spec, tag = find_tag(ctx, name)
    expression = audience.condition(tag.when, ctx.project.catalog)
    with ctx.state.read() as connection:
        held = {pin["tag"]: pin for pin in pins.of_customer(connection, customer_id, ctx.as_of)}
    with ctx.warehouse.read() as session:
        as_of = profile_time(session, customer_id)
        found = judged(expression, findings_of(ctx.at(as_of=as_of), session, expression, customer_id))
        now = _intervals(session, customer_id, spec.dimension, as_of)
    before = [item.name for item in spec.tags[: tag.position]] if spec.exclusive else []
    since, origin = now.get(name, (None, ""))
    return Explanation(
        customer_id=customer_id,
        tag=name,
        dimension=spec.dimension,
        as_of=as_of,
        since=since,
        origin=origin,
        words=spaced(describe(expression, current(), labels(ctx))),
        verdict=found.verdict,
        judged=found,
        pin=held.get(name),
        winner=next((item for item in before if item in now), ""),
    )


def findings_of(ctx: Context, session: Session, expression: Expression, customer_id: str) -> tuple[Finding, ...]:
    """The leaves of a condition over customers, looked up for one of them."""
    target = audience.target(ctx.project.catalog, session.dialect, ctx.as_of)

    def row_of(columns: str) -> tuple[object, ...]:
        return session.rows(f"SELECT {columns} FROM {audience.FROM} WHERE p.customer_id = ?", (customer_id,))[0]

    return look(expression, target, row_of)


def as_text(explanation: Explanation) -> str:
    """The explanation for people."""
    has = explanation.since is not None
    subject = {"tag": explanation.tag, "dimension": explanation.dimension, "customer": explanation.customer_id}
    lines = [say("tags.verdict", **subject, verdict=named("yes" if has else "no"))]
    if explanation.since is not None:
        lines.append("  " + say(f"tags.since_by_{explanation.origin}", since=iso(explanation.since)))
    lines.append("  " + say("tags.as_of", as_of=iso(explanation.as_of)))
    condition = named(WORDS[explanation.verdict])
    lines.append("  " + say("tags.condition", verdict=condition, words=explanation.words))
    lines += tree_text(explanation.judged, indent="    ")
    if explanation.pin:
        lines.append(f"  {_pin_text(explanation.pin)}")
    if explanation.winner:
        lines.append("  " + say("tags.comes_first", winner=explanation.winner, dimension=explanation.dimension))
    return "\n".join(lines) + "\n"


def _pin_text(pin: Mapping[str, Any]) -> str:
    who, why = pin["set_by"] or say("tags.nobody_named"), pin["reason"] or say("tags.no_reason")
    if pin["until"]:
        return say("tags.pin_until", verdict=pin["verdict"], until=iso(pin["until"]), who=who, why=why)
    return say("tags.pin", verdict=pin["verdict"], who=who, why=why)


def tree_text(found: Judged, *, indent: str = "") -> list[str]:
    """The condition clause by clause: verdict, then the clause at its depth with the values that it was judged by."""
    rows = list(_rows(found, 0))
    verdicts = [named(WORDS[part.verdict]) for part, _, _ in rows]
    left = max(8, *(columns_of(text) + 1 for text in verdicts))
    middle = max(columns_of(text) for _, text, _ in rows)
    return [
        f"{indent}{pad(verdict, left)}{pad(text, middle)}  {values}".rstrip()
        for verdict, (_, text, values) in zip(verdicts, rows, strict=True)
    ]


def _rows(found: Judged, depth: int) -> Iterator[tuple[Judged, str, str]]:
    inside = found
    key = f"tree_{found.op}"
    if found.op == "not":  # `not (a or b)` reads as "none of these", over a and b
        inside = found.parts[0]
        key = f"tree_not_{inside.op}"
    if found.op == "leaf":
        shown = (f"{name} = {_shown(value)}" for name, value in found.values.items() if name != found.text)
        yield found, "  " * depth + found.text, listed(shown)
        return
    yield found, "  " * depth + say(f"rules.{key}"), ""
    for part in inside.parts:
        yield from _rows(part, depth + 1)


def tree_data(found: Judged) -> dict[str, Any]:
    """The same for programs."""
    data: dict[str, Any] = {"op": found.op, "text": found.text, "verdict": WORDS[found.verdict]}
    if found.parts:
        return {**data, "parts": [tree_data(part) for part in found.parts]}
    return {**data, "values": dict(found.values)}


def labels(ctx: Context) -> dict[str, str]:
    """What people call traits and tags, in the project's language."""
    found: dict[str, str | Mapping[str, str]] = {}
    for traits in ctx.project.all("traits", TraitSpec):
        found |= {trait.name: trait.label for trait in traits.traits}
    for tags in ctx.project.all("tags", TagSpec):
        found |= {tag.name: tag.label for tag in tags.tags}
    return {name: text for name, label in found.items() if (text := label_in(label, current()))}


def label_in(label: str | Mapping[str, str], locale: str) -> str:
    """A label in a language, else in English, else ""."""
    return label if isinstance(label, str) else label.get(locale) or label.get("en", "")


def find_tag(ctx: Context, name: str) -> tuple[TagSpec, Tag]:
    """The tag of that name with its file. Raises UsageError."""
    for spec in ctx.project.all("tags", TagSpec):
        for tag in spec.tags:
            if tag.name == name:
                return spec, tag
    known = listed(ctx.project.catalog.names("tag")) or say("cli.none")
    raise UsageError(say("tags.no_tag", name=name), remedy=say("tags.tags_are", known=known))


def profile_time(session: Session, customer_id: str) -> datetime:
    """as_of of a customer's profile. Raises DataUnusable when there is none."""
    found = None
    if "profiles" in session.tables():
        found = session.value("SELECT as_of FROM profiles WHERE customer_id = ?", (customer_id,))
    if not isinstance(found, datetime):
        raise DataUnusable(say("tags.no_profile_of", customer_id=customer_id), remedy=say("data.no_profiles_how"))
    return found


def _intervals(session: Session, customer_id: str, dimension: str, as_of: datetime) -> dict[str, tuple[datetime, str]]:
    """Tags of a dimension that a customer has at `as_of`: since when, and by what."""
    sql = (
        "SELECT tag, entered_at, origin FROM tag_history WHERE customer_id = ? AND dimension = ? "
        "AND entered_at <= ? AND left_at > ?"
    )
    rows = session.rows(sql, (customer_id, dimension, as_of, as_of))
    return {tag: (entered_at, origin) for tag, entered_at, origin in rows}


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return named("unknown") if value is None else str(value)
