"""A record as JSON Schema sees it, judged by `jsonschema`: what SQL cannot say, and single records at the terminal.

A NULL cell is a property that the record does not state. Numbers are exact decimals, `pattern` is RE2, and instants are
texts in UTC; so a rule means the same here and in SQL.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from opscli.clock import iso, parse_instant
from opscli.engine import regex
from opscli.engine.formats import format_checker
from opscli.engine.limits import is_multiple, is_number, json_number

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

REASONS = {
    "required": "missing",
    "dependentRequired": "missing",
    "type": "wrong_type",
    "minimum": "too_small",
    "exclusiveMinimum": "too_small",
    "maximum": "too_large",
    "exclusiveMaximum": "too_large",
    "multipleOf": "not_a_multiple",
    "minLength": "too_short",
    "maxLength": "too_long",
    "pattern": "wrong_pattern",
    "minItems": "too_few",
    "minContains": "too_few",
    "minProperties": "too_few",
    "maxItems": "too_many",
    "maxContains": "too_many",
    "maxProperties": "too_many",
    "uniqueItems": "not_unique",
}
"""Keyword → reason code of a rejected row, where it is not `not_allowed`; a format is `not_<format>`."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with one record: the column, the reason code, and the violation as jsonschema has it."""

    column: str
    reason: str
    error: ValidationError | None = None


def json_cell(value: Any, kind: str) -> Any:
    """The JSON value of a cell of a logical type; None stays None."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if kind == "json":
        return json.loads(value, parse_float=lambda text: json_number(Decimal(text)))
    return json_number(value) if is_number(value) else value


def record_of(cells: Mapping[str, Any], kinds: Mapping[str, str]) -> dict[str, Any]:
    """The record of a row: what is NULL is left out."""
    return {name: json_cell(value, kinds[name]) for name, value in cells.items() if value is not None}


def exact(node: Any, kind: str = "") -> Any:
    """A schema with exact numbers; instants that it lists for a column of that kind are written as cells are."""
    if is_number(node):
        return json_number(node)
    if isinstance(node, list):
        return [exact(item, kind) for item in node]
    if not isinstance(node, Mapping):
        return node
    return {key: exact(_as_cells(key, value, kind), kind) for key, value in node.items()}


def validator(schema: Mapping[str, Any]) -> Validator:
    """`jsonschema` for a schema that `exact` has made, with our formats; it reads no schema from elsewhere."""
    from referencing import Registry

    found: Validator = _judge()(schema, format_checker=format_checker(), registry=Registry())
    return found


def flaws(judge: Validator, record: Mapping[str, Any], columns: Sequence[str]) -> list[Flaw]:
    """What is wrong with a record, in the order of `columns`; a rule over several of them names the first one."""
    found = [_flaw(error, columns) for error in judge.iter_errors(record)]
    places = {name: number for number, name in enumerate(columns)}
    return sorted(found, key=lambda flaw: places.get(flaw.column, len(places)))


def columns_of(node: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """(place, column) for each column that a rule over a whole record mentions."""
    if not isinstance(node, Mapping):
        return
    for keyword in ("properties", "dependentRequired", "dependentSchemas"):
        for name in node.get(keyword, ()):
            yield (*place, keyword, name), name
    for name, needed in node.get("dependentRequired", {}).items():
        yield from (((*place, "dependentRequired", name, number), other) for number, other in enumerate(needed))
    yield from (((*place, "required", number), name) for number, name in enumerate(node.get("required", ())))
    for keyword in ("not", "if", "then", "else"):
        yield from columns_of(node.get(keyword), (*place, keyword))
    for keyword in ("allOf", "anyOf", "oneOf"):
        for number, part in enumerate(node.get(keyword, ())):
            yield from columns_of(part, (*place, keyword, number))
    for name, part in node.get("dependentSchemas", {}).items():
        yield from columns_of(part, (*place, "dependentSchemas", name))


def _as_cells(keyword: str, value: Any, kind: str) -> Any:
    """What enum and const list, as cells of a column of instants or dates are written."""
    if kind not in ("timestamp", "date"):
        return value
    if keyword == "enum" and isinstance(value, list):
        return [_moment(item, kind) for item in value]
    return _moment(value, kind) if keyword == "const" else value


def _moment(value: Any, kind: str) -> Any:
    if not isinstance(value, str):
        return value
    try:
        moment = parse_instant(value)
    except ValueError:
        return value  # told when the entity is checked
    return iso(moment) if kind == "timestamp" else moment.date().isoformat()


def _flaw(error: ValidationError, columns: Sequence[str]) -> Flaw:
    reason = f"not_{error.validator_value}" if error.validator == "format" else ""
    reason = reason or REASONS.get(str(error.validator), "not_allowed")
    if error.absolute_path:
        return Flaw(str(error.absolute_path[0]), reason, error)
    if reason == "missing":
        # jsonschema tells one missing name an error, at the start of its sentence.
        return Flaw(next((name for name in columns if error.message.startswith(repr(name))), ""), reason, error)
    named = [name for _, name in columns_of({str(error.validator): error.validator_value})]
    return Flaw(next((name for name in columns if name in named), ""), reason, error)


@cache
def _judge() -> Any:
    from jsonschema import Draft202012Validator, validators
    from jsonschema.exceptions import ValidationError

    def multiple_of(_judge: Any, step: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:
        # jsonschema divides floats, and Decimal's remainder ends at 28 digits.
        if is_number(value) and not is_multiple(value, step):
            yield ValidationError(f"{value} is not a multiple of {step}")

    def pattern(_judge: Any, text: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
        if isinstance(value, str) and not regex.contains(text, value):
            yield ValidationError(f"{value!r} does not match {text!r}")

    return validators.extend(Draft202012Validator, {"multipleOf": multiple_of, "pattern": pattern})  # type: ignore[no-untyped-call]
