"""What a file format hands on: a relation of source rows with their line numbers, and what could not be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from opscli.engine.warehouse import Session

LINE = "#line"
RAW = "#raw"
"""Names of the two columns beside the source's own; no expression can write them."""
REJECTS = "scratch.import_rejects"
REJECT_COLUMNS = {
    "source": "text",
    "file": "text",
    "line_no": "integer",
    "column_name": "text",
    "reason": "text",
    "raw": "text",
}


BLANKS = " \t\r\n\u00a0\u2007\u2009\u202f\u3000\ufeff"
"""Characters around a text that are no part of it."""
AUTO = "auto"
"""Found out from the file."""


REPAIRS = "scratch.import_repairs"
REPAIR_COLUMNS = {
    "source": "text",
    "file": "text",
    "line_no": "integer",
    "repair": "text",
    "raw": "text",
    "read_as": "text",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """How files are written; `auto` = found out. `type` is the ending that stands for a format, such as csv."""

    type: str = AUTO
    encoding: str = AUTO
    delimiter: str = AUTO
    quote: str = AUTO
    """The quote character, or none."""
    escape: str = AUTO
    """What stands before a quote inside quotes: the quote itself, a backslash, or none."""
    header: str = AUTO
    """auto, true, false, or the number of header lines."""
    skip: str = AUTO
    """Number of lines before the header, or auto."""
    decimal: str = AUTO
    """`.` or `,`."""
    sheet: str = ""
    """Sheet of a workbook: its name, or its place from 1; the first visible one with rows when empty."""
    records: str = ""
    """Where the list of records stands in a JSON document, as JSONPath; empty = found out."""


def decimal_of(stated: FileFormat) -> str:
    """The decimal sign as stated, a point where nothing is."""
    return "." if stated.decimal == AUTO else stated.decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRequest:
    """One file to read. `table` is a scratch table that the format may fill.

    `wanted` names the columns that the mapping uses, `exact` those of them that become money; formats without a
    fixed set of columns need both. `local` maps columns of local times to the forms they are written in.
    """

    path: Path
    label: str
    """The path as people write it, relative to the project."""
    source: str
    table: str
    workbench: Path
    format: FileFormat = field(default_factory=FileFormat)
    first_line: int = 1
    """Number of the file's first line, where `path` holds a part of what people know by `label`."""
    wanted: tuple[str, ...] = ()
    exact: frozenset[str] = frozenset()
    local: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unstaged: bool = False
    """A file that seems sound may be handed on without being staged: its rows have no line numbers then, and whoever
    reads them must ask again when there are other than `Rows.read` rows, or one of them must be found again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The readable rows of one file. `relation` is a parenthesised SELECT with "#line", "#raw" and `columns`.

    `columns` maps a source column to its logical type; text means "as written". `read` counts every record of the
    file, `rejected` those of them that are in the rejects already.
    """

    relation: str
    label: str
    columns: Mapping[str, str]
    read: int
    blanks: str = BLANKS
    """Blanks that may stand at either end of its texts."""
    decimal: str = "."
    decimals: Mapping[str, str] = field(default_factory=dict)
    """Decimal sign of text columns that prove another one (`numbers.decimals`)."""
    rejected: int = 0
    open_columns: bool = False
    """The format has no fixed set of columns: a missing one is empty, not an error."""
    spans: Mapping[str, tuple[datetime, datetime]] = field(default_factory=dict)
    """A first and a last instant around all values of a column of local times, where they are cheap to know."""
    types: tuple[str, ...] = ()
    """Engine types of the columns, where the file states any."""
    repairs: Mapping[str, int] = field(default_factory=dict)
    """How many records of the file were mended, or lines left out, by kind; each is listed in the repairs."""
    unstaged: bool = False
    """The relation reads the file itself (see ReadRequest.unstaged)."""
    layout: Mapping[str, Any] = field(default_factory=dict)
    """How to read one record's text again: `type`, and for delimited texts names, delimiter, quote, escape."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Repair:
    """One record that was mended: its line, what was done, its text, and what was read."""

    line_no: int
    kind: str
    raw: str
    read_as: str


class Format(Protocol):
    """A module of this folder."""

    SUFFIXES: tuple[str, ...]

    def read(self, request: ReadRequest, session: Session) -> Rows:
        """Stage one file; rows that cannot be read go to the rejects with line and reason."""
        ...


def text_literal(value: str) -> str:
    """A SQL text literal, for the places where engines take no bound value (table functions, views)."""
    return "'" + value.replace("'", "''") + "'"


def matches(sql: str, pattern: str) -> str:
    """SQL: all of a text fits the pattern."""
    return f"regexp_full_match({sql}, {text_literal(pattern)})"


def insert_rejects(
    session: Session, request: ReadRequest, found: list[tuple[int, str, str]], columns: Sequence[str] = ()
) -> None:
    """Append (line, reason, raw text) of rows that could not be read, with the columns to blame where there are any."""
    if not found:
        return
    import pyarrow as pa

    lines, reasons, raws = zip(*found, strict=True)
    count = len(found)
    data: dict[str, Any] = {
        "source": [request.source] * count,
        "file": [request.label] * count,
        "line_no": list(lines),
        "column_name": list(columns) or [""] * count,
        "reason": list(reasons),
        "raw": list(raws),
    }
    types = {name: pa.int64() if kind == "integer" else pa.string() for name, kind in REJECT_COLUMNS.items()}
    session.insert_arrow(REJECTS, pa.table(data, schema=pa.schema(types)))


def insert_repairs(session: Session, request: ReadRequest, found: list[Repair]) -> None:
    """Append mended records to the repairs."""
    if not found:
        return
    import pyarrow as pa

    count = len(found)
    data: dict[str, Any] = {
        "source": [request.source] * count,
        "file": [request.label] * count,
        "line_no": [repair.line_no for repair in found],
        "repair": [repair.kind for repair in found],
        "raw": [repair.raw for repair in found],
        "read_as": [repair.read_as for repair in found],
    }
    types = {name: pa.int64() if kind == "integer" else pa.string() for name, kind in REPAIR_COLUMNS.items()}
    session.insert_arrow(REPAIRS, pa.table(data, schema=pa.schema(types)))
