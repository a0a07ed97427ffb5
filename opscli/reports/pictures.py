"""Which chart shows which numbers."""

from __future__ import annotations

from collections.abc import Sequence

from opscli.charts.plot import Bar, Plot, Series, Step
from opscli.metrics.funnel import Settings as Funnel
from opscli.metrics.kind import share
from opscli.metrics.metric import Metric
from opscli.metrics.query import Point
from opscli.phrases import say
from opscli.reports.model import Column
from opscli.reports.numbers import Printer
from opscli.reports.words import axis_label

_ADDITIVE = ("count", "count_distinct", "sum")
_TONES = {"met": "good", "near": "accent", "warn": "warn", "crit": "bad", "none": "accent"}
MOST_MEMBERS = 12


def course(chart: str | None, points: Sequence[Point], metric: Metric, printer: Printer, sentence: str) -> Plot:
    """Columns for sums and counts, which have a zero; a line for all else."""
    kind = chart if chart in ("line", "columns") else "columns" if metric.type in _ADDITIVE else "line"
    target = metric.target
    return Plot(
        kind=kind,
        sentence=sentence,
        labels=tuple(axis_label(point.period) for point in points),
        series=(Series(name=metric.name, values=tuple(point.value.value for point in points)),),
        target=target.value if target else None,
        target_label=printer.full(target.value) if target else "",
        show=printer.full,
        tick=printer.short,
    )


def members(points: Sequence[Point], metric: Metric, printer: Printer, sentence: str) -> Plot:
    """One bar a member, coloured by the target where there is one."""
    bars = []
    for point in points[:MOST_MEMBERS]:
        tone = metric.target.state(point.value.value, metric.good) if metric.target else "none"
        note = f"n = {point.value.rows:,}" if point.value.denominator is not None else ""
        bars.append(Bar(label=point.member, value=point.value.value or 0.0, tone=_TONES[tone], note=note))
    return Plot(kind="bars", sentence=sentence, bars=tuple(bars), show=printer.full)


def funnel(metric: Metric, point: Point, sentence: str, locale: str) -> Plot:
    """The steps of a funnel metric."""
    steps = tuple(
        Step(label=name, count=count, of_previous=previous, of_first=first)
        for name, count, previous, first in funnel_steps(metric, point)
    )
    rates = (say("page.of_previous", locale=locale).lower(), say("page.of_first", locale=locale).lower())
    return Plot(kind="funnel", sentence=sentence, steps=steps, rates=rates, show=Printer("percent").full)


def funnel_steps(metric: Metric, point: Point) -> list[tuple[str, int, float | None, float | None]]:
    """Name, count, share of the step before, share of the first step; the first step has no rates."""
    settings = metric.settings
    if not isinstance(settings, Funnel):
        message = f"{metric.name} is {metric.type}, not a funnel"
        raise TypeError(message)
    parts = point.value.parts or {}
    counts = [int(parts.get(name) or 0) for name in settings.path.parts()]
    found: list[tuple[str, int, float | None, float | None]] = []
    for index, (name, count) in enumerate(zip(settings.names, counts, strict=True)):
        rates = (share(count, counts[index - 1]), share(count, counts[0])) if index else (None, None)
        found.append((name, count, *rates))
    return found


def funnel_table(
    metric: Metric, point: Point, locale: str
) -> tuple[tuple[Column, ...], tuple[tuple[object, ...], ...]]:
    """The table behind a funnel; both rates are named."""
    columns = (
        Column("step", say("page.step", locale=locale)),
        Column("reached", say("page.reached", locale=locale), "count"),
        Column("of_previous", say("page.of_previous", locale=locale), "percent"),
        Column("of_first", say("page.of_first", locale=locale), "percent"),
    )
    return columns, tuple(funnel_steps(metric, point))
