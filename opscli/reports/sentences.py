"""What a figure shows, in a sentence: for those who cannot see it, and for those who read only one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from opscli.metrics.metric import Metric, spoken
from opscli.metrics.periods import Period
from opscli.metrics.query import Point
from opscli.phrases import say
from opscli.reports.numbers import Printer
from opscli.reports.pictures import funnel_steps
from opscli.reports.report import Room
from opscli.reports.words import period_name


def history_sentence(title: str, points: Sequence[Point], metric: Metric, printer: Printer, room: Room) -> str:
    """Last value, change against the period before, range over all periods, and whether the target is met."""
    locale, last = room.locale, points[-1]
    period = period_name(last.period, locale)
    if last.value.value is None:
        return _closed(say("page.was_nothing", locale=locale, title=title, period=period), locale)
    if metric.type == "funnel":
        return _closed(_funnel_sentence(metric, last, printer, locale), locale)
    text = say("page.was", locale=locale, title=title, value=printer.full(last.value.value), period=period)
    before = points[-2] if len(points) > 1 else None
    delta = printer.change(last.value.value, before.value.value) if before else ""
    if before and delta:
        text += say("page.change", locale=locale, delta=delta, period=period_name(before.period, locale))
    known = [point.value.value for point in points if point.value.value is not None]
    if len(known) > 2:  # noqa: PLR2004  the range of two values says what the change has said
        low, high = printer.full(min(known)), printer.full(max(known))
        text += say("page.range", locale=locale, count=len(known), low=low, high=high)
    if metric.target and "target" in room.report.compare:
        state = metric.target.state(last.value.value, metric.good)
        verdict = "met" if state == "met" else "missed"
        text += say(f"page.target_{verdict}", locale=locale, target=printer.full(metric.target.value))
    return _closed(text, locale)


def _funnel_sentence(metric: Metric, point: Point, printer: Printer, locale: str) -> str:
    steps = funnel_steps(metric, point)
    return say(
        "page.funnel", locale=locale, period=period_name(point.period, locale), first=f"{steps[0][1]:,}",
        last=f"{steps[-1][1]:,}", step=steps[-1][0], rate=printer.full(point.value.value),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A metric by the members of a dimension in one period."""

    title: str
    dimension: str
    period: Period
    points: Sequence[Point]
    """Largest first."""


def member_sentence(split: Split, printer: Printer, locale: str) -> str:
    """Highest and lowest member of a period."""
    title, dimension, name = split.title, split.dimension, period_name(split.period, locale)
    known = [point for point in split.points if point.value.value is not None]
    if not known:
        return _closed(say("page.by_nothing", locale=locale, title=title, dimension=dimension, period=name), locale)
    top, last = known[0], known[-1]
    return _closed(
        say("page.by", locale=locale, title=title, dimension=dimension, period=name, top=top.member, last=last.member,
            value=printer.full(top.value.value), least=printer.full(last.value.value),
        ),
        locale,
    )  # fmt: skip


def notes_of(last: Point, metric: Metric, printer: Printer, room: Room) -> tuple[str, ...]:
    """What a reader must know about the last value: few cases, waiting tickets, the parts of LTV/CAC, advice."""
    locale, value = room.locale, last.value
    notes = []
    if value.rows < metric.min_sample and value.value is not None:
        notes.append(say("page.few", locale=locale, rows=f"{value.rows:,}"))
    parts = value.parts or {}
    if metric.type == "response_time" and parts:
        notes.append(_waiting(parts, printer, locale))
    if metric.type == "ltv_cac" and parts.get("cac") is not None:
        money = Printer("money", room.currency)
        won = f"{int(parts.get('won') or 0):,}"
        notes.append(
            say("page.ltv", locale=locale, ltv=money.full(parts.get("ltv")), cac=money.full(parts.get("cac")), won=won)
        )
    if metric.type == "survey" and value.rows:
        counts = {name: f"{int(parts.get(name) or 0):,}" for name in ("good", "middle", "bad")}
        notes.append(say("page.answers", locale=locale, rows=f"{value.rows:,}", **counts))
    return (*notes, *_advice(metric, value.value, locale))


def _waiting(parts: Mapping[str, float | None], printer: Printer, locale: str) -> str:
    waiting, answered = int(parts.get("waiting") or 0), int(parts.get("answered") or 0)
    return say(
        "page.waiting",
        locale=locale,
        waiting=f"{waiting:,}",
        all=f"{waiting + answered:,}",
        p90=printer.full(parts.get("p90")),
    )


def _advice(metric: Metric, value: float | None, locale: str) -> tuple[str, ...]:
    """The definition's advice, printed when the target is missed."""
    if value is None or metric.target is None or metric.target.state(value, metric.good) in ("met", "none"):
        return ()
    text = metric.advice.get("low" if value < metric.target.value else "high")
    return (say("page.advice", locale=locale, advice=spoken(text, locale)),) if text else ()


def _closed(text: str, locale: str) -> str:
    return text + say("page.full_stop", locale=locale)
