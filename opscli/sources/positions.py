"""Values of a cursor column: kept in a mark, taken from it again, shifted by a lookback, compared."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from opscli.clock import parse_instant
from opscli.sources.gathering import Mark

_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:([T ])(\d{2}:\d{2}(?::\d{2})?)(?:[.]\d+)?\s?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?"
)
_ENDLESS = re.compile(r"infinity|\d{5,}-\d{2}-\d{2}.*")
"""What PostgreSQL writes for times that Python's have no room for."""
_DAY = timedelta(days=1)
_MILLISECONDS, _MICROSECONDS = 100_000_000_000, 100_000_000_000_000
"""A number above one of these that counts time since 1970 counts in this unit (in seconds it would be past 5138)."""


def kept(value: Any) -> Mark:
    """A value as JSON with what it was."""
    if isinstance(value, Decimal):
        return {"kind": "decimal", "value": format(value, "f")}
    if isinstance(value, datetime):
        return {"kind": "timestamp", "value": value.isoformat()}
    if isinstance(value, date):
        return {"kind": "date", "value": value.isoformat()}
    if isinstance(value, int | float):
        return {"kind": "number", "value": value}
    return {"kind": "text", "value": str(value)}


def restored(mark: Mark) -> Any:
    """The value of a mark."""
    value = mark["value"]
    if mark["kind"] == "decimal":
        return Decimal(value)
    if mark["kind"] == "timestamp":
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if mark["kind"] == "date" else value


def earlier(value: Any, seconds: float) -> Any:
    """A value so far back, or None where nothing can be taken from it.

    A moment in a text loses its fraction and offset: so it sorts before all texts of that second, whatever their form.
    """
    if not seconds:
        return value
    if isinstance(value, datetime | date):
        return _back(value, seconds)
    if isinstance(value, Decimal):
        return value - Decimal(_units(float(value), seconds))
    if isinstance(value, int | float):
        return value - _units(value, seconds)
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    day, _, time = found.groups()
    return _written_like(_back(datetime.fromisoformat(f"{day}T{time or '00:00'}"), seconds), found)


def as_like(text: str, sample: Any) -> Any:
    """What somebody wrote, as the type of a value of the column. Raises ValueError when it is none."""
    if isinstance(sample, datetime):
        moment = parse_instant(text)
        return moment if sample.tzinfo is None else moment.replace(tzinfo=UTC)
    if isinstance(sample, date):
        return parse_instant(text).date()
    try:
        if isinstance(sample, Decimal):
            return Decimal(text)
    except InvalidOperation as error:
        raise ValueError(text) from error
    if isinstance(sample, int | float):
        return type(sample)(text)
    found = _MOMENT.fullmatch(str(sample))
    return text if found is None else _written_like(parse_instant(text), found)


def is_later(value: Any, other: Any) -> bool:
    """Whether a value lies behind another one of the same column; times also where one was written as a text."""
    first, second = _comparable(value), _comparable(other)
    return type(first) is type(second) and bool(first > second)


def is_ahead(value: Any, now: datetime) -> bool:
    """Whether a time lies in the future (`now` is naive UTC), beyond what a zone or a clock that is fast explains."""
    found = _comparable(value)
    if isinstance(found, datetime):
        return found > now.replace(tzinfo=UTC) + _DAY
    return isinstance(value, str) and _ENDLESS.fullmatch(value) is not None


def _comparable(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, int | float | Decimal):
        return Decimal(str(value))
    text = str(value)
    if _MOMENT.fullmatch(text):
        try:
            return _comparable(datetime.fromisoformat(text))
        except ValueError:
            return text
    return text


def _written_like(moment: datetime, found: re.Match[str]) -> str:
    """The moment as a text of that form, without fraction and offset."""
    day, (_, between, time) = moment.date().isoformat(), found.groups()
    if between is None:
        return day
    return f"{day}{between}{moment.strftime('%H:%M:%S' if time.count(':') > 1 else '%H:%M')}"


def _units(value: float, seconds: float) -> int:
    """Seconds in the unit in which a number counts time; one that counts rows goes back generously."""
    if abs(value) >= _MICROSECONDS:
        return round(seconds * 1_000_000)
    return round(seconds * 1000) if abs(value) >= _MILLISECONDS else round(seconds)


def _back(value: Any, seconds: float) -> Any:
    try:
        if isinstance(value, datetime):
            return value - timedelta(seconds=seconds)
        return value - timedelta(days=-(-seconds // 86_400))
    except OverflowError:
        return type(value).min
