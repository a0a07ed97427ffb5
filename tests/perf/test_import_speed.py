"""Import beside what others take for the same file: DuckDB's own load, sqlite-utils, a dlt pipeline; and flat memory."""

from __future__ import annotations

import csv
import importlib.metadata
import os
import shutil
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from opscli.engine.warehouse import open_warehouse
from opscli.runner.compile import compile_project
from opscli.sources import job
from opscli.stage import Context
from opscli.state.store import open_state
from tests.perf.test_river_speed import BARE, machine

NOW = datetime(2026, 5, 4, 9)  # noqa: DTZ001  naive UTC
COLUMNS = (
    "'o' || i AS order_id, TIMESTAMP '2025-01-01' + INTERVAL (i % 500000) MINUTE AS ordered_at, "
    "'c' || (i % 50000) AS customer_ref, (i % 9973) / 100 AS amount, (i % 7) / 10 AS discount, 'GBP' AS currency, "
    "'paid' AS status, 's' || (i % 40) AS store_id, 'web' AS channel, "
    "TIMESTAMP '2025-01-02' + INTERVAL (i % 500000) MINUTE AS updated_at"
)


def project(folder: Path, rows: int) -> Path:
    """A project with one CSV file of so many orders, ten columns."""
    import duckdb

    (folder / "configs/sources").mkdir(parents=True)
    (folder / "configs/project.yaml").write_text("kind: project\nversion: 1\nname: bench\n", encoding="utf-8")
    source = "kind: source\nversion: 1\npath: orders.csv\nentity: orders\n"
    (folder / "configs/sources/orders.yaml").write_text(source, encoding="utf-8")
    set_up(folder)
    duckdb.execute(f"COPY (SELECT {COLUMNS} FROM range({rows}) t(i)) TO '{folder / 'orders.csv'}' (HEADER)")
    return folder


def set_up(folder: Path) -> None:
    """What a project has once anything ran in it: a checked configuration and both stores."""
    compiled = compile_project(folder, None)
    open_warehouse(compiled.warehouse_url, root=folder, scratch=folder / ".opscli/scratch").close()
    open_state(compiled.state_url, root=folder).close()


def load(folder: Path, run: str, **options: object) -> float:
    """Seconds of one import in this process: config, stores, reading, checks, hashes, merge."""
    started = time.perf_counter()
    compiled = compile_project(folder, None)
    warehouse = open_warehouse(compiled.warehouse_url, root=folder, scratch=folder / ".opscli/scratch")
    state = open_state(compiled.state_url, root=folder)
    ctx = Context(
        project=compiled, warehouse=warehouse, state=state, as_of=NOW, known_at=NOW, run_id=run, options=options
    )
    job.run(job.plan(ctx), ctx)
    warehouse.close()
    state.close()
    return time.perf_counter() - started


def duckdbs_own(folder: Path) -> float:
    import duckdb

    path = folder / "peer.duckdb"
    path.unlink(missing_ok=True)
    started = time.perf_counter()
    connection = duckdb.connect(str(path))
    connection.execute(f"CREATE TABLE orders AS SELECT * FROM read_csv('{folder / 'orders.csv'}')")
    connection.close()
    return time.perf_counter() - started


def sqlite_utils(folder: Path) -> float:
    from sqlite_utils import Database

    started = time.perf_counter()
    database = Database(folder / "peer.db")
    with (folder / "orders.csv").open(encoding="utf-8", newline="") as file:
        database.table("orders").insert_all(csv.DictReader(file), pk="order_id", batch_size=10_000)
    database.close()
    return time.perf_counter() - started


DLT = """
import csv, sys, time
started = time.perf_counter()
import dlt

@dlt.resource(name="orders", primary_key="order_id", write_disposition="merge")
def orders():
    with open(sys.argv[1], encoding="utf-8", newline="") as file:
        batch = []
        for row in csv.DictReader(file):
            batch.append(row)
            if len(batch) == 20_000:
                yield batch
                batch = []
        yield batch

pipeline = dlt.pipeline("bench", destination=dlt.destinations.duckdb(sys.argv[2]), dataset_name="shop", pipelines_dir=sys.argv[3])
pipeline.run(orders())
print(time.perf_counter() - started)
"""


