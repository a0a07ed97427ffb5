"""What is to be drawn: plain values with the way to print them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

TONES = ("accent", "good", "warn", "bad", "muted")
"""Meaning of a colour; the page's style sheet and the terminal choose the paint."""


def _plain(value: float) -> str:
    return f"{value:,.10g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line or one set of columns; None is a gap."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar of a ranking or one part of a whole. `note` stands behind the value."""

    label: str
    value: float
    tone: str = "accent"
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One funnel step: how many reached it, as a share of the step before and of the first one (None: not defined)."""

    label: str
    count: int
    of_previous: float | None = None
    of_first: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A chart: `kind` is line, columns, bars, funnel or parts, and says which of the fields below it are filled."""

    kind: str
    sentence: str
    """What the picture shows, for those who cannot see it."""
    labels: tuple[str, ...] = ()
    series: tuple[Series, ...] = ()
    bars: tuple[Bar, ...] = ()
    steps: tuple[Step, ...] = ()
    rates: tuple[str, str] = ("of step before", "of first step")
    """Names of a funnel's two rates."""
    target: float | None = None
    target_label: str = ""
    show: Callable[[float], str] = field(default=_plain, compare=False)
    """Prints a value."""
    tick: Callable[[float], str] = field(default=_plain, compare=False)
    """Prints an axis value: short."""
