"""`type: count`: rows of an entity, or the filled values of a column: `{of: orders, where: "…"}`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opscli.metrics.frame import Frame
from opscli.metrics.kind import Parts, Source, Value, number
from opscli.metrics.measure import measured, shorthand
from opscli.metrics.single import Single, check, entities

__all__ = ["UNIT", "check", "entities", "parse", "sources", "value"]

UNIT = "count"


def parse(body: Mapping[str, Any]) -> Single:
    return Single(of=shorthand("count", body))


def sources(settings: Single, frame: Frame) -> Sequence[Source]:
    return measured(frame, {"counted": settings.of})


def value(_settings: Single, parts: Parts) -> Value:
    """A period without rows is 0."""
    counted = number(parts, "counted")
    return Value(value=counted, rows=int(counted))
