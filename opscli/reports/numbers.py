"""Numbers as people read them: by unit, with the project's currency, `–` where there is none."""  # noqa: RUF002  the dash that is printed

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from opscli.phrases import say

NOTHING = "–"  # noqa: RUF001  a dash says "not defined", a hyphen would read as minus
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "CNY": "¥", "JPY": "¥"}
_SHORT = ((1e9, "bn"), (1e6, "M"), (1e3, "k"))
_DECIMALS = {"count": 0, "percent": 1, "points": 1, "ratio": 2, "hours": 1, "number": 2}
_WHOLE_MONEY_FROM = 1000


@dataclass(frozen=True, slots=True)
class Printer:
    """How one unit is printed. Percent values are shares: 0.25 prints as 25.0%."""

    unit: str
    currency: str = ""
    decimals: int | None = None
    locale: str = ""
    """Language of the units; that of the call when left out."""

    def full(self, value: Any) -> str:
        """The number with its unit."""
        if value is None:
            return NOTHING
        if isinstance(value, str):
            return value
        if isinstance(value, datetime):
            return value.strftime("%Y-%m-%d %H:%M")
        return self._dressed(value, self._digits(value))

    def short(self, value: float) -> str:
        """For axes: thousands as k, no digits that say nothing."""
        if self.unit == "percent":
            return f"{value * 100:.10g}%"
        size, suffix = next(((size, suffix) for size, suffix in _SHORT if abs(value) >= size), (1.0, ""))
        text = f"{value / size:.10g}{suffix}"
        return self._with_currency(text) if self.unit == "money" else text

    def change(self, now: float | None, before: float | None) -> str:
        """`+4.2%`; `+1.3 pp` of shares; the difference itself of points and where the base is not above 0."""
        if now is None or before is None:
            return ""
        if self.unit == "percent":
            return self._points(_signed((now - before) * 100, ".1f"))
        if self.unit == "points" or before <= 0:
            return ("+" if now >= before else "−") + self._dressed(abs(now - before), self._digits(now))  # noqa: RUF001  a true minus
        return _signed((now / before - 1) * 100, ".1f") + "%"

    def moved(self, now: float | None, before: float | None) -> bool:
        """Whether the printed change is one: a change that rounds to nothing is no news."""
        return any(digit in "123456789" for digit in self.change(now, before))

    def margin(self, low: float | None, high: float | None) -> str:
        """`± 4.1`, half of an interval; empty without one."""
        if low is None or high is None:
            return ""
        if self.unit == "percent":
            return "± " + self._points(f"{(high - low) * 50:.1f}")
        return "± " + self._dressed((high - low) / 2, self._digits((high - low) / 2))

    def _digits(self, value: float) -> int:
        if self.decimals is not None:
            return self.decimals
        if self.unit == "money":
            return 0 if abs(value) >= _WHOLE_MONEY_FROM else 2
        return _DECIMALS.get(self.unit, 2)

    def _dressed(self, value: float, digits: int) -> str:
        if self.unit == "percent":
            return f"{value * 100:,.{digits}f}%"
        text = f"{value:,.{digits}f}"
        if self.unit == "money":
            return self._with_currency(text)
        return say("page.hours", locale=self.locale, number=text) if self.unit == "hours" else text

    def _points(self, number: str) -> str:
        return say("page.percentage_points", locale=self.locale, number=number)

    def _with_currency(self, text: str) -> str:
        symbol = _SYMBOLS.get(self.currency)
        sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
        return f"{sign}{symbol}{digits}" if symbol else f"{text} {self.currency}".rstrip()


def _signed(value: float, form: str) -> str:
    """`+1.3`, `-0.4`, and `0.0` without a sign for what rounds to nothing."""
    text = format(value, form)
    rounded = float(text)
    return f"{'+' if rounded > 0 else ''}{text if rounded else format(0.0, form)}"
