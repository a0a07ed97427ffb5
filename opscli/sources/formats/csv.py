"""CSV and TSV: sound lines go through DuckDB under one fixed dialect, the others through our own reader."""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any

from opscli.engine.warehouse import Session
from opscli.phrases import say
from opscli.sources.formats.encoding import TextFile, as_utf8
from opscli.sources.formats.layout import Layout
from opscli.sources.formats.mended import doubts, note_mended
from opscli.sources.formats.records import Shape
from opscli.sources.formats.rows import (
    BLANKS,
    LINE,
    RAW,
    ReadRequest,
    Rows,
    decimal_of,
    text_literal,
)
from opscli.sources.formats.sniff import sniff
from opscli.sources.formats.staging import Staging
from opscli.sources.moments import year_sql

SUFFIXES = ("csv", "tsv", "txt", "tab", "psv")


def read(request: ReadRequest, session: Session) -> Rows:
    """Stage one file as text columns with line numbers."""
    text = as_utf8(request.path, request.format.encoding, request.workbench, request.label)
    found = sniff(text.path, text.newline, request.format, request.label, request.wanted)
    layout = found.layout
    if not layout.names:
        return _nothing(request, session)
    reading = Staging(request, session, text, layout)
    if request.unstaged and not request.local and not text.doubt and reading.is_sound and reading.is_plain:
        return _unstaged(request, session, reading.source(), (text, layout))
    if reading.is_sound and reading.fast():
        line = f"rowid + {layout.first}"
    else:
        reading.exactly()
        line = session.dialect.quote(LINE)
    filled = _filled(layout, session)
    kept = int(session.value(f"SELECT count(*) FROM {request.table} WHERE {filled}"))
    return Rows(
        relation=_relation(request, layout, session, line),
        label=request.label,
        decimal=decimal_of(request.format),
        columns=dict.fromkeys(layout.names, "text"),
        blanks=_blanks(text),
        read=kept + reading.rejected,
        rejected=reading.rejected,
        repairs={**reading.repairs, **note_mended(session, request, text)},
        layout=_written(layout),
        spans=_spans(request, layout, session),
        notes=(
            _written_as(text, layout),
            *doubts(text),
            *(say(f"sources.left_{left.what}", first=left.first, last=left.last) for left in reading.left),
        ),
    )


def _nothing(request: ReadRequest, session: Session) -> Rows:
    """An empty file: no rows, and no columns that one could miss."""
    quote = session.dialect.quote
    relation = f"(SELECT CAST(NULL AS BIGINT) AS {quote(LINE)}, '' AS {quote(RAW)} WHERE FALSE)"
    return Rows(relation=relation, label=request.label, columns={}, read=0, open_columns=True)


def _filled(layout: Layout, session: Session) -> str:
    """SQL: not every cell of the row is empty."""
    first, *others = (session.dialect.quote(name) for name in layout.names)
    return f"({first} IS NOT NULL OR coalesce({', '.join(others)}) IS NOT NULL)" if others else f"{first} IS NOT NULL"


def _spans(request: ReadRequest, layout: Layout, session: Session) -> dict[str, tuple[datetime, datetime]]:
    """Around the local times of each column: an ISO text begins with its year, another form is read."""
    local = {name: form for name, form in request.local.items() if name in layout.names}
    if not local:
        return {}
    ends = []
    for name, form in local.items():
        year = year_sql(f"trim({session.dialect.quote(name)})", form)
        ends.append(f"min({year}), max({year})")
    years = session.rows(f"SELECT {', '.join(ends)} FROM {request.table}")[0]
    found = zip(local, years[::2], years[1::2], strict=True)
    return {name: _whole_years(first, last) for name, first, last in found if first is not None}


def _whole_years(first: int, last: int) -> tuple[datetime, datetime]:
    low, high = (min(max(year, MINYEAR), MAXYEAR) for year in (first, last))
    return datetime(low, 1, 1), datetime(high, 12, 31, 23, 59, 59, 999_999)  # noqa: DTZ001  local times of some zone


def _relation(request: ReadRequest, layout: Layout, session: Session, line: str) -> str:
    """Rows of the staged table, with their text put together again as the file had it."""
    quote = session.dialect.quote
    cells = [_as_written(quote(name), layout.shape) for name in layout.names]
    # One flat concatenation: a chain of them is as deep as the table is wide.
    raw = f"concat_ws({text_literal(layout.shape.delimiter)}, {', '.join(cells)})"
    names = ", ".join(quote(name) for name in layout.names)
    return (
        f"(SELECT {line} AS {quote(LINE)}, {raw} AS {quote(RAW)}, {names} FROM {request.table} "
        f"WHERE {_filled(layout, session)})"
    )


def _as_written(column: str, shape: Shape) -> str:
    edge, mark, pair = (text_literal(text) for text in (shape.delimiter, shape.quote or '"', (shape.quote or '"') * 2))
    special = " OR ".join(f"contains({column}, {text})" for text in (edge, mark, "chr(10)", "chr(13)"))
    quoted = f"{mark} || replace({column}, {mark}, {pair}) || {mark}"
    return f"CASE WHEN {column} IS NULL THEN '' WHEN {special} THEN {quoted} ELSE {column} END"


def _unstaged(request: ReadRequest, session: Session, source: str, file: tuple[TextFile, Layout]) -> Rows:
    """The rows straight from the file."""
    text, layout = file
    quote = session.dialect.quote
    names = ", ".join(quote(name) for name in layout.names)
    return Rows(
        relation=f"(SELECT CAST(NULL AS BIGINT) AS {quote(LINE)}, '' AS {quote(RAW)}, {names} FROM {source})",
        label=request.label,
        decimal=decimal_of(request.format),
        columns=dict.fromkeys(layout.names, "text"),
        blanks=_blanks(text),
        read=text.lines - layout.first + 1,
        unstaged=True,
        layout=_written(layout),
        notes=(_written_as(text, layout),),
    )


def _blanks(text: TextFile) -> str:
    """What may stand around a cell: to look for blanks that the file does not hold takes longer than to read it."""
    if not text.is_ascii:
        return BLANKS
    ends = "\r\n" if text.seen - {"\t"} or not text.uniform else ""
    return f" {ends}" + "\t" * ("\t" in text.seen)


def _written_as(text: TextFile, layout: Layout) -> str:
    return say("sources.written_as", encoding=text.encoding, delimiter=layout.shape.delimiter, first=layout.first)


def _written(layout: Layout) -> dict[str, Any]:
    """How a record's text is written, in the words of `FileFormat`, so that it can be read again."""
    shape = layout.shape
    escape = "quote" if shape.escape == shape.quote else shape.escape or "none"
    return {
        "type": "csv",
        "header": list(layout.names),
        "delimiter": shape.delimiter,
        "quote": shape.quote or "none",
        "escape": escape if shape.quote or shape.escape else "none",
    }
