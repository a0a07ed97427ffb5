"""JSON lines: one object a line; a line that is none is rejected with its number.

The engine's reader is lenient: it takes NaN and a comma too many, the first of two keys of one name, and numbers
through a double. Lines in which any of that may be are looked at one by one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import islice

from opscli.engine.dialect import MONEY
from opscli.engine.warehouse import Session
from opscli.sources.formats.encoding import TextFile, as_utf8
from opscli.sources.formats.mended import doubts, note_mended
from opscli.sources.formats.rows import LINE, RAW, REJECTS, ReadRequest, Rows, decimal_of, matches, text_literal
from opscli.sources.web import documents

SUFFIXES = ("jsonl", "ndjson")
_BATCH_LINES = 50_000
_BLANK = r"[\s\x0b\x1c-\x1f\x{85}\pZ]*"
"""What str.strip() takes away, as the engine writes it."""
_USABLE = "json_valid(line) AND json_type(CASE WHEN json_valid(line) THEN line END) = 'OBJECT'"
_TOO_LONG = f"strlen(line) > {1 << 20}"
"""Bytes of a line that is no record any more, but a file without line ends."""
_SPECIAL = (
    r"\d{11}\.\d|\d{8}\.\d{6}|\d{5}\.\d{9}|\d{2}\.\d{12}|\.\d{15}"  # more digits than a double keeps for certain
    r"|[:,\[]\s*-?(?:[0-9.]+[eE][-+]?[0-9]|[nN][aA]|[iI][nN])|,\s*[}\]]"  # 1e5, NaN, Infinity, a comma before the end
)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|-?[0-9]+(?:[.][0-9]+)?(?:[eE][-+]?[0-9]+)?')
_MOST_ZEROS = 30
"""Exponents that are written out."""


def read(request: ReadRequest, session: Session) -> Rows:
    """Stage one file; the wanted keys become text columns, `a.b` is key b of object a unless a key is called so."""
    text = as_utf8(request.path, request.format.encoding, request.workbench, request.label)
    read_lines = _stage_lines(request, text, session)
    wrong = f"(NOT coalesce({_USABLE}, FALSE) OR {_TOO_LONG})"
    kind = f"CASE WHEN {_TOO_LONG} THEN 'too_long' WHEN json_valid(line) THEN 'not_an_object' ELSE 'bad_json' END"
    rejected = _reject(request, session, wrong, kind) + _look_closely(request, session)
    for keys in _keys(request):
        # Few different lists of keys stand in many lines.
        lists = f"SELECT any_value(k) AS k FROM (SELECT {keys} AS k FROM {request.table}) AS all_keys GROUP BY hash(k)"
        if session.value(f"SELECT count(*) FROM ({lists}) AS lists WHERE len(k) <> len(list_distinct(k))"):
            rejected += _reject(request, session, f"len({keys}) <> len(list_distinct({keys}))", "'duplicate_key'")
    return Rows(
        relation=_relation(request, session),
        label=request.label,
        decimal=decimal_of(request.format),
        columns=dict.fromkeys(request.wanted, "text"),
        read=read_lines,
        rejected=rejected,
        open_columns=True,
        repairs=note_mended(session, request, text),
        notes=doubts(text),
    )


def _reject(request: ReadRequest, session: Session, wrong: str, reason: str) -> int:
    """Move the lines of a condition to the rejects; how many."""
    rejected = int(session.value(f"SELECT count(*) FROM {request.table} WHERE {wrong}"))
    if rejected:
        session.execute(
            f"INSERT INTO {REJECTS} SELECT ?, ?, line_no, '', {reason}, rtrim(line, chr(13) || chr(10)) "
            f"FROM {request.table} WHERE {wrong}",
            (request.source, request.label),
        )
        session.execute(f"DELETE FROM {request.table} WHERE {wrong}")
    return rejected


def _keys(request: ReadRequest) -> list[str]:
    """SQL: the keys of each object that the mapping looks into."""
    parents = {
        tuple(parts[:depth]) for parts in (name.split(".") for name in request.wanted) for depth in range(1, len(parts))
    }
    return ["json_keys(line)", *(f"json_keys(line, {_path(parent)})" for parent in sorted(parents))]


def _path(parts: Sequence[str]) -> str:
    return text_literal("$" + "".join(f".{json.dumps(part, ensure_ascii=False)}" for part in parts))


def _look_closely(request: ReadRequest, session: Session) -> int:
    """Rewrite the lines whose numbers would not stay as they are, and reject those that only seem to be JSON."""
    special, changed = f"{request.table}_special", f"{request.table}_changed"
    count = session.execute(
        f"CREATE OR REPLACE TABLE {special} AS SELECT line_no, line FROM {request.table} "
        f"WHERE regexp_matches(line, {text_literal(_SPECIAL)})"
    )
    session.create(changed, {"line_no": "integer", "line": "text"})
    for first in range(0, count, _BATCH_LINES):
        query = f"SELECT line_no, line FROM {special} WHERE rowid >= {first} AND rowid < {first + _BATCH_LINES}"
        looked_at = ((number, line, _exact(line)) for number, line in session.rows(query))
        _insert_lines(session, changed, [(number, exact) for number, line, exact in looked_at if exact != line])
    if not count or not session.value(f"SELECT count(*) FROM {changed}"):
        return 0
    no_json = f"line_no IN (SELECT line_no FROM {changed} WHERE line IS NULL)"
    rejected = _reject(request, session, no_json, "'bad_json'")
    session.execute(f"UPDATE {request.table} AS t SET line = c.line FROM {changed} AS c WHERE c.line_no = t.line_no")
    return rejected


def _exact(line: str) -> str | None:
    """The line with decimals as texts where a double would change them; None where it is no JSON by the letter."""
    try:
        documents.decoder().decode(line)
    except (ValueError, RecursionError):
        return None
    return _TOKEN.sub(lambda token: _as_text(token[0]), line)


def _as_text(token: str) -> str:
    if token.startswith('"') or not any(sign in token for sign in ".eE") or repr(float(token)) == token:
        return token
    number = Decimal(token)
    return f'"{number:f}"' if "e" in token.lower() and abs(number.adjusted()) < _MOST_ZEROS else f'"{token}"'


def _insert_lines(session: Session, table: str, found: Sequence[tuple[int, str | None]]) -> None:
    import pyarrow as pa

    numbers, lines = zip(*found, strict=True) if found else ((), ())
    data = {"line_no": pa.array(numbers, pa.int64()), "line": pa.array(lines, pa.string())}
    session.insert_arrow(table, pa.table(data))


def _stage_lines(request: ReadRequest, text: TextFile, session: Session) -> int:
    """Every line that is not blank, with its number; how many."""
    if text.uniform and _read_fast(request, text, session):
        return text.lines
    return _read_exactly(request, text, session)


def _read_fast(request: ReadRequest, text: TextFile, session: Session) -> bool:
    """Let DuckDB read the lines; False when some are blank."""
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
    blank = f"line IS NULL OR {matches('line', _BLANK)}"
    found, other = session.rows(f"SELECT count(*), count(CASE WHEN {blank} THEN 1 END) FROM {request.table}")[0]
    return bool(found == text.lines and not other)


def _read_exactly(request: ReadRequest, text: TextFile, session: Session) -> int:
    session.create(request.table, {"line_no": "integer", "line": "text"})
    stored = 0
    with text.path.open(encoding="utf-8", newline=text.newline) as file:
        numbered = ((number, line) for number, line in enumerate(file, start=request.first_line) if line.strip())
        while batch := list(islice(numbered, _BATCH_LINES)):
            _insert_lines(session, request.table, batch)
            stored += len(batch)
    return stored


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
        values.append(f"line ->> {_path(parts)}")
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
