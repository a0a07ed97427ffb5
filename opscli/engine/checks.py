"""Compile an entity's JSON Schema to SQL: for each rule a predicate that a bad row meets, with column and reason.

NULL is "not stated" and breaks nothing but `required`. A keyword says nothing about values of a type that is not its
own. What SQL cannot say exactly is `leftover`: `records` judges it row by row, and a property-based test holds the two
together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from opscli.clock import parse_instant
from opscli.engine.dialect import Dialect, text_literal
from opscli.engine.entity import Entity
from opscli.engine.formats import FORMATS
from opscli.engine.limits import compared, equal_to, is_number, multiple_of
from opscli.engine.records import REASONS, columns_of, exact

ANNOTATIONS = frozenset({"title", "description", "default", "examples", "nullable", "deprecated", "$comment", "$defs"})
"""Keywords that judge nothing; so does every `x-…`. `nullable` says what holds anyway: a cell may be empty."""
RECORD_RULES = frozenset({
    "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas",
    "minProperties", "maxProperties",
})  # fmt: skip
"""Keywords about a whole record, beside `required`."""
_COUNTING = frozenset({"minProperties", "maxProperties", "$ref"})
_OF_OBJECTS_AND_ARRAYS = frozenset({
    "items", "prefixItems", "contains", "minContains", "maxContains", "minItems", "maxItems", "uniqueItems",
    "properties", "required", "additionalProperties", "propertyNames", "minProperties", "maxProperties",
    "dependentRequired", "dependentSchemas",
})  # fmt: skip
_JSON_TYPES = {
    "text": ("string",),
    "timestamp": ("string",),
    "date": ("string",),
    "integer": ("integer", "number"),
    "float": ("number",),
    "money": ("number",),
    "boolean": ("boolean",),
}
_NUMBERS = ("integer", "float", "money")
_TEXTS = ("text", "timestamp", "date")
_OWN_FORMATS = {"timestamp": "date-time", "date": "date"}
_FIRST_YEAR, _LAST_YEAR = "0001-01-01", "9999-12-31"


@dataclass(frozen=True, slots=True)
class Check:
    """One rule: the column it is about, a reason code, and SQL that is true when it is violated (never NULL)."""

    column: str
    reason: str
    violated: str


@dataclass(frozen=True, slots=True)
class _Cell:
    """What a predicate is about: SQL of a value that is not NULL, and its logical type."""

    sql: str
    kind: str
    dialect: Dialect


@dataclass(frozen=True, slots=True)
class _Keyword:
    """A keyword that SQL can judge: the logical types of which it says anything, and SQL that holds for a good value.

    `exact` names those of them where SQL and JSON Schema agree on every value.
    """

    kinds: tuple[str, ...]
    holds: Callable[[Any, _Cell], str]
    exact: tuple[str, ...] = ()


def checks(entity: Entity, dialect: Dialect) -> Iterator[Check]:
    """Every rule of an entity's schema that SQL judges, column by column; keys without `required` may be empty."""
    for column in entity.columns:
        cell = _Cell(dialect.quote(column.name), column.type, dialect)
        if column.name in entity.required:
            yield Check(column.name, "missing", f"{cell.sql} IS NULL")
        if outside := _outside_json(cell):
            yield Check(column.name, outside[0], f"({cell.sql} IS NOT NULL AND {outside[1]})")
        node: Mapping[str, Any] = entity.schema["properties"][column.name]
        for keyword, value in compiled(node, column.type, dialect).items():
            holds = _holds(keyword, value, cell)
            if holds != "TRUE":
                yield Check(column.name, _reason(keyword, value), f"({cell.sql} IS NOT NULL AND NOT {holds})")


def compiled(node: Mapping[str, Any], kind: str, dialect: Dialect) -> dict[str, Any]:
    """The keywords of a column's schema that SQL judges, in their order of reasons."""
    found = {word: value for word, value in node.items() if _judges(word) and _in_sql(word, value, kind, dialect)}
    return {word: found[word] for word in (*KEYWORDS, *_JOINTS) if word in found}


def leftover(entity: Entity, dialect: Dialect) -> dict[str, Any]:
    """A schema of what SQL does not judge, for `records.validator`; empty when it judges all."""
    columns = {}
    for column in entity.columns:
        node: Mapping[str, Any] = entity.schema["properties"][column.name]
        if rest := left_of(node, column.type, dialect):
            columns[column.name] = exact(rest, column.type)
    rules = {word: exact(value) for word, value in entity.schema.items() if word in RECORD_RULES}
    if not columns and not rules:
        return {}
    return {"$defs": exact(entity.schema.get("$defs", {})), "properties": columns, **rules}


