"""Random conditions on NULL-rich data: DuckDB's answers are those of a plain three-valued reading of the tree."""

from __future__ import annotations

import fnmatch
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import duckdb

from opscli.engine.dialect import DuckDBDialect
from opscli.rules.explain import combine, leaves
from opscli.rules.language import parse
from opscli.rules.sql import render
from opscli.rules.target import Target
from opscli.rules.tree import Node

AS_OF = datetime(2026, 5, 1)  # noqa: DTZ001  naive UTC, as everywhere inside
NAMES = {"i": "integer", "k": "integer", "f": "float", "s": "text", "t": "timestamp", "b": "boolean"}
TARGET = Target(dialect=DuckDBDialect(), as_of=AS_OF, columns=lambda name: f'"{name}"')

COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda x, y: x == y, "<>": lambda x, y: x != y, "<": lambda x, y: x < y, "<=": lambda x, y: x <= y,
    ">": lambda x, y: x > y, ">=": lambda x, y: x >= y,
}  # fmt: skip


def generate(chance: random.Random, depth: int) -> str:
    if depth and chance.random() < 0.7:
        joint = chance.choice([" and ", " or "])
        parts = joint.join(f"({generate(chance, depth - 1)})" for _ in range(chance.randint(1, 3)))
        return f"not ({parts})" if chance.random() < 0.3 else parts
    number, text = (
        chance.choice(["i", "k", "f", "i + k", "i - f", "i / k", "i * f", "-k", "coalesce(i, k)", "abs(k)"]),
        chance.choice(["s", "lower(s)", "upper(s)", "coalesce(s, 'none')"]),
    )
    sign = chance.choice(list(COMPARE))
    return chance.choice(
        [
            f"{number} {sign} {chance.randint(-3, 3)}", f"{number} {sign} k", f"{number} between -1 and {chance.randint(-2, 3)}",
            f"{number} not in (0, {chance.randint(-3, 3)})", f"{text} {sign} '{chance.choice(['a', 'B', 'ab', ''])}'",
            f"{text} in ('a', 'ab')", f"{text} like '{chance.choice(['a%', '%b', '_', '%'])}'", f"{text} not like 'a_'",
            "s is null", "i is not null", "b", "b is true", "b is not false", f"length(s) {sign} 1",
            f"days_since(t) {sign} {chance.randint(0, 60)}", f"within(t, '{chance.randint(1, 60)}d')", "t is null",
            f"floor(f) {sign} 0", f"round(f, 1) {sign} 0.5",
        ]
    )  # fmt: skip


def value(node: Node, row: dict[str, Any]) -> Any:  # noqa: C901, PLR0911, PLR0912  an interpreter is one table of cases
    if node.op == "name":
        return row[str(node.value)]
    if node.op == "literal":
        return float(node.value) if node.type == "float" else node.value  # type: ignore[arg-type]
    if node.op == "is null":
        return value(node.parts[0], row) is None
    if node.op in {"is true", "is false"}:
        return value(node.parts[0], row) is (node.op == "is true")
    parts = [value(part, row) for part in node.parts]
    if node.op == "not":
        return None if parts[0] is None else not parts[0]
    if node.op in {"and", "or"}:
        decisive = node.op == "or"
        return decisive if decisive in parts else (None if None in parts else not decisive)
    if node.value == "coalesce":
        return next((part for part in parts if part is not None), None)
    if parts[0] is None or (node.op not in {"in", "call"} and None in parts):
        return None
    if node.op in COMPARE:
        return COMPARE[node.op](parts[0], parts[1])
    if node.op == "in":
        return parts[0] in parts[1:]
    if node.op == "between":
        return parts[1] <= parts[0] <= parts[2]
    if node.op == "like":
        return fnmatch.fnmatchcase(parts[0], parts[1].replace("%", "*").replace("_", "?"))
    if node.op in {"+", "-", "*"}:
        return {"+": lambda: parts[0] + parts[1], "-": lambda: parts[0] - parts[1], "*": lambda: parts[0] * parts[1]}[
            node.op
        ]()
    if node.op == "/":
        return parts[0] / parts[1] if parts[1] else None
    if node.op == "negative":
        return -parts[0]
    return call(str(node.value), parts)


