"""A row's hash tells the same rows apart on every engine, though each engine writes its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Any

import duckdb
import pytest

from opscli.engine.dialect import Dialect, DuckDBDialect, PostgresDialect, SparkDialect
from opscli.engine.merge import row_hash_sql

KINDS = {
    "a": "text", "n": "integer", "f": "float", "m": "money", "b": "boolean", "t": "timestamp", "d": "date", "j": "json",
}  # fmt: skip
FIRST = ("'x'", "1", "0.5", "12.5", "TRUE", "'2026-05-04 09:00:00.000001'", "'2026-05-04'", "'{}'")
CHANGES = ("'y'", "2", "0.25", "12.5001", "FALSE", "'2026-05-04 09:00:00.000002'", "'2026-05-05'", "'[]'")
Ask = Callable[[str], Any]


def hashes(ask: Ask, dialect: Dialect) -> Sequence[Any]:
    """Hashes of a row, the same row, and the row with each value changed and with each value missing."""
    cells = [list(FIRST), list(FIRST)]
    for place, change in enumerate(CHANGES):
        cells += [[*FIRST[:place], value, *FIRST[place + 1 :]] for value in (change, "NULL")]
    sql = row_hash_sql(KINDS, dialect)
    return [ask(f"SELECT {sql} FROM (SELECT {_row(row, dialect)}) AS one") for row in cells]


def _row(values: Sequence[str], dialect: Dialect) -> str:
    pairs = zip(values, KINDS.items(), strict=True)
    return ", ".join(f"CAST({value} AS {dialect.type(kind)}) AS {dialect.quote(name)}" for value, (name, kind) in pairs)


def told_apart(found: Sequence[Any]) -> bool:
    same, again, *others = found
    return same == again and all(one != other for one, other in combinations([same, *others], 2))


def test_on_duckdb() -> None:
    def ask(sql: str) -> Any:
        return duckdb.execute(sql).fetchall()[0][0]

    assert told_apart(hashes(ask, DuckDBDialect()))


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Ask]:
    import psycopg

    with psycopg.connect(postgres_url.replace("postgresql+psycopg://", "postgresql://")) as opened:
        yield lambda sql: opened.execute(sql).fetchall()[0][0]


@pytest.mark.postgres
def test_on_postgres(postgres: Ask) -> None:
    assert told_apart(hashes(postgres, PostgresDialect()))


@pytest.mark.postgres
def test_the_column_of_hashes_takes_them(postgres: Ask) -> None:
    dialect = PostgresDialect()
    sql = row_hash_sql({"a": "text"}, dialect)
    assert (
        postgres(f"SELECT pg_typeof({sql})::text FROM (SELECT 'x'::text AS a) AS one") == dialect.type("hash").lower()
    )


def test_the_text_for_spark_parses() -> None:
    import sqlglot

    sql = row_hash_sql(KINDS, SparkDialect())
    tree = sqlglot.parse_one(f"SELECT {sql} FROM rows", dialect="spark")
    assert tree.find(sqlglot.exp.MD5) is not None
    assert tree.find(sqlglot.exp.ConcatWs) is not None  # CONCAT is NULL as soon as one text is
