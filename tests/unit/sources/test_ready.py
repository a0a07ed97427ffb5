"""When a file may be read: where it lies, whether it rests, and whether it stayed the same meanwhile."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from opscli.errors import ConfigInvalid, NotPermitted, TryLater

from .conftest import Bench

ORDERS = "path: data/orders_*.csv\nentity: orders\nmap: {order_id: id, ordered_at: date, amount: total}"
HEAD = "id,date,total\n"


def row(number: object, total: object = 1) -> str:
    return f"{number},2026-01-02,{total}\n"


def aged(path: Path, seconds: float) -> None:
    moment = time.time() - seconds
    os.utime(path, (moment, moment))


def test_a_file_is_left_out_until_it_rests(bench: Bench) -> None:
    bench.source("orders", ORDERS + "\nstable_for: 60s")
    aged(bench.write("data/orders_1.csv", HEAD + row(1)), 61)
    young = bench.write("data/orders_2.csv", HEAD + row(2))
    outcome = bench.load()
    assert outcome.details["counts"]["inserted"] == 1
    assert outcome.details["notes"] == [
        "orders: data/orders_2.csv is left out: it was written less than 60 seconds ago"
    ]
    aged(young, 61)
    assert bench.counts() == {"read": 1, "inserted": 1}


def test_a_file_waits_for_its_marker_and_needs_it_once(bench: Bench) -> None:
    bench.source("orders", ORDERS + "\ndone_marker: true")
    bench.write("data/orders_1.csv", HEAD + row(1))
    with pytest.raises(TryLater, match="no file of orders is ready") as caught:
        bench.load()
    assert caught.value.details == ("data/orders_1.csv is left out: orders_1.csv.done does not lie beside it yet",)
    assert bench.counts(options={"changed": True}) == {}
    marker = bench.write("data/orders_1.csv.done", "")
    assert bench.counts() == {"read": 1, "inserted": 1}
    marker.unlink()
    assert bench.counts() == {}
    bench.source("orders", ORDERS.replace("orders_*.csv", "orders_*") + '\ndone_marker: "_ok"\nformat: {type: csv}')
    bench.write("data/orders_1.csv_ok", "")
    assert bench.counts() == {"read": 1, "unchanged": 1}


def test_a_snapshot_with_a_file_that_waits_closes_nothing(bench: Bench) -> None:
    bench.source("orders", ORDERS + "\non_delete: tombstone\nmax_delta: 100%\ndone_marker: true")
    for number in (1, 2):
        bench.write(f"data/orders_{number}.csv", HEAD + row(number))
        bench.write(f"data/orders_{number}.csv.done", "")
    bench.load()
    (bench.root / "data/orders_1.csv").unlink()
    bench.write("data/orders_3.csv", HEAD + row(3))
    assert bench.counts() == {}
    bench.write("data/orders_3.csv.done", "")
    assert bench.counts() == {"read": 2, "inserted": 1, "unchanged": 1, "deleted": 1}


@dataclass(frozen=True)
class Meddling:
    """Somebody who touches a file while it is read: the load reports how far it is."""

    touch: Callable[[], object]

    def advance(self, what: str, done: int, total: int | None) -> None:  # noqa: ARG002  the form of a progress
        self.touch()


@pytest.mark.parametrize("vanishes", [False, True])
def test_a_file_that_changes_while_it_is_read_is_not_loaded(bench: Bench, vanishes: bool) -> None:
    bench.source("orders", ORDERS)
    path = bench.write("data/orders_1.csv", HEAD + row(1))
    touch = path.unlink if vanishes else lambda: path.write_text(HEAD + row(1) + row(2))
    with pytest.raises(TryLater, match=r"orders_1.csv was written to while it was read"):
        bench.load(progress=Meddling(touch))
    assert bench.rows("SELECT count(*) FROM loads") == [(0,)]
    path.write_text(HEAD + row(1) + row(2))
    assert bench.counts() == {"read": 2, "inserted": 2}


def test_files_below_an_allowed_folder_are_read_under_their_whole_name(
    bench: Bench, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("exports")
    path = outside / "orders_1.csv"
    path.write_text(HEAD + row("x", "x"))
    body = ORDERS.replace("data/orders_*.csv", f"{outside}/orders_*.csv") + "\nmax_rejects: 5"
    bench.source("orders", body)
    with pytest.raises(ConfigInvalid) as caught:
        bench.load()
    assert "allow_paths" in caught.value.details[0]
    bench.source("orders", f"{body}\nallow_paths: ['{outside}']")
    assert bench.counts() == {"read": 1, "rejected": 1}
    assert bench.rows("SELECT file FROM rejects") == [(path.as_posix(),)]


def test_links_lead_into_the_project_or_an_allowed_folder_only(
    bench: Bench, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside, other = tmp_path_factory.mktemp("exports"), tmp_path_factory.mktemp("other")
    for folder in (outside, other):
        (folder / "o.csv").write_text(HEAD + row(folder.name))
    (bench.root / "data").mkdir()
    (bench.root / "data/orders_1.csv").symlink_to(outside / "o.csv")
    bench.source("orders", f"{ORDERS}\nallow_paths: ['{outside}']")
    assert bench.counts() == {"read": 1, "inserted": 1}
    (bench.root / "data/orders_2.csv").symlink_to(other / "o.csv")
    with pytest.raises(NotPermitted, match="leads outside"):
        bench.load()
    bench.source("orders", f"{ORDERS.replace('data/', f'{outside}/../')}\nallow_paths: ['{outside}']")
    with pytest.raises(ConfigInvalid):
        bench.load()