def left_of(node: Mapping[str, Any], kind: str, dialect: Dialect) -> dict[str, Any]:
    """The keywords of a column's schema that SQL does not judge: annotations are neither here nor in `compiled`."""
    return {word: value for word, value in node.items() if _judges(word) and not _in_sql(word, value, kind, dialect)}


def concerned(entity: Entity, schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Columns that a leftover schema reads, in the entity's order."""
    rules = {word: value for word, value in schema.items() if word in RECORD_RULES}
    if _counts(rules):
        return tuple(column.name for column in entity.columns)
    named = {*schema["properties"], *(name for _, name in columns_of(rules))}
    return tuple(column.name for column in entity.columns if column.name in named)


def _counts(node: Any) -> bool:
    """Whether a rule may look at columns that it does not name."""
    if isinstance(node, list):
        return any(map(_counts, node))
    return isinstance(node, Mapping) and any(word in _COUNTING or _counts(part) for word, part in node.items())


def _judges(keyword: str) -> bool:
    return keyword not in ANNOTATIONS and not keyword.startswith("x-")


def _in_sql(keyword: str, value: Any, kind: str, dialect: Dialect) -> bool:
    """Whether SQL judges a keyword at values of a logical type exactly as JSON Schema means it."""
    if keyword in _JOINTS:
        parts = value if isinstance(value, list) else [value]
        return kind != "json" and all(isinstance(part, bool) or not left_of(part, kind, dialect) for part in parts)
    if keyword in _OF_OBJECTS_AND_ARRAYS:
        return kind != "json"  # about a value of another type they say nothing
    rule = KEYWORDS.get(keyword)
    if rule is None:
        return False
    if kind == "json":
        return keyword == "type" and set(_listed(value)) <= {*_JSON_NAMES, "null"} and dialect.name == "duckdb"
    if kind in _TEXTS and keyword in ("pattern", "format"):
        return _matched_in_sql(keyword, value, kind, dialect)
    return kind in rule.exact or kind not in rule.kinds


def _matched_in_sql(keyword: str, value: Any, kind: str, dialect: Dialect) -> bool:
    """Instants have a text only row by row, and PostgreSQL's regular expressions are not RE2."""
    if keyword == "format" and value == _OWN_FORMATS.get(kind):
        return True
    known = keyword == "pattern" or bool(FORMATS[value].pattern)
    return kind == "text" and known and dialect.name == "duckdb"


def _holds(keyword: str, value: Any, cell: _Cell) -> str:
    """SQL that is true for a good value, `TRUE` where the keyword says nothing of such values."""
    if keyword in _JOINTS:
        return _JOINTS[keyword](value, cell)
    rule = KEYWORDS[keyword]
    return rule.holds(value, cell) if cell.kind in rule.kinds else "TRUE"


def _all(node: Any, cell: _Cell) -> str:
    """SQL that is true for a value that fits a whole schema."""
    if isinstance(node, bool):
        return "TRUE" if node else "FALSE"
    rules = compiled(node, cell.kind, cell.dialect).items()
    parts = [holds for keyword, value in rules if (holds := _holds(keyword, value, cell)) != "TRUE"]
    return f"({' AND '.join(parts)})" if parts else "TRUE"


def _reason(keyword: str, value: Any) -> str:
    return f"not_{value}" if keyword == "format" else REASONS.get(keyword, "not_allowed")


def _outside_json(cell: _Cell) -> tuple[str, str] | None:
    """(reason, SQL of values that JSON cannot write): endless numbers, instants without a year of four digits."""
    if cell.kind == "float":
        largest = f"CAST('1.7976931348623157e308' AS {cell.dialect.type('float')})"
        return "not_a_number", f"NOT ({cell.sql} BETWEEN -{largest} AND {largest})"
    if cell.kind == "date":
        return "not_a_date", f"NOT ({cell.sql} BETWEEN DATE '{_FIRST_YEAR}' AND DATE '{_LAST_YEAR}')"
    if cell.kind == "timestamp":
        bounds = f"TIMESTAMP '{_FIRST_YEAR} 00:00:00' AND TIMESTAMP '{_LAST_YEAR} 23:59:59.999999'"
        return "not_a_time", f"NOT ({cell.sql} BETWEEN {bounds})"
    return None


def _type(names: Any, cell: _Cell) -> str:
    wanted = _listed(names)
    if cell.kind == "json":
        stated = ", ".join(f"'{_JSON_NAMES[name]}'" for name in wanted if name != "null")
        return f"(json_type({cell.sql}) IN ({stated}))" if stated else "FALSE"
    if any(name in wanted for name in _JSON_TYPES[cell.kind]):
        return "TRUE"
    whole = "integer" in wanted and cell.kind in _NUMBERS  # 1.0 is an integer
    return f"({cell.sql} = FLOOR({cell.sql}))" if whole else "FALSE"


def _listed(names: Any) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _enum(values: Any, cell: _Cell) -> str:
    """Equality of JSON: 1 is 1.0, but true is not 1 and "1" is neither."""
    stated = [literal for value in values if (literal := _literal(value, cell)) is not None]
    return f"({cell.sql} IN ({', '.join(stated)}))" if stated else "FALSE"


def _literal(value: Any, cell: _Cell) -> str | None:
    """A schema value as SQL of the column's type; None when no value of the column equals it."""
    if cell.kind in _NUMBERS:
        return equal_to(value, cell.kind, cell.dialect) if is_number(value) else None
    if cell.kind == "boolean":
        return str(value).upper() if isinstance(value, bool) else None
    if not isinstance(value, str):
        return None
    if cell.kind == "text":
        return text_literal(value)
    try:
        moment = parse_instant(value)
    except ValueError:
        return None
    return f"DATE '{moment.date()}'" if cell.kind == "date" else f"TIMESTAMP '{moment}'"


def _limit(operator: str) -> _Keyword:
    return _Keyword(
        _NUMBERS, lambda limit, cell: compared(cell.sql, operator, limit, cell.kind, cell.dialect), _NUMBERS
    )


def _length(operator: str) -> _Keyword:
    """Code points, in the engines as in JSON."""
    return _Keyword(_TEXTS, lambda limit, cell: f"(length({cell.sql}) {operator} {int(limit)})", ("text",))


def _format(name: Any, cell: _Cell) -> str:
    if name == _OWN_FORMATS.get(cell.kind):
        return "TRUE"  # it was read as such
    return f"regexp_matches({cell.sql}, {text_literal(FORMATS[name].pattern)})"


def _pattern(pattern: Any, cell: _Cell) -> str:
    return f"regexp_matches({cell.sql}, {text_literal(str(pattern))})"


_SCALARS = tuple(_JSON_TYPES)
_JSON_NAMES = {"object": "OBJECT", "array": "ARRAY", "boolean": "BOOLEAN", "string": "VARCHAR"}
"""What DuckDB calls the types; numbers have several there."""

KEYWORDS: Mapping[str, _Keyword] = {
    "type": _Keyword((*_SCALARS, "json"), _type, _SCALARS),
    "enum": _Keyword((*_SCALARS, "json"), _enum, _SCALARS),
    "const": _Keyword((*_SCALARS, "json"), lambda value, cell: _enum((value,), cell), _SCALARS),
    "minimum": _limit(">="),
    "exclusiveMinimum": _limit(">"),
    "maximum": _limit("<="),
    "exclusiveMaximum": _limit("<"),
    "multipleOf": _Keyword(
        _NUMBERS, lambda step, cell: multiple_of(cell.sql, step, cell.kind), ("integer", "money")
    ),  # a double's decimal text is not at hand in SQL
    "minLength": _length(">="),
    "maxLength": _length("<="),
    "pattern": _Keyword(_TEXTS, _pattern),
    "format": _Keyword(_TEXTS, _format),
}
"""The keywords that SQL judges, in the order in which reasons are told; those below join schemas of the same value."""


def _any_of(parts: Any, cell: _Cell) -> str:
    return f"({' OR '.join(_all(part, cell) for part in parts)})"


def _all_of(parts: Any, cell: _Cell) -> str:
    return f"({' AND '.join(_all(part, cell) for part in parts)})"


def _one_of(parts: Any, cell: _Cell) -> str:
    counted = " + ".join(f"CASE WHEN {_all(part, cell)} THEN 1 ELSE 0 END" for part in parts)
    return f"({counted} = 1)"


_JOINTS: Mapping[str, Callable[[Any, _Cell], str]] = {
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": lambda part, cell: f"(NOT {_all(part, cell)})",
}
