"""`{kpi: NAME}`: a metric as a number with its course over the last complete periods, or split into members."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from opscli.config.document import Document
from opscli.config.validate import did_you_mean
from opscli.errors import UsageError
from opscli.metrics.metric import SPLITS, Metric
from opscli.metrics.periods import Calendar, Period
from opscli.metrics.query import Point
from opscli.outcome import Issue
from opscli.phrases import listed, say
from opscli.reports import pictures
from opscli.reports.model import Block, Column, Stored, Tile
from opscli.reports.numbers import Printer
from opscli.reports.report import Item, Room
from opscli.reports.sentences import Split, history_sentence, member_sentence, notes_of
from opscli.reports.words import period_name, titled
from opscli.stage import Catalog

ABOUT = "metric"

_USUAL_PERIODS = {"day": 30, "week": 13, "month": 12, "quarter": 8, "year": 5}
_WEEKS_OF_A_YEAR = timedelta(weeks=52)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A metric's points, oldest first; `year_ago` is the last one's twin a year before, where it is known."""

    metric: Metric
    printer: Printer
    points: tuple[Point, ...]
    year_ago: Point | None = None

    @property
    def last(self) -> Point:
        """The newest complete period."""
        return self.points[-1]

    @property
    def before(self) -> Point | None:
        """The period before it."""
        return self.points[-2] if len(self.points) > 1 else None


def check(item: Item, document: Document, catalog: Catalog) -> Iterable[Issue]:
    if catalog.get("metric", item.subject) is None:
        known = say("reports.metrics_are", names=listed(catalog.names("metric")) or say("reports.no_metrics"))
        how = did_you_mean(item.subject, catalog.names("metric"), otherwise=known)
        yield document.issue(item.place, say("reports.unknown_metric", metric=item.subject), how=how)
    start = f"{item.subject} "
    splits = [name.removeprefix(start) for name in catalog.names(SPLITS) if name.startswith(start)]
    for name in item.by if splits else ():
        if name not in splits:
            how = did_you_mean(name, splits, otherwise=say("reports.splits_are", names=listed(splits)))
            what = say("reports.unknown_split", metric=item.subject, name=name)
            yield document.issue((*item.place[:-1], "by"), what, how=how)


def build(item: Item, room: Room) -> Block | str:
    """The block; a sentence when an entity of the metric has no data yet."""
    desk = room.desk
    metric = desk.metric(item.subject)
    title = item_title(item, metric, room)
    missing = desk.missing(metric)
    if missing:
        return say("page.not_set_up", locale=room.locale, title=title, entities=", ".join(missing))
    printer = Printer(metric.unit, room.currency, metric.decimals, room.locale)
    if item.by:
        return _split(item, room, metric, printer)
    return _course(item, room, _ask(item, room, metric, printer))


def item_title(item: Item, metric: Metric, room: Room) -> str:
    """The item's label, else the metric's."""
    return titled(item.label, room.locale) or metric.title(room.locale)


def _ask(item: Item, room: Room, metric: Metric, printer: Printer) -> Course:
    """One statement for the whole course and the period a year ago; periods before the first data are dropped."""
    desk = room.desk
    grain = item.grain or metric.time.grain
    window = desk.periods(metric, item.periods or _USUAL_PERIODS[grain], grain)
    calendar = Calendar(zone=desk.project.zone, week_start=metric.time.week_start)
    twin = _year_before(window[-1], calendar)
    # The period in which the data begin may be covered in part only, so one with data must stand before the twin.
    earlier = (calendar.previous(twin), twin) if "year_ago" in room.report.compare else ()
    points = desk.ask(metric, (*window, *earlier))
    course, ago = points[: len(window)], points[len(window) :]
    first = next((index for index, point in enumerate(course) if point.value.rows > 0), len(course) - 1)
    known = ago[-1] if ago and all(point.value.rows > 0 for point in ago) else None
    return Course(metric=metric, printer=printer, points=course[first:], year_ago=known)


def _year_before(period: Period, calendar: Calendar) -> Period:
    """The twin a year before: 52 weeks of days and weeks (same weekday), else the same calendar period."""
    if period.grain in ("day", "week"):
        return calendar.period_of(period.first_day - _WEEKS_OF_A_YEAR, period.grain)
    return calendar.period_of(period.first_day.replace(year=period.first_day.year - 1), period.grain)


