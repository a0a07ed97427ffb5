"""Calendar periods of the business zone, as half-open intervals of naive UTC instants.

A day is what the wall clock calls a day: 23 or 25 hours where the clock changes. SQL sees only the computed bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from opscli.clock import to_utc
from opscli.phrases import listed, say

GRAINS = ("day", "week", "month", "quarter", "year")
WEEK_STARTS = {"monday": 0, "sunday": 6}
_NO_TIME = timedelta()
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Period:
    """One calendar period: naive UTC bounds [start, end) and the local date on which it starts."""

    start: datetime
    end: datetime
    grain: str
    first_day: date

    @property
    def label(self) -> str:
        """`2017-12-31`, `2017-W52` (ISO, weeks from Monday), `2017-12`, `2017-Q4`, `2017`."""
        day = self.first_day
        if self.grain == "week" and day.weekday() == 0:
            year, week, _ = day.isocalendar()
            return f"{year}-W{week:02d}"
        if self.grain == "quarter":
            return f"{day.year}-Q{(day.month + 2) // 3}"
        return {"month": f"{day:%Y-%m}", "year": f"{day:%Y}"}.get(self.grain, day.isoformat())


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """How a business cuts time: its zone and the first day of its week."""

    zone: str = "UTC"
    week_start: str = "monday"

    def local_day(self, moment: datetime) -> date:
        """The local date of a naive UTC instant."""
        return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone)).date()

    def period_of(self, day: date, grain: str) -> Period:
        """The period that holds a local date."""
        first = self.first_day(day, grain)
        return self._period(first, grain)

    def first_day(self, day: date, grain: str) -> date:
        """First local date of the period that holds `day`. Raises ValueError for an unknown grain."""
        if grain == "day":
            return day
        if grain == "week":
            return day - timedelta(days=(day.weekday() - WEEK_STARTS[self.week_start]) % 7)
        if grain not in _MONTHS:
            raise ValueError(say("metrics.no_grain", grain=grain, names=listed(GRAINS)))
        months = _MONTHS[grain]
        return day.replace(month=(day.month - 1) // months * months + 1, day=1)

    def last_complete(
        self, grain: str, count: int, *, as_of: datetime, settle: timedelta = _NO_TIME
    ) -> tuple[Period, ...]:
        """The last `count` periods that ended at least `settle` before `as_of`, oldest first."""
        period = self.period_of(self.local_day(as_of), grain)
        while period.end + settle > as_of:
            period = self.previous(period)
        found = [period]
        while len(found) < count:
            found.append(self.previous(found[-1]))
        return tuple(reversed(found))

    def between(self, grain: str, since: date, until: date) -> tuple[Period, ...]:
        """Every period from the one that holds `since` to the one that holds `until`, both included."""
        period = self.period_of(since, grain)
        found = []
        while period.first_day <= until:
            found.append(period)
            period = self._period(_next(period.first_day, grain), grain)
        return tuple(found)

    def previous(self, period: Period) -> Period:
        """The period before."""
        return self.period_of(period.first_day - timedelta(days=1), period.grain)

    def _period(self, first: date, grain: str) -> Period:
        after = _next(first, grain)
        return Period(start=self._midnight(first), end=self._midnight(after), grain=grain, first_day=first)

    def _midnight(self, day: date) -> datetime:
        return to_utc(datetime.combine(day, time()), self.zone)


def _next(first: date, grain: str) -> date:
    if grain in ("day", "week"):
        return first + timedelta(days=1 if grain == "day" else 7)
    months = first.month - 1 + _MONTHS[grain]
    return first.replace(year=first.year + months // 12, month=months % 12 + 1)
