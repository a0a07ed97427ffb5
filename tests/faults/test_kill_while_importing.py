"""An import that is killed leaves the state before it or the one after it, never one between; and imports side by side."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from opscli.engine.duckdb import DuckDBWarehouse
from tests.calling import afresh, opscli

ROWS = 60_000
PROJECT = "kind: project\nversion: 1\nname: shop\nid_key: testing\nclock: 2026-05-04T09:00:00Z\n"
SOURCE = "kind: source\nversion: 1\npath: data/{name}*.csv\nentity: {entity}\nformat: {{delimiter: ','}}\n"
BARE = {"PATH": "/usr/bin:/bin", "OPSCLI_TESTING": "1"}
OWN = (
    "kind: entity\nversion: 1\nname: parcels\nkey: [parcel_id]\nschema:\n  type: object\n  required: [parcel_id]\n"
    "  properties:\n    parcel_id: {type: string}\n    weight: {type: number}\n"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path, text in {
        "configs/project.yaml": PROJECT,
        "configs/entities/parcels.yaml": OWN,
        "configs/sources/orders.yaml": SOURCE.format(name="orders", entity="orders"),
        "configs/sources/parcels.yaml": SOURCE.format(name="parcels", entity="parcels"),
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "data").mkdir()
    write_orders(tmp_path, "created")
    return tmp_path


def write_orders(root: Path, status: str) -> None:
    lines = (f"o{number},2026-04-{number % 28 + 1:02d} 10:00:00,{number % 997}.5,{status}" for number in range(ROWS))
    (root / "data/orders.csv").write_text("\n".join(["order_id,ordered_at,amount,status", *lines]) + "\n")


def write_parcels(root: Path) -> None:
    lines = (f"p{number},{number % 40}.25" for number in range(ROWS))
    (root / "data/parcels.csv").write_text("\n".join(["parcel_id,weight", *lines]) + "\n")


def begin(root: Path, *words: str, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "opscli", "import", *words]
    return subprocess.Popen(
        command, cwd=root, env={**BARE, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def versions(root: Path) -> list[tuple[Any, ...]]:
    """Rows by status, open or closed: what a cut of the data can see, and whether every row is there once."""
    warehouse = DuckDBWarehouse(root / ".opscli/warehouse.duckdb", root / "look")
    try:
        with warehouse.read() as session:
            if not session.columns("orders_versions"):
                return []
            return session.rows(
                "SELECT status, year(known_to) = 9999, count(*), count(DISTINCT order_id) FROM orders_versions "
                "GROUP BY ALL ORDER BY ALL"
            )
    finally:
        warehouse.close()


BEFORE = [("created", True, ROWS, ROWS)]
AFTER = [("created", False, ROWS, ROWS), ("paid", True, ROWS, ROWS)]


def kill_after(root: Path, seconds: float) -> None:
    process = begin(root)
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()


def check_killed_at(root: Path, moments: list[float]) -> int:
    """How many of the kills came before the load was done; behind one that came too late all is put back."""
    early = 0
    copy = root.with_name(f"{root.name}-before")
    shutil.copytree(root, copy)
    for moment in moments:
        kill_after(root, moment)
        found = versions(root)
        assert found in (BEFORE, AFTER), f"killed after {moment:.2f} s: {found}"
        early += found == BEFORE
        if found == AFTER:
            shutil.rmtree(root)
            shutil.copytree(copy, root)
    return early


def loaded(root: Path) -> float:
    """Load the first state, put the second one in place, and measure how long a whole import takes."""
    assert afresh(root, "import", env=BARE).returncode in (0, 65)
    write_orders(root, "paid")
    copy = root.with_name(f"{root.name}-timed")
    shutil.copytree(root, copy)
    seconds = []
    for project in (copy, shutil.copytree(root, root.with_name(f"{root.name}-again"))):
        started = time.monotonic()
        assert afresh(project, "import", "orders", env=BARE).returncode == 0
        seconds.append(time.monotonic() - started)
    return min(seconds)  # on a busy machine one may take far longer than another


def run_random_kills(root: Path, count: int) -> None:
    (root / "configs/sources/parcels.yaml").unlink()
    whole = loaded(root)
    assert versions(root) == BEFORE
    chance = random.Random(20260504)  # noqa: S311  moments, not secrets
    early = check_killed_at(root, [chance.uniform(0.3, 0.95) * whole for _ in range(count)])
    assert early, "every kill came too late to mean anything"
    assert afresh(root, "import", env=BARE).returncode == 0
    assert versions(root) == AFTER
    assert opscli(root, "import", "--json").returncode == 0
    assert versions(root) == AFTER


def test_killed_at_three_random_moments_the_state_is_the_old_or_the_new_one(root: Path) -> None:
    run_random_kills(root, 3)


@pytest.mark.faults
def test_killed_at_twenty_random_moments_the_state_is_the_old_or_the_new_one(root: Path) -> None:
    run_random_kills(root, 20)


@pytest.mark.parametrize("point", ["warehouse.before_commit", "warehouse.after_commit", "import.marks_kept"])
def test_killed_at_each_boundary_of_the_load(root: Path, point: str) -> None:
    (root / "configs/sources/parcels.yaml").unlink()
    assert afresh(root, "import", env=BARE).returncode == 0
    write_orders(root, "paid")
    assert afresh(root, "import", env={**BARE, "OPSCLI_FAULT": f"{point}:kill"}).returncode == -signal.SIGKILL
    assert versions(root) == (BEFORE if point == "warehouse.before_commit" else AFTER)
    again = opscli(root, "import", "--json")
    assert again.returncode == 0, again.stderr
    assert versions(root) == AFTER


def test_a_disk_that_fills_up_leaves_the_state_before(root: Path) -> None:
    (root / "configs/sources/parcels.yaml").unlink()
    assert afresh(root, "import", env=BARE).returncode == 0
    write_orders(root, "paid")
    failed = afresh(root, "import", env={**BARE, "OPSCLI_FAULT": "warehouse.before_commit:enospc"})
    assert failed.returncode == 74, failed.stderr
    assert versions(root) == BEFORE
    assert opscli(root, "import").returncode == 0
    assert versions(root) == AFTER


def test_two_sources_side_by_side_both_succeed(root: Path) -> None:
    write_parcels(root)
    both = [begin(root, "orders"), begin(root, "parcels")]
    told = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    warehouse = DuckDBWarehouse(root / ".opscli/warehouse.duckdb", root / "look")
    with warehouse.read() as session:
        assert session.rows("SELECT source, inserted FROM loads ORDER BY source") == [
            ("orders", ROWS),
            ("parcels", ROWS),
        ]
        assert session.value("SELECT count(DISTINCT load_seq) FROM loads") == 2
    warehouse.close()


def test_the_same_source_twice_at_once_is_one_run_and_one_refusal(root: Path) -> None:
    write_parcels(root)
    assert opscli(root, "status").returncode == 0  # the state exists: creating it is not what is raced for here
    both = [begin(root, "orders"), begin(root)]
    told = [process.communicate(timeout=120) for process in both]
    codes = sorted(process.returncode for process in both)
    assert codes == [0, 75], told
    assert "source-orders is in use" in "".join(error for _, error in told)
    assert versions(root) == BEFORE
