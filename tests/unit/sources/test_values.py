# ruff: noqa: DTZ001, DTZ007  naive UTC, as everywhere inside
"""Numbers and dates as people write them: what is read, as what, and what is refused."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opscli.engine.dialect import DuckDBDialect
from opscli.sources.values import Style, read_raw, reason_sql

from .conftest import Bench

THIN, NO_BREAK, NARROW, MINUS = "\u2009", "\u00a0", "\u202f", "\u2212"


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
        ("0,123", ",", "0.123"),
        ("1.234.567", ",", "1234567"),
        ("12,-", ",", "12"),
        ("CHF 12.--", ".", "12"),
        ("-12,-", ",", "-12"),
        ("12,50-", ",", "-12.50"),
        ("£ (12.50)", ".", "-12.50"),
        ("\uff0812.50\uff09", ".", "-12.50"),
        ("\uffe51,234.56", ".", "1234.56"),
        ("R$ 1.234,56", ",", "1234.56"),
        ("12.5 eur", ".", "12.5"),
        (f"5{NARROW}", ".", "5"),
        ("\u20135", ".", "-5"),
        ("1,5e3", ",", "1500"),
        ("1.5e3", "mixed", "1500"),
        ("1,234e3", "mixed", "1234"),
        ("2e3", "mixed", "2000"),
        ("€ 1.234.567", "mixed", "1234567"),
        ("1,234.56", "proven", "1234.56"),
        ("1234.567", "proven", "1234.567"),
        ("1,234,567", "proven", "1234567"),
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
        ("1,234", "mixed"), ("1.234", "mixed"), ("twelve", "."), ("1,234", "proven"), ("-1,234", "proven"),
        ("0,123", "."), ("00,123", "."), ("9 -", "."), ("0 123", "."), ("0.123.456", ","), ("1_000", "."), ("-(5)", "."), ("5,", "."),
        ("9" * 250, "."),
    ],
)  # fmt: skip
def test_what_is_no_amount_for_certain_is_not_read(engine: duckdb.DuckDBPyConnection, text: str, decimal: str) -> None:
    assert read(engine, text, "money", decimal=decimal) is None


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("12%", "float", 0.12),
        ("12,5 %", "float", None),
        ("12.3%", "float", 0.123),
        ("(0.7 %)", "float", -0.007),
        ("1e400", "float", None),
        ("-1e400", "float", None),
        ("1e300", "float", 1e300),
        ("9" * 400, "float", None),
        ("5.0000001", "integer", None),
        ("1,234.0", "integer", 1234),
        ("1.5E3", "integer", None),
        (" 12 ", "integer", 12),
        ("12 EUR", "integer", 12),
        ("NO", "boolean", False),
        (f" yes{NO_BREAK}", "boolean", True),
        ("Ann\u3000", "text", "Ann"),
        ("Ann\u202f", "text", "Ann"),
        ("Ann\r", "text", "Ann"),
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
        ("2026-01-5 ", "2026-01-05"),
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
        ("2026-12-31T10:20Z", "2026-12-31 10:20"),
        ("2026-12-31 10:20+02", "2026-12-31 08:20"),
        ("2026-12-31 10:20:30 +02:00", "2026-12-31 08:20:30"),
        ("20261231T102030+0200", "2026-12-31 08:20:30"),
        ("202612311020", "2026-12-31 10:20"),
        ("31 Dec 2026 10:30 +02:00", "2026-12-31 08:30"),
        ("Thu, 31 Dec 2026 10:30:00 GMT", "2026-12-31 10:30"),
        ("31st December 2026", "2026-12-31"),
        ("Sept 5, 2026", "2026-09-05"),
        (" 31 Dec 2026 10:30 ", "2026-12-31 10:30"),
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
        ("infinity", "not_a_time"),
        ("2026123110", "ambiguous_date"),
        ("31 Dec 26", "two_digit_year"),
        ("2026-12-31T10:20:30+25:00", "not_a_time"),
        ("2026-12-31T10:20:30+02:60", "not_a_time"),
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
        ("31/12/26", ("%d/%m/%Y",), datetime(2026, 12, 31)),
        ("31/12/26 10:20", ("%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M"), datetime(2026, 12, 31, 10, 20)),
        ("31/12/202", ("%d/%m/%Y",), None),
        ("31-12-26", ("%Y-%m-%d",), None),
        ("1/1/1900", ("%d/%m/%Y",), datetime(1900, 1, 1)),
        ("infinity", ("%d/%m/%Y",), None),
        ("Epoch", ("%d/%m/%Y", "%Y"), None),
        ("20261231", ("%Y%m%d", "epoch"), datetime(2026, 12, 31)),
        ("20261231", ("epoch", "%Y%m%d"), datetime(1970, 8, 23, 12, 7, 11)),
        ("1767225600", ("iso",), None),
        ("2026/12/31", ("iso",), None),
        ("31 Dec 2026", ("iso",), None),
        ("20261231T235959Z", ("iso",), datetime(2026, 12, 31, 23, 59, 59)),
        ("2026-12-31T10:20:30,5+01:00", ("iso",), datetime(2026, 12, 31, 9, 20, 30, 500_000)),
        ("31.12.2026 10:20 +02:00", ("%d.%m.%Y %H:%M %z",), datetime(2026, 12, 31, 8, 20)),
        ("31.12.2026 10:20Z", ("%d.%m.%Y %H:%M%z",), datetime(2026, 12, 31, 10, 20)),
        ("31.12.2026 10:20 +25:00", ("%d.%m.%Y %H:%M %z",), None),
        ("Thu Dec 31 10:20:30 -0530 2026", ("%a %b %d %H:%M:%S %z %Y",), datetime(2026, 12, 31, 15, 50, 30)),
        ("31.12.2026 10:20 CST", ("%d.%m.%Y %H:%M %Z",), None),
        ("31.12.2026 10:20 Asia/Shanghai", ("%d.%m.%Y %H:%M %Z",), datetime(2026, 12, 31, 2, 20)),
        ("2026 366", ("%Y %j",), None),
        ("2024 366", ("%Y %j",), datetime(2024, 12, 31)),
        ("10:20:30.123456789 31/12/2026", ("%H:%M:%S.%n %d/%m/%Y",), datetime(2026, 12, 31, 10, 20, 30, 123_457)),
        ("46022,5", ("excel",), datetime(2025, 12, 31, 12)),
        ("9999999", ("excel",), None),
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


@pytest.mark.parametrize(("text", "value"), [("1.5e3", None), ("1,234", None), ("1,234.0", 1234), ("1.234,0", 1234)])
def test_whole_numbers_of_a_mixed_column(engine: duckdb.DuckDBPyConnection, text: str, value: int | None) -> None:
    assert read(engine, text, "integer", decimal="mixed") == value


GROUPS = ("", ",", ".", " ", "'", THIN, NO_BREAK)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    digits=st.text("0123456789", min_size=1, max_size=10),
    group=st.sampled_from(GROUPS),
    sizes=st.sampled_from([(3, 3, 3), (3, 2, 2), (2, 3, 3), (4, 4, 4)]),
    fraction=st.none() | st.text("0123456789", max_size=4),
    marks=st.tuples(st.sampled_from([".", ","]), st.sampled_from([".", ",", "mixed", "proven"])),
)
def test_a_number_is_read_as_its_writer_meant_it_or_not_at_all(
    engine: duckdb.DuckDBPyConnection,
    digits: str,
    group: str,
    sizes: tuple[int, ...],
    fraction: str | None,
    marks: tuple[str, str],
) -> None:
    written, read_as = marks
    parts: list[str] = []
    rest = digits
    for size in sizes:
        rest, part = rest[:-size], rest[-size:]
        parts = [part, *parts] if part else parts
    text = group.join([rest, *parts] if rest else parts) + (f"{written}{fraction}" if fraction is not None else "")
    found = read(engine, text, "money", decimal=read_as)
    meanings = {value for sign in ".," if (value := meant(text, sign)) is not None}
    if read_as in (".", ","):
        assert found == meant(text, read_as)
    else:
        certain = len(meanings) == 1 or (read_as == "proven" and re.fullmatch(r"[0-9]*[.]?[0-9]*", text))
        assert (
            found == (meant(text, ".") if read_as == "proven" else next(iter(meanings))) if certain else found is None
        )


def meant(text: str, sign: str) -> Decimal | None:
    """By the rules of writing, in other words than the SQL: groups of three behind a first one without a zero."""
    whole, _, fraction = text.partition(sign)
    used = [letter for letter in whole if not letter.isdigit()]
    groups = re.split("[^0-9]", whole)
    if (fraction and not fraction.isdigit()) or not (whole or fraction) or sign in used:
        return None
    sizes = [len(part) for part in groups[1:]]
    kinds = {" " if letter in f" {THIN}{NO_BREAK}" else letter for letter in used}
    threes = set(sizes) == {3} and 1 <= len(groups[0]) <= 3
    indian = sign == "." and kinds == {","} and set(sizes[:-1]) == {2} and sizes[-1:] == [3] and len(groups[0]) <= 2
    if used and not (len(kinds) == 1 and (threes or indian) and groups[0][:1] not in ("", "0")):
        return None
    return Decimal("".join(groups) + "." + (fraction or "0")).quantize(Decimal("0.0001"))


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


def test_commas_that_nothing_decides_are_rejected_in_amounts_and_are_groups_in_whole_numbers(bench: Bench) -> None:
    orders(bench, PLAIN, "1;2026-01-01;1,234;", "2;2026-01-02;567;", "3;2026-01-03;8.5;")
    assert bench.counts() == {"read": 3, "inserted": 3}
    bench.write("data/o.csv", "id;at;sum;fee\n4;2026-01-01;1,234;\n5;2026-01-02;567;\n")
    assert bench.counts() == {"read": 2, "inserted": 1, "rejected": 1}
    assert bench.rejects()[-1][:3] == (2, "amount", "ambiguous_number")
    bench.write(
        "configs/entities/visits.yaml",
        "kind: entity\nversion: 1\nname: visits\nkey: [id]\n"
        "schema: {type: object, properties: {id: {type: string}, seats: {type: integer}}}\n",
    )
    bench.source("visits", "path: data/v.csv\nentity: visits\nformat: {delimiter: ';'}\nmap: {id: id, seats: seats}")
    bench.write("data/v.csv", "id;seats\n1;1,234\n2;5\n")
    bench.load(options={"only": ["visits"]})
    assert bench.rows("SELECT seats FROM visits ORDER BY id") == [(1234,), (5,)]


@pytest.mark.parametrize(
    ("proof", "value"), [("1.234.567", Decimal(1234)), ("0,123", Decimal(1234)), ("7,-", Decimal(1234))]
)
def test_what_proves_a_decimal_comma(bench: Bench, proof: str, value: Decimal) -> None:
    orders(bench, PLAIN, "1;2026-01-01;1.234;", f"2;2026-01-02;{proof};")
    assert bench.counts() == {"read": 2, "inserted": 2}
    assert bench.rows("SELECT amount FROM orders WHERE order_id = '1'") == [(value,)]


def test_points_alone_go_by_the_commas_of_another_column(bench: Bench) -> None:
    orders(bench, PLAIN, "1;2026-01-01;1.234;0,5", "2;2026-01-01;5.678;0,7")
    bench.load()
    assert bench.rows("SELECT amount FROM orders ORDER BY order_id") == [(Decimal(1234),), (Decimal(5678),)]
    orders(bench, PLAIN, "1;2026-01-01;1.234;0.5", "2;2026-01-01;5.678;0.7")
    bench.load()
    assert bench.rows("SELECT amount FROM orders ORDER BY order_id") == [(Decimal("1.234"),), (Decimal("5.678"),)]


def test_a_large_file_is_read_like_a_small_one(bench: Bench) -> None:
    orders(bench, PLAIN, *(f"{number:080d};2026-01-01;1,234;" for number in range(180_000)))
    assert (bench.root / "data/o.csv").stat().st_size > 16 << 20
    assert bench.counts() == {"read": 180_000, "rejected": 180_000}


def test_texts_that_mean_nothing_are_stated_per_column(bench: Bench) -> None:
    mapping = (
        '{order_id: id, ordered_at: {column: at, format: "%d/%m/%Y", empty: ["-"]}, amount: {value: 1}, '
        'discount: {column: sum, empty: ["-", " n/a ", "o\'K"]}, store_id: {column: fee, empty: ["?"]}}'
    )
    day = "31/12/2026"
    orders(bench, mapping, f"1;{day}; - ;?", f"2;{day};n/a;-", f"3;{day};o'K;??", f"4;{day};N/A;x", "5;-;1;x")
    assert bench.counts() == {"read": 5, "inserted": 3, "rejected": 2}
    found = bench.rows("SELECT order_id, discount, store_id FROM orders ORDER BY order_id")
    assert found == [("1", None, None), ("2", None, "-"), ("3", None, "??")]
    assert [row[:3] for row in bench.rejects()] == [(5, "discount", "not_a_number"), (6, "ordered_at", "missing")]


def test_texts_that_mean_nothing_do_not_stand_in_the_way_of_a_hint(bench: Bench) -> None:
    orders(
        bench,
        "{order_id: id, ordered_at: {column: at, empty: [unknown]}, amount: sum}",
        "1;31/12/2026;1;",
        "2;unknown;1;",
    )
    assert any("%d/%m/%Y reads all 1 dates" in text for text in bench.load().details["warnings"])


def test_typed_values_may_mean_nothing_too(bench: Bench) -> None:
    bench.source(
        "orders",
        "path: data/o.parquet\nentity: orders\n"
        "map: {order_id: id, ordered_at: at, amount: {value: 1}, discount: {column: sum, empty: ['-1']}}",
    )
    (bench.root / "data").mkdir()
    rows = "SELECT i::VARCHAR AS id, TIMESTAMP '2026-01-01' AS at, -i AS sum FROM range(3) t(i)"
    duckdb.execute(f"COPY ({rows}) TO '{bench.root}/data/o.parquet'")
    assert bench.counts() == {"read": 3, "inserted": 3}
    assert bench.rows("SELECT discount FROM orders ORDER BY order_id") == [(Decimal(0),), (None,), (Decimal(-2),)]


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


PATTERNS = (
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M:%S", "%d %b %Y %I:%M %p", "%B %d, %Y", "%Y%m%d", "%d%m%Y%H%M",
    "%Y/%m/%d", "%d/%m/%y", "%H:%M:%S %d-%m-%Y", "%Y-%m-%dT%H:%M:%S", "%a %d %b %Y", "%Y %j", "%d.%m.%Y %H:%M %z",
)  # fmt: skip


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    moment=st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2068, 1, 1)),
    pattern=st.sampled_from(PATTERNS),
    change=st.none() | st.tuples(st.integers(0, 30), st.sampled_from(["", "0", "1", "9", " ", "-", "/", ":", "x"])),
    zone=st.sampled_from([0, 120, -330, 840]),
)
def test_a_date_is_read_as_python_reads_it_or_not_at_all(
    engine: duckdb.DuckDBPyConnection, moment: datetime, pattern: str, change: tuple[int, str] | None, zone: int
) -> None:
    text = moment.replace(tzinfo=timezone(timedelta(minutes=zone))).strftime(pattern)
    if change is not None and change[0] < len(text):
        text = text[: change[0]] + change[1] + text[change[0] + 1 :]
    found = read(engine, text, "timestamp", forms=(pattern,))
    known = [value for form in (pattern, pattern.replace("%Y", "%y")) if (value := by_python(text, form)) is not None]
    assert found is None or found in known
    if change is None:
        assert found in known
    usual = read(engine, text, "timestamp")
    if usual is not None and change is None:
        assert usual in known


def by_python(text: str, form: str) -> datetime | None:
    try:
        found = datetime.strptime(" ".join(text.split()), form)
    except ValueError:
        return None
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


@pytest.mark.parametrize(
    ("form", "text", "utc"),
    [
        ("", "31 Dec 2026 10:30", datetime(2026, 12, 31, 15, 30)),
        ("", "Jul 1, 2031 10:30 AM", datetime(2031, 7, 1, 14, 30)),
        ("%d %b %Y %H:%M", "1 Jul 2026 10:30", datetime(2026, 7, 1, 14, 30)),
        ("%H:%M %d-%m-%Y", "10:30 31-12-2026", datetime(2026, 12, 31, 15, 30)),
        ("%Y%m%d%H", "2026070110", datetime(2026, 7, 1, 14)),
        ("%d/%m/%Y %H:%M", "1/7/26 10:30", datetime(2026, 7, 1, 14, 30)),
        ("%d.%m.%Y %H:%M %z", "01.07.2026 10:30 +02:00", datetime(2026, 7, 1, 8, 30)),
        ("%Y-%m-%dT%H:%MZ", "2026-07-01T10:30Z", datetime(2026, 7, 1, 10, 30)),
        ("excel", "46204.5", datetime(2026, 7, 1, 16)),
        ("epoch", "1767225600", datetime(2026, 1, 1)),
        ("iso", "2026-07-01T10:30", datetime(2026, 7, 1, 14, 30)),
        ("iso", "2026-07-01T10:30+02:00", datetime(2026, 7, 1, 8, 30)),
    ],
)
def test_a_zone_in_the_mapping_goes_with_every_form(bench: Bench, form: str, text: str, utc: datetime) -> None:
    stated = f', format: "{form}"' if form else ""
    zoned = f"{{order_id: id, ordered_at: {{column: at{stated}, timezone: America/New_York}}, amount: sum}}"
    # Another row of an early year: the rules of New York that are asked for must be those of every row.
    other = {"": "2001-01-01 00:00", "iso": "2001-01-01"}.get(form, text)
    orders(bench, zoned, f"1;{text};1;", f"2;{other};1;")
    assert bench.counts() == {"read": 2, "inserted": 2}
    assert bench.rows("SELECT ordered_at FROM orders WHERE order_id = '1'") == [(utc,)]


@pytest.mark.parametrize(
    ("form", "text"), [("", "2026-12-31T00:30:00+02:00"), ("%d.%m.%Y %H:%M %z", "31.12.2026 23:30 -05:00")]
)
def test_a_date_column_takes_the_day_that_is_written(engine: duckdb.DuckDBPyConnection, form: str, text: str) -> None:
    assert read(engine, text, "date", forms=(form,) if form else ()) == date(2026, 12, 31)


def test_a_date_column_keeps_the_day(engine: duckdb.DuckDBPyConnection) -> None:
    assert read(engine, "31/12/2026", "date", forms=("%d/%m/%Y",)) == date(2026, 12, 31)
