"""The page: everything that a report says, as frozen values. Renderers only lay it out; they ask nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from opscli.charts.plot import Plot
from opscli.metrics.periods import Period


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a block's table; `unit` is text, time or a metric unit."""

    name: str
    title: str
    unit: str = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A number to be read at a glance. `delta_state` is good, bad or flat; `state` is met, near, warn, crit or none."""

    value: str
    period: str
    delta: str = ""
    delta_state: str = "flat"
    against: str = ""
    target: str = ""
    state: str = "none"
    margin: str = ""
    spark: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One value as it goes into metric_values."""

    metric: str
    period: Period
    dimension: str
    member: str
    value: float | None
    numerator: float | None
    denominator: float | None
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One figure with its table. `rows` hold raw values in the order of `columns`; text is made when they are shown."""

    name: str
    kind: str
    title: str
    sentence: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    plot: Plot | None = None
    tile: Tile | None = None
    notes: tuple[str, ...] = ()
    owner: str = ""
    stored: tuple[Stored, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A rendered report, before it has a form."""

    name: str
    title: str
    project: str
    environment: str
    as_of: datetime
    zone: str
    locale: str
    currency: str
    config_version: str
    blocks: tuple[Block, ...]
    left_out: tuple[str, ...] = ()
    """What is not set up yet, as sentences."""
