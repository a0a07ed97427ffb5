"""`type: sum`: a number column added up: `{of: orders.amount, where: "…"}`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from opscli.metrics.frame import Frame
from opscli.metrics.kind import Parts, Source, Value, number
from opscli.metrics.measure import measured, shorthand
from opscli.metrics.single import Single, check, entities

__all__ = ["UNIT", "check", "entities", "parse", "sources", "value"]

UNIT = "money"


def parse(body: Mapping[str, Any]) -> Single:
    return Single(of=shorthand("sum", body))


def sources(settings: Single, frame: Frame) -> Sequence[Source]:
    return measured(frame, {"total": settings.of, "counted": replace(settings.of, kind="count")})


def value(_settings: Single, parts: Parts) -> Value:
    """A period without rows is 0."""
    return Value(value=number(parts, "total"), rows=int(number(parts, "counted")))
