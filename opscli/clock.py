"""Time: naive UTC instants inside, zones only at the edges, and one injected clock.

No stage reads the wall clock. A run has one `as_of`; every bound is computed from it and handed to SQL as a value.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from opscli.phrases import say

END_OF_TIME = datetime(9999, 12, 31)  # noqa: DTZ001  naive UTC, as the warehouse stores it
"""`known_to` of the open version of a row."""

_DURATION = re.compile(r"(\d+)\s*(s|min|m|h|d|w)")
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}


class Clock(Protocol):
    """Where commands learn what time it is."""

    def now(self) -> datetime:
        """The present instant, naive UTC."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, naive UTC, whole microseconds."""
        return datetime.now(UTC).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class FixedClock:
    """A clock that stands still: demos on historic data, simulated runs, tests."""

    instant: datetime

    def now(self) -> datetime:
        """The instant at which the clock stands."""
        return self.instant


def wall_now() -> datetime:
    """The machine's time as naive UTC, for leases, logs and measurements, never for decisions about customers."""
    return datetime.now(UTC).replace(tzinfo=None)


def parse_instant(text: str, zone: str = "UTC") -> datetime:
    """Read an ISO 8601 date or instant as naive UTC; a text without offset is local time of `zone`.

    A local time in a DST gap becomes the first valid instant after it, one in an overlap its first occurrence.
    Raises ValueError with the text when it is no instant.
    """
    try:
        return to_utc(datetime.fromisoformat(text), zone)
    except (ValueError, OverflowError) as error:  # overflow: before year 1 or after 9999 in UTC
        message = say("clock.no_instant", text=text)
        raise ValueError(message) from error


def to_utc(moment: datetime, zone: str) -> datetime:
    """Naive UTC of `moment`; a naive one is local time of `zone` (gap: first instant after; overlap: first)."""
    if moment.tzinfo is not None:
        return moment.astimezone(UTC).replace(tzinfo=None)
    local = moment.replace(tzinfo=ZoneInfo(zone), fold=0)
    utc = local.astimezone(UTC)
    if utc.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != moment:
        # In a gap fold=0 uses the offset before it, so the result lies after the gap by exactly the gap's part
        # that had passed; the first valid instant is the transition itself, found with the offset after it.
        before = moment.replace(tzinfo=ZoneInfo(zone), fold=0).utcoffset() or timedelta()
        after = moment.replace(tzinfo=ZoneInfo(zone), fold=1).utcoffset() or timedelta()
        utc = _transition(utc - (after - before), utc, zone)
    return utc.replace(tzinfo=None)


def _transition(low: datetime, high: datetime, zone: str) -> datetime:
    """First instant in (low, high] whose offset differs from the one at `low`, to the second."""
    start = low.astimezone(ZoneInfo(zone)).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(ZoneInfo(zone)).utcoffset() == start:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def parse_duration(text: str) -> timedelta:
    """Read `90d`, `36h`, `15min`, `30s`, `2w`; days are 24 h. Raises ValueError for anything else."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        message = say("clock.no_duration", text=text)
        raise ValueError(message)
    return timedelta(seconds=int(match[1]) * _SECONDS[match[2]])


def iso(moment: datetime) -> str:
    """Text of a naive UTC instant: `2026-05-04T09:00:00Z`, with microseconds only where there are any."""
    return moment.isoformat(timespec="auto") + "Z"


def open_clock(pinned: str | None) -> Clock:
    """A project's clock: `OPSCLI_CLOCK` (only with OPSCLI_TESTING), the pinned instant, or the machine's."""
    override = os.environ.get("OPSCLI_CLOCK") if os.environ.get("OPSCLI_TESTING") else None
    text = override or pinned
    return FixedClock(parse_instant(text)) if text else SystemClock()
