"""Whatever a file holds, every record of it is loaded, counted or rejected: none is lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import Bench

CELLS = st.sampled_from(
    ["1", "2", "7.5", "x", "", "2026-01-02", "31/12/2026", '"q"', '"a\nb"', '"', "=1", "\x00", "é", " "]
)
LINES = st.lists(st.lists(CELLS, min_size=1, max_size=5).map(",".join), max_size=12)


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    bench = Bench(tmp_path_factory.mktemp("conservation"))
    bench.write("configs/project.yaml", "kind: project\nversion: 1\nname: shop\nid_key: testing\n")
    bench.source(
        "orders",
        'path: data/o.csv\nentity: orders\nmax_rejects: 100%\nformat: {delimiter: ",", header: true}\n'
        "where: \"c <> '7.5'\"\nmap: {order_id: a, ordered_at: b, amount: c}",
    )
    return bench


@settings(max_examples=20, deadline=None)
@given(lines=LINES, newline=st.sampled_from(["\n", "\r\n"]))
def test_rows_read_are_all_accounted_for(orders: Bench, lines: list[str], newline: str) -> None:
    run = f"r{orders.runs}"
    orders.write("data/o.csv", newline.join([f"a,b,c,{run}", *(f"{line},{run}" for line in lines)]))
    counts = orders.load(run_id=run).details["counts"]
    parts = ("inserted", "updated", "unchanged", "duplicates", "filtered", "rejected")
    assert counts["read"] == sum(counts[name] for name in parts)
    assert orders.rows(f"SELECT count(*) FROM rejects WHERE run_id = '{run}'") == [(counts["rejected"],)]
    assert orders.rows("SELECT count(*) - count(DISTINCT order_id) FROM orders") == [(0,)]
