"""DuckDB as the warehouse: work in a scratch database, open the warehouse file for reading, or for writing briefly.

DuckDB allows one writing process or many reading ones, and answers a second one with an instant error. So every session
takes our own lock first (shared or exclusive, with a turnstile) and attaches the file only while it lasts.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opscli.engine import filelock
from opscli.engine.dialect import Dialect, DuckDBDialect
from opscli.engine.tables import TABLES
from opscli.engine.warehouse import Params, highest_load_seq
from opscli.errors import CannotCreate, DataUnusable
from opscli.faults import faultpoint
from opscli.phrases import say

if TYPE_CHECKING:
    import duckdb

READ_WAIT_SECONDS = 600.0
WRITE_WAIT_SECONDS = 600.0
_STORAGE = "v1.5.0"
"""Storage version that DuckDB 1.5 reads and 2.0 writes."""
_PACKED = {"hash": "uncompressed", **dict.fromkeys(("integer", "timestamp", "money"), "bitpacking")}
"""How columns are packed, by logical type; identifiers by zstd. To try all ways on each takes longer than writing."""
_MEMORY_SHARE = 0.5
_MEMORY_CAP_BYTES = 900_000_000
"""Above it DuckDB spills to the scratch folder; chosen so that the whole nightly job stays at about 1 GB."""


def connect_scratch(folder: Path, *, memory_limit: int | None = None) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB that spills to `folder`: scratch database attached, UTC, no extension downloads.

    Scratch is in memory too: writing a file takes twice as long, and what does not fit is spilled all the same.
    """
    import duckdb

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    limit = memory_limit or min(int(_machine_memory() * _MEMORY_SHARE), _MEMORY_CAP_BYTES)
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": f"{limit}B",
            "temp_directory": str(folder / "spill"),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "preserve_insertion_order": "false",
        },
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("ATTACH ':memory:' AS scratch")
    return connection


def _machine_memory() -> int:
    """Bytes of memory that this process may use: the cgroup's limit where there is one, else the machine's."""
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text(encoding="ascii").strip() if limit.exists() else "max"
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(int(text), physical) if text.isdigit() else physical


def quoted_path(path: Path) -> str:
    """A path inside a SQL string: ATTACH takes no bound values."""
    return str(path).replace("'", "''")


class DuckDBSession:
    """SQL on a DuckDB connection whose default catalog is the warehouse (see `warehouse.Session`)."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, catalog: str) -> None:
        self.dialect: Dialect = DuckDBDialect()
        self.connection = connection
        self._catalog = catalog

    def _query(self, sql: str, params: Params) -> duckdb.DuckDBPyConnection:
        """Run a statement. DuckDB turns a signal that comes meanwhile into a RuntimeError; here it is undone."""
        try:
            return self.connection.execute(sql, _bound(params))
        except RuntimeError as error:
            if str(error) == "Query interrupted":
                raise KeyboardInterrupt from error
            raise

    def execute(self, sql: str, params: Params = ()) -> int:
        """Run one statement; DuckDB answers DML with one row that holds the count."""
        self._query(sql, params)
        description = self.connection.description
        if description and description[0][0] == "Count":
            rows = self.connection.fetchall()
            return int(rows[0][0]) if rows else 0
        return 0

    def rows(self, sql: str, params: Params = ()) -> list[tuple[Any, ...]]:
        """All rows."""
        return list(self._query(sql, params).fetchall())

    def dicts(self, sql: str, params: Params = ()) -> list[dict[str, Any]]:
        """All rows as column → value."""
        found = self._query(sql, params)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def value(self, sql: str, params: Params = ()) -> Any:
        """First column of the first row, or None. The result is read to its end: a rest of it would block `batches`."""
        rows = self._query(sql, params).fetchall()
        return rows[0][0] if rows else None

    def batches(self, sql: str, params: Params = (), *, size: int = 100_000) -> Iterator[Any]:
        """Arrow record batches. The result is streamed, so run nothing else on this session meanwhile."""
        reader: Any = self.connection.sql(sql, params=_bound(params)).to_arrow_reader(size)
        yield from reader

    def insert_arrow(self, table: str, data: Any) -> int:
        """Append an Arrow table by column name."""
        self.connection.register("arrow_in", data)
        try:
            columns = ", ".join(self.dialect.quote(name) for name in data.schema.names)
            return self.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM arrow_in")
        finally:
            self.connection.unregister("arrow_in")

    def create(self, table: str, columns: Mapping[str, str], identifiers: Collection[str] = ()) -> None:
        """Create or replace a table from column → logical type."""
        body = ", ".join(
            f"{self.dialect.quote(name)} {self.dialect.type(kind)}{_packed(kind, identifier=name in identifiers)}"
            for name, kind in columns.items()
        )
        self.connection.execute(f"CREATE OR REPLACE TABLE {table} ({body})")

    def tables(self) -> set[str]:
        """Tables and views of the warehouse."""
        sql = "SELECT table_name FROM information_schema.tables WHERE table_catalog = ? AND table_schema = 'main'"
        return {str(row[0]) for row in self.rows(sql, (self._catalog,))}

    def columns(self, table: str) -> dict[str, str]:
        """Column → engine type, in order; `scratch.x` works too."""
        catalog, _, name = table.rpartition(".")
        sql = (
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_catalog = ? AND table_schema = 'main' AND table_name = ? ORDER BY ordinal_position"
        )
        return {str(row[0]): str(row[1]) for row in self.rows(sql, (catalog or self._catalog, name))}


def _packed(kind: str, *, identifier: bool) -> str:
    method = "zstd" if identifier and kind == "text" else _PACKED.get(kind)
    return f" USING COMPRESSION {method}" if method else ""


def _bound(params: Params) -> Any:
    return dict(params) if isinstance(params, Mapping) else list(params)


class DuckDBWarehouse:
    """A warehouse file; see `warehouse.Warehouse`. `scratch` is removed at close."""

    def __init__(self, path: Path, scratch: Path) -> None:
        self.path = path
        self._folder = make_scratch(scratch)
        self._connection = connect_scratch(self._folder)
        self._locks = path.parent / "locks"
        self._busy = False
        self._current = not path.exists()
        if self._current:
            self._found()

    @contextmanager
    def read(self) -> Iterator[DuckDBSession]:
        """Attach read-only under the shared lock."""
        with (
            filelock.hold(self._locks, "warehouse-file", exclusive=False, wait=READ_WAIT_SECONDS),
            self._attached("READ_ONLY") as session,
        ):
            yield session

    @contextmanager
    def write(self, *tables: str) -> Iterator[DuckDBSession]:
        """Attach for writing under the exclusive lock; one transaction. `tables` matter to overlays only."""
        del tables
        with (
            filelock.hold(self._locks, "warehouse-file", exclusive=True, wait=WRITE_WAIT_SECONDS),
            self._attached(f"STORAGE_VERSION '{_STORAGE}'") as session,
            transaction(session),
        ):
            if not self._current:
                found_tables(session)
            yield session
        self._current = True

    def load_seq(self) -> int:
        """The highest load_seq handed out."""
        with self.read() as session:
            return highest_load_seq(session)

    def close(self) -> None:
        """Drop the scratch database and its folder."""
        self._connection.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    @contextmanager
    def _attached(self, options: str) -> Iterator[DuckDBSession]:
        import duckdb

        if self._busy:
            message = "a warehouse session is open already: stages open one at a time"
            raise RuntimeError(message)
        try:
            self._connection.execute(f"ATTACH '{quoted_path(self.path)}' AS wh ({options})")
        except duckdb.IOException as error:
            raise DataUnusable(
                say("engine.no_opening", path=self.path, error=str(error).splitlines()[0]),
                remedy=say("engine.no_opening_how"),
            ) from error
        self._busy = True
        try:
            self._connection.execute("USE wh")
            yield DuckDBSession(self._connection, "wh")
        finally:
            self._busy = False
            self._connection.execute("USE memory")
            self._connection.execute("DETACH wh")

    def _found(self) -> None:
        """Create the file with every fixed table; a concurrent creation is waited for by the lock."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise CannotCreate(say("engine.no_folder", folder=self.path.parent, error=error.strerror)) from error
        with self.write() as session:
            found_tables(session)


