"""A plan's warehouse: the real one attached read-only, under a scratch database that takes every write.

Unwritten tables are views that read through; a table is copied at the first write window that names it. What a run
would do, a plan does here with the same code, and then the scratch is thrown away.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from opscli.engine import filelock
from opscli.engine.duckdb import (
    READ_WAIT_SECONDS,
    DuckDBSession,
    connect_scratch,
    found_tables,
    make_scratch,
    quoted_path,
    transaction,
)
from opscli.engine.tables import TABLES
from opscli.engine.warehouse import highest_load_seq


class OverlayWarehouse:
    """Looks like a warehouse, writes nothing outside its scratch folder; see `warehouse.Warehouse`."""

    def __init__(self, path: Path, scratch: Path) -> None:
        self._folder = make_scratch(scratch)
        self._connection = connect_scratch(self._folder)
        self._stack = ExitStack()
        self._through: set[str] = set()
        self._connection.execute(f"ATTACH '{quoted_path(self._folder / 'overlay.duckdb')}' AS wh")
        self._connection.execute("USE wh")
        session = DuckDBSession(self._connection, "wh")
        if path.exists():
            # The shared lock is held as long as the plan lasts: nobody may change what it reads.
            lock = filelock.hold(path.parent / "locks", "warehouse-file", exclusive=False, wait=READ_WAIT_SECONDS)
            self._stack.enter_context(lock)
            self._connection.execute(f"ATTACH '{quoted_path(path)}' AS live (READ_ONLY)")
            self._read_through(session)
        found_tables(session)

    @contextmanager
    def read(self) -> Iterator[DuckDBSession]:
        """A session on the overlay."""
        yield DuckDBSession(self._connection, "wh")

    @contextmanager
    def write(self, *tables: str) -> Iterator[DuckDBSession]:
        """A transaction on the overlay; tables that still read through are copied first."""
        session = DuckDBSession(self._connection, "wh")
        copied = self._through.intersection(tables)
        for table in tables:
            self._copy(session, table)
        with transaction(session):
            if copied.intersection(TABLES):
                found_tables(session)
            yield session

    def load_seq(self) -> int:
        """The highest load_seq handed out here."""
        with self.read() as session:
            return highest_load_seq(session)

    def close(self) -> None:
        """Throw the overlay away and let go of the warehouse."""
        self._connection.close()
        self._stack.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _read_through(self, session: DuckDBSession) -> None:
        sql = (
            "SELECT table_name, table_type FROM information_schema.tables "
            "WHERE table_catalog = 'live' AND table_schema = 'main'"
        )
        found = {str(name): str(kind) for name, kind in session.rows(sql)}
        for name in sorted(found):
            quoted = session.dialect.quote(name)
            if found[name] == "VIEW":
                continue
            session.execute(f"CREATE VIEW {quoted} AS SELECT * FROM live.main.{quoted}")
            self._through.add(name)
        self._copy(session, "warehouse_info")
        # A view of open versions must follow its table once that is copied: it is made anew over the overlay's names.
        definitions = session.rows(
            "SELECT view_name, sql FROM duckdb_views() WHERE database_name = 'live' AND NOT internal"
        )
        for _, definition in definitions:
            session.execute(str(definition))

    def _copy(self, session: DuckDBSession, table: str) -> None:
        if table in self._through:
            quoted = session.dialect.quote(table)
            session.execute(f"DROP VIEW {quoted}")
            session.execute(f"CREATE TABLE {quoted} AS SELECT * FROM live.main.{quoted}")
            self._through.discard(table)
