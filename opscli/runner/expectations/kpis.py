"""Expect values of metrics, of the last complete period or a stated one, overall or of one member."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from opscli.outcome import Issue
from opscli.phrases import say
from opscli.runner.case import Failure, Part, Scope
from opscli.runner.world import World, agree, shown

if TYPE_CHECKING:
    from opscli.metrics.kind import Value
    from opscli.metrics.metric import Metric
    from opscli.metrics.periods import Period
    from opscli.metrics.query import Desk

NEEDS = ("entities",)

_QUARTER = re.compile(r"(\d{4})-Q([1-4])")


def check(part: Part, scope: Scope) -> Iterable[Issue]:
    """Metrics that no file has, periods that are none, a member without the column that it belongs to."""
    for name, metric in part.items():
        yield from scope.unknown_name(metric, "metric", name)
        for value in _values(metric):
            if not isinstance(value.data, Mapping):
                continue
            if "period" in value.data and _day(value.data["period"]) is None:
                how = say("testing.period_forms")
                yield value.below("period").issue(say("testing.no_period", text=value.data["period"]), how=how)
            if ("by" in value.data) != ("member" in value.data):
                yield value.issue(say("testing.by_and_member"), how=say("testing.by_and_member_how"))


def judge(part: Part, world: World) -> Iterable[Failure]:
    """Each value that came out otherwise, with its definition, period, numerator, denominator and rows."""
    from opscli.metrics.query import Desk

    ctx = world.ctx
    with ctx.warehouse.read() as session:
        desk = Desk(project=ctx.project, session=session, as_of=ctx.as_of, known_at=ctx.known_at)
        for name, metric in part.items():
            for value in _values(metric):
                yield from _judged(value, desk, desk.metric(name), world)


def _judged(part: Part, desk: Desk, metric: Metric, world: World) -> Iterator[Failure]:
    stated = part.data if isinstance(part.data, Mapping) else {"value": part.data}
    period = _period(desk, metric, stated.get("period"))
    by, member = ((stated["by"],), str(stated["member"])) if "by" in stated else ((), "")
    title = f"{metric.name} {period.label}" + (f" {by[0]} = {member}" if by else "")
    missing = desk.missing(metric)
    if missing:
        got = say("testing.not_given", entities=", ".join(missing))
        yield Failure(at=part, what=say("testing.other_kpi", kpi=title), expected=shown(stated["value"]), got=got)
        return
    points = desk.ask(metric, (period,), by)
    found = next((point.value for point in points if point.member == member), None)
    value = found.value if found else None
    if not agree(stated["value"], value, within=stated.get("within")):
        yield Failure(
            at=part,
            what=say("testing.other_kpi", kpi=title),
            expected=shown(stated["value"]),
            got=shown(value),
            why=tuple(_why(world, metric, period, found)),
        )


def _why(world: World, metric: Metric, period: Period, value: Value | None) -> Iterator[str]:
    yield world.place_of("metric", metric.name)
    own = ("type", "of", "where", "numerator", "denominator", "expr", "inputs", "time")
    yield "  " + ", ".join(
        f"{key}: {_written(metric.document.data[key])}" for key in own if key in metric.document.data
    )
    yield f"  {period.label}: {period.start:%Y-%m-%d %H:%M} to {period.end:%Y-%m-%d %H:%M} UTC"
    if value is not None:
        facts = {"numerator": value.numerator, "denominator": value.denominator, "rows": value.rows}
        yield "  " + ", ".join(f"{key} {shown(number)}" for key, number in facts.items() if number is not None)


def _written(value: Any) -> str:
    """A value of a definition as it stands in a file, on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_written(item)}" for key, item in value.items()) + "}"
    return str(value)


def _values(metric: Part) -> Iterator[Part]:
    """The values of a metric: one, or a list of them."""
    if isinstance(metric.data, list):
        yield from (metric.below(index) for index in range(len(metric.data)))
    else:
        yield metric


def _period(desk: Desk, metric: Metric, text: Any) -> Period:
    """The stated period, or the last complete one."""
    from opscli.metrics.periods import Calendar

    day = _day(text) if text is not None else None
    if day is None:
        return desk.periods(metric, 1)[0]
    return Calendar(zone=desk.project.zone, week_start=metric.time.week_start).period_of(day, metric.time.grain)


def _day(text: Any) -> date | None:
    """A day inside a period: a day, `2026-04`, `2026-Q2`, `2026-W18` or `2026`; None for any other text."""
    word = str(text)
    quarter = _QUARTER.fullmatch(word)
    if quarter:
        return date(int(quarter[1]), int(quarter[2]) * 3, 1)
    for form in (word, f"{word}-01", f"{word}-01-01", f"{word}-1"):
        try:
            return date.fromisoformat(form)
        except ValueError:
            continue
    return None
