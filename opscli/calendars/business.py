"""Business days and hours of one place: `2bd` after an instant, business time between two instants.

Days and hours are local (zone of the calendar), instants naive UTC. Local arithmetic happens on wall-clock times that
are turned into UTC one by one, so a day with 23 or 25 hours is just a day.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import count
from typing import Protocol
from zoneinfo import ZoneInfo

from opscli.clock import parse_duration, to_utc
from opscli.phrases import say

MONDAY_TO_FRIDAY = frozenset(range(5))
LONGEST_SEARCH = 3660
"""Days to look ahead for an open one; ten years without any means that the calendar is never open."""

_BUSINESS_DAYS = re.compile(r"(\d+)\s*bd")
_WINDOW_END = time(17)
_WINDOW_START = time(9)


class Holidays(Protocol):
    """Anything that knows closed days: a set of dates or `calendars.holidays.public_holidays`."""

    def __contains__(self, day: object, /) -> bool: ...


@dataclass(frozen=True, kw_only=True)
class BusinessCalendar:
    """Open hours of one place: the same half-open window [opens, closes) on each working weekday that is no holiday.

    `weekdays`: 0 = Monday. Raises ValueError when no weekday is open or the window is empty.
    """

    zone: str = "UTC"
    opens: time = _WINDOW_START
    closes: time = _WINDOW_END
    weekdays: frozenset[int] = MONDAY_TO_FRIDAY
    holidays: Holidays | Collection[date] = field(default=frozenset())

    def __post_init__(self) -> None:
        if not self.weekdays or not self.weekdays <= set(range(7)):
            raise ValueError(say("calendars.no_weekdays"))
        if self.opens >= self.closes:
            opens, closes = f"{self.opens:%H:%M}", f"{self.closes:%H:%M}"
            raise ValueError(say("calendars.hours_crossed", opens=opens, closes=closes))

    @cached_property
    def _tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def local_day(self, moment: datetime) -> date:
        """The local calendar day of a naive UTC instant."""
        return moment.replace(tzinfo=UTC).astimezone(self._tz).date()

    def is_business_day(self, day: date) -> bool:
        """Whether the place opens on that local day."""
        return day.weekday() in self.weekdays and day not in self.holidays

    def window(self, day: date) -> tuple[datetime, datetime]:
        """Opening and closing of a local day as naive UTC, whether or not the day is a business day."""
        start = to_utc(datetime.combine(day, self.opens), self.zone)
        return start, to_utc(datetime.combine(day, self.closes), self.zone)

    def business_days_from(self, day: date) -> Iterator[date]:
        """Business days from `day` on, it included. Raises ValueError when ten years hold none."""
        last = day
        for step in count():
            candidate = day + timedelta(days=step)
            if self.is_business_day(candidate):
                last = candidate
                yield candidate
            elif candidate - last > timedelta(days=LONGEST_SEARCH):
                raise ValueError(say("calendars.never_open"))


def add_business_days(moment: datetime, days: int, calendar: BusinessCalendar) -> datetime:
    """Close of business on the `days`-th business day after the local day of `moment`, as naive UTC.

    Friday plus one is Monday's close; 0 is the close of the day itself, or of the next open day when it is closed.
    Raises ValueError for a negative number.
    """
    if days < 0:
        raise ValueError("business days are added, not taken away")
    today = calendar.local_day(moment)
    first = today + timedelta(days=1) if days else today
    upcoming = calendar.business_days_from(first)
    day = next(upcoming)
    for _ in range(days - 1):
        day = next(upcoming)
    return calendar.window(day)[1]


def add_business_time(moment: datetime, amount: timedelta, calendar: BusinessCalendar) -> datetime:
    """The instant when `amount` of open time has passed since `moment`; one exactly at close stays on that day."""
    if amount < timedelta(0):
        raise ValueError("business time is added, not taken away")
    remaining = amount
    for day in calendar.business_days_from(calendar.local_day(moment)):
        opens, closes = calendar.window(day)
        start = max(opens, moment)
        if start >= closes:
            continue
        if start + remaining <= closes:
            return start + remaining
        remaining -= closes - start
    raise AssertionError("business_days_from never ends without raising")


def business_time(start: datetime, end: datetime, calendar: BusinessCalendar) -> timedelta:
    """Open time within [start, end); zero when the interval is empty."""
    total = timedelta(0)
    day, last = calendar.local_day(start), calendar.local_day(end)
    while day <= last:
        if calendar.is_business_day(day):
            opens, closes = calendar.window(day)
            total += max(timedelta(0), min(end, closes) - max(start, opens))
        day += timedelta(days=1)
    return total


def parse_due(text: str) -> int | timedelta:
    """Read `2bd` as business days (int) and `36h`, `3d` as a duration. Raises ValueError for anything else."""
    match = _BUSINESS_DAYS.fullmatch(text.strip())
    if match:
        return int(match[1])
    try:
        return parse_duration(text)
    except ValueError as error:
        raise ValueError(say("calendars.no_due_time", text=text)) from error


def due_at(moment: datetime, due: str, calendar: BusinessCalendar) -> datetime:
    """When something started at `moment` is due: `2bd` by business days, `3d` and `36h` by the clock; naive UTC."""
    amount = parse_due(due)
    return add_business_days(moment, amount, calendar) if isinstance(amount, int) else moment + amount