@contextmanager
def transaction(session: DuckDBSession) -> Iterator[None]:
    """Commit at the end, roll back on any exception, also one of the commit itself."""
    import duckdb

    session.connection.execute("BEGIN")
    try:
        yield
        faultpoint("warehouse.before_commit")
        session.connection.execute("COMMIT")
    except BaseException:
        with suppress(duckdb.Error):  # a commit that failed has rolled back already
            session.connection.execute("ROLLBACK")
        raise
    faultpoint("warehouse.after_commit")


def make_scratch(parent: Path) -> Path:
    """A new private folder below `parent`. Raises CannotCreate (73)."""
    try:
        parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Path(tempfile.mkdtemp(prefix="work-", dir=parent))
    except OSError as error:
        raise CannotCreate(say("engine.no_scratch", folder=parent, error=error.strerror)) from error


def found_tables(session: DuckDBSession) -> None:
    """Create every fixed table and column that is missing, and the row that counts load_seq; harmless when none is.

    Views are left alone: in an overlay they read through to tables that are widened once they are copied.
    """
    import uuid

    existing, present = session.tables(), _columns_of_tables(session)
    for table in TABLES.values():
        columns = {c.name: f"{session.dialect.quote(c.name)} {session.dialect.type(c.type)}" for c in table.columns}
        if table.name not in existing:
            session.execute(f"CREATE TABLE {table.name} ({', '.join(columns.values())})")
        elif table.name in present:
            for name in (name for name in columns if name not in present[table.name]):
                session.execute(f"ALTER TABLE {table.name} ADD COLUMN {columns[name]}")
    if "warehouse_info" not in existing:
        session.execute("CREATE TABLE warehouse_info (warehouse_id VARCHAR, load_seq BIGINT)")
        session.execute("INSERT INTO warehouse_info VALUES (?, 0)", (uuid.uuid4().hex,))


def _columns_of_tables(session: DuckDBSession) -> dict[str, set[str]]:
    """Table → its columns, without views."""
    sql = (
        "SELECT c.table_name, list(c.column_name) FROM information_schema.columns AS c "
        "JOIN information_schema.tables AS t USING (table_catalog, table_schema, table_name) "
        "WHERE c.table_catalog = current_database() AND c.table_schema = 'main' AND t.table_type = 'BASE TABLE' "
        "GROUP BY 1"
    )
    return {str(name): set(columns) for name, columns in session.rows(sql)}
