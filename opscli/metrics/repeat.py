"""`type: repeat`: of the customers with a row in the period, the share with at least `times` rows in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
    """`of` are the rows that count as a purchase."""

    of: Aggregate
    times: int = 2


def parse(body: Mapping[str, Any]) -> Settings:
    return Settings(of=shorthand("count", body), times=body.get("times", 2))


def check(settings: Settings, document: Document, catalog: Catalog) -> Iterable[Issue]:
    yield from issues(settings.of, ("of",), document, catalog)
    yield from customer_issues(settings.of, ("of",), document, catalog)


def entities(settings: Settings) -> tuple[str, ...]:
    return (settings.of.entity,)


def sources(settings: Settings, frame: Frame) -> Sequence[Source]:
    """A customer with rows in two members counts in both; overall once."""
    entity = settings.of.entity
    time, person = frame.time(entity), frame.person(entity)
    condition = guard(check_aggregate(settings.of, frame.columns(entity), zone=frame.zone), frame.target(entity), time)
    sql = (
        "SELECT period, member, COUNT(*) AS buyers,\n"
        f"  COUNT(CASE WHEN bought >= {settings.times} THEN 1 END) AS repeaters\n"
        f"FROM (SELECT b.period, {frame.member(entity)} AS member, {person} AS person, COUNT(*) AS bought\n"
        f"  FROM {frame.rows(entity)} JOIN {frame.buckets()} b ON {time} >= b.low AND {time} < b.high\n"
        f"  WHERE {person} IS NOT NULL{f' AND {condition}' if condition else ''} GROUP BY 1, 2, 3) bought\n"
        "GROUP BY 1, 2"
    )
    return [Source(sql=sql, parts=("buyers", "repeaters"))]


def value(_settings: Settings, parts: Parts) -> Value:
    """Undefined in a period without customers; with its Wilson interval."""
    return proportion(number(parts, "repeaters"), number(parts, "buyers"))
