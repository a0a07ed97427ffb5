"""The only bulk path between Python and the state: driver executemany or COPY in, Arrow batches out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Literal

from sqlalchemy import Connection, Select, Table
from sqlalchemy.dialects import postgresql, sqlite

Conflict = Literal["fail", "ignore", "replace"]

BATCH_ROWS = 20_000
"""Rows per executemany: large enough to amortise the round trip, small enough to stay in memory."""


def insert(
    connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]], *, conflict: Conflict = "fail"
) -> int:
    """Insert rows (column → value) in batches; rows really written.

    `ignore` leaves a row that is there under any unique key; `replace` updates it under the primary key.
    """
    written = 0
    iterator = iter(rows)
    statement: Any = None
    while batch := list(islice(iterator, BATCH_ROWS)):
        if statement is None:
            statement = _statement(connection, table, sorted(batch[0]), conflict)
        before = _changes(connection)
        result = connection.execute(statement, batch)
        after = _changes(connection)
        written += after - before if after is not None and before is not None else max(result.rowcount, 0)
    return written


def insert_arrow(connection: Connection, table: Table, data: Any, *, conflict: Conflict = "fail") -> int:
    """Insert an Arrow table or record batch by column name."""
    return insert(connection, table, _pylist(data), conflict=conflict)


def _pylist(data: Any) -> Iterator[Mapping[str, Any]]:
    for batch in data.to_batches(max_chunksize=BATCH_ROWS) if hasattr(data, "to_batches") else [data]:
        yield from batch.to_pylist()


def batches(connection: Connection, query: Select[Any], *, size: int = 100_000) -> Iterator[Any]:
    """Arrow record batches of a query, at most `size` rows each; empty results give none."""
    import pyarrow as pa

    result = connection.execution_options(stream_results=True).execute(query)
    names = list(result.keys())
    types = [_arrow_type(column.type) for column in query.selected_columns]
    schema = pa.schema(list(zip(names, types, strict=True)))
    while chunk := result.fetchmany(size):
        columns: Sequence[Any] = list(zip(*chunk, strict=True))
        arrays = [pa.array(values, type=kind) for values, kind in zip(columns, types, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def to_arrow(connection: Connection, query: Select[Any]) -> Any:
    """The whole result as one Arrow table with typed columns, also when it is empty."""
    import pyarrow as pa

    types = [(column.name, _arrow_type(column.type)) for column in query.selected_columns]
    return pa.Table.from_batches(list(batches(connection, query)), schema=pa.schema(types))


def _arrow_type(kind: Any) -> Any:
    import pyarrow as pa

    python = kind.python_type.__name__
    return {"int": pa.int64(), "float": pa.float64(), "bool": pa.bool_(), "datetime": pa.timestamp("us")}.get(
        python, pa.string()
    )


def _statement(connection: Connection, table: Table, columns: Sequence[str], conflict: Conflict) -> Any:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement: Any = dialect.insert(table)
    if conflict == "ignore":
        return statement.on_conflict_do_nothing()
    if conflict == "replace":
        keys = [column.name for column in table.primary_key]
        changed = {name: statement.excluded[name] for name in columns if name not in keys}
        return statement.on_conflict_do_update(index_elements=keys, set_=changed)
    return statement


def _changes(connection: Connection) -> int | None:
    """SQLite's count of changed rows on this connection: its executemany reports -1 for rowcount."""
    if connection.dialect.name != "sqlite":
        return None
    raw: Any = connection.connection.dbapi_connection
    return int(raw.total_changes)
