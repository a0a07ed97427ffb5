"""`type: avg`: the mean of a number column, kept as sum and count: the mean of two months is no mean of their means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from opscli.metrics.frame import Frame
from opscli.metrics.kind import Parts, Source, Value, number, share
from opscli.metrics.measure import measured, shorthand
from opscli.metrics.single import Single, check, entities

__all__ = ["UNIT", "check", "entities", "parse", "sources", "value"]

UNIT = "money"


def parse(body: Mapping[str, Any]) -> Single:
    return Single(of=shorthand("avg", body))


def sources(settings: Single, frame: Frame) -> Sequence[Source]:
    parts = {"total": replace(settings.of, kind="sum"), "counted": replace(settings.of, kind="count")}
    return measured(frame, parts)


def value(_settings: Single, parts: Parts) -> Value:
    """Empty values are not counted; a period without values has no mean."""
    total, counted = parts.get("total"), number(parts, "counted")
    return Value(value=share(total, counted), numerator=total, denominator=counted, rows=int(counted))
