"""Values of a database as text, written page by page as a Parquet file: memory does not grow with the rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from opscli.errors import DataUnusable
from opscli.phrases import say

Write = Callable[[Sequence[Sequence[Any]]], None]


@contextmanager
def text_file(path: Path, names: Sequence[str]) -> Iterator[Write]:
    """A Parquet file of text columns; what is yielded appends rows whose values begin with those of `names`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, pa.string()) for name in names])
    with pq.ParquetWriter(path, schema) as writer:

        def write(rows: Sequence[Sequence[Any]]) -> None:
            if rows:
                values = list(zip(*rows, strict=True))[: len(names)]
                arrays = [_texts(name, column) for name, column in zip(names, values, strict=True)]
                writer.write_table(pa.table(arrays, schema=schema))

        yield write


def text_of(value: Any) -> str | None:
    """Exact decimals, ISO 8601 moments with their offset, true and false, JSON for lists and objects.

    Raises TypeError for bytes.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        raise TypeError
    written = next((write for kinds, write in _WRITTEN if isinstance(value, kinds)), str)
    return written(value)


def _texts(name: str, values: Sequence[Any]) -> Any:
    import pyarrow as pa

    try:
        return pa.array([text_of(value) for value in values], pa.string())
    except TypeError as error:
        raise DataUnusable(
            say("sources.sql_bytes", name=name), remedy=say("sources.sql_bytes_how", name=name)
        ) from error


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=text_of)


def _moment(value: datetime) -> str:
    """Offsets of years ago have seconds, which no reader takes: such a moment is told in UTC."""
    offset = value.utcoffset()
    return (value.astimezone(UTC) if offset is not None and offset.seconds % 60 else value).isoformat()


def _duration(value: timedelta) -> str:
    """Hours, minutes, seconds: what MySQL calls a TIME, which may pass a day and be negative."""
    hours, rest = divmod(abs(value), timedelta(hours=1))
    clock = (datetime(1, 1, 1, tzinfo=UTC) + rest).time().isoformat()
    return f"{'-' if value < timedelta() else ''}{hours:02d}{clock[2:]}"


_WRITTEN: tuple[tuple[tuple[type, ...], Callable[[Any], str]], ...] = (
    ((bool,), lambda value: "true" if value else "false"),
    ((Decimal,), lambda value: format(value, "f")),
    ((datetime,), _moment),
    ((timedelta,), _duration),
    ((date, time), lambda value: str(value.isoformat())),
    ((list, tuple, dict), _json),
)
"""How values of these types are written, in the order in which they are asked; the others as Python does."""
