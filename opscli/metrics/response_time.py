"""`type: response_time`: hours from one instant of a row to another, as median and p90 over the answered rows.

Rows without an answer yet are counted apart as waiting: leaving them out makes the median look better than it is, and
counting them as answered now would too. Periods go by the first instant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opscli.config.document import Document
from opscli.config.validate import did_you_mean
from opscli.engine.versions import literal
from opscli.metrics.frame import Frame
from opscli.metrics.kind import Parts, Source, Value, number
from opscli.metrics.measure import issues
from opscli.outcome import Issue
from opscli.phrases import listed, say
from opscli.rules.aggregate import Aggregate, guard
from opscli.rules.aggregate import check as check_aggregate
from opscli.stage import Catalog

UNIT = "hours"

_SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`since` and `until` are timestamp columns of `rows.entity`; `statistic` is median or p90."""

    rows: Aggregate
    since: str
    until: str
    statistic: str = "median"


def parse(body: Mapping[str, Any]) -> Settings:
    entity, _, since = body["from"].partition(".")
    rows = Aggregate(kind="count", entity=entity, column=since, where=body.get("where"))
    until = body["to"].partition(".")[2] or body["to"]
    return Settings(rows=rows, since=since, until=until, statistic=body.get("statistic", "median"))


def check(settings: Settings, document: Document, catalog: Catalog) -> Iterable[Issue]:
    yield from issues(settings.rows, ("from",), document, catalog)
    entity = catalog.entities.get(settings.rows.entity)
    if entity is None:
        return
    for key, column in (("from", settings.since), ("to", settings.until)):
        if entity.type_of(column) != "timestamp":
            times = [item.name for item in entity.columns if item.type == "timestamp"]
            how = did_you_mean(column, times, otherwise=say("metrics.instants_are", names=listed(times)))
            yield document.issue((key,), say("metrics.no_instant", column=column, entity=entity.name), how=how)


def entities(settings: Settings) -> tuple[str, ...]:
    return (settings.rows.entity,)


def sources(settings: Settings, frame: Frame) -> Sequence[Source]:
    """An answer at or after as_of has not happened yet: its row is waiting."""
    entity = settings.rows.entity
    since, until = (f"e.{frame.dialect.quote(name)}" for name in (settings.since, settings.until))
    checked = check_aggregate(settings.rows, frame.columns(entity), zone=frame.zone)
    condition = guard(checked, frame.target(entity), since)
    hours = f"{frame.dialect.seconds_between(since, until)} / {_SECONDS_PER_HOUR}"
    sql = (
        "SELECT period, member,\n"
        "  PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY hours) AS median,\n"
        "  PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY hours) AS p90,\n"
        "  COUNT(hours) AS answered, COUNT(*) - COUNT(hours) AS waiting\n"
        f"FROM (SELECT b.period, {frame.member(entity)} AS member,\n"
        f"    CASE WHEN {until} < {literal(frame.as_of)} THEN {hours} END AS hours\n"
        f"  FROM {frame.rows(entity)} JOIN {frame.buckets()} b ON {since} >= b.low AND {since} < b.high"
        f"{f' WHERE {condition}' if condition else ''}) answers\n"
        "GROUP BY 1, 2"
    )
    return [Source(sql=sql, parts=("median", "p90", "answered", "waiting"))]


def value(settings: Settings, parts: Parts) -> Value:
    """The chosen statistic, in hours; numerator = answered, denominator = all rows."""
    answered, waiting = number(parts, "answered"), number(parts, "waiting")
    return Value(
        value=parts.get(settings.statistic),
        numerator=answered,
        denominator=answered + waiting,
        rows=int(answered),
        parts={"median": parts.get("median"), "p90": parts.get("p90"), "answered": answered, "waiting": waiting},
    )
