"""The one way to write an aggregate: what is refused, and where it points."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from opscli.engine.dialect import DuckDBDialect
from opscli.rules.aggregate import AggregateInvalid, check, read, render
from opscli.rules.target import Target

COLUMNS = {"amount": "money", "status": "text", "weight": "float", "at": "timestamp"}
AS_OF = datetime(2026, 5, 1)  # noqa: DTZ001  naive UTC, as everywhere inside
TARGET = Target(dialect=DuckDBDialect(), as_of=AS_OF, columns=lambda name: f'"{name}"')


def test_the_window_is_the_span_before_the_offset() -> None:
    aggregate = read({"count": "orders", "within": "30d", "offset": "60d"})
    assert aggregate.window(AS_OF) == (AS_OF - timedelta(days=90), AS_OF - timedelta(days=60))
    assert read({"count": "orders"}).window(AS_OF) == (None, AS_OF)


@pytest.mark.parametrize(
    ("mapping", "sql", "type_"),
    [
        ({"count": "orders"}, "COUNT(*)", "integer"),
        ({"count": "orders.status"}, 'COUNT("status")', "integer"),
        ({"count": "orders", "where": "amount > 1"}, 'COUNT(CASE WHEN ("amount" > 1) THEN 1 END)', "integer"),
        ({"sum": "orders.amount"}, 'CAST(SUM("amount") AS DECIMAL(18, 4))', "money"),
        ({"sum": "orders.weight"}, 'CAST(SUM(CAST("weight" AS DECIMAL(38, 8))) AS DOUBLE)', "float"),
        ({"avg": "orders.amount"}, '(CAST(SUM("amount") AS DOUBLE) / NULLIF(COUNT("amount"), 0))', "float"),
        ({"max": "orders.at"}, 'MAX("at")', "timestamp"),
        (
            {"count_distinct": "orders.status", "within": "1d"},
            'COUNT(DISTINCT CASE WHEN "at" >= TIMESTAMP \'2026-04-30 00:00:00\' THEN "status" END)',
            "integer",
        ),
    ],
)
def test_printed_as_a_conditional_aggregate(mapping: dict[str, Any], sql: str, type_: str) -> None:
    checked = check(read(mapping), COLUMNS)
    assert (render(checked, TARGET, '"at"'), checked.type) == (sql, type_)


@pytest.mark.parametrize(
    ("mapping", "key", "words"),
    [
        ({}, "", "without its kind"),
        ({"sum": "orders.amount", "avg": "orders.amount"}, "avg", "two kinds: sum, avg"),
        ({"sum": "orders"}, "sum", "sum needs a column"),
        ({"count": "orders", "within": "soon"}, "within", "is no duration"),
        ({"sum": "orders.colour"}, "sum", 'no column "colour"'),
        ({"sum": "orders.status"}, "sum", "sum of text"),
        ({"count": "orders", "where": "amount"}, "where", "true or false"),
        ({"count": "orders", "where": "amuont > 1"}, "where", 'unknown name "amuont"'),
    ],
)
def test_problems_name_the_key(mapping: dict[str, Any], key: str, words: str) -> None:
    with pytest.raises(AggregateInvalid) as caught:
        check(read(mapping), COLUMNS)
    assert caught.value.key == key
    assert words in caught.value.what
