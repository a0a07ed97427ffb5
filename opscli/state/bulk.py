"""The only bulk path between Python and the state: driver executemany or COPY in, Arrow batches out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, Literal

from sqlalchemy import Connection, Select, Table, column, delete, select, text

Conflict = Literal["fail", "ignore", "replace"]

BATCH_ROWS = 20_000
"""Rows per executemany: large enough to amortise the round trip, small enough to stay in memory."""
_IN_VALUES = 500


def insert(
    connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]], *, conflict: Conflict = "fail"
) -> int:
    """Insert rows (column → value) in batches; rows really written.

    `ignore` leaves a row that is there under any unique key; `replace` updates it under the primary key.
    """
    iterator = iter(rows)
    first = next(iterator, None)
    if first is None:
        return 0
    columns = sorted(first)
    if connection.dialect.name == "postgresql":
        return _copy(connection, table, columns, chain((first,), iterator), conflict)
    from sqlalchemy.dialects import sqlite

    written = 0
    statement = _statement(sqlite.insert(table), columns, conflict)
    every = chain((first,), iterator)
    while batch := list(islice(every, BATCH_ROWS)):
        before = _changes(connection)
        connection.execute(statement, batch)
        written += _changes(connection) - before
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
    types = [_arrow_type(item.type) for item in query.selected_columns]
    schema = pa.schema(list(zip(names, types, strict=True)))
    while chunk := result.fetchmany(size):
        columns: Sequence[Any] = list(zip(*chunk, strict=True))
        arrays = [pa.array(values, type=kind) for values, kind in zip(columns, types, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def to_arrow(connection: Connection, query: Select[Any]) -> Any:
    """The whole result as one Arrow table with typed columns, also when it is empty."""
    import pyarrow as pa

    types = [(item.name, _arrow_type(item.type)) for item in query.selected_columns]
    return pa.Table.from_batches(list(batches(connection, query)), schema=pa.schema(types))


def chunks(values: Sequence[str]) -> Iterator[list[str]]:
    """The values in lists that fit one IN: SQLite's older builds bind at most 999."""
    return (list(values[start : start + _IN_VALUES]) for start in range(0, len(values), _IN_VALUES))


def delete_customers(connection: Connection, tables: Iterable[Table], ids: Sequence[str]) -> int:
    """Delete the rows of these customers from tables with a `customer_id`; rows removed."""
    every = list(tables)
    return sum(
        connection.execute(delete(table).where(table.c.customer_id.in_(chunk))).rowcount
        for chunk in chunks(ids)
        for table in every
    )


def _arrow_type(kind: Any) -> Any:
    import pyarrow as pa

    python = kind.python_type.__name__
    return {"int": pa.int64(), "float": pa.float64(), "bool": pa.bool_(), "datetime": pa.timestamp("us")}.get(
        python, pa.string()
    )


def _statement(statement: Any, columns: Sequence[str], conflict: Conflict) -> Any:
    if conflict == "ignore":
        return statement.on_conflict_do_nothing()
    if conflict == "replace":
        keys = [item.name for item in statement.table.primary_key]
        changed = {name: statement.excluded[name] for name in columns if name not in keys}
        return statement.on_conflict_do_update(index_elements=keys, set_=changed)
    return statement


def _changes(connection: Connection) -> int:
    """SQLite's count of changed rows on this connection: its executemany reports -1 for rowcount."""
    raw: Any = connection.connection.dbapi_connection
    return int(raw.total_changes)


def _copy(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Mapping[str, Any]], conflict: Conflict
) -> int:
    """COPY into a temporary table, then one INSERT that knows what to do with conflicts and counts exactly."""
    from sqlalchemy.dialects import postgresql  # imports asyncio: not for projects on SQLite

    staged = f"bulk_{table.name}"
    wanted = [table.c[name] for name in columns]
    form = ", ".join(f'"{item.name}" {item.type.compile(connection.dialect)}' for item in wanted)
    connection.execute(text(f"CREATE TEMPORARY TABLE {staged} ({form}) ON COMMIT DROP"))
    raw: Any = connection.connection.dbapi_connection
    names = ", ".join(f'"{name}"' for name in columns)
    with raw.cursor() as cursor, cursor.copy(f"COPY {staged} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([row.get(name) for name in columns])
    source: Any = select(*(column(name) for name in columns)).select_from(text(staged))
    statement = _statement(postgresql.insert(table).from_select(list(columns), source), columns, conflict)
    written = connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount
    connection.execute(text(f"DROP TABLE {staged}"))
    return int(written)
