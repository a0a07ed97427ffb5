"""A legal record of an entity, made from its schema: what `entity template --example` shows."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from opscli.engine.drafts import Draft, Field, fields_of
from opscli.engine.entity import Entity
from opscli.engine.limits import MONEY_UNITS, is_number, json_number
from opscli.engine.records import exact
from opscli.errors import UsageError
from opscli.phrases import say

_FORMATTED = {
    "email": "ann@example.com",
    "uri": "https://example.com/",
    "uuid": "123e4567-e89b-42d3-a456-426614174000",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "hostname": "shop.example.com",
    "time": "09:00:00Z",
}
_NAMED = {"currency": "EUR", "email": "ann@example.com", "phone": "+44 20 7946 0123", "country": "GB"}
"""By the end of the column's name."""
_TEXTS = ("a-1", "A", "a", "1", "AB", "EUR", "ABC", "A1", "A-1", "000001", "2026", "example", "ABC123", "DE-12345")
"""Tried in turn against patterns and lengths."""


def example(entity: Entity) -> dict[str, Any]:
    """One record that keeps every rule. Raises UsageError naming a required column for which none was found."""
    draft = Draft(entity, "UTC")
    record: dict[str, Any] = {}
    for field in fields_of(entity):
        found = next((value for value in _candidates(field) if _legal(draft, field, value)), None)
        if found is not None:
            record[field.name] = found
        elif field.required:
            raise UsageError(
                say("entity.no_example", column=field.name),
                remedy=say("entity.add_example", column=field.name, entity=entity.name),
            )
    for flaw in draft.problems(record):
        record.pop(flaw.column, None)
    left = draft.problems(record)
    if left:
        raise UsageError(
            say("entity.no_example", column=left[0].column),
            remedy=say("entity.add_example", column=left[0].column, entity=entity.name),
        )
    return record


def _legal(draft: Draft, field: Field, value: Any) -> bool:
    try:
        draft.judge(field, value)
    except ValueError:
        return False
    return True


def _candidates(field: Field) -> Iterator[Any]:
    """Values to try: those that the schema names, then plain ones of the type, then its limits."""
    stated = [*field.node.get("examples", ()), field.default, *field.allowed]
    yield from (exact({"const": value}, field.kind)["const"] for value in stated if value is not None)
    if field.kind == "text":
        yield from _texts(field)
    elif field.kind in ("integer", "float", "money"):
        yield from _numbers(field)
    else:
        plain = {"boolean": (True, False), "date": ("2026-05-04",), "timestamp": ("2026-05-04T09:00:00Z",)}
        yield from plain.get(field.kind, ([], ["a"], {}, {"a": "b"}))


def _texts(field: Field) -> Iterator[str]:
    if field.node.get("format") in _FORMATTED:
        yield _FORMATTED[field.node["format"]]
    named = next((value for ending, value in _NAMED.items() if field.name.endswith(ending)), None)
    if named is not None:
        yield named
    elif field.name.endswith(("_id", "id", "_ref")):
        yield f"{field.name.removesuffix('_id').removesuffix('_ref')[:1]}-1001"
    yield field.name.replace("_", " ")
    yield from _TEXTS
    shortest = field.node.get("minLength", 1)
    yield from (letter * int(shortest) for letter in "aA1")


def _numbers(field: Field) -> Iterator[int | Decimal]:
    yield from (1, 10, Decimal("19.9"), 0)
    step = json_number(field.node.get("multipleOf", 1 if field.kind == "integer" else Decimal(1) / MONEY_UNITS))
    for keyword, toward in (("minimum", 1), ("exclusiveMinimum", 1), ("maximum", -1), ("exclusiveMaximum", -1)):
        if is_number(field.node.get(keyword)):
            limit = json_number(field.node[keyword])
            yield limit
            nearest = (Decimal(limit) / step).to_integral_value() * step
            yield from (json_number(nearest + toward * count * step) for count in range(3))
    yield step
