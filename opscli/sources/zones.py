"""Local times to UTC in SQL, by the rules of `clock.to_utc`: gap → first instant after it, overlap → first occurrence.

Engines disagree on both cases, so the offsets of a zone are computed here and printed as a search tree of CASEs.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from opscli.engine.versions import literal

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(2100, 1, 1, tzinfo=UTC)
_STEP = timedelta(days=7)
"""No zone has changed its offset twice within a week since 1970."""


@dataclass(frozen=True, slots=True)
class Piece:
    """From this local time on: subtract `offset`, or, within a gap, take `instant`."""

    start: datetime
    offset: timedelta
    instant: datetime | None = None


@cache
def pieces(zone: str) -> tuple[Piece, ...]:
    """How local times of a zone become UTC, by local start; times before 1970 take the first offset."""
    info = ZoneInfo(zone)
    before = _offset(_FIRST, info)
    found = [Piece(datetime.min, before)]  # noqa: DTZ901  naive local time, as everything in this table
    moment = _FIRST
    while moment < _LAST:
        after = _offset(moment + _STEP, info)
        if after != before:
            change = _change(moment, moment + _STEP, info)
            naive = change.replace(tzinfo=None)
            if after > before:
                found.append(Piece(naive + before, after, instant=naive))
                found.append(Piece(naive + after, after))
            else:
                found.append(Piece(naive + before, after))
            before = after
        moment += _STEP
    return tuple(found)


def utc_sql(column: str, zone: str, span: tuple[datetime, datetime] | None = None) -> str:
    """SQL: UTC of a column of local times; a known `span` of them (both ends included) keeps the text short."""
    parts = pieces(zone)
    if span is not None:
        starts = [piece.start for piece in parts]
        first, last = (max(bisect_right(starts, end) - 1, 0) for end in span)
        parts = parts[first : last + 1]
    return _tree(column, parts)


def _tree(column: str, parts: tuple[Piece, ...]) -> str:
    if len(parts) == 1:
        piece = parts[0]
        if piece.instant is not None:
            return literal(piece.instant)
        seconds = int(piece.offset.total_seconds())
        return column if seconds == 0 else f"{column} - INTERVAL '{seconds} seconds'"
    middle = len(parts) // 2
    low, high = _tree(column, parts[:middle]), _tree(column, parts[middle:])
    return f"CASE WHEN {column} < {literal(parts[middle].start)} THEN {low} ELSE {high} END"


def _offset(moment: datetime, info: ZoneInfo) -> timedelta:
    return moment.astimezone(info).utcoffset() or timedelta()


def _change(low: datetime, high: datetime, info: ZoneInfo) -> datetime:
    """First instant in (low, high] with another offset than at `low`, to the second."""
    start = _offset(low, info)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        low, high = (middle, high) if _offset(middle, info) == start else (low, middle)
    return high.replace(microsecond=0)
