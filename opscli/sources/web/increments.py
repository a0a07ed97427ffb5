"""Asking for new rows only: from which cursor value on, and how far the rows of this load have moved it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from opscli.clock import iso, parse_instant
from opscli.errors import DataUnusable, UsageError
from opscli.outcome import printable
from opscli.phrases import listed, say
from opscli.sources.gathering import Asked, Mark
from opscli.sources.web.documents import field_of
from opscli.sources.web.requests import Ask
from opscli.sources.web.settings import Since

Point = datetime | Decimal
"""A cursor value: an instant (naive UTC), or a number that only grows."""
NUMBER = "number"
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  naive UTC
_MILLISECONDS_FROM = 100_000_000_000
"""Epoch numbers from here on are milliseconds: as seconds they would be after the year 5138."""
_NAMED = 8


@dataclass(slots=True, kw_only=True)
class Increment:
    """One load's walk along the cursor column. Without `since` it asks for everything and keeps no mark."""

    since: Since | None
    column: str
    begin: Point | None
    reached: Point | None
    now: datetime
    """Instants after it move no mark: a row of next year would hide all rows until then."""
    leaps: bool = False
    """Begins behind the last mark as it was told to: rows between are unread, so the mark stays."""
    _seen: bool = field(default=False)

    def in_query(self) -> dict[str, str]:
        """The parameter, where there is a point to begin at."""
        if self.since is None or self.begin is None or self.since.in_body:
            return {}
        return {self.since.param: written(self.begin, self.since.format)}

    def in_body(self) -> dict[str, Any]:
        """The same as a value of JSON, where it belongs into the body."""
        if self.since is None or self.begin is None or not self.since.in_body:
            return {}
        text = written(self.begin, self.since.format)
        return {self.since.param: text if self.since.format == "iso" else json.loads(text)}

    def note(self, records: Sequence[Any], ask: Ask) -> None:
        """Move on by the records of one page. Raises DataUnusable where none has the column, or it cannot be read."""
        if self.since is None:
            return
        for record in records:
            value = field_of(record, self.column)
            if value is not None and value != "":
                self._seen = True
                self._move(value, ask)
        if records and not self._seen:
            names = sorted({str(key) for record in records[:_NAMED] if isinstance(record, dict) for key in record})
            what = say("sources.http_no_cursor", what=ask.what, column=self.column)
            shown = listed(printable(name, 40) for name in names[: 4 * _NAMED])
            raise DataUnusable(what, remedy=say("sources.http_no_cursor_how", names=shown))

    def marks(self) -> dict[str, Mark]:
        """What the next load begins at."""
        if self.since is None or self.reached is None or self.leaps:
            return {}
        return {self.column: {"value": written(self.reached, NUMBER if self.since.format == NUMBER else "iso")}}

    def _move(self, value: Any, ask: Ask) -> None:
        try:
            point = read_point(value, numeric=self.since is not None and self.since.format == NUMBER)
        except ValueError as error:
            shown = printable(str(value), 60)
            what = say("sources.http_bad_cursor", what=ask.what, column=self.column, value=shown)
            raise DataUnusable(what, remedy=say("sources.http_bad_cursor_how")) from error
        if isinstance(point, datetime) and point > self.now:
            return
        if self.reached is None or _is_later(point, self.reached):
            self.reached = point


def increment(since: Since | None, asked: Asked) -> Increment:
    """Where a load begins: as it is told, else at the last mark less the lookback; with `full` at the start."""
    walk = Increment(since=since, column=asked.cursor.column, begin=None, reached=None, now=asked.at)
    if since is None:
        return walk
    numeric = since.format == NUMBER
    mark = asked.known.get(walk.column)
    if mark is not None:
        walk.reached = read_point(mark["value"], numeric=numeric)
    if asked.since:
        try:
            walk.begin = read_point(asked.since, numeric=numeric)
        except ValueError as error:
            what = say("sources.http_since", source=asked.source, since=asked.since)
            raise UsageError(what, remedy=say("sources.http_since_how")) from error
        walk.leaps = walk.reached is not None and _is_later(walk.begin, walk.reached)
    elif walk.reached is not None and not asked.full:
        walk.begin = earlier(walk.reached, asked.cursor.lookback)
    return walk


def read_point(value: Any, *, numeric: bool) -> Point:
    """A cursor value of a record, a mark or a command: a number, an ISO instant or an epoch. Raises ValueError."""
    if isinstance(value, bool):
        raise ValueError(value)  # noqa: TRY004  a value of the wrong kind, as any other
    number = _number(value)
    if numeric:
        if number is None:
            raise ValueError(value)
        return number
    if number is None or (isinstance(value, str) and len(value) == len("20260504") and value.isdigit()):
        return parse_instant(str(value))
    seconds = number / 1000 if abs(number) >= _MILLISECONDS_FROM else number
    try:
        return _EPOCH + timedelta(microseconds=int(seconds * 1_000_000))
    except OverflowError as error:
        raise ValueError(value) from error


def written(point: Point, form: str) -> str:
    """The point as a parameter has it; fractions are cut off downwards, so that no row is passed over."""
    if isinstance(point, Decimal):
        return format(point, "f")
    if form == "iso":
        return iso(point)
    return str((point - _EPOCH) // timedelta(milliseconds=1 if form == "epoch_ms" else 1000))


def earlier(point: Point, lookback: float) -> Point:
    """So many seconds before, or so much less."""
    return point - timedelta(seconds=lookback) if isinstance(point, datetime) else point - int(lookback)


def _is_later(point: Point, than: Point) -> bool:
    if isinstance(point, datetime) and isinstance(than, datetime):
        return point > than
    return isinstance(point, Decimal) and isinstance(than, Decimal) and point > than


def _number(value: Any) -> Decimal | None:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
