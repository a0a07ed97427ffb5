"""A warehouse in memory for simulated runs: nothing on disk, one thread, emptied between two cases."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from opscli.engine.duckdb import DuckDBSession, connect_scratch, found_tables, make_scratch, transaction
from opscli.engine.warehouse import highest_load_seq


class MemoryWarehouse:
    """Looks like a warehouse; see `warehouse.Warehouse`. `scratch` is only spilled to."""

    def __init__(self, scratch: Path) -> None:
        self._folder = make_scratch(scratch)
        self._connection = connect_scratch(self._folder)
        # A handful of rows: handing them to several threads costs more than the work.
        self._connection.execute("SET threads = 1")
        self._attach()

    def empty(self) -> None:
        """Forget every row and table, scratch included; the fixed tables stand again."""
        self._connection.execute("USE memory")
        for catalog in ("wh", "scratch"):
            self._connection.execute(f"DETACH {catalog}")
        self._connection.execute("ATTACH ':memory:' AS scratch")
        self._attach()

    @contextmanager
    def read(self) -> Iterator[DuckDBSession]:
        """A session; there is nobody to share with."""
        yield DuckDBSession(self._connection, "wh")

    @contextmanager
    def write(self, *tables: str) -> Iterator[DuckDBSession]:
        """A transaction; `tables` matter to overlays only."""
        del tables
        session = DuckDBSession(self._connection, "wh")
        with transaction(session):
            yield session

    def load_seq(self) -> int:
        """The highest load_seq handed out."""
        with self.read() as session:
            return highest_load_seq(session)

    def close(self) -> None:
        """Drop all of it."""
        self._connection.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _attach(self) -> None:
        self._connection.execute("ATTACH ':memory:' AS wh")
        self._connection.execute("USE wh")
        with self.write() as session:
            found_tables(session)
