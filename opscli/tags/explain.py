"""Why a customer has a tag or not: the condition clause by clause, pins, and what wins in an exclusive dimension."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from opscli.clock import iso
from opscli.engine.warehouse import Session
from opscli.errors import DataUnusable, UsageError
from opscli.rules import audience
from opscli.rules.explain import Finding, combine, look
from opscli.rules.tree import Expression
from opscli.rules.words import describe
from opscli.stage import Context
from opscli.tags import pins
from opscli.tags.tags import Tag, TagSpec
from opscli.traits.model import TraitSpec

WORDS = {True: "yes", False: "no", None: "unknown"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The answer for one customer and tag at `as_of`. `since` and `origin` are those of the interval that is open then.

    `verdict` is the condition's (None = unknown); `winner` is the tag of an exclusive dimension that comes first.
    """

    customer_id: str
    tag: str
    dimension: str
    as_of: datetime
    since: datetime | None
    origin: str
    verdict: bool | None
    words: str
    findings: tuple[Finding, ...]
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
        findings = findings_of(ctx.at(as_of=as_of), session, expression, customer_id)
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
        verdict=combine(expression, {finding.text: finding.verdict for finding in findings}),
        words=describe(expression, ctx.project.locale, labels(ctx)),
        findings=findings,
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
    lines = [f"{explanation.tag} ({explanation.dimension}) of {explanation.customer_id}: {'yes' if has else 'no'}"]
    if explanation.since is not None:
        by = {"rule": "by its condition", "pin": "by a pin"}[explanation.origin]
        lines.append(f"  since {iso(explanation.since)}, {by}")
    lines.append(f"  as of {iso(explanation.as_of)}")
    lines.append(f"  condition: {WORDS[explanation.verdict]} ({explanation.words})")
    lines += findings_text(explanation.findings, indent="    ")
    if explanation.pin:
        pin = explanation.pin
        end = f" until {iso(pin['until'])}" if pin["until"] else ""
        who, why = pin["set_by"] or "nobody named", pin["reason"] or "no reason given"
        lines.append(f"  pin: {pin['verdict']}{end}, set by {who}: {why}")
    if explanation.winner:
        lines.append(f"  {explanation.winner} comes first in {explanation.dimension}: one tag of it at a time")
    return "\n".join(lines) + "\n"


def findings_text(findings: tuple[Finding, ...], *, indent: str = "") -> list[str]:
    """One line a leaf: verdict, text, and the values it was judged by."""
    width = max((len(finding.text) for finding in findings), default=0)
    lines = []
    for finding in findings:
        values = ", ".join(
            f"{name} = {_shown(value)}" for name, value in finding.values.items() if name != finding.text
        )
        lines.append(f"{indent}{WORDS[finding.verdict]:<8}{finding.text:<{width}}  {values}".rstrip())
    return lines


def labels(ctx: Context) -> dict[str, str]:
    """What people call traits and tags, in the project's language."""
    found: dict[str, str | Mapping[str, str]] = {}
    for traits in ctx.project.all("traits", TraitSpec):
        found |= {trait.name: trait.label for trait in traits.traits}
    for tags in ctx.project.all("tags", TagSpec):
        found |= {tag.name: tag.label for tag in tags.tags}
    return {name: text for name, label in found.items() if (text := label_in(label, ctx.project.locale))}


def label_in(label: str | Mapping[str, str], locale: str) -> str:
    """A label in a language, else in English, else ""."""
    return label if isinstance(label, str) else label.get(locale) or label.get("en", "")


def find_tag(ctx: Context, name: str) -> tuple[TagSpec, Tag]:
    """The tag of that name with its file. Raises UsageError."""
    for spec in ctx.project.all("tags", TagSpec):
        for tag in spec.tags:
            if tag.name == name:
                return spec, tag
    known = ", ".join(ctx.project.catalog.names("tag")) or "none"
    raise UsageError(f"there is no tag {name!r}", remedy=f"tags: {known}")


def profile_time(session: Session, customer_id: str) -> datetime:
    """as_of of a customer's profile. Raises DataUnusable when there is none."""
    found = None
    if "profiles" in session.tables():
        found = session.value("SELECT as_of FROM profiles WHERE customer_id = ?", (customer_id,))
    if not isinstance(found, datetime):
        raise DataUnusable(f"{customer_id} has no profile", remedy="opscli run nightly, whose step profiles makes them")
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
    return "unknown" if value is None else str(value)