def call(name: str, parts: list[Any]) -> Any:
    days = {
        "days_since": lambda: (AS_OF - parts[0]) / timedelta(days=1),
        "within": lambda: AS_OF - parts[1] <= parts[0] < AS_OF,
    }
    plain: dict[str, Callable[[], Any]] = {
        "lower": lambda: str(parts[0]).lower(), "upper": lambda: str(parts[0]).upper(), "length": lambda: len(parts[0]),
        "abs": lambda: abs(parts[0]), "floor": lambda: parts[0] // 1, "round": lambda: round(parts[0], parts[1]), **days,
    }  # fmt: skip
    return plain[name]()


def rows() -> list[dict[str, Any]]:
    chance = random.Random(5)  # noqa: S311  repeatable data, no secret
    pick: Callable[..., Any] = lambda *values: chance.choice([*values, None])  # noqa: E731  one line of test data
    return [
        {
            "i": pick(-2, -1, 0, 1, 2, 3), "k": pick(-1, 0, 1, 2), "f": pick(-1.25, -0.5, 0.0, 0.5, 1.75),
            "s": pick("a", "ab", "B", "", "b"), "t": pick(*(AS_OF - timedelta(days=n) for n in (-1, 0, 1, 29, 30, 31, 59))),
            "b": pick(True, False),
        }
        for _ in range(60)
    ]  # fmt: skip


def test_duckdb_agrees_with_a_plain_reading() -> None:
    data = rows()
    connection = duckdb.connect()
    connection.execute("CREATE TABLE x (n INTEGER, i BIGINT, k BIGINT, f DOUBLE, s VARCHAR, t TIMESTAMP, b BOOLEAN)")
    connection.executemany(
        "INSERT INTO x VALUES (?, ?, ?, ?, ?, ?, ?)", [[n, *row.values()] for n, row in enumerate(data)]
    )
    chance = random.Random(17)  # noqa: S311  repeatable conditions, no secret
    texts = [generate(chance, 2) for _ in range(400)]
    seen: set[bool | None] = set()
    for start in range(0, len(texts), 50):
        expressions = [parse(text, NAMES) for text in texts[start : start + 50]]
        columns = ", ".join(render(expression, TARGET) for expression in expressions)
        answers = connection.execute(f"SELECT {columns} FROM x ORDER BY n").fetchall()
        for row, found in zip(data, answers, strict=True):
            for expression, answer in zip(expressions, found, strict=True):
                assert answer == value(expression.root, row), (expression.text, row)
                verdicts = {leaf.text: value(leaf.node, row) for leaf in leaves(expression)}
                assert combine(expression, verdicts) == answer
                seen.add(answer)
    assert seen == {True, False, None}


def test_exactly_thirty_days_is_within_and_not_more_than_thirty_days_since() -> None:
    connection = duckdb.connect()
    edge = AS_OF - timedelta(days=30)
    for text, expected in (("within(t, '30d')", True), ("days_since(t) > 30", False), ("days_since(t) >= 30", True)):
        sql = render(parse(text, NAMES), TARGET)
        assert connection.execute(f"SELECT {sql} FROM (SELECT CAST(? AS TIMESTAMP) AS t)", [edge]).fetchone() == (
            expected,
        )
    sql = render(parse("within(t, '30d')", NAMES), TARGET)
    assert connection.execute(f"SELECT {sql} FROM (SELECT CAST(? AS TIMESTAMP) AS t)", [AS_OF]).fetchone() == (False,)


def test_backslash_is_no_escape_in_like() -> None:
    sql = render(parse("s like 'a\\_'", NAMES), TARGET)
    found = duckdb.connect().execute(f"SELECT {sql} FROM (VALUES ('a_'), ('a\\_'), ('a\\x')) v(s)").fetchall()
    assert found == [(False,), (True,), (True,)]
