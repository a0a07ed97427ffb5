"""Shared fixtures: real stores in temporary folders."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from opscli.engine.duckdb import DuckDBWarehouse
from opscli.phrases import use
from opscli.state.store import State, open_state


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--refresh-golden` rewrites expected/ of the golden cases; the diff is reviewed like code."""
    parser.addoption("--refresh-golden", action="store_true", help="rewrite the expected files of golden cases")


@pytest.fixture
def refresh_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden cases rewrite what they expect."""
    return bool(request.config.getoption("--refresh-golden"))


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """CI=true refuses to send from a local state, as it should; the tests that want that say so themselves."""
    for name in ("CI", "OPSCLI_ENV", "OPSCLI_PROJECT", "OPSCLI_CLOCK", "OPSCLI_LOCALE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Every test begins in English: the language is the process's, and a test may change it."""
    use("en")
    yield
    use("en")


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[DuckDBWarehouse]:
    """An empty warehouse file."""
    opened = DuckDBWarehouse(tmp_path / "store" / "warehouse.duckdb", tmp_path / "scratch")
    yield opened
    opened.close()


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    """An empty state in SQLite."""
    opened = open_state("sqlite:///store/state.db", root=tmp_path)
    yield opened
    opened.close()


def _postgres_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a PostgreSQL cluster of our own, on a free port, run as user postgres when we are root."""
    programs = _postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL's server programs are not installed (Debian: postgresql)")
    pytest.importorskip("psycopg")
    # Not pytest's own folder: it is 0700 and belongs to us, and the server runs as another user.
    folder = Path(tempfile.mkdtemp(prefix="opscli-postgres-"))
    folder.chmod(0o755)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    data = folder / "data"
    subprocess.run(
        [
            *as_user,
            str(programs / "initdb"),
            "-D",
            str(data),
            "-U",
            "postgres",
            "-A",
            "trust",
            "--no-sync",
            "-E",
            "UTF8",
        ],
        check=True,
        capture_output=True,
        cwd=folder,
    )
    server = subprocess.Popen(
        [*as_user, str(programs / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder), "-F"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    import psycopg

    for _ in range(200):
        try:
            psycopg.connect(url).close()
            break
        except psycopg.OperationalError:
            time.sleep(0.05)
    yield url
    server.terminate()
    server.wait(timeout=20)
    shutil.rmtree(folder, ignore_errors=True)
