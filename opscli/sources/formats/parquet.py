"""Parquet: columns arrive typed; a row's line number is its position in the file, from 1."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from opscli.engine.warehouse import Session
from opscli.errors import DataUnusable
from opscli.phrases import say
from opscli.sources.formats.rows import LINE, RAW, ReadRequest, Rows, text_literal

SUFFIXES = ("parquet", "pq")
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")


def read(request: ReadRequest, session: Session) -> Rows:
    """A relation straight over the file: nothing is copied. Raises DataUnusable when it is no Parquet file."""
    import duckdb

    place = text_literal(str(request.path))
    try:
        described = session.rows(f"DESCRIBE SELECT * FROM read_parquet({place})")
        count = int(session.value(f"SELECT count(*) FROM read_parquet({place})"))
    except duckdb.Error as error:
        raise DataUnusable(
            say("sources.bad_parquet", file=request.label, error=str(error).splitlines()[0]),
            remedy=say("sources.export_again"),
        ) from error
    columns = {str(row[0]): _logical(str(row[1])) for row in described}
    quote = session.dialect.quote
    names = ", ".join(quote(name) for name in columns)
    pack = ", ".join(f"{quote(name)} := {quote(name)}" for name in columns)
    relation = (
        f"(SELECT file_row_number + 1 AS {quote(LINE)}, CAST(to_json(struct_pack({pack})) AS VARCHAR) AS {quote(RAW)}, "
        f"{names} FROM read_parquet({place}, file_row_number = true))"
    )
    return Rows(
        relation=relation,
        label=request.label,
        columns=columns,
        read=count,
        spans=_spans(place, columns, session),
        types=tuple(str(row[1]) for row in described),
    )


def _spans(place: str, columns: Mapping[str, str], session: Session) -> dict[str, tuple[datetime, datetime]]:
    """First and last instant of each timestamp column: the file's footer knows them."""
    quote = session.dialect.quote
    names = [name for name, kind in columns.items() if kind == "timestamp"]
    if not names:
        return {}
    ends = ", ".join(f"min({quote(name)}), max({quote(name)})" for name in names)
    values = session.rows(f"SELECT {ends} FROM read_parquet({place})")[0]
    pairs = zip(names, values[::2], values[1::2], strict=True)
    return {
        name: (first, last) for name, first, last in pairs if isinstance(first, datetime) and isinstance(last, datetime)
    }


def _logical(engine_type: str) -> str:
    """Logical type; `instant` is a timestamp that knows its zone, `other` whatever no mapping can read directly."""
    kind = engine_type.upper()
    if kind.startswith("DECIMAL"):
        return "money"
    if kind in _INTEGERS:
        return "integer"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return "instant"
    if kind.startswith("TIMESTAMP"):
        return "timestamp"
    plain = {"DOUBLE": "float", "FLOAT": "float", "BOOLEAN": "boolean", "DATE": "date", "VARCHAR": "text"}
    return plain.get(kind, "other")
