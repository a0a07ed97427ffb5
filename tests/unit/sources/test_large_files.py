"""Large sound files go straight into their columns: whatever stands in them, the result is that of the usual way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from opscli.sources import prepare

from .conftest import Bench

SOURCE = """path: data/*.csv
entity: orders
max_rejects: 5
map: {order_id: id, ordered_at: date, amount: total, customer_ref: email, channel: channel}"""
HEAD = "id,date,total,email,channel\n"
SOUND = "".join(f"{number},2026-01-02 10:00:00,{number}.50,c{number}@example.com,web\n" for number in range(1, 40))
FILES = {
    "sound": HEAD + SOUND,
    "blanks": HEAD + SOUND + " 40 ,2026-01-02 10:00:00, 1.50 ,x@example.com , web\n41,2026-01-02 10:00:00,2,, \n",
    "tabs": HEAD + SOUND + "40\t,2026-01-02 10:00:00,1\t,\tx@example.com,web\t\n",
    "no-break spaces": HEAD + SOUND + "40,2026-01-02 10:00:00,1\u00a0,x@example.com,\u00a0web\u00a0\n",
    "wide spaces": HEAD + SOUND + "\u300040,2026-01-02 10:00:00,1,x@example.com,網\u3000\n",
    "quoted line ends": HEAD + SOUND + '40,2026-01-02 10:00:00,1,x@example.com,"web\n"\n',
    "repeated keys": HEAD + SOUND + "7,2026-01-03 10:00:00,9,x@example.com,shop\n",
    "rejects": HEAD + SOUND + "40,2026-01-02 10:00:00,many,x@example.com,web\n,2026-01-02 10:00:00,1,y,web\n",
    "surplus delimiters": HEAD + SOUND + "40,2026-01-02 10:00:00,1,x@example.com,web,\n",
    "quotes": HEAD + SOUND + '40,2026-01-02 10:00:00,1,x@example.com,wi"de\n',
    "underscores": HEAD + SOUND + "40,2026-01-02 10:00:00,1_000,x@example.com,web\n",
    "a blank line": HEAD + SOUND + "\n40,2026-01-02 10:00:00,1,x@example.com,web\n",
}
TABLES = (
    "SELECT * EXCLUDE (run_id) FROM orders_versions ORDER BY order_id, load_seq",
    "SELECT file, line_no, column_name, reason, raw FROM rejects ORDER BY ALL",
    "SELECT rows_read, inserted, updated, unchanged, rejected FROM loads ORDER BY load_seq",
)


def loaded(root: Path, *contents: str) -> list[Any]:
    bench = Bench(root)
    bench.write("configs/project.yaml", "kind: project\nversion: 1\nname: shop\nid_key: testing\n")
    bench.source("orders", SOURCE)
    counts = []
    for content in contents:
        bench.write("data/orders.csv", content)
        counts.append(bench.counts())
    return [counts, *(bench.rows(sql) for sql in TABLES)]


@pytest.mark.parametrize("name", FILES)
def test_a_large_file_gives_what_a_small_one_gives(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = FILES[name].replace("3.50", "4.50")
    usual = loaded(tmp_path / "usual", FILES[name], changed)
    monkeypatch.setattr(prepare, "_LARGE_BYTES", 0)
    assert loaded(tmp_path / "large", FILES[name], changed) == usual
    assert sum(usual[0][0].get(kind, 0) for kind in ("inserted", "rejected", "duplicates")) >= SOUND.count("\n")


def test_what_is_sound_is_read_without_a_table_of_its_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "_LARGE_BYTES", 0)
    monkeypatch.setattr(prepare.Preparation, "_judge", None)  # the usual way, which is not taken
    assert loaded(tmp_path, FILES["sound"])[0] == [{"read": 39, "inserted": 39}]


def test_blanks_are_taken_off_in_each_of_several_files(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.write("configs/project.yaml", "kind: project\nversion: 1\nname: shop\nid_key: testing\n")
    bench.source("orders", SOURCE)
    bench.write("data/a.csv", HEAD + "1,2026-01-02,1,a@example.com,web \n")
    bench.write("data/b.csv", HEAD + "2,2026-01-02,1,b@example.com,web\t\n")
    bench.write("data/c.csv", HEAD + "3,2026-01-02,1,c@example.com,web\u00a0\n")
    bench.load()
    assert bench.rows("SELECT DISTINCT channel FROM orders") == [("web",)]
