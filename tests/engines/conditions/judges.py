"""The engines that judge conditions: each gets the same rows and the SQL of its own dialect."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import localcontext
from pathlib import Path
from typing import Any

import pytest

from opscli.engine.dialect import Dialect, DuckDBDialect, PostgresDialect
from opscli.rules.sql import render
from opscli.rules.target import Target
from opscli.rules.tree import Expression, Node
from tests.engines.conditions import duckdb15_worker as worker
from tests.engines.conditions.reading import Reader
from tests.engines.conditions.world import AS_OF, ROWS, Table

BATCH = 50
"""Expressions per SELECT."""
BATCH_OF_PAST = 5
"""As above, where functions over the past bring subqueries, of which planners take few at a time."""
ICU_DATABASES = 150_000
"""Since this version of PostgreSQL a database may have an ICU collation."""

Columns = list[list[str]]
"""For each expression, the verdicts (or values) of all rows as texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """An engine, its dialect, and how it answers a list of SELECTs."""

    name: str
    dialect: Dialect
    ask: Callable[[list[str]], list[Columns]]
    close: Callable[[], None] = lambda: None

    def sql(self, expression: Expression | Node) -> str:
        return render(expression, target(self.dialect))

    def answers(self, expressions: Sequence[Expression | Node]) -> Columns:
        """The values of each expression for all rows."""
        texts = [self.sql(expression) for expression in expressions]
        plain = [index for index, text in enumerate(texts) if "(SELECT" not in text]
        past = [index for index, text in enumerate(texts) if "(SELECT" in text]
        groups = [*_cut(plain, BATCH), *_cut(past, BATCH_OF_PAST)]
        found = self.ask([f"SELECT {', '.join(texts[index] for index in group)} FROM x ORDER BY n" for group in groups])
        by_index = {
            index: column for group, columns in zip(groups, found, strict=True)
            for index, column in zip(group, columns, strict=True)
        }  # fmt: skip
        return [by_index[index] for index in range(len(texts))]


def _cut(indexes: list[int], size: int) -> list[list[int]]:
    return [indexes[start : start + size] for start in range(0, len(indexes), size)]


def target(dialect: Dialect) -> Target:
    """Over the table `x`."""
    return Target(
        dialect=dialect, as_of=AS_OF, columns=lambda name: f"x.{dialect.quote(name)}", identity="x.customer_id"
    )


def read_answers(
    reader: Reader, expressions: Sequence[Expression | Node], rows: Sequence[Mapping[str, Any]]
) -> Columns:
    """The Python reading's answers; no sum of a condition has more than 60 digits."""
    readings = [reader.read(expression) for expression in expressions]
    with localcontext(prec=60):
        return [[worker.shown(reading(row)) for row in rows] for reading in readings]


def duckdb_judge(tables: Mapping[str, Table]) -> Judge:
    """The DuckDB of this virtual environment."""
    import duckdb

    connection = duckdb.connect()
    worker.answer(connection, _questions(tables, DuckDBDialect(), "?", []))
    return Judge(
        name=f"DuckDB {duckdb.__version__}",
        dialect=DuckDBDialect(),
        ask=lambda queries: [worker.columns(connection.execute(query).fetchall()) for query in queries],
        close=connection.close,
    )


def duckdb15_judge(tables: Mapping[str, Table], folder: Path) -> Judge:
    """DuckDB 1.5 in a virtual environment of its own; skips where there is none."""
    usual = Path(__file__).parents[3] / ".venv-duckdb15" / "bin" / "python"
    python = Path(os.environ.get("OPSCLI_TEST_DUCKDB_15", usual))
    if not python.exists():
        pytest.skip(f"no DuckDB 1.5: create {usual.parents[1]} from .ci/duckdb15.txt or set OPSCLI_TEST_DUCKDB_15")

    def ask(queries: list[str]) -> list[Columns]:
        questions, answers = folder / "questions.json", folder / "answers.json"
        questions.write_text(json.dumps(_questions(tables, DuckDBDialect(), "?", queries)), encoding="utf-8")
        done = subprocess.run(
            [str(python), str(worker.__file__), str(questions), str(answers)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        found: list[Columns] = json.loads(answers.read_text(encoding="utf-8"))
        return found

    return Judge(name="DuckDB 1.5", dialect=DuckDBDialect(), ask=ask)


def postgres_judge(tables: Mapping[str, Table], url: str) -> Judge:
    """A PostgreSQL server, in a database of its own whose collation sorts and folds like a language."""
    import psycopg
    from psycopg.conninfo import make_conninfo

    with psycopg.connect(url, autocommit=True) as maker:
        icu = "LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR'" if maker.info.server_version >= ICU_DATABASES else ""
        maker.execute("DROP DATABASE IF EXISTS conditions WITH (FORCE)")
        maker.execute(f"CREATE DATABASE conditions TEMPLATE template0 {icu}")
    own = make_conninfo(url, dbname="conditions")
    connection = psycopg.connect(own, autocommit=True, options="-c timezone=UTC -c jit=off")
    questions = _questions(tables, PostgresDialect(), "%s::text", [])
    with connection.cursor() as cursor:
        for statement in questions["statements"]:
            cursor.execute(statement.replace("CREATE TABLE", "CREATE TEMP TABLE"))
        for insert, values in questions["inserts"]:
            cursor.execute(insert, values)
    return Judge(
        name=f"PostgreSQL {connection.info.server_version // 10000}",
        dialect=PostgresDialect(),
        ask=lambda queries: [worker.columns(connection.execute(query.encode()).fetchall()) for query in queries],
        close=connection.close,
    )


def _questions(tables: Mapping[str, Table], dialect: Dialect, mark: str, queries: list[str]) -> dict[str, Any]:
    """Values travel as texts and are cast by the engine, so that none is printed by the code under test."""
    statements, inserts = [], []
    for name, table in tables.items():
        types = {column: dialect.type(kind) for column, kind in table.columns.items()}
        statements.append(
            f"CREATE TABLE {name} ({', '.join(f'{dialect.quote(column)} {type_}' for column, type_ in types.items())})"
        )
        marks = ", ".join(f"CAST({mark} AS {type_})" for type_ in types.values())
        rows = [[None if row[column] is None else str(row[column]) for column in types] for row in table.rows]
        for start in range(0, len(rows), ROWS):
            some = rows[start : start + ROWS]
            values = ", ".join([f"({marks})"] * len(some))
            inserts.append((f"INSERT INTO {name} VALUES {values}", [value for row in some for value in row]))
    return {"statements": statements, "inserts": inserts, "queries": queries}
