"""`type: ltv_cac`: what customers won in a window have brought in so far, over what it cost to win them.

The cohort are customers whose first row of `revenue` lies in the `window` before the period's end. LTV is the margin on
their mean revenue up to the period's end: money that came in, no forecast, so it is a lower bound. CAC is the spend of
the same window per customer of the cohort. The interval covers the spread of revenue between customers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import sqrt
from typing import Any

from opscli.clock import parse_duration
from opscli.config.document import Document
from opscli.config.project import parse_share
from opscli.errors import UsageError
from opscli.metrics.frame import Frame
from opscli.metrics.kind import Parts, Source, Value, number, share
from opscli.metrics.measure import customer_issues, issues
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.rules.aggregate import Aggregate, guard, read, render
from opscli.rules.aggregate import check as check_aggregate
from opscli.stage import Catalog
from opscli.stats.intervals import z_of

UNIT = "ratio"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`margin` is the share of revenue that is profit, 0..1."""

    revenue: Aggregate
    spend: Aggregate
    margin: float
    window: timedelta
    show: str = "ratio"


def parse(body: Mapping[str, Any]) -> Settings:
    revenue = {"sum": body["revenue"], **({"where": body["where"]} if "where" in body else {})}
    return Settings(
        revenue=read(revenue),
        spend=read({"sum": body["spend"]}),
        margin=parse_share(body.get("margin", 1)),
        window=parse_duration(body.get("window", "365d")),
        show=body.get("show", "ratio"),
    )


def check(settings: Settings, document: Document, catalog: Catalog) -> Iterable[Issue]:
    yield from issues(settings.revenue, ("revenue",), document, catalog)
    yield from customer_issues(settings.revenue, ("revenue",), document, catalog)
    yield from issues(settings.spend, ("spend",), document, catalog)


def entities(settings: Settings) -> tuple[str, ...]:
    return (settings.revenue.entity, settings.spend.entity)


def sources(settings: Settings, frame: Frame) -> Sequence[Source]:
    """Revenue and its square per customer of the cohort; spend of the same window."""
    if frame.by:
        raise UsageError(say("metrics.no_members"), remedy=say("metrics.no_members_how"))
    return [_cohort(settings, frame), _spend(settings, frame)]


def _cohort(settings: Settings, frame: Frame) -> Source:
    entity = settings.revenue.entity
    time, amount = frame.time(entity), frame.target(entity).column(settings.revenue.column or "")
    checked = check_aggregate(settings.revenue, frame.columns(entity), zone=frame.zone)
    condition = guard(checked, frame.target(entity), time)
    money = frame.dialect.type("money")
    sql = (
        "SELECT period, '' AS member, COUNT(*) AS won, SUM(brought) AS revenue,\n"
        "  SUM(brought * brought) AS squares FROM (\n"  # of decimals: exact in any order of rows
        "  SELECT b.period, b.early_high, r.person, MIN(r.happened) AS first_at,\n"
        f"    CAST(SUM(r.amount) AS {money}) AS brought\n"
        f"  FROM (SELECT {frame.person(entity)} AS person, {time} AS happened, {amount} AS amount\n"
        f"    FROM {frame.rows(entity)}{f' WHERE {condition}' if condition else ''}) r\n"
        f"  JOIN {frame.buckets(before=settings.window)} b ON r.happened < b.high\n"
        "  WHERE r.person IS NOT NULL GROUP BY 1, 2, 3) cohort\n"
        "WHERE first_at >= early_high GROUP BY 1, 2"
    )
    return Source(sql=sql, parts=("won", "revenue", "squares"))


def _spend(settings: Settings, frame: Frame) -> Source:
    entity = settings.spend.entity
    time = frame.time(entity)
    total = render(check_aggregate(settings.spend, frame.columns(entity)), frame.target(entity), time)
    sql = (
        f"SELECT b.period, '' AS member, {total} AS spend FROM {frame.rows(entity)}\n"
        f"JOIN {frame.buckets(before=settings.window)} b ON {time} >= b.early_high AND {time} < b.high GROUP BY 1, 2"
    )
    return Source(sql=sql, parts=("spend",))


def value(settings: Settings, parts: Parts) -> Value:
    """The ratio, or `ltv` or `cac` alone when `show` says so; undefined without new customers or spend."""
    won, revenue, spend = number(parts, "won"), number(parts, "revenue"), number(parts, "spend")
    ltv, cac = share(settings.margin * revenue, won), share(spend, won)
    shown = {"ltv": (ltv, settings.margin * revenue, won), "cac": (cac, spend, won)}
    result, numerator, denominator = shown.get(settings.show, (share(ltv, cac), ltv, cac))
    error = _error(settings, parts) if settings.show != "cac" else None
    scale = 1.0 if settings.show == "ltv" else share(1.0, cac)
    half = error * scale if error is not None and scale is not None else None
    return Value(
        value=result,
        numerator=numerator,
        denominator=denominator,
        rows=int(won),
        low=max(result - half, 0.0) if result is not None and half is not None else None,
        high=result + half if result is not None and half is not None else None,
        parts={"ltv": ltv, "cac": cac, "won": won, "spend": spend},
    )


def _error(settings: Settings, parts: Parts) -> float | None:
    """Half of the 95 % interval of LTV, from the sample variance of the customers' revenue."""
    won, revenue, squares = number(parts, "won"), number(parts, "revenue"), number(parts, "squares")
    if won < 2:  # noqa: PLR2004  a variance needs two
        return None
    variance = max(squares - revenue * revenue / won, 0.0) / (won - 1)
    return z_of(0.95) * settings.margin * sqrt(variance / won)
