"""`type: churn`: of the customers who were active when the period began, the share that is not when it ends.

Active at an instant = at least one row in the `active_within` before it. Customers who came during the period are not
in the base, so growth cannot hide losses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from opscli.clock import parse_duration
from opscli.config.document import Document
from opscli.metrics.frame import Frame
from opscli.metrics.kind import Parts, Source, Value, number, proportion
from opscli.metrics.measure import customer_issues, issues, shorthand
from opscli.outcome import Issue
from opscli.rules.aggregate import Aggregate, guard
from opscli.rules.aggregate import check as check_aggregate
from opscli.stage import Catalog

UNIT = "percent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`of` are the rows that make a customer active."""

    of: Aggregate
    active_within: timedelta


def parse(body: Mapping[str, Any]) -> Settings:
    return Settings(of=shorthand("count", body), active_within=parse_duration(body["active_within"]))


def check(settings: Settings, document: Document, catalog: Catalog) -> Iterable[Issue]:
    yield from issues(settings.of, ("of",), document, catalog)
    yield from customer_issues(settings.of, ("of",), document, catalog)


def entities(settings: Settings) -> tuple[str, ...]:
    return (settings.of.entity,)


def sources(settings: Settings, frame: Frame) -> Sequence[Source]:
    """Periods so close to the first row ever that nobody could have been lost by now have no value, rather than 0 %."""
    entity = settings.of.entity
    time = frame.time(entity)
    condition = guard(check_aggregate(settings.of, frame.columns(entity), zone=frame.zone), frame.target(entity), time)
    sql = (
        f"WITH active AS (SELECT {frame.person(entity)} AS person, {time} AS happened,\n"
        f"    {frame.member(entity)} AS member\n"
        f"  FROM {frame.rows(entity)}{f' WHERE {condition}' if condition else ''})\n"
        "SELECT period, member, COUNT(*) AS base, COUNT(*) - SUM(still) AS lost FROM (\n"
        "  SELECT b.period, a.person, MAX(CASE WHEN a.happened < b.low THEN a.member END) AS member,\n"
        "    MAX(CASE WHEN a.happened >= b.early_low AND a.happened < b.low THEN 1 ELSE 0 END) AS before,\n"
        "    MAX(CASE WHEN a.happened >= b.early_high THEN 1 ELSE 0 END) AS still\n"
        "  FROM active a\n"
        f"  JOIN {frame.buckets(before=settings.active_within)} b\n"
        "    ON a.happened >= b.early_low AND a.happened < b.high\n"
        "    AND b.early_high > (SELECT MIN(happened) FROM active)\n"
        "  WHERE a.person IS NOT NULL GROUP BY b.period, a.person) seen\n"
        "WHERE before = 1 GROUP BY 1, 2"
    )
    return [Source(sql=sql, parts=("base", "lost"))]


def value(_settings: Settings, parts: Parts) -> Value:
    """Undefined while nobody was active; with its Wilson interval."""
    return proportion(number(parts, "lost"), number(parts, "base"))
