"""Public holidays by country, from the `holidays` library, which is loaded at the first question."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from opscli.phrases import say


@dataclass(frozen=True, slots=True)
class PublicHolidays:
    """Public holidays of a country (`US`) or of one of its regions (`GB-SCT`), and own closed days; use with `in`."""

    code: str
    own: frozenset[date] = field(default=frozenset())

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and (day in self.own or day in _calendar(self.code))

    def name(self, day: date) -> str | None:
        """What is celebrated, or None on an ordinary day."""
        found = _calendar(self.code).get(day)
        return str(found) if found else (say("calendars.own_day") if day in self.own else None)


def public_holidays(code: str, own: frozenset[date] = frozenset()) -> PublicHolidays:
    """Holidays of `US`, `GB-SCT` …; an empty code knows only the own days. Raises ValueError for an unknown place."""
    _calendar(code)
    return PublicHolidays(code, own)


@cache
def _calendar(code: str) -> Any:
    if not code:
        return {}
    import holidays

    country, _, region = code.partition("-")
    try:
        return holidays.country_holidays(country, subdiv=region or None)
    except NotImplementedError as error:
        raise ValueError(say("calendars.no_holidays", code=code)) from error