def _course(item: Item, room: Room, course: Course) -> Block:
    metric, locale = course.metric, room.locale
    title = item_title(item, metric, room)
    sentence = history_sentence(title, course.points, metric, course.printer, room)
    if metric.type == "funnel":
        columns, rows = pictures.funnel_table(metric, course.last, locale)
        plot = pictures.funnel(metric, course.last, sentence, locale)
    else:
        columns, rows = _table(course, locale)
        plot = pictures.course(item.chart, course.points, metric, course.printer, sentence)
    return Block(
        name="_".join(filter(None, (metric.name, item.grain))),
        kind="kpi",
        title=title,
        sentence=sentence,
        columns=columns,
        rows=rows,
        plot=None if item.chart == "none" else plot,
        tile=_tile(room, course) if item.tile else None,
        notes=(*_year_note(course, locale), *notes_of(course.last, metric, course.printer, room)),
        owner=metric.owner,
        stored=tuple(_stored(metric, point, "") for point in course.points),
    )


def _year_note(course: Course, locale: str) -> tuple[str, ...]:
    """The change against the twin a year before, where the data go back that far."""
    if course.year_ago is None:
        return ()
    delta = course.printer.change(course.last.value.value, course.year_ago.value.value)
    period = period_name(course.year_ago.period, locale)
    return (say("page.year_ago", locale=locale, delta=delta, period=period),) if delta else ()


def _table(course: Course, locale: str) -> tuple[tuple[Column, ...], tuple[tuple[object, ...], ...]]:
    unit = course.metric.unit
    columns = [
        Column("period", say("page.period", locale=locale)),
        Column("value", say("page.value", locale=locale), unit),
    ]
    points = course.points
    if any(point.value.denominator is not None for point in points):
        columns += [Column(name, say(f"page.{name}", locale=locale), "number") for name in ("numerator", "denominator")]
    columns.append(Column("rows", say("page.rows", locale=locale), "count"))
    if any(point.value.low is not None for point in points):
        columns += [Column(name, say(f"page.{name}", locale=locale), unit) for name in ("low", "high")]
    names = [column.name for column in columns[1:]]
    rows = tuple((point.period.label, *(getattr(point.value, name) for name in names)) for point in reversed(points))
    return tuple(columns), rows


def _tile(room: Room, course: Course) -> Tile:
    metric, printer, locale = course.metric, course.printer, room.locale
    last, before = course.last, course.before
    compare = room.report.compare
    delta, direction, against = "", "flat", ""
    if "previous" in compare and before is not None:
        delta = printer.change(last.value.value, before.value.value)
        if printer.moved(last.value.value, before.value.value):
            direction = delta_state(metric, last.value.value, before.value.value)
        against = say("page.versus", locale=locale, period=period_name(before.period, locale)) if delta else ""
    target = metric.target if "target" in compare else None
    return Tile(
        value=printer.full(last.value.value),
        period=period_name(last.period, locale),
        delta=delta,
        delta_state=direction,
        against=against,
        target=say("page.target", locale=locale, target=printer.full(target.value)) if target else "",
        state=target.state(last.value.value, metric.good) if target else "none",
        margin=printer.margin(last.value.low, last.value.high),
        spark=tuple(point.value.value for point in course.points),
    )


def delta_state(metric: Metric, now: float | None, before: float | None) -> str:
    """Good or bad news by the metric's direction; flat when equal, unknown or without a direction."""
    if now is None or before is None or now == before or metric.good == "none":
        return "flat"
    return "good" if (now > before) == (metric.good == "up") else "bad"


def _split(item: Item, room: Room, metric: Metric, printer: Printer) -> Block:
    """The members of the last complete period, largest first."""
    if metric.type in ("funnel", "ltv_cac") and item.chart == "funnel":
        raise UsageError(
            say("reports.split_funnel", metric=metric.name, names=listed(item.by)),
            remedy=say("reports.split_funnel_how"),
        )
    periods = room.desk.periods(metric, 1, item.grain)
    points = room.desk.ask(metric, periods, item.by)
    known = sorted(points, key=lambda point: (-(point.value.value or 0.0), point.member))
    dimension = ", ".join(item.by)
    title = item_title(item, metric, room)
    split = Split(title=title, dimension=dimension, period=periods[-1], points=known)
    sentence = member_sentence(split, printer, room.locale)
    columns = (
        Column("member", dimension),
        Column("value", say("page.value", locale=room.locale), metric.unit),
        Column("rows", say("page.rows", locale=room.locale), "count"),
    )
    return Block(
        name="_".join((metric.name, "by", *item.by)),
        kind="kpi",
        title=title if item.label else f"{title} · {dimension}",
        sentence=sentence,
        columns=columns,
        rows=tuple((point.member, point.value.value, point.value.rows) for point in known),
        plot=None if item.chart == "none" else pictures.members(known, metric, printer, sentence),
        owner=metric.owner,
        stored=tuple(_stored(metric, point, ",".join(item.by)) for point in known),
    )


def _stored(metric: Metric, point: Point, dimension: str) -> Stored:
    value = point.value
    return Stored(
        metric=metric.name, period=point.period, dimension=dimension, member=point.member, value=value.value,
        numerator=value.numerator, denominator=value.denominator, rows=value.rows,
    )  # fmt: skip
