"""CSV and TSV: well-formed files go straight through DuckDB, the others record by record through our own reader."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import MAXYEAR, MINYEAR, datetime
from itertools import islice

from opscli.engine.warehouse import Session
from opscli.sources.formats.dialect import CsvDialect, decide
from opscli.sources.formats.encoding import TextFile, as_utf8
from opscli.sources.formats.records import QUOTE, Record, Shape, records
from opscli.sources.formats.rows import LINE, RAW, ReadRequest, Rows, decimal_of, insert_rejects, text_literal

SUFFIXES = ("csv", "tsv", "txt")
_BATCH_RECORDS = 50_000


def read(request: ReadRequest, session: Session) -> Rows:
    """Stage one file as text columns with line numbers."""
    text = as_utf8(request.path, request.format.encoding, request.workbench)
    dialect = decide(text.path, text.newline, delimiter=request.format.delimiter, header=request.format.header)
    if not dialect.header:
        return Rows(
            relation=_relation(request, dialect, session, LINE),
            label=request.label,
            columns={},
            read=0,
            open_columns=True,
        )
    rejected = 0
    line = f"rowid + {1 + dialect.has_header}"
    if not (text.uniform and _read_fast(request, text, dialect, session)):
        rejected = _read_exactly(request, text, dialect, session)
        line = session.dialect.quote(LINE)
    kept = int(session.value(f"SELECT count(*) FROM {request.table}"))
    return Rows(
        relation=_relation(request, dialect, session, line),
        label=request.label,
        decimal=decimal_of(request.format),
        columns=dict.fromkeys(dialect.header, "text"),
        read=kept + rejected,
        rejected=rejected,
        spans=_spans(request, dialect, session),
        layout={
            "type": "csv",
            "header": list(dialect.header),
            "delimiter": dialect.delimiter,
            "quote": QUOTE,
            "escape": "quote",
        },
        notes=(f"{text.encoding}, delimiter {dialect.delimiter!r}",),
    )


def _spans(request: ReadRequest, dialect: CsvDialect, session: Session) -> dict[str, tuple[datetime, datetime]]:
    """Around the local times of each column: an ISO text begins with its year, another form is read."""
    local = {name: form for name, form in request.local.items() if name in dialect.header}
    if not local:
        return {}
    ends = []
    for name, form in local.items():
        text = f"trim({session.dialect.quote(name)})"
        year = f"TRY_CAST(left({text}, 4) AS INTEGER)"
        if form:
            year = f"year(try_strptime({text}, {text_literal(form)}))"
        ends.append(f"min({year}), max({year})")
    years = session.rows(f"SELECT {', '.join(ends)} FROM {request.table}")[0]
    found = zip(local, years[::2], years[1::2], strict=True)
    return {name: _whole_years(first, last) for name, first, last in found if first is not None}


def _whole_years(first: int, last: int) -> tuple[datetime, datetime]:
    low, high = (min(max(year, MINYEAR), MAXYEAR) for year in (first, last))
    return datetime(low, 1, 1), datetime(high, 12, 31, 23, 59, 59, 999_999)  # noqa: DTZ001  local times of some zone


def _relation(request: ReadRequest, dialect: CsvDialect, session: Session, line: str) -> str:
    """Rows of the staged table, with their text put together again as the file had it."""
    quote = session.dialect.quote
    if not dialect.header:
        return f"(SELECT CAST(NULL AS BIGINT) AS {quote(LINE)}, '' AS {quote(RAW)} WHERE FALSE)"
    cells = [_as_written(quote(name), dialect.delimiter) for name in dialect.header]
    raw = f" || {text_literal(dialect.delimiter)} || ".join(cells)
    names = ", ".join(quote(name) for name in dialect.header)
    return f"(SELECT {line} AS {quote(LINE)}, {raw} AS {quote(RAW)}, {names} FROM {request.table})"


def _as_written(column: str, delimiter: str) -> str:
    special = " OR ".join(
        f"contains({column}, {text})" for text in (text_literal(delimiter), "'\"'", "chr(10)", "chr(13)")
    )
    quoted = f"'\"' || replace({column}, '\"', '\"\"') || '\"'"
    return f"CASE WHEN {column} IS NULL THEN '' WHEN {special} THEN {quoted} ELSE {column} END"


def _read_fast(request: ReadRequest, text: TextFile, dialect: CsvDialect, session: Session) -> bool:
    """Let DuckDB read the whole file under the fixed dialect; False when it is not one clean record a line."""
    import duckdb

    columns = ", ".join(f"{text_literal(name)}: 'VARCHAR'" for name in dialect.header)
    newline = {"\n": "\\n", "\r\n": "\\r\\n", "\r": "\\r"}[text.newline]
    options = (
        f"columns = {{{columns}}}, auto_detect = false, header = false, skip = {int(dialect.has_header)}, "
        f"delim = {text_literal(dialect.delimiter)}, quote = '{QUOTE}', escape = '{QUOTE}', new_line = '{newline}', "
        "strict_mode = true, null_padding = false, encoding = 'utf-8', compression = 'none'"
    )
    # The order of insertion is the order of the file: a row's number is its line.
    session.execute("SET preserve_insertion_order = true")
    source = f"read_csv({text_literal(str(text.path))}, {options})"
    try:
        session.execute(f"CREATE OR REPLACE TABLE {request.table} AS SELECT * FROM {source}")
    except duckdb.Error:
        return False
    finally:
        session.execute("SET preserve_insertion_order = false")
    # Fewer rows than lines: blank lines or line breaks inside quotes. No row can hide, each has at least one line.
    found = int(session.value(f"SELECT count(*) FROM {request.table}"))
    return found == text.lines - dialect.has_header


def _read_exactly(request: ReadRequest, text: TextFile, dialect: CsvDialect, session: Session) -> int:
    """Read record by record; rows rejected."""
    session.create(request.table, {LINE: "integer", **dict.fromkeys(dialect.header, "text")})
    shape = Shape(delimiter=dialect.delimiter, width=len(dialect.header), newline=text.newline)
    rejected = 0
    with text.path.open(encoding="utf-8", newline=text.newline) as file:
        found = records(file, shape)
        if dialect.has_header:
            next(found, None)
        while batch := list(islice(found, _BATCH_RECORDS)):
            rejected += _store(request, dialect, session, batch)
    return rejected


def _store(request: ReadRequest, dialect: CsvDialect, session: Session, batch: list[Record]) -> int:
    import pyarrow as pa

    good = [record for record in batch if record.cells is not None]
    bad = [(record.line_no, record.problem, record.raw) for record in batch if record.cells is None]
    insert_rejects(session, request, bad)
    if good:
        cells: Iterator[tuple[str, ...]] = zip(*(record.cells or () for record in good), strict=True)
        data = {LINE: pa.array([record.line_no for record in good], pa.int64())}
        data |= {name: pa.array(values, pa.string()) for name, values in zip(dialect.header, cells, strict=True)}
        session.insert_arrow(request.table, pa.table(data))
    return len(bad)
