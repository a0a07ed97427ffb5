"""JSON lines: one object a line; a line that is none is rejected with its number."""

from __future__ import annotations

import json
import re
from itertools import islice

from opscli.engine.dialect import MONEY
from opscli.engine.warehouse import Session
from opscli.sources.formats.encoding import TextFile, as_utf8
from opscli.sources.formats.rows import LINE, RAW, REJECTS, ReadRequest, Rows, decimal_of, text_literal

SUFFIXES = ("jsonl", "ndjson")
_BATCH_LINES = 50_000
_BLANK = r"[\s\x0b\x1c-\x1f\x{85}\pZ]*"
"""What str.strip() takes away, as the engine writes it."""
_USABLE = "json_valid(line) AND json_type(CASE WHEN json_valid(line) THEN line END) = 'OBJECT'"
_TOO_LONG = f"strlen(line) > {1 << 20}"
"""Bytes of a line that is no record any more, but a file without line ends."""
_LONG_AMOUNT = re.compile(r"\d{11}\.\d")
"""With so many digits an amount may have more than the 15 that a double keeps for certain."""


def read(request: ReadRequest, session: Session) -> Rows:
    """Stage one file; the wanted keys become text columns, `a.b` is key b of object a unless a key is called so."""
    read_lines = _stage_lines(request, session)
    wrong = f"(NOT coalesce({_USABLE}, FALSE) OR {_TOO_LONG})"
    rejected = int(session.value(f"SELECT count(*) FROM {request.table} WHERE {wrong}"))
    if rejected:
        session.execute(
            f"INSERT INTO {REJECTS} SELECT ?, ?, line_no, '', "
            f"CASE WHEN {_TOO_LONG} THEN 'too_long' WHEN json_valid(line) THEN 'not_an_object' ELSE 'bad_json' END, "
            "rtrim(line, chr(13) || chr(10)) "
            f"FROM {request.table} WHERE {wrong}",
            (request.source, request.label),
        )
        session.execute(f"DELETE FROM {request.table} WHERE {wrong}")
    return Rows(
        relation=_relation(request, session),
        label=request.label,
        decimal=decimal_of(request.format),
        columns=dict.fromkeys(request.wanted, "text"),
        read=read_lines,
        rejected=rejected,
        open_columns=True,
    )


def _stage_lines(request: ReadRequest, session: Session) -> int:
    """Every line that is not blank, with its number; how many."""
    text = as_utf8(request.path, request.format.encoding, request.workbench, request.label)
    if text.uniform and _read_fast(request, text, session):
        return text.lines
    return _read_exactly(request, text, session)


def _read_fast(request: ReadRequest, text: TextFile, session: Session) -> bool:
    """Let DuckDB read the lines; False when some are blank or hold a number that must be looked at."""
    import duckdb

    newline = {"\n": "\\n", "\r\n": "\\r\\n", "\r": "\\r"}[text.newline]
    options = (
        "columns = {'line': 'VARCHAR'}, auto_detect = false, header = false, delim = '\x01', quote = '', escape = '', "
        f"new_line = '{newline}', strict_mode = true, null_padding = false, encoding = 'utf-8', compression = 'none'"
    )
    # The order of insertion is the order of the file: a row's number is its line.
    session.execute("SET preserve_insertion_order = true")
    try:
        session.execute(
            f"CREATE OR REPLACE TABLE {request.table} AS "
            f"SELECT row_number() OVER () + {request.first_line - 1} AS line_no, line "
            f"FROM read_csv({text_literal(str(text.path))}, {options})"
        )
    except duckdb.Error:
        return False
    finally:
        session.execute("SET preserve_insertion_order = false")
    special = f"line IS NULL OR regexp_full_match(line, {text_literal(_BLANK)}) OR regexp_matches(line, ?)"
    found, other = session.rows(
        f"SELECT count(*), count(CASE WHEN {special} THEN 1 END) FROM {request.table}", (_LONG_AMOUNT.pattern,)
    )[0]
    return bool(found == text.lines and not other)


def _read_exactly(request: ReadRequest, text: TextFile, session: Session) -> int:
    import pyarrow as pa

    session.create(request.table, {"line_no": "integer", "line": "text"})
    stored = 0
    with text.path.open(encoding="utf-8", newline=text.newline) as file:
        numbered = ((number, _kept(line)) for number, line in enumerate(file, start=request.first_line) if line.strip())
        while batch := list(islice(numbered, _BATCH_LINES)):
            numbers, lines = zip(*batch, strict=True)
            data = pa.table({"line_no": pa.array(numbers, pa.int64()), "line": pa.array(lines, pa.string())})
            session.insert_arrow(request.table, data)
            stored += len(batch)
    return stored


def _kept(line: str) -> str:
    """The line; long decimals become texts, because DuckDB 1.5 takes numbers through a double even to a DECIMAL."""
    if not _LONG_AMOUNT.search(line):
        return line
    try:
        return json.dumps(json.loads(line, parse_float=str), ensure_ascii=False)
    except ValueError:
        return line  # no JSON: rejected as it stands


def _relation(request: ReadRequest, session: Session) -> str:
    quote = session.dialect.quote
    structure = text_literal(json.dumps(dict.fromkeys(request.wanted, "VARCHAR")))
    exact = text_literal(json.dumps(dict.fromkeys(sorted(request.exact), MONEY)))
    values = "".join(
        f", {_value(name, quote(name), exact=name in request.exact)} AS {quote(name)}" for name in request.wanted
    )
    # A whole transform parses a line once, whatever the number of keys.
    parsed = f", json_transform(line, {structure}) AS texts" if request.wanted else ""
    parsed += f", json_transform(line, {exact}) AS amounts" if request.exact else ""
    return (
        f"(SELECT line_no AS {quote(LINE)}, rtrim(line, chr(13) || chr(10)) AS {quote(RAW)}{values} "
        f"FROM (SELECT line_no, line{parsed} FROM {request.table}) AS parsed)"
    )


def _value(name: str, quoted: str, *, exact: bool) -> str:
    """Text of a key. DuckDB prints a JSON number through a double, so amounts are read as decimals beside it."""
    parts = name.split(".")
    values = [f"texts.{quoted}"]
    if len(parts) > 1:
        values.append(f"line ->> {text_literal('$' + ''.join(f'.{json.dumps(part)}' for part in parts))}")
    if exact:
        values.insert(0, f"CAST(amounts.{quoted} AS VARCHAR)")
    if exact and len(parts) > 1:
        values.insert(1, f"CAST({_nested_amount(parts)} AS VARCHAR)")
    return f"coalesce({', '.join(values)})"


def _nested_amount(parts: list[str]) -> str:
    """A decimal inside objects."""
    structure: object = MONEY
    for part in reversed(parts):
        structure = {part: structure}
    keys = "".join("[" + text_literal(part) + "]" for part in parts)
    return f"json_transform(line, {text_literal(json.dumps(structure))}){keys}"
