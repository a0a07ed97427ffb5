"""Golden SQL of conditions: each line of `expression.txt` as DuckDB, PostgreSQL and Spark get it, in `expected/`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from opscli.engine.dialect import Dialect, DuckDBDialect, PostgresDialect, SparkDialect
from opscli.rules import sql
from opscli.rules.language import condition
from opscli.rules.operators import FUNCTIONS
from opscli.rules.scope import Scope
from opscli.rules.sql import render
from opscli.rules.target import Target
from opscli.rules.tree import Expression

CASES = sorted((Path(__file__).parent / "rules").glob("*/expression.txt"))
DIALECTS: dict[str, Callable[[], Dialect]] = {
    "duckdb": DuckDBDialect,
    "postgres": PostgresDialect,
    "spark": SparkDialect,
}
SCOPE = Scope(
    names={
        "orders": "integer", "returns": "integer", "revenue": "money", "score": "float", "country": "text", "city": "text",
        "odd_name": "text", "signed_up": "timestamp", "birthday": "date", "vip": "boolean", "churned": "boolean",
        "raw_amount": "any",
    },
    params={"place": "text", "least": "money", "day": "timestamp"},
    zone="Europe/London",
    known={
        "tag": frozenset({"vip", "o'clock"}), "campaign": frozenset({"winback"}),
        "message": frozenset({"winback", "winback/offer"}),
    },
)  # fmt: skip
COMPARISONS = {"=", "<>", "<", "<=", ">", ">="}


def expressions(case: Path) -> list[Expression]:
    return [condition(line, SCOPE) for line in case.read_text(encoding="utf-8").splitlines()]


def printed(expression: Expression, dialect: Dialect) -> str:
    names = {"odd_name": "a\"b'; --`c"}
    target = Target(
        dialect=dialect,
        as_of=datetime(2026, 4, 30, 23, 30),  # noqa: DTZ001  naive UTC, as everywhere inside
        columns=lambda name: f"p.{dialect.quote(names.get(name, name))}",
        identity=f"p.{dialect.quote('customer_id')}",
        params={"place": "it's", "least": Decimal("0.10"), "day": date(2026, 3, 29)},
    )
    return render(expression, target)


@pytest.mark.parametrize("engine", DIALECTS)
@pytest.mark.parametrize("case", CASES, ids=lambda path: path.parent.name)
def test_printed_for(engine: str, case: Path, *, refresh_golden: bool) -> None:
    found = "".join(printed(expression, DIALECTS[engine]()) + "\n" for expression in expressions(case))
    file = case.parent / "expected" / f"{engine}.sql"
    if refresh_golden:
        file.parent.mkdir(exist_ok=True)
        file.write_text(found, encoding="utf-8")
    assert found == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("engine", DIALECTS)
def test_each_text_is_one_expression_of_its_engine(engine: str) -> None:
    """The only check there is for Spark; the other two also run such texts."""
    for case in CASES:
        for line in (case.parent / "expected" / f"{engine}.sql").read_text(encoding="utf-8").splitlines():
            (statement,) = sqlglot.parse(f"SELECT {line} AS answer FROM profiles AS p", read=engine)
            assert isinstance(statement, exp.Select), line
            assert [item.alias for item in statement.expressions] == ["answer"], line
            assert not list(statement.find_all(exp.Command)), line


def test_every_function_and_operator_has_a_case() -> None:
    nodes = [node for case in CASES for expression in expressions(case) for node in expression.root.walk()]
    used = {str(node.value) if node.op == "call" else node.op for node in nodes}
    assert set(FUNCTIONS) <= used, "add a folder to tests/golden/rules"
    assert COMPARISONS | set(sql._PRINTERS) - {"call"} <= used


def test_every_case_is_complete() -> None:
    for case in CASES:
        assert {file.name for file in (case.parent / "expected").iterdir()} == {f"{name}.sql" for name in DIALECTS}
