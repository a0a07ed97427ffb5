"""How long a configuration of 500 documents takes: read for the first time, and again while nothing has changed."""

from __future__ import annotations

import compileall
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import pytest

import opscli
from tests.large_project import write_project

COLD, UNCHANGED = 2.0, 0.3
"""Seconds of wall clock, on a quiet machine."""


def check(root: Path, *argv: str) -> float:
    """Seconds of one `opscli config check`, as a process of its own."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "opscli", "config", "check", *argv], cwd=root, check=True, capture_output=True
    )
    return time.perf_counter() - started


@pytest.mark.bench
def test_five_hundred_documents_cold_and_unchanged(tmp_path: Path) -> None:
    compileall.compile_dir(Path(opscli.__file__).parent, quiet=1)
    documents = write_project(tmp_path)
    plain = min(check(tmp_path, "--help") for _ in range(5))
    kept = tmp_path / ".opscli" / "checked.json"
    cold = []
    for _ in range(3):
        kept.unlink(missing_ok=True)
        time.sleep(0.1)
        cold.append(check(tmp_path))
        assert kept.exists()
    unchanged = [check(tmp_path) for _ in range(7)]
    print(
        f"\n{documents} documents: {min(cold):.2f} s cold (bar {COLD}), {min(unchanged):.3f} s unchanged (bar {UNCHANGED});"
        f" {plain:.3f} s for --help; {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    assert min(cold) <= COLD
    assert min(unchanged) <= UNCHANGED
