from __future__ import annotations

import random
from datetime import timedelta

import pytest

from opscli.clock import END_OF_TIME
from opscli.errors import GuardStopped
from opscli.sources import job

from .conftest import NOW, Bench

ORDERS = """path: data/orders_*.csv
entity: orders
on_delete: tombstone
max_rejects: 50%
max_delta: 60%
map: {order_id: id, ordered_at: date, amount: total}"""
LATER = NOW + timedelta(days=1)


def rows(*ids: object, total: object = 1) -> str:
    return "id,date,total\n" + "".join(f"{number},2026-01-02,{total}\n" for number in ids)


@pytest.fixture
def loaded(bench: Bench) -> Bench:
    bench.source("orders", ORDERS)
    bench.write("data/orders_1.csv", rows(1, 2, 3))
    bench.write("data/orders_2.csv", rows(4, 5))
    assert bench.counts() == {"read": 5, "inserted": 5}
    return bench


def open_ids(bench: Bench) -> list[str]:
    return [str(row[0]) for row in bench.rows("SELECT order_id FROM orders ORDER BY 1")]


def test_rows_that_a_full_load_lacks_are_closed_at_its_time(loaded: Bench) -> None:
    loaded.write("data/orders_1.csv", rows(1, 3))
    assert loaded.counts(at=LATER) == {"read": 4, "unchanged": 4, "deleted": 1}
    assert open_ids(loaded) == ["1", "3", "4", "5"]
    closed = loaded.rows("SELECT known_to, closed_seq FROM orders_versions WHERE order_id = '2'")
    assert closed == [(LATER, 2)]
    assert loaded.rows("SELECT closed, deleted FROM loads ORDER BY load_seq") == [(0, 0), (0, 1)]
    assert loaded.counts() == {}


def test_a_file_that_vanished_takes_its_rows_along_and_its_return_brings_them_back(loaded: Bench) -> None:
    text = (loaded.root / "data/orders_2.csv").read_text()
    (loaded.root / "data/orders_2.csv").unlink()
    assert loaded.counts() == {"read": 3, "unchanged": 3, "deleted": 2}
    assert loaded.counts() == {}
    loaded.write("data/orders_2.csv", text)
    assert loaded.counts(at=LATER) == {"read": 5, "inserted": 2, "unchanged": 3}
    versions = loaded.rows("SELECT known_to FROM orders_versions WHERE order_id = '4' ORDER BY load_seq")
    assert versions == [(NOW,), (END_OF_TIME,)]


def test_no_file_at_all_is_no_empty_snapshot(loaded: Bench) -> None:
    loaded.source("orders", ORDERS + "\nrequired: false")
    loaded.load(approve=True)
    for path in (loaded.root / "data").iterdir():
        path.unlink()
    assert loaded.counts(approve=True) == {}
    assert len(open_ids(loaded)) == 5


def test_a_truncated_file_stops_with_nothing_loaded_and_approval_goes_on(loaded: Bench) -> None:
    loaded.write("data/orders_1.csv", rows())
    loaded.write("data/orders_2.csv", rows(6))
    with pytest.raises(GuardStopped, match="of 5 rows 5 are gone and 0 would change, more than 60%"):
        loaded.load()
    assert open_ids(loaded) == ["1", "2", "3", "4", "5"]
    assert loaded.rows("SELECT count(*) FROM loads") == [(1,)]
    assert loaded.counts(approve=True) == {"read": 1, "inserted": 1, "deleted": 5}
    assert open_ids(loaded) == ["6"]


@pytest.mark.parametrize(("limit", "stops"), [("", True), ("limits: {max_delta: 50%}", False)])
def test_without_max_delta_the_project_s_limit_or_a_fifth_holds(bench: Bench, limit: str, stops: bool) -> None:
    project = (bench.root / "configs/project.yaml").read_text()
    bench.write("configs/project.yaml", f"{project}{limit}\n")
    bench.source("orders", ORDERS.replace("max_delta: 60%\n", ""))
    bench.write("data/orders_1.csv", rows(1, 2, 3, 4))
    bench.load()
    bench.write("data/orders_1.csv", rows(1, 2, 3))
    if stops:
        with pytest.raises(GuardStopped, match="more than 20%"):
            bench.load()
    else:
        assert bench.counts() == {"read": 3, "unchanged": 3, "deleted": 1}