def dlt_pipeline(folder: Path) -> float:
    places = (str(folder / name) for name in ("orders.csv", "dlt.duckdb", "dlt"))
    call = [sys.executable, "-W", "ignore", "-c", DLT, *places]
    env = {**BARE, "RUNTIME__DLTHUB_TELEMETRY": "false", "HOME": str(folder)}
    done = subprocess.run(call, check=True, capture_output=True, text=True, env=env, cwd=folder)
    return float(done.stdout.split()[-1])


def version(name: str) -> str:
    return f"{name} {importlib.metadata.version(name)}"


@pytest.mark.bench
def test_three_million_rows_against_duckdbs_own_load(tmp_path: Path) -> None:
    folder = project(tmp_path / "shop", 3_000_000)
    other = shutil.copytree(folder, tmp_path / "other", ignore=shutil.ignore_patterns("orders.csv"))
    (other / "orders.csv").hardlink_to(folder / "orders.csv")
    os.sync()  # what was just written is not to be written out while others are measured
    peers, firsts = [], []
    for place in (folder, other):  # in turn, and the better of two: machines are noisy
        peers.append(duckdbs_own(place))
        firsts.append(load(place, "first"))
    first = min(firsts)
    shutil.copy(folder / "orders.csv", folder / "again.csv")
    (folder / "again.csv").replace(folder / "orders.csv")  # another file with the same content
    touched = load(folder, "touched")
    whole = load(folder, "whole", full=True)  # every row read, judged and compared again
    peer = min(peers)
    print(
        f"\n3M rows × 10 columns, {machine()}; {version('duckdb')} CREATE TABLE AS: {peers[0]:.2f} s, {peers[1]:.2f} s"
    )
    print(f"  first load      {first:6.2f} s  {first / peer:5.2f} × (bar 2; {firsts[0]:.2f} s, {firsts[1]:.2f} s)")
    print(f"  unchanged again {touched:6.2f} s  {touched / peer:5.2f} × (bar 1)")
    print(f"  --full again    {whole:6.2f} s  {whole / peer:5.2f} × (no bar: nothing is taken on trust)")
    assert touched <= peer
    assert first <= 2 * peer


@pytest.mark.bench
def test_half_a_million_rows_against_sqlite_utils_and_dlt(tmp_path: Path) -> None:
    pytest.importorskip("sqlite_utils")
    pytest.importorskip("dlt")
    folder = project(tmp_path / "shop", 500_000)
    mine, theirs, pipeline = load(folder, "first"), sqlite_utils(folder), dlt_pipeline(folder)
    print(f"\n500k rows × 10 columns, {machine()}: opscli {mine:.2f} s")
    print(f"  {version('sqlite-utils')} insert {theirs:.2f} s ({theirs / mine:.1f} ×, bar 3)")
    print(f"  {version('dlt')} merge into DuckDB {pipeline:.2f} s ({pipeline / mine:.1f} ×, bar 3)")
    assert theirs >= 3 * mine
    assert pipeline >= 3 * mine


PEAK = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.perf.test_import_speed import load
load(Path(sys.argv[1]), "first")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


@pytest.mark.bench
def test_memory_stays_flat_from_one_to_ten_million_rows(tmp_path: Path) -> None:
    repository = Path(__file__).parent.parent.parent
    peaks = []
    for rows in (1_000_000, 10_000_000):
        folder = project(tmp_path / str(rows), rows)
        done = subprocess.run(
            [sys.executable, "-c", PEAK, folder, repository], check=True, capture_output=True, text=True, cwd=repository
        )
        peaks.append(float(done.stdout.split()[-1]))
    print(
        f"\npeak of one import: {peaks[0]:.0f} MB for 1M rows, {peaks[1]:.0f} MB for 10M: {peaks[1] / peaks[0]:.2f} × (bar 1.3)"
    )
    assert peaks[1] <= 1.3 * peaks[0]
