"""A small project on disk, imported for real: DuckDB file, SQLite state, config through the compiler."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from opscli.engine.warehouse import open_warehouse
from opscli.outcome import Outcome
from opscli.runner.compile import compile_project
from opscli.sources import job
from opscli.stage import Context
from opscli.state.store import open_state

NOW = datetime(2026, 5, 4, 9)  # noqa: DTZ001  naive UTC, as everywhere


@dataclass
class Bench:
    """A project folder with helpers to write input, import, and look at the result."""

    root: Path
    runs: int = 0

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def source(self, name: str, body: str) -> None:
        self.write(f"configs/sources/{name}.yaml", f"kind: source\nversion: 1\n{body}\n")

    @contextmanager
    def context(self, *, at: datetime = NOW, **changes: Any) -> Iterator[Context]:
        project = compile_project(self.root, None)
        warehouse = open_warehouse(project.warehouse_url, root=self.root, scratch=self.root / ".opscli" / "scratch")
        state = open_state(project.state_url, root=self.root)
        try:
            yield Context(
                project=project,
                warehouse=warehouse,
                state=state,
                as_of=at,
                known_at=at,
                run_id=changes.pop("run_id", f"run-{self.runs}"),
                **changes,
            )
        finally:
            warehouse.close()
            state.close()

    def load(self, *, at: datetime = NOW, **changes: Any) -> Outcome:
        self.runs += 1
        with self.context(at=at, **changes) as ctx:
            return job.run(job.plan(ctx), ctx)

    def counts(self, **changes: Any) -> dict[str, int]:
        """Counts of a load that are not zero."""
        return {name: count for name, count in self.load(**changes).details["counts"].items() if count}

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.context() as ctx, ctx.warehouse.read() as session:
            return session.rows(sql)

    def rejects(self) -> list[tuple[Any, ...]]:
        return self.rows("SELECT line_no, column_name, reason, raw FROM rejects ORDER BY file, line_no")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path)
    bench.write("configs/project.yaml", "kind: project\nversion: 1\nname: shop\nid_key: testing\n")
    return bench


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB as the warehouse sets it up, to read single values."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    yield connection
    connection.close()
