"""Ask a metric: periods and dimensions in, points out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from opscli.engine.warehouse import Session
from opscli.errors import UsageError
from opscli.metrics.compile import Compiled, compile_metric, entities_of, value_of
from opscli.metrics.frame import Frame
from opscli.metrics.kind import Value
from opscli.metrics.metric import Metric
from opscli.metrics.periods import Calendar, Period
from opscli.phrases import listed, say
from opscli.stage import Project

OVERALL = ""
"""The member of a value that is not split."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One value of a metric; `member` is '' overall."""

    period: Period
    member: str
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where questions are answered: a project, an open session and the two cuts of time."""

    project: Project
    session: Session
    as_of: datetime
    known_at: datetime

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """The project's metrics by name."""
        return {metric.name: metric for metric in self.project.all("metric", Metric)}

    def metric(self, name: str) -> Metric:
        """A metric by name. Raises UsageError with the known ones."""
        found = self.metrics.get(name)
        if found is None:
            known = listed(self.metrics) or say("metrics.no_metrics")
            raise UsageError(say("metrics.no_metric", name=name), remedy=say("metrics.metrics_are", names=known))
        return found

    def missing(self, metric: Metric) -> tuple[str, ...]:
        """Entities that the metric needs and no source has filled yet: it is not set up, which is no error."""
        tables = self.session.tables()
        entities = self.project.entities
        return tuple(name for name in entities_of(metric, self.metrics) if entities[name].versions_table not in tables)

    def periods(self, metric: Metric, count: int, grain: str | None = None) -> tuple[Period, ...]:
        """The metric's last `count` complete periods, oldest first."""
        calendar = Calendar(zone=self.project.zone, week_start=metric.time.week_start)
        return calendar.last_complete(grain or metric.time.grain, count, as_of=self.as_of, settle=metric.settle)

    def frame(self, periods: tuple[Period, ...], by: tuple[str, ...] = ()) -> Frame:
        """What the compiler needs to know besides the metric."""
        return Frame(
            dialect=self.session.dialect,
            entities=self.project.entities,
            as_of=self.as_of,
            known_at=self.known_at,
            periods=periods,
            by=by,
            customer_columns=frozenset(self.session.columns("customers")),
            zone=self.project.zone,
        )

    def compile(self, metric: Metric, periods: tuple[Period, ...], by: tuple[str, ...] = ()) -> Compiled:
        """The metric's statement."""
        return compile_metric(metric, self.frame(periods, by), self.metrics)

    def ask(self, metric: Metric, periods: tuple[Period, ...], by: tuple[str, ...] = ()) -> tuple[Point, ...]:
        """Points ordered by period and member. Unsplit, every period has one; split, those members that have rows."""
        compiled = self.compile(metric, periods, by)
        points = []
        for index, member, *numbers in self.session.rows(compiled.sql):
            parts = dict(zip(compiled.parts, numbers, strict=True))
            value = value_of(metric, parts, self.metrics)
            points.append(Point(period=periods[index], member=member, value=value))
        if not by:
            points = self._filled(metric, periods, points)
        return tuple(points)

    def _filled(self, metric: Metric, periods: tuple[Period, ...], points: list[Point]) -> list[Point]:
        """Periods without rows have a value too: 0 of a count, none of a ratio."""
        found = {point.period: point for point in points}
        empty = value_of(metric, {}, self.metrics)
        return [found.get(period) or Point(period=period, member=OVERALL, value=empty) for period in periods]
