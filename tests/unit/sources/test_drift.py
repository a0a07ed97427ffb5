from __future__ import annotations

import json

import pytest

from opscli.errors import DataUnusable

from .conftest import Bench

ORDERS = """path: data/orders.csv
entity: orders
max_rejects: 50
map: {order_id: id, ordered_at: date, amount: total}"""
HEAD = "id,date,total,note,code\n"


def told(bench: Bench, **changes: object) -> list[str]:
    return list(bench.load(**changes).details["warnings"])  # type: ignore[arg-type]


@pytest.fixture
def shop(bench: Bench) -> Bench:
    bench.source("orders", ORDERS)
    bench.write("data/orders.csv", HEAD + "1,2026-01-02,1,hello,77\n")
    assert told(bench) == []
    return bench


def test_new_missing_and_retyped_columns_are_told_once(shop: Bench) -> None:
    shop.write("data/orders.csv", "id,date,total,code,size\n1,2026-01-02,1,A7,5\n")
    assert told(shop) == [
        "orders: new column: size",
        "orders: column no longer there: note",
        "orders: column code holds text where it held number",
    ]
    shop.write("data/orders.csv", "id,date,total,code,size\n2,2026-01-02,1,8,6\n")
    assert told(shop) == []
    shop.write("data/orders.csv", "id,date,total,code,size\n2,2026-01-02,1,A8,6\n")
    assert told(shop) == []


def test_empty_columns_and_empty_files_say_nothing(shop: Bench) -> None:
    for text in (HEAD + "1,2026-01-02,1,,\n", HEAD, "", HEAD + "1,2026-01-02,1,x,78\n"):
        shop.write("data/orders.csv", text)
        assert told(shop) == []


def test_drift_outlives_a_change_of_the_configuration(shop: Bench) -> None:
    shop.source("orders", ORDERS + "\ntrust: 80")
    shop.write("data/orders.csv", "id,date,total,code\n1,2026-01-02,1,77\n")
    assert told(shop) == ["orders: column no longer there: note"]


def test_fail_loads_nothing_until_the_columns_are_accepted(shop: Bench) -> None:
    shop.source("orders", ORDERS + "\ndrift: fail")
    shop.write("data/orders.csv", HEAD.replace("note", "remark") + "9,2026-01-02,1,x,77\n")
    with pytest.raises(DataUnusable, match="the columns of orders are not those of the last load") as caught:
        shop.load()
    assert caught.value.details == ("new column: remark", "column no longer there: note")
    assert "configs/sources/orders.yaml" in caught.value.remedy
    assert shop.rows("SELECT count(*) FROM orders") == [(1,)]
    shop.source("orders", ORDERS + "\ndrift: warn")
    assert len(told(shop)) == 2
    shop.source("orders", ORDERS + "\ndrift: fail")
    assert told(shop) == []


def test_ignore_keeps_silent_and_partial_loads_say_nothing(shop: Bench) -> None:
    shop.write("data/orders.csv", "id,date,total,code,size\n1,2026-01-02,1,7,5\n")
    assert told(shop, options={"limit": 1}) == []
    shop.source("orders", ORDERS + "\ndrift: ignore")
    assert told(shop) == []


def test_an_undone_load_gives_its_columns_back(shop: Bench) -> None:
    shop.write("data/orders.csv", HEAD.replace("note", "remark") + "1,2026-01-02,2,hello,77\n")
    assert len(told(shop, run_id="wrong")) == 2
    shop.load(run_id="u", options={"undo": "wrong"})
    shop.write("data/orders.csv", HEAD + "1,2026-01-02,3,hello,77\n")
    assert told(shop) == []


def test_a_preview_tells_drift_too(shop: Bench) -> None:
    from opscli.sources import job

    shop.write("data/orders.csv", "id,date,total,code\n1,2026-01-02,1,77\n")
    with shop.context(dry=True) as ctx:
        notes = job.plan(ctx).preview.notes
    assert notes[0] == "orders: column no longer there: note"
    assert notes[1].startswith("orders: data/orders.csv: utf-8")


def test_keys_of_json_records_are_compared_and_optional_ones_may_be_absent(bench: Bench) -> None:
    def write(*records: dict[str, object]) -> None:
        bench.write("data/orders.jsonl", "".join(json.dumps(record) + "\n" for record in records))

    first: dict[str, object] = {"id": "1", "date": "2026-01-02", "total": 1}
    bench.source("orders", ORDERS.replace(".csv", ".jsonl").replace("total}", "total, channel: shop.kind}"))
    write(first, {**first, "note": "x", "shop": {"kind": "web"}})
    assert told(bench) == []
    write(first, {**first, "shop": {"kind": "app"}, "extra": 1})
    assert told(bench) == ["orders: new column: extra"]
    write({**first, "id": "2", "note": "y"})
    assert told(bench) == ["orders: column no longer there: shop"]
    write({**first, "id": "3"})
    assert told(bench) == []


def test_types_of_parquet_columns_are_compared(bench: Bench) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    bench.source("orders", ORDERS.replace(".csv", ".parquet"))
    (bench.root / "data").mkdir()
    for total, expected in ((1, []), (1.5, ["orders: column total holds float where it held integer"]), (2.5, [])):
        pq.write_table(
            pa.table({"id": ["1"], "date": ["2026-01-02"], "total": [total]}), bench.root / "data/orders.parquet"
        )
        assert told(bench) == expected
