from __future__ import annotations

import csv
import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from opscli.clock import parse_instant as at
from opscli.errors import DataUnusable, UsageError

from .conftest import NOW, Bench

ORDERS = """path: data/orders_*.csv
entity: orders
max_rejects: 50
map: {order_id: id, ordered_at: date, amount: total, customer_ref: email}"""
HEAD = "id,date,total,email\n"
BAD = HEAD + '1,2026-01-02,1,a\n2,soon,2,"b\nc"\n3,2026-01-02,x,d\n=4,2026-01-02\n'


@pytest.fixture
def shop(bench: Bench) -> Bench:
    bench.source("orders", ORDERS)
    bench.write("data/orders_1.csv", BAD)
    assert bench.counts(run_id="first") == {"read": 4, "inserted": 1, "rejected": 3}
    return bench


def correct(bench: Bench, *changes: tuple[str, str], run: str = "first", name: str = "orders.csv") -> Path:
    """Edit the raw texts of a reject file as a spreadsheet would."""
    path = bench.root / "rejects" / run / "orders.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for old, new in changes:
            row["raw"] = row["raw"].replace(old, new)
    target = path.with_name(name)
    with target.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return target


def retry(bench: Bench, path: Path | str, run_id: str = "again") -> dict[str, int]:
    options = {"retry": str(path)}
    return bench.counts(run_id=run_id, options=options, at=NOW + timedelta(days=1))


def test_corrected_rows_are_loaded_once_and_no_cursor_moves(shop: Bench) -> None:
    path = correct(shop, ("soon", "2026-01-03"), (",x,", ",3,"), ("=4,2026-01-02", "=4,2026-01-02,4,e"))
    before = shop.rows("SELECT max(load_seq) FROM loads WHERE marks IS NOT NULL")
    assert retry(shop, path) == {"read": 3, "inserted": 3}
    assert shop.rows("SELECT order_id, amount, customer_ref FROM orders ORDER BY 1") == [
        ("1", Decimal(1), "a"),
        ("2", Decimal(2), "b\nc"),
        ("3", Decimal(3), "d"),
        ("=4", Decimal(4), "e"),
    ]
    assert retry(shop, path) == {"read": 3, "unchanged": 3}
    assert shop.rows("SELECT max(load_seq) FROM loads WHERE marks IS NOT NULL") == before
    assert shop.counts() == {}


def test_what_is_still_wrong_names_the_reject_file_and_its_line_and_can_be_retried(shop: Bench) -> None:
    path = correct(shop, (",x,", ",3,"))
    assert retry(shop, path) == {"read": 3, "inserted": 1, "rejected": 2}
    query = "SELECT file, line_no, column_name, reason FROM rejects WHERE run_id = 'again' ORDER BY line_no"
    assert shop.rows(query) == [
        ("rejects/first/orders.csv", 2, "ordered_at", "not_a_time"),
        ("rejects/first/orders.csv", 5, "", "too_few_cells"),
    ]
    third = correct(shop, ("soon", "2026-01-03"), ("=4,2026-01-02", "4,2026-01-02,4,e"), run="again")
    assert retry(shop, third, "third") == {"read": 2, "inserted": 2}


def test_rows_of_files_written_differently_are_read_each_in_its_way(bench: Bench) -> None:
    bench.source("orders", ORDERS)
    bench.write("data/orders_1.csv", HEAD + "1,2026-01-02,x,a\n2,2026-01-02,x,a\n")
    bench.write("data/orders_2.csv", "total;email;id;date\nx;b;3;2026-01-02\n")
    bench.load(run_id="first")
    assert retry(bench, correct(bench, ("x", "7"))) == {"read": 3, "inserted": 3}
    found = bench.rows("SELECT order_id, amount, customer_ref FROM orders ORDER BY 1")
    assert found == [("1", 7, "a"), ("2", 7, "a"), ("3", 7, "b")]


def test_json_objects_may_be_broken_over_lines_by_whoever_corrects_them(bench: Bench) -> None:
    bench.source("orders", ORDERS.replace(".csv", ".jsonl"))
    bench.write("data/orders_3.jsonl", '{"id": "4", "date": "2026-01-02", "total": "x", "email": "é"}\n{"id": 5\n')
    bench.load(run_id="first")
    path = correct(bench, ('"x"', "7"), ('{"id": 5', '{"id": 5, "date": "2026-01-02",\n "total": 1}'))
    assert retry(bench, path) == {"read": 2, "inserted": 2}
    found = bench.rows("SELECT order_id, amount, customer_ref FROM orders ORDER BY 1")
    assert found == [("4", 7, "é"), ("5", 1, None)]


