"""The warehouse as the stages see it: sessions for reading and short write windows, on any engine."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from opscli.engine.dialect import Dialect
from opscli.errors import UsageError
from opscli.phrases import say

Params = Sequence[Any] | Mapping[str, Any]


class Session(Protocol):
    """SQL on the warehouse. Unqualified names are warehouse tables; scratch tables are written `scratch.<name>`.

    Values are bound: `?` with a sequence or `$name` with a mapping; identifiers come from the schema, never from data.
    """

    dialect: Dialect

    def execute(self, sql: str, params: Params = ()) -> int:
        """Run one statement; rows changed, where the engine says so (else 0)."""
        ...

    def rows(self, sql: str, params: Params = ()) -> list[tuple[Any, ...]]:
        """All rows of a small result."""
        ...

    def dicts(self, sql: str, params: Params = ()) -> list[dict[str, Any]]:
        """All rows of a small result as column → value."""
        ...

    def value(self, sql: str, params: Params = ()) -> Any:
        """First column of the first row, or None."""
        ...

    def batches(self, sql: str, params: Params = (), *, size: int = 100_000) -> Iterator[Any]:
        """Arrow record batches of at most `size` rows: the bulk path out."""
        ...

    def insert_arrow(self, table: str, data: Any) -> int:
        """Append an Arrow table to a (scratch or warehouse) table by column name: the bulk path in."""
        ...

    def create(self, table: str, columns: Mapping[str, str], identifiers: Collection[str] = ()) -> None:
        """Create or replace a table from column → logical type; `identifiers` name texts that seldom repeat."""
        ...

    def tables(self) -> set[str]:
        """Names of warehouse tables and views that exist."""
        ...

    def columns(self, table: str) -> dict[str, str]:
        """Column → engine type of a table or view, in order; empty when it does not exist."""
        ...


class Warehouse(Protocol):
    """One warehouse, opened by URL. Scratch tables live as long as this object."""

    def read(self) -> AbstractContextManager[Session]:
        """A session that may read the warehouse and write scratch; many processes may read at once."""
        ...

    def write(self, *tables: str) -> AbstractContextManager[Session]:
        """A short window that may write `tables`: one transaction, rolled back on an exception."""
        ...

    def load_seq(self) -> int:
        """The highest load_seq handed out; 0 in a new warehouse."""
        ...

    def close(self) -> None:
        """Drop the scratch and let go of every lock."""
        ...


def next_load_seq(session: Session) -> int:
    """Hand out the next load_seq inside a write window; monotone per warehouse."""
    session.execute("UPDATE warehouse_info SET load_seq = load_seq + 1")
    return highest_load_seq(session)


def highest_load_seq(session: Session) -> int:
    """The highest load_seq handed out."""
    return int(session.value("SELECT load_seq FROM warehouse_info"))


def open_warehouse(url: str, *, root: Path, scratch: Path) -> Warehouse:
    """Open `duckdb:///relative-or-absolute-path` (relative to `root`); `scratch` is a folder for temporary files."""
    kind, _, rest = url.partition(":///")
    if kind == "duckdb":
        from opscli.engine.duckdb import DuckDBWarehouse

        return DuckDBWarehouse(root / rest, scratch)
    raise UsageError(
        say("engine.no_engine", url=kind),
        remedy=say("engine.no_engine_how"),
    )
