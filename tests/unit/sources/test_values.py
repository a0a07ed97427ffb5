# ruff: noqa: DTZ001  naive UTC, as everywhere inside
"""Numbers and dates as people write them: what is read, as what, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opscli.engine.dialect import DuckDBDialect
from opscli.sources.values import Style, read_raw, reason_sql

from .conftest import Bench

THIN, NO_BREAK, MINUS = "\u2009", "\u00a0", "\u2212"


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    yield connection
    connection.close()


def read(engine: duckdb.DuckDBPyConnection, text: str, kind: str, **style: Any) -> Any:
    sql = read_raw("x", kind, Style(**style), DuckDBDialect())
    row = engine.execute(f"SELECT {sql} FROM (SELECT ? AS x)", [text]).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1234.5", ".", "1234.5"),
        (" 1234.5 ", ".", "1234.5"),
        ("1,234.56", ".", "1234.56"),
        ("1.234,56", ",", "1234.56"),
        ("12,5", ",", "12.5"),
        ("£1 234.56", ".", "1234.56"),
        (f"1{THIN}234,56 €", ",", "1234.56"),
        (f"1{NO_BREAK}234{NO_BREAK}567", ".", "1234567"),
        ("CHF 1'234.50", ".", "1234.50"),
        ("1\u2019234.50", ".", "1234.50"),
        ("(12.50)", ".", "-12.50"),
        ("($12.50)", ".", "-12.50"),
        ("12.50-", ".", "-12.50"),
        ("-$5.00", ".", "-5"),
        ("$-5.00", ".", "-5"),
        (f"{MINUS}7", ".", "-7"),
        ("12,34,567.00", ".", "1234567"),
        ("\uff11\uff12\uff13\uff0e\uff15", ".", "123.5"),
        ("USD 12", ".", "12"),
        ("12.5 EUR", ".", "12.5"),
        ("1e3", ".", "1000"),
        (".5", ".", "0.5"),
        ("1,234", ".", "1234"),
        ("1,234", ",", "1.234"),
        ("1,234.5", "mixed", "1234.5"),
        ("1.234,5", "mixed", "1234.5"),
        ("12,5", "mixed", "12.5"),
        ("17", "mixed", "17"),
    ],
)
def test_money_is_read(engine: duckdb.DuckDBPyConnection, text: str, decimal: str, value: str) -> None:
    assert read(engine, text, "money", decimal=decimal) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ("1.234,56", "."), ("12,5", "."), ("1,23,4", "."), ("1 23", "."), ("--5", "."), ("(5", "."), ("5)", "."), ("(-5)", "."),
        ("0x10", "."), ("$", "."), ("SKU 500", "."), ("12%", "."), ("1,234,56", ","), ("1.2.3", "."), ("NaN", "."), ("1-2", "."),
        ("1,234", "mixed"), ("1.234", "mixed"), ("twelve", "."),
    ],
)  # fmt: skip
def test_what_is_no_amount_for_certain_is_not_read(engine: duckdb.DuckDBPyConnection, text: str, decimal: str) -> None:
    assert read(engine, text, "money", decimal=decimal) is None


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("12%", "float", 0.12),
        ("12,5 %", "float", None),
        ("1,234", "integer", 1234),
        ("1 234.00", "integer", 1234),
        ("9223372036854775807", "integer", 2**63 - 1),
        ("9223372036854775808", "integer", None),
        ("2.5", "integer", None),
        ("1e3", "integer", None),
        ("是", "boolean", True),
        ("否", "boolean", False),
        ("ON", "boolean", True),
        ("ja", "boolean", None),
        (f"{NO_BREAK} Ann \t", "text", "Ann"),
        (f"{NO_BREAK}", "text", None),
        ("NULL", "text", "NULL"),
        ("王\u3000", "text", "王"),
    ],
)
def test_other_types(engine: duckdb.DuckDBPyConnection, text: str, kind: str, value: object) -> None:
    assert read(engine, text, kind) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-12-31", "2026-12-31"),
        ("2026-1-5", "2026-01-05"),
        ("2026-12-31T10:20:30Z", "2026-12-31 10:20:30"),
        ("2026-12-31 10:20", "2026-12-31 10:20"),
        ("2026-12-31T10:20:30.123456+02:00", "2026-12-31 08:20:30.123456"),
        ("2026-12-31 10:20:30,5", "2026-12-31 10:20:30.5"),
        ("2026-12-31 10:20 UTC", "2026-12-31 10:20"),
        ("2026-12-31 10:23 PM", "2026-12-31 22:23"),
        ("2026-12-31 24:00", "2027-01-01"),
        ("20261231", "2026-12-31"),
        ("20261231T235959Z", "2026-12-31 23:59:59"),
        ("2026/12/31", "2026-12-31"),
        ("2026.12.31 7:08", "2026-12-31 07:08"),
        ("2026年12月31日", "2026-12-31"),
        ("31 Dec 2026", "2026-12-31"),
        ("December 31, 2026 10:23 AM", "2026-12-31 10:23"),
        ("31-Dec-2026", "2026-12-31"),
        ("1767225600", "2026-01-01"),
        ("1767225600123", "2026-01-01 00:00:00.123"),
        ("1767225600123456", "2026-01-01 00:00:00.123456"),
        ("1900-01-01", "1900-01-01"),
    ],
)
def test_moments_in_forms_that_mean_one_thing(engine: duckdb.DuckDBPyConnection, text: str, value: str) -> None:
    assert read(engine, text, "timestamp") == datetime.fromisoformat(value)
    assert read(engine, text, "date") == datetime.fromisoformat(value).date()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("31/12/2026", "ambiguous_date"),
        ("01.02.26", "ambiguous_date"),
        ("31-Dec-26", "two_digit_year"),
        ("2026-02-30", "not_a_time"),
        ("20260230", "not_a_time"),
        ("2026-12-31 23:59:60", "not_a_time"),
        ("0000-00-00", "not_a_time"),
        ("17672256000", "not_a_time"),
        ("2026-W53-1", "not_a_time"),
        ("soon", "not_a_time"),
    ],
)
def test_what_could_be_another_day_is_refused(engine: duckdb.DuckDBPyConnection, text: str, reason: str) -> None:
    assert read(engine, text, "timestamp") is None
    row = engine.execute(f"SELECT {reason_sql('x', 'timestamp', Style())} FROM (SELECT ? AS x)", [text]).fetchone()
    assert row == (reason,)


@pytest.mark.parametrize(
    ("text", "forms", "value"),
    [
        ("31/12/2026 10:20", ("%d/%m/%Y %H:%M",), datetime(2026, 12, 31, 10, 20)),
        ("12/31/2026", ("%d/%m/%Y", "%m/%d/%Y"), datetime(2026, 12, 31)),
        ("2026-12-31", ("%d/%m/%Y", "iso"), datetime(2026, 12, 31)),
        ("-1", ("epoch",), datetime(1969, 12, 31, 23, 59, 59)),
        ("1767225600.5", ("epoch",), datetime(2026, 1, 1, 0, 0, 0, 500_000)),
        ("1767225600123", ("epoch_ms",), datetime(2026, 1, 1, 0, 0, 0, 123_000)),
        ("99999999999999999", ("epoch",), None),
        ("46022", ("excel",), datetime(2025, 12, 31)),
        ("46022.75", ("excel",), datetime(2025, 12, 31, 18)),
        ("1", ("excel",), datetime(1900, 1, 1)),
        ("59", ("excel",), datetime(1900, 2, 28)),
        ("60", ("excel",), None),
        ("61", ("excel",), datetime(1900, 3, 1)),
        ("2026-12-31", ("%d/%m/%Y",), None),
    ],
)  # fmt: skip
def test_stated_forms(engine: duckdb.DuckDBPyConnection, text: str, forms: tuple[str, ...], value: object) -> None:
    assert read(engine, text, "timestamp", forms=forms) == value


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    number=st.decimals(min_value=-(10**9), max_value=10**9, places=2, allow_nan=False),
    style=st.sampled_from([("", "."), (",", "."), (".", ","), (" ", ","), (" ", "."), ("'", "."), (THIN, ",")]),
    sign=st.sampled_from(["before", "behind", "parentheses"]),
    money=st.sampled_from(["", "£", "€ ", "USD "]),
)
def test_whatever_way_an_amount_is_written_it_is_read_back(
    engine: duckdb.DuckDBPyConnection, number: Decimal, style: tuple[str, str], sign: str, money: str
) -> None:
    group, decimal = style
    whole, fraction = f"{abs(number):.2f}".split(".")
    grouped = f"{int(whole):,}".replace(",", group)
    text = f"{money}{grouped}{decimal}{fraction}"
    if number < 0:
        text = {"before": f"-{text}", "behind": f"{text}-", "parentheses": f"({text})"}[sign]
    assert read(engine, text, "money", decimal=decimal) == number


def orders(bench: Bench, mapping: str, *lines: str) -> None:
    bench.source(
        "orders", f"path: data/o.csv\nentity: orders\nmax_rejects: 100%\nformat: {{delimiter: ';'}}\nmap: {mapping}"
    )
    bench.write("data/o.csv", "\n".join(["id;at;sum;fee", *lines]) + "\n")


PLAIN = "{order_id: id, ordered_at: at, amount: sum, discount: fee}"


def test_each_column_proves_its_own_decimal_sign(bench: Bench) -> None:
    orders(bench, PLAIN, "1;2026-01-01;1.234,50;1,234.50", "2;2026-01-02;2,5;2.5", "3;2026-01-03;1,234;1,234")
    assert bench.counts() == {"read": 3, "inserted": 3}
    found = bench.rows("SELECT amount, discount FROM orders ORDER BY order_id")
    assert found == [
        (Decimal("1234.5"), Decimal("1234.5")),
        (Decimal("2.5"), Decimal("2.5")),
        (Decimal("1.234"), Decimal(1234)),
    ]


def test_numbers_of_both_kinds_in_one_column_are_read_only_where_they_prove_themselves(bench: Bench) -> None:
    orders(bench, PLAIN, "1;2026-01-01;12,5;", "2;2026-01-01;12.5;", "3;2026-01-01;1,234;", "4;2026-01-01;7;")
    assert bench.counts() == {"read": 4, "inserted": 3, "rejected": 1}
    assert [row[:3] for row in bench.rejects()] == [(4, "amount", "ambiguous_number")]


def test_a_column_without_proof_goes_by_the_others_of_its_file(bench: Bench) -> None:
    orders(bench, PLAIN, "1;2026-01-01;1,234;0,5", "2;2026-01-01;5,678;0,7")
    bench.load()
    assert bench.rows("SELECT amount FROM orders ORDER BY order_id") == [(Decimal("1.234"),), (Decimal("5.678"),)]


def test_ambiguous_dates_come_with_the_form_that_fits_them_all(bench: Bench) -> None:
    orders(bench, PLAIN, "1;31/12/2026;1;", "2;01/02/2026;1;")
    warnings = bench.load().details["warnings"]
    assert any(
        '%d/%m/%Y reads all 2 dates; write map: {ordered_at: {column: at, format: "%d/%m/%Y"}}' in text
        for text in warnings
    )
    orders(bench, PLAIN, "1;11/12/2026;1;", "2;01/02/2026;1;")
    warnings = bench.load().details["warnings"]
    assert any("%d/%m/%Y / %m/%d/%Y each read all 2 dates" in text for text in warnings)


def test_local_times_stay_local_and_instants_do_not_move(bench: Bench) -> None:
    zoned = "{order_id: id, ordered_at: {column: at, timezone: America/New_York}, amount: sum}"
    orders(
        bench, zoned, "1;2026-01-01 10:00;1;", "2;1767225600;1;", "3;2026-01-01T10:00:00Z;1;", "4;1 Jan 2026 10:00;1;"
    )
    bench.load()
    times = [row[0] for row in bench.rows("SELECT ordered_at FROM orders ORDER BY order_id")]
    assert times == [datetime(2026, 1, 1, 15), datetime(2026, 1, 1), datetime(2026, 1, 1, 10), datetime(2026, 1, 1, 15)]


def test_a_date_column_keeps_the_day(engine: duckdb.DuckDBPyConnection) -> None:
    assert read(engine, "31/12/2026", "date", forms=("%d/%m/%Y",)) == date(2026, 12, 31)
