"""The few points where SQL differs between engines, in one place: one small class per engine.

What a condition means is fixed (docs/rules.md), so a method here says a meaning, not a syntax, and each engine writes
whatever gives exactly that: DuckDB is the measure, PostgreSQL is held to it by tests/engines, Spark by golden text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from opscli.engine.letters import SIMPLE_LOWER, capitals

MONEY = "DECIMAL(18, 4)"

_NAMES = ("text", "integer", "float", "money", "boolean", "timestamp", "date", "json", "hash")
_TYPES: Mapping[str, Mapping[str, str]] = {
    engine: dict(zip(_NAMES, types, strict=True))
    for engine, types in {
        "duckdb": ("VARCHAR", "BIGINT", "DOUBLE", MONEY, "BOOLEAN", "TIMESTAMP", "DATE", "VARCHAR", "UHUGEINT"),
        "postgres": ("TEXT", "BIGINT", "DOUBLE PRECISION", MONEY, "BOOLEAN", "TIMESTAMP", "DATE", "TEXT", "UUID"),
        "spark": ("STRING", "BIGINT", "DOUBLE", MONEY, "BOOLEAN", "TIMESTAMP", "DATE", "STRING", "STRING"),
    }.items()
}
_LOGICAL = {
    **dict.fromkeys(("BIGINT", "INTEGER", "HUGEINT", "SMALLINT", "INT", "LONG"), "integer"),
    **dict.fromkeys(("DOUBLE", "DOUBLE PRECISION", "FLOAT", "REAL"), "float"),
    "BOOLEAN": "boolean",
    "DATE": "date",
}


class Dialect(Protocol):
    """How one engine writes what others write differently."""

    @property
    def name(self) -> str:
        """`duckdb`, `postgres` or `spark`."""
        ...

    def type(self, logical: str) -> str:
        """Engine type of a logical type (text integer float money boolean timestamp date json hash)."""
        ...

    def logical(self, engine_type: str) -> str:
        """Logical type of an engine's column type."""
        ...

    def wide(self, logical: str) -> str:
        """Type in which a thousand values of `integer` or `money` are summed exactly and without overflow."""
        ...

    def quote(self, identifier: str) -> str:
        """A safely quoted identifier."""
        ...

    def text(self, value: str) -> str:
        """A text literal."""
        ...

    def double(self, value: Decimal) -> str:
        """A literal of type DOUBLE: the double that is nearest to the decimal number."""
        ...

    def whole(self, double_sql: str) -> str:
        """SQL: a DOUBLE below 1e100 rounded to a whole DOUBLE, half away from zero."""
        ...

    def lower(self, text_sql: str) -> str:
        """SQL: lower case character by character (Unicode's simple mapping: one character stays one)."""
        ...

    def upper(self, text_sql: str) -> str:
        """SQL: upper case character by character."""
        ...

    def ordered(self, text_sql: str) -> str:
        """SQL of a text that is compared by `<`: by code points, whatever the database's collation."""
        ...

    def like(self, text_sql: str, pattern_sql: str) -> str:
        """SQL: case-sensitive LIKE in which nothing escapes a wildcard."""
        ...

    def hash_bucket(self, salt_sql: str, id_sql: str, buckets: int) -> str:
        """SQL of `ids.bucket`."""
        ...

    def short_text(self, sql: str, logical: str) -> str:
        """SQL of a value as a text that is like no other value's: instants as microseconds."""
        ...

    def digest(self, texts: Sequence[str]) -> str:
        """SQL: md5 of texts together, without those that are NULL, as a `hash`: to be compared within one engine."""
        ...

    def seconds_between(self, start_sql: str, end_sql: str) -> str:
        """SQL: seconds from start to end, as DOUBLE; exact microseconds divided once, so that engines agree."""
        ...

    def local_day(self, instant_sql: str, zone: str) -> str:
        """SQL: the DATE that a naive UTC instant has in a zone."""
        ...


