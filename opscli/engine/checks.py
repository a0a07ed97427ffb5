"""Compile an entity's JSON Schema to SQL: for each rule a predicate that a bad row meets, with column and reason.

NULL is "not stated" and breaks nothing but `required`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from opscli.engine.dialect import Dialect, text_literal
from opscli.engine.entity import Entity


@dataclass(frozen=True, slots=True)
class Check:
    """One rule: the column it is about, a reason code, and SQL that is true when it is violated (never NULL)."""

    column: str
    reason: str
    violated: str


def checks(entity: Entity, dialect: Dialect) -> Iterator[Check]:
    """Every rule of an entity's schema, column by column; keys without `required` may be empty."""
    for column in entity.columns:
        name = dialect.quote(column.name)
        if column.name in entity.required:
            yield Check(column.name, "missing", f"{name} IS NULL")
        node: Mapping[str, Any] = entity.schema["properties"][column.name]
        for reason, holds in _rules(node, name, column.type):
            yield Check(column.name, reason, f"({name} IS NOT NULL AND NOT {holds})")


def _rules(node: Mapping[str, Any], name: str, kind: str) -> Iterator[tuple[str, str]]:
    """(reason, SQL that holds for a good value) of one schema node."""
    for keyword, compile_rule in _KEYWORDS.items():
        if keyword in node and not (keyword == "format" and node[keyword] not in _FORMATS):
            yield compile_rule(node[keyword], name, kind)
    for keyword, joint in (("allOf", " AND "), ("anyOf", " OR ")):
        if keyword in node:
            parts = [_all(part, name, kind) for part in node[keyword]]
            yield "not_allowed", f"({joint.join(parts)})"
    if "oneOf" in node:
        parts = [f"CASE WHEN {_all(part, name, kind)} THEN 1 ELSE 0 END" for part in node["oneOf"]]
        yield "not_allowed", f"({' + '.join(parts)} = 1)"
    if "not" in node:
        yield "not_allowed", f"(NOT {_all(node['not'], name, kind)})"


def _all(node: Any, name: str, kind: str) -> str:
    if isinstance(node, bool):
        return "TRUE" if node else "FALSE"
    return "(" + (" AND ".join(holds for _, holds in _rules(node, name, kind)) or "TRUE") + ")"


def _literal(value: Any, kind: str) -> str:
    """A schema value as SQL of the column's type; text that looks like a number stays text."""
    if isinstance(value, bool) and kind == "boolean":
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)) and kind in ("integer", "float", "money"):
        return str(value)
    text = text_literal(str(value))
    return f"{kind.upper()} {text}" if kind in ("timestamp", "date") else text


def _among(values: Any, name: str, kind: str) -> tuple[str, str]:
    stated = ", ".join(_literal(value, kind) for value in values if value is not None)
    return "not_allowed", f"({name} IN ({stated}))" if stated else "FALSE"


def _compared(reason: str, operator: str) -> Callable[[Any, str, str], tuple[str, str]]:
    def rule(limit: Any, name: str, kind: str) -> tuple[str, str]:
        return reason, f"({name} {operator} {_literal(limit, kind)})"

    return rule


def _length(reason: str, operator: str) -> Callable[[Any, str, str], tuple[str, str]]:
    def rule(limit: Any, name: str, _kind: str) -> tuple[str, str]:
        return reason, f"(length({name}) {operator} {int(limit)})"

    return rule


def _multiple(step: Any, name: str, kind: str) -> tuple[str, str]:
    return "not_a_multiple", f"(ROUND({name} / {_literal(step, kind)}) * {_literal(step, kind)} = {name})"


def _pattern(text: Any, name: str, _kind: str) -> tuple[str, str]:
    escaped = str(text).replace("'", "''")
    return "wrong_pattern", f"regexp_matches({name}, '{escaped}')"


def _format(kind_of_text: Any, name: str, _kind: str) -> tuple[str, str]:
    return f"not_{kind_of_text}", f"regexp_matches({name}, '{_FORMATS[kind_of_text]}')"


_FORMATS = {
    "email": "^[^@\\s]+@[^@\\s]+$",
    "uri": "^[A-Za-z][A-Za-z0-9+.-]*:",
    "uuid": "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$",
}
"""Date and date-time are types of columns and read before; other formats are remarks."""

_KEYWORDS: dict[str, Callable[[Any, str, str], tuple[str, str]]] = {
    "enum": _among,
    "const": lambda value, name, kind: _among((value,), name, kind),
    "minimum": _compared("too_small", ">="),
    "exclusiveMinimum": _compared("too_small", ">"),
    "maximum": _compared("too_large", "<="),
    "exclusiveMaximum": _compared("too_large", "<"),
    "multipleOf": _multiple,
    "minLength": _length("too_short", ">="),
    "maxLength": _length("too_long", "<="),
    "pattern": _pattern,
    "format": _format,
}
