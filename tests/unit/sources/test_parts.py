"""Loads of a part: --full, --since, --limit, --changed, and a cursor column in files."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from opscli.clock import parse_instant as at
from opscli.errors import ConfigInvalid, DataUnusable, UsageError

from .conftest import NOW, Bench

ORDERS = """path: data/orders_*.csv
entity: orders
max_rejects: 5
map: {order_id: id, ordered_at: date, amount: total}"""
HEAD = "id,date,total,seen\n"


def rows(*days: int, total: object = 1) -> str:
    return HEAD + "".join(f"{day},2026-01-{day:02},{total},{day}\n" for day in days)


@pytest.fixture
def shop(bench: Bench) -> Bench:
    bench.source("orders", ORDERS)
    bench.write("data/orders_1.csv", rows(1, 2, 3))
    bench.write("data/orders_2.csv", rows(4, 5))
    return bench


def ids(bench: Bench) -> list[int]:
    return [int(row[0]) for row in bench.rows("SELECT order_id FROM orders ORDER BY CAST(order_id AS INTEGER)")]


def test_full_reads_again_what_was_loaded(shop: Bench) -> None:
    shop.load()
    assert shop.counts() == {}
    assert shop.counts(options={"full": True}) == {"read": 5, "unchanged": 5}


def test_since_leaves_out_what_happened_before_and_keeps_no_mark(shop: Bench) -> None:
    counts = shop.counts(options={"since": "2026-01-04"})
    assert counts == {"read": 5, "inserted": 2, "filtered": 3}
    assert ids(shop) == [4, 5]
    assert shop.counts() == {"read": 5, "inserted": 3, "unchanged": 2}
    assert shop.counts(options={"since": "2026-01-05"}) == {"read": 5, "unchanged": 1, "filtered": 4}
    assert shop.counts() == {}


def test_since_is_local_time_and_keeps_rows_whose_time_cannot_be_read(shop: Bench) -> None:
    project = (shop.root / "configs/project.yaml").read_text()
    shop.write("configs/project.yaml", f"{project}timezone: America/New_York\n")
    shop.write("data/orders_2.csv", HEAD + "4,2026-01-04T04:00,1,1\n5,2026-01-04T05:00,1,1\n6,soon,1,1\n")
    counts = shop.counts(options={"since": "2026-01-04"})
    assert counts == {"read": 6, "inserted": 1, "filtered": 4, "rejected": 1}


def test_since_that_is_no_instant_is_refused(shop: Bench) -> None:
    with pytest.raises(UsageError, match=r"--since: .*gestern"):
        shop.load(options={"since": "gestern"})


def test_entities_without_a_time_know_no_since(shop: Bench) -> None:
    shop.source("staff", "path: data/staff.csv\nentity: staff")
    shop.write("data/staff.csv", "staff_id,name\ns1,Ann\n")
    assert shop.counts(options={"since": "2026-01-05", "only": ["staff"]}) == {"read": 1, "inserted": 1}


@pytest.mark.parametrize(("limit", "found"), [(1, [1]), (3, [1, 2, 3]), (4, [1, 2, 3, 4]), (9, [1, 2, 3, 4, 5])])
def test_limit_takes_the_first_rows_of_a_source(shop: Bench, limit: int, found: list[int]) -> None:
    assert shop.counts(options={"limit": limit}) == {"read": len(found), "inserted": len(found)}
    assert ids(shop) == found


def test_after_a_limited_load_the_next_one_is_the_first(shop: Bench) -> None:
    shop.load(options={"limit": 2})
    assert shop.counts(at=NOW + timedelta(days=1)) == {"read": 5, "inserted": 3, "unchanged": 2}
    assert shop.rows("SELECT count(*) FROM orders WHERE known_from = ordered_at") == [(5,)]


def test_rows_that_cannot_be_read_count_among_the_first(shop: Bench) -> None:
    shop.write("data/orders_1.csv", HEAD + "1,2026-01-01\n2,2026-01-02,x,1\n3,2026-01-03,1,1\n4,2026-01-04\n")
    assert shop.counts(options={"limit": 3}) == {"read": 3, "inserted": 1, "rejected": 2}
    assert [row[0] for row in shop.rejects()] == [2, 3]


def test_partial_loads_of_a_snapshot_close_nothing(shop: Bench) -> None:
    shop.source("orders", ORDERS + "\non_delete: tombstone\nmax_delta: 100%")
    shop.load()
    shop.write("data/orders_1.csv", rows(1))
    assert shop.counts(options={"limit": 1}) == {"read": 1, "unchanged": 1}
    assert shop.counts(options={"since": "2026-01-05"}) == {"read": 3, "unchanged": 1, "filtered": 2}
    assert shop.counts() == {"read": 3, "unchanged": 3, "deleted": 2}


def test_changed_leaves_out_sources_without_anything_new_and_missing_files(shop: Bench) -> None:
    shop.source("staff", "path: data/staff.csv\nentity: staff")
    with pytest.raises(DataUnusable):
        shop.load()
    first = shop.load(options={"changed": True})
    assert list(first.details["sources"]) == ["orders"]
    assert shop.load(options={"changed": True}).details["sources"] == {}
    shop.write("data/staff.csv", "staff_id,name\ns1,Ann\n")
    assert list(shop.load(options={"changed": True}).details["sources"]) == ["staff"]


@pytest.mark.parametrize(
    ("values", "later", "loaded"),
    [
        (["1", "9", "10"], ["9", "10", "11"], ["10", "11"]),
        (["2026-01-02", "2026-01-03T10:00:00Z"], ["2026-01-03T09:59:59", "2026-01-03T12:00:00+02:00"], ["b"]),
        (["a", "c", "b1"], ["b2", "c", "d"], ["c", "d"]),
        (["1.5", "2,000.25"], ["2000", "2000.25", "2001"], ["2000.25", "2001"]),
    ],
)
def test_rows_below_the_cursor_of_the_last_load_are_left_out(
    bench: Bench, values: list[str], later: list[str], loaded: list[str]
) -> None:
    def write(texts: list[str], start: int) -> None:
        found = [{"id": start + at, "date": "2026-01-02", "total": 1, "seen": text} for at, text in enumerate(texts)]
        bench.write("data/orders_1.jsonl", "".join(json.dumps(row) + "\n" for row in found))

    bench.source("orders", ORDERS.replace(".csv", ".jsonl") + "\ncursor: {column: seen}")
    write(values, 0)
    assert bench.counts() == {"read": len(values), "inserted": len(values)}
    write(later, 50)
    left_out = len(later) - len(loaded)
    expected = {"read": len(later), "inserted": len(loaded), "filtered": left_out}
    assert bench.counts() == expected
    assert bench.counts(options={"full": True})["read"] == len(later)


def test_the_cursor_stays_at_the_highest_value_and_looks_back(bench: Bench) -> None:
    bench.source("orders", ORDERS + "\ncursor: {column: date, lookback: 1d}")
    bench.write("data/orders_1.csv", rows(9))
    bench.load()
    bench.write("data/orders_1.csv", rows(5, 7, 8))
    assert bench.counts() == {"read": 3, "inserted": 1, "filtered": 2}
    bench.write("data/orders_1.csv", rows(6, 8))
    assert bench.counts() == {"read": 2, "unchanged": 1, "filtered": 1}
    bench.write("data/orders_1.csv", HEAD + "20,2026-01-01,1,\n21,,1,\n")
    assert bench.counts() == {"read": 2, "filtered": 1, "rejected": 1}


def test_typed_columns_are_cursors_too(bench: Bench) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def write(*days: int) -> None:
        times = [at(f"2026-01-{day:02}") for day in days]
        pq.write_table(pa.table({"id": days, "date": times, "total": days}), bench.root / "data/orders_1.parquet")

    (bench.root / "data").mkdir()
    for column in ("date", "id"):
        bench.source("orders", ORDERS.replace(".csv", ".parquet") + f"\ncursor: {{column: {column}}}")
        write(3, 4)
        bench.load()
        write(2, 4, 5)
        assert bench.counts()["filtered"] == 1


def test_an_undone_load_gives_its_cursor_back(bench: Bench) -> None:
    bench.source("orders", ORDERS + "\ncursor: {column: seen}")
    bench.write("data/orders_1.csv", rows(1, 2))
    bench.load(run_id="first")
    bench.write("data/orders_1.csv", rows(3, 28))
    bench.load(run_id="wrong")
    bench.load(run_id="u", options={"undo": "wrong"})
    bench.write("data/orders_1.csv", rows(3, 4))
    assert bench.counts() == {"read": 2, "inserted": 2}


def test_a_missing_cursor_column_is_named(bench: Bench) -> None:
    bench.source("orders", ORDERS + "\ncursor: {column: updated}")
    bench.write("data/orders_1.csv", rows(1))
    with pytest.raises(DataUnusable, match='no column "updated"'):
        bench.load()


def test_a_cursor_column_and_tombstones_exclude_each_other(bench: Bench) -> None:
    bench.source("orders", ORDERS + "\ncursor: {column: seen}\non_delete: tombstone")
    bench.write("data/orders_1.csv", rows(1))
    with pytest.raises(ConfigInvalid) as caught:
        bench.load()
    assert "exclude each other" in caught.value.details[0]