def test_leftovers_of_several_layouts_are_retried_in_theirs(bench: Bench) -> None:
    bench.source("orders", ORDERS)
    bench.write("data/orders_1.csv", HEAD + "1,2026-01-02,x,a\n")
    bench.write("data/orders_2.csv", "total;email;id;date\nx;b;3;2026-01-02\n")
    bench.load(run_id="first")
    assert retry(bench, correct(bench, ("nothing", ""))) == {"read": 2, "rejected": 2}
    assert retry(bench, correct(bench, ("x", "7"), run="again"), "third") == {"read": 2, "inserted": 2}
    assert bench.rows("SELECT order_id, customer_ref FROM orders ORDER BY 1") == [("1", "a"), ("3", "b")]


def test_parquet_rows_come_back_as_objects(bench: Bench) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    bench.source("orders", ORDERS.replace(".csv", ".parquet"))
    (bench.root / "data").mkdir()
    table = pa.table({"id": ["1", None], "date": [at("2026-01-02T10:00")] * 2, "total": [1, 2], "email": ["a", "b"]})
    pq.write_table(table, bench.root / "data/orders_1.parquet")
    bench.load(run_id="first")
    assert retry(bench, correct(bench, ('"id":null', '"id":"2"'))) == {"read": 1, "inserted": 1}
    assert bench.rows("SELECT order_id, ordered_at FROM orders ORDER BY 1")[1] == ("2", at("2026-01-02T10:00"))


def test_what_a_spreadsheet_makes_of_the_file_is_read(shop: Bench) -> None:
    path = correct(shop, ("soon", "2026-01-03"))
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    text = "\r\n".join(";".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert retry(shop, path) == {"read": 3, "inserted": 1, "rejected": 2}


def test_a_copy_under_another_name_and_emptied_rows(shop: Bench) -> None:
    copy = correct(shop, ("soon", "2026-01-03"), (",x,", ",3,"), ("'=4,2026-01-02", ""), name="orders fixed.csv")
    assert retry(shop, copy.relative_to(shop.root)) == {"read": 2, "inserted": 2}


def test_a_guard_against_broken_files_does_not_stop_what_was_corrected_by_hand(shop: Bench) -> None:
    shop.source("orders", ORDERS.replace("50", "1%"))
    assert retry(shop, correct(shop, (",x,", ",3,"))) == {"read": 3, "inserted": 1, "rejected": 2}


def test_apostrophes_before_formulas_come_off_as_they_went_on() -> None:
    from opscli.sources.rejects import _harmless, unharmed

    for text in ("=1", "'=1", "''+1", "'a", "a", "", "'", "-1,2", "\t1", "@x", "'@x"):
        written = _harmless(text)
        assert not str(written).startswith(("=", "+", "-", "@", "\t"))
        assert unharmed(str(written)) == text


def test_files_that_cannot_be_retried_say_why(shop: Bench) -> None:
    path = shop.root / "rejects/first/orders.csv"
    layout = path.with_name("orders.layout.json")
    with pytest.raises(DataUnusable, match=r"nothing.csv does not exist"):
        retry(shop, path.with_name("nothing.csv"))
    with pytest.raises(DataUnusable, match="no reject file") as caught:
        retry(shop, shop.root / "data/orders_1.csv")
    assert "source, file, line, column, reason, raw" in caught.value.remedy
    moved = shop.write("fixed.csv", path.read_text())
    with pytest.raises(DataUnusable, match=r"beside .*fixed.csv lies no orders.layout.json"):
        retry(shop, moved)
    text = path.read_text()
    path.write_text(text.replace("data/orders_1.csv", "data/other.csv"))
    with pytest.raises(DataUnusable, match=r"orders.csv:2: how data/other.csv is written is not known"):
        retry(shop, path)
    path.write_text(text.replace("\norders,", "\ncrm,", 1))
    with pytest.raises(DataUnusable, match="rows of 2 sources"):
        retry(shop, path)
    path.write_text(text.replace("\norders,", "\nordres,"))
    with pytest.raises(UsageError, match="ordres"):
        retry(shop, path)
    path.write_text(text)
    layout.write_text(json.dumps([]))
    with pytest.raises(DataUnusable, match=r"orders.layout.json is damaged"):
        retry(shop, path)
