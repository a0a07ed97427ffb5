"""The few points where SQL differs between engines, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

MONEY = "DECIMAL(18, 4)"

_DUCKDB_TYPES = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "float": "DOUBLE",
    "money": MONEY,
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
    "date": "DATE",
    "json": "VARCHAR",
}


class Dialect(Protocol):
    """How one engine writes what others write differently."""

    @property
    def name(self) -> str:
        """`duckdb` or `postgres`."""
        ...

    def type(self, logical: str) -> str:
        """Engine type of a logical type (text integer float money boolean timestamp date json)."""
        ...

    def logical(self, engine_type: str) -> str:
        """Logical type of an engine's column type."""
        ...

    def quote(self, identifier: str) -> str:
        """A safely quoted identifier."""
        ...

    def hash_bucket(self, salt_sql: str, id_sql: str, buckets: int) -> str:
        """SQL of `ids.bucket`."""
        ...

    def seconds_between(self, start_sql: str, end_sql: str) -> str:
        """SQL: seconds from start to end, as DOUBLE."""
        ...


@dataclass(frozen=True, slots=True)
class DuckDBDialect:
    """DuckDB 1.5 and 2.0."""

    name: str = "duckdb"

    def type(self, logical: str) -> str:
        """Engine type of a logical type."""
        return _DUCKDB_TYPES[logical]

    def logical(self, engine_type: str) -> str:
        """Logical type of a DuckDB column type."""
        kind = engine_type.upper()
        if kind.startswith("DECIMAL"):
            return "money"
        if kind.startswith("TIMESTAMP"):
            return "timestamp"
        table = {"BIGINT": "integer", "INTEGER": "integer", "HUGEINT": "integer", "DOUBLE": "float", "FLOAT": "float"}
        return table.get(kind) or {"BOOLEAN": "boolean", "DATE": "date"}.get(kind, "text")

    def quote(self, identifier: str) -> str:
        """A double-quoted identifier."""
        return '"' + identifier.replace('"', '""') + '"'

    def hash_bucket(self, salt_sql: str, id_sql: str, buckets: int) -> str:
        """15 hex digits of md5(salt ':' id) as BIGINT, mod n."""
        return f"(('0x' || substr(md5({salt_sql} || ':' || {id_sql}), 1, 15))::BIGINT % {int(buckets)})"

    def seconds_between(self, start_sql: str, end_sql: str) -> str:
        """Seconds from start to end, as DOUBLE (epoch() keeps microseconds)."""
        return f"(epoch({end_sql}) - epoch({start_sql}))"


def text_literal(value: str) -> str:
    """A SQL text literal, for the places where engines take no bound value (views, table functions, printed rules)."""
    return "'" + value.replace("'", "''") + "'"


def customer_id_sql(key_sql: str, source_sql: str, source_id_sql: str) -> str:
    """SQL twin of `ids.customer_id`; chr(31) is the unit separator."""
    return f"('c_' || substr(md5({key_sql} || chr(31) || {source_sql} || chr(31) || {source_id_sql}), 1, 16))"