@dataclass(frozen=True, slots=True)
class DuckDBDialect:
    """DuckDB 1.5 and 2.0."""

    name: str = "duckdb"

    def type(self, logical: str) -> str:
        return _TYPES["duckdb"][logical]

    def logical(self, engine_type: str) -> str:
        return _logical(engine_type)

    def wide(self, logical: str) -> str:
        return "HUGEINT" if logical == "integer" else "DECIMAL(38, 4)"

    def quote(self, identifier: str) -> str:
        return _quoted(identifier, '"')

    def text(self, value: str) -> str:
        return text_literal(value)

    def double(self, value: Decimal) -> str:
        """With an exponent: `0.1` is a DECIMAL, whose cast to DOUBLE may miss the nearest one."""
        return f"({value:f}e0)" if value.is_signed() else f"{value:f}e0"

    def whole(self, double_sql: str) -> str:
        return f"ROUND({double_sql})"

    def lower(self, text_sql: str) -> str:
        return f"LOWER({text_sql})"

    def upper(self, text_sql: str) -> str:
        return f"UPPER({text_sql})"

    def ordered(self, text_sql: str) -> str:
        return text_sql

    def like(self, text_sql: str, pattern_sql: str) -> str:
        """Plain LIKE has no escape character here, and is faster than one that names none."""
        return f"({text_sql} LIKE {pattern_sql})"

    def hash_bucket(self, salt_sql: str, id_sql: str, buckets: int) -> str:
        """15 hex digits of md5(salt ':' id) as BIGINT, mod n."""
        return f"(('0x' || substr(md5({salt_sql} || ':' || {id_sql}), 1, 15))::BIGINT % {int(buckets)})"

    def short_text(self, sql: str, logical: str) -> str:
        return f"CAST({f'epoch_us({sql})' if logical == 'timestamp' else sql} AS VARCHAR)"

    def digest(self, texts: Sequence[str]) -> str:
        """One flat concatenation: nesting them, or `concat_ws`, takes twice as long."""
        return f"md5_number(concat({', '.join(texts)}))"

    def seconds_between(self, start_sql: str, end_sql: str) -> str:
        return f"((epoch_us({end_sql}) - epoch_us({start_sql})) / 1e6)"

    def local_day(self, instant_sql: str, zone: str) -> str:
        return _local_day(instant_sql, zone)


@dataclass(frozen=True, slots=True)
class PostgresDialect:
    """PostgreSQL 14 and later, UTF-8, built with ICU (as Debian, Docker and the cloud services ship it)."""

    name: str = "postgres"

    def type(self, logical: str) -> str:
        return _TYPES["postgres"][logical]

    def logical(self, engine_type: str) -> str:
        return _logical(engine_type)

    def wide(self, logical: str) -> str:  # noqa: ARG002  one type holds both
        return "NUMERIC"

    def quote(self, identifier: str) -> str:
        return _quoted(identifier, '"')

    def text(self, value: str) -> str:
        return text_literal(value)

    def double(self, value: Decimal) -> str:
        """A number with a point or an exponent is NUMERIC here, and the cast reads its digits."""
        return f"CAST({value:f} AS DOUBLE PRECISION)"

    def whole(self, double_sql: str) -> str:
        """ROUND of a double goes half to even, and its cast to NUMERIC keeps 15 digits; its text is exact."""
        return f"CAST(ROUND(CAST(CAST({double_sql} AS TEXT) AS NUMERIC)) AS DOUBLE PRECISION)"

    def lower(self, text_sql: str) -> str:
        """By ICU, since the database's own locale may know ASCII only."""
        before, after = SIMPLE_LOWER
        return f"LOWER(TRANSLATE({text_sql}, '{before}', '{after}') COLLATE \"und-x-icu\")"

    def upper(self, text_sql: str) -> str:
        """By ICU, with characters that it would make several of put aside."""
        several, aside, simple = capitals()
        upper = f"UPPER(TRANSLATE({text_sql}, '{several}', '{aside}') COLLATE \"und-x-icu\")"
        return f"TRANSLATE({upper}, '{aside}', '{simple}')"

    def ordered(self, text_sql: str) -> str:
        return f'({text_sql} COLLATE "C")'

    def like(self, text_sql: str, pattern_sql: str) -> str:
        """A backslash would escape."""
        return f"({text_sql} LIKE {pattern_sql} ESCAPE '')"

    def hash_bucket(self, salt_sql: str, id_sql: str, buckets: int) -> str:
        """A bit string of 60 bits reads as a BIGINT that is not negative."""
        return f"(('x' || substr(md5({salt_sql} || ':' || {id_sql}), 1, 15))::bit(60)::bigint % {int(buckets)})"

    def short_text(self, sql: str, logical: str) -> str:
        instant = f"CAST(EXTRACT(EPOCH FROM {sql}) * 1000000 AS BIGINT)"
        return f"CAST({instant if logical == 'timestamp' else sql} AS TEXT)"

    def digest(self, texts: Sequence[str]) -> str:
        return f"CAST(md5(concat({', '.join(texts)})) AS UUID)"

    def seconds_between(self, start_sql: str, end_sql: str) -> str:
        micros = f"EXTRACT(EPOCH FROM ({end_sql} - {start_sql})) * 1000000"
        return f"(CAST({micros} AS DOUBLE PRECISION) / 1000000)"

    def local_day(self, instant_sql: str, zone: str) -> str:
        return _local_day(instant_sql, zone)


