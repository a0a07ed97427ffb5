"""What a metric type must offer. A type is `metrics/<type>.py` with `<type>.schema.json`, registered nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from opscli.config.document import Document
from opscli.outcome import Issue
from opscli.stage import Catalog
from opscli.stats.intervals import wilson_interval

if TYPE_CHECKING:
    from opscli.metrics.frame import Frame

Parts = Mapping[str, float | None]
"""What SQL counted and summed for one period and member, by name; None where there was no row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A metric's value with what it was made of. None = not defined (zero denominator, no rows), never 0."""

    value: float | None
    numerator: float | None = None
    denominator: float | None = None
    rows: int = 0
    """Rows, customers or answers that stand behind it."""
    low: float | None = None
    high: float | None = None
    """Bounds of the 95 % interval, where the type has one."""
    parts: Parts | None = None
    """Named intermediate numbers, for funnels and notes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One SELECT with the columns `period` (index), `member` (text) and one column a part."""

    sql: str
    parts: tuple[str, ...]


class MetricType(Protocol):
    """A module of `metrics/` that has a schema of its own."""

    UNIT: str
    """Usual unit: count, money, percent, points, ratio, hours, number."""

    def parse(self, body: Mapping[str, Any]) -> Any:
        """Frozen settings of a schema-valid definition."""
        ...

    def check(self, settings: Any, document: Document, catalog: Catalog) -> Iterable[Issue]:
        """Problems that need the entities or other metrics."""
        ...

    def entities(self, settings: Any) -> tuple[str, ...]:
        """Entities that it reads; without their tables the metric is not set up."""
        ...

    def sources(self, settings: Any, frame: Frame) -> Sequence[Source]:
        """The SELECTs that give its parts."""
        ...

    def value(self, settings: Any, parts: Parts) -> Value:
        """The value of one period and member from its parts."""
        ...


def share(numerator: float | None, denominator: float | None) -> float | None:
    """Numerator / denominator; None where either is unknown or the denominator is 0."""
    return numerator / denominator if numerator is not None and denominator else None


def number(parts: Parts, name: str) -> float:
    """A count or sum that is 0 when no row was there."""
    return parts.get(name) or 0.0


def proportion(hits: float, base: float) -> Value:
    """A share of people with its Wilson interval; undefined where there was nobody."""
    interval = wilson_interval(int(hits), int(base)) if base else None
    return Value(
        value=share(hits, base),
        numerator=hits,
        denominator=base,
        rows=int(base),
        low=interval.low if interval else None,
        high=interval.high if interval else None,
    )
