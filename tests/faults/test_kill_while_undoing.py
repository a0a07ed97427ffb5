"""kill -9 while an import is undone: the state is the old or the new one, and the same command again ends in the new."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from opscli.engine.duckdb import DuckDBWarehouse

PROJECT = "kind: project\nversion: 1\nname: shop\nid_key: testing\n"
ORDERS = "kind: source\nversion: 1\npath: data/orders.csv\nentity: orders\nmap: {order_id: id, ordered_at: at, amount: sum}\n"


def command(root: Path, *words: str, at: str, **environment: str) -> int:
    arguments = [sys.executable, "-c", "from opscli.cli.main import run; run()", *words, "--project", str(root)]
    env = {**os.environ, "OPSCLI_TESTING": "1", "OPSCLI_CLOCK": at, **environment}
    return subprocess.run(arguments, env=env, capture_output=True, timeout=60, check=False).returncode


def ask(root: Path, query: str) -> list[tuple[object, ...]]:
    warehouse = DuckDBWarehouse(root / ".opscli/warehouse.duckdb", root / ".opscli/scratch")
    with warehouse.read() as session:
        found = session.rows(query)
    warehouse.close()
    return found


@pytest.mark.parametrize(
    ("fault", "undone"),
    [("warehouse.before_commit:kill", False), ("warehouse.after_commit:kill", True)],
)
def test_all_or_nothing_and_then_once(tmp_path: Path, fault: str, undone: bool) -> None:
    for name, text in {"configs/project.yaml": PROJECT, "configs/sources/orders.yaml": ORDERS}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "data").mkdir()
    for day, amount in ((4, 1), (5, 2)):
        (tmp_path / "data/orders.csv").write_text(f"id,at,sum\n1,2026-01-02,{amount}\n")
        assert command(tmp_path, "import", at=f"2026-05-0{day}") == 0
    open_now = "SELECT amount FROM orders"
    ((run,),) = ask(tmp_path, "SELECT run_id FROM loads WHERE load_seq = 2")
    undo = ("import", "--undo", str(run))
    assert command(tmp_path, *undo, at="2026-05-06", OPSCLI_FAULT=fault) == -signal.SIGKILL
    assert ask(tmp_path, open_now) == [(1 if undone else 2,)]
    assert command(tmp_path, *undo, at="2026-05-06T01:00") == 0
    query = "SELECT order_id, amount, known_to, load_seq, closed_seq FROM orders_versions ORDER BY ALL"
    after = ask(tmp_path, query)
    assert ask(tmp_path, open_now) == [(1,)]
    assert command(tmp_path, *undo, at="2026-05-06T02:00") == 0
    assert ask(tmp_path, query) == after