@dataclass(frozen=True, slots=True)
class SparkDialect:
    """Spark SQL 3.4 and later, session zone UTC."""

    name: str = "spark"

    def type(self, logical: str) -> str:
        return _TYPES["spark"][logical]

    def logical(self, engine_type: str) -> str:
        return _logical(engine_type)

    def wide(self, logical: str) -> str:
        return "DECIMAL(38, 0)" if logical == "integer" else "DECIMAL(38, 4)"

    def quote(self, identifier: str) -> str:
        return _quoted(identifier, "`")

    def text(self, value: str) -> str:
        """Backslashes escape, and two quotes in a row would join two literals."""
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def double(self, value: Decimal) -> str:
        return f"({value:f}D)" if value.is_signed() else f"{value:f}D"

    def whole(self, double_sql: str) -> str:
        """ROUND goes half up in size, by the digits of the double's text."""
        return f"ROUND({double_sql})"

    def lower(self, text_sql: str) -> str:
        before, after = SIMPLE_LOWER
        return f"LOWER(TRANSLATE({text_sql}, '{before}', '{after}'))"

    def upper(self, text_sql: str) -> str:
        several, aside, simple = capitals()
        return f"TRANSLATE(UPPER(TRANSLATE({text_sql}, '{several}', '{aside}')), '{aside}', '{simple}')"

    def ordered(self, text_sql: str) -> str:
        return text_sql

    def like(self, text_sql: str, pattern_sql: str) -> str:
        """A backslash escapes, another escape character must be named, so backslashes are doubled."""
        doubled = f"REPLACE({pattern_sql}, '\\\\', '\\\\\\\\')" if "\\" in pattern_sql else pattern_sql
        return f"({text_sql} LIKE {doubled})"

    def hash_bucket(self, salt_sql: str, id_sql: str, buckets: int) -> str:
        digits = f"SUBSTR(MD5({salt_sql} || ':' || {id_sql}), 1, 15)"
        return f"(CAST(CONV({digits}, 16, 10) AS BIGINT) % {int(buckets)})"

    def short_text(self, sql: str, logical: str) -> str:
        return f"CAST({f'UNIX_MICROS({sql})' if logical == 'timestamp' else sql} AS STRING)"

    def digest(self, texts: Sequence[str]) -> str:
        """Plain CONCAT is NULL as soon as one text is."""
        return f"MD5(CONCAT_WS('', {', '.join(texts)}))"

    def seconds_between(self, start_sql: str, end_sql: str) -> str:
        return f"((UNIX_MICROS({end_sql}) - UNIX_MICROS({start_sql})) / 1000000D)"

    def local_day(self, instant_sql: str, zone: str) -> str:
        local = instant_sql if zone == "UTC" else f"FROM_UTC_TIMESTAMP({instant_sql}, {self.text(zone)})"
        return f"CAST({local} AS DATE)"


def text_literal(value: str) -> str:
    """A SQL text literal, for the places where engines take no bound value (views, table functions, printed rules)."""
    return "'" + value.replace("'", "''") + "'"


def customer_id_sql(key_sql: str, source_sql: str, source_id_sql: str) -> str:
    """SQL twin of `ids.customer_id`; chr(31) is the unit separator."""
    return f"('c_' || substr(md5({key_sql} || chr(31) || {source_sql} || chr(31) || {source_id_sql}), 1, 16))"


def _logical(engine_type: str) -> str:
    kind = engine_type.upper()
    if kind.startswith(("DECIMAL", "NUMERIC")):
        return "money"
    return "timestamp" if kind.startswith("TIMESTAMP") else _LOGICAL.get(kind, "text")


def _quoted(identifier: str, mark: str) -> str:
    return mark + identifier.replace(mark, mark * 2) + mark


def _local_day(instant_sql: str, zone: str) -> str:
    if zone == "UTC":
        return f"CAST({instant_sql} AS DATE)"
    return f"CAST(({instant_sql} AT TIME ZONE 'UTC') AT TIME ZONE {text_literal(zone)} AS DATE)"