def test_changed_and_closed_rows_count_together(loaded: Bench) -> None:
    loaded.source("orders", ORDERS.replace("60%", "50%"))
    loaded.load()
    loaded.write("data/orders_1.csv", rows(1, 2, total=9))
    with pytest.raises(GuardStopped, match="of 5 rows 1 are gone and 2 would change, more than 50%"):
        loaded.load()


def test_a_rejected_row_with_a_readable_key_is_still_there(loaded: Bench) -> None:
    loaded.write("data/orders_1.csv", rows(1) + "2,2026-01-02,x\n")
    assert loaded.counts() == {"read": 4, "unchanged": 3, "rejected": 1, "deleted": 1}
    assert open_ids(loaded) == ["1", "2", "4", "5"]


@pytest.mark.parametrize("broken", [",2026-01-02,1\n", "2,2026-01-02\n"])
def test_a_row_without_readable_key_keeps_every_row_open_and_says_so(loaded: Bench, broken: str) -> None:
    loaded.write("data/orders_1.csv", rows(1) + broken)
    outcome = loaded.load()
    assert outcome.details["counts"]["deleted"] == 0
    assert outcome.details["warnings"] == [
        "orders: the key of 1 rejected row cannot be read, so no row counts as gone in this load"
    ]
    assert open_ids(loaded) == ["1", "2", "3", "4", "5"]


def test_rows_that_the_condition_leaves_out_are_gone(loaded: Bench) -> None:
    loaded.source("orders", ORDERS + "\nwhere: total < 5")
    assert loaded.counts() == {"read": 5, "unchanged": 5}
    loaded.write("data/orders_2.csv", rows(4) + rows(5, total=7).splitlines()[1])
    assert loaded.counts() == {"read": 5, "unchanged": 4, "filtered": 1, "deleted": 1}


def test_rows_of_other_sources_and_of_keeping_ones_stay(loaded: Bench) -> None:
    loaded.source("shop", ORDERS.replace("orders_*", "shop").replace("on_delete: tombstone\n", ""))
    loaded.write("data/shop.csv", rows("s1", "s2"))
    loaded.load()
    loaded.write("data/shop.csv", rows("s1"))
    loaded.write("data/orders_2.csv", rows(4))
    assert loaded.counts() == {"read": 5, "unchanged": 5, "deleted": 1}
    assert open_ids(loaded) == ["1", "2", "3", "4", "s1", "s2"]


def test_records_are_closed_in_their_own_source_only(bench: Bench) -> None:
    for name in ("crm", "shop"):
        bench.source(name, f"path: data/{name}.csv\nentity: customers\non_delete: tombstone\nmax_delta: 60%")
        bench.write(f"data/{name}.csv", "id,email\n1,a@example.com\n2,b@example.com\n")
    bench.load()
    bench.write("data/crm.csv", "id,email\n1,a@example.com\n")
    assert bench.counts() == {"read": 1, "unchanged": 1, "deleted": 1}
    found = bench.rows(f"SELECT source, source_id FROM records WHERE known_to = TIMESTAMP '{END_OF_TIME}' ORDER BY ALL")
    assert found == [("crm", "1"), ("shop", "1"), ("shop", "2")]


def test_a_plan_previews_what_the_run_closes(loaded: Bench) -> None:
    loaded.write("data/orders_1.csv", rows(1, 7))
    with loaded.context() as ctx:
        plan = job.plan(ctx)
        outcome = job.run(plan, ctx)
    assert plan.preview.counts["deleted"] == 2
    assert outcome.details["counts"] == dict(plan.preview.counts)
    assert outcome.changed == 3
    assert "2 deleted" in plan.preview.headline


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_delivered_in_full_is_what_stands_open(bench: Bench, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311  a seeded shuffle
    bench.source("orders", ORDERS.replace("60%", "100%"))
    for step in range(4):
        held = {number: rng.randint(1, 3) for number in rng.sample(range(12), rng.randint(1, 11))}
        split = rng.randint(0, len(held))
        for part, ids in enumerate([list(held)[:split], list(held)[split:]]):
            text = "id,date,total\n" + "".join(f"{number},2026-01-02,{held[number]}\n" for number in ids)
            bench.write(f"data/orders_{part}.csv", text)
        if split == 0:
            (bench.root / "data/orders_0.csv").unlink()
        bench.load(at=NOW + timedelta(days=step))
        found = bench.rows("SELECT CAST(order_id AS INTEGER), CAST(amount AS INTEGER) FROM orders ORDER BY 1")
        assert dict(found) == held
