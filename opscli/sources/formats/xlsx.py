"""Workbooks (xlsx, xlsm, xls, ods) through calamine: one sheet, read as the delimited text that it could be.

A workbook is held in memory while it is read, by a process of its own; a sheet has a million rows at the most.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from opscli.engine.warehouse import Session
from opscli.errors import DataUnusable
from opscli.phrases import listed, say
from opscli.sources.formats import csv, sheet_copy
from opscli.sources.formats.rows import AUTO, LINE, RAW, FileFormat, ReadRequest, Rows, insert_rejects
from opscli.sources.formats.sheet_xml import NO_VALUE, Cells
from opscli.sources.formats.unpack import document_kind
from opscli.sources.formats.workbooks import look_through, unreadable

SUFFIXES = ("xlsx", "xlsm", "xls", "ods")
_MOST_MEMORY = 4 << 30
"""Bytes that the reading process may ask for."""
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
"""The stream in which Office keeps a workbook under a password."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    others: tuple[str, ...]
    """Further sheets with rows."""
    hidden: bool
    broken: bool
    """Line breaks are within cells."""


def read(request: ReadRequest, session: Session) -> Rows:
    """Stage one sheet; a row's line is its number in the sheet. Rows that need a cell with an error are rejected."""
    is_old = _is_old(request)
    cells = look_through(request)
    target = request.workbench / "sheet.csv"
    sheet = _copied(request, target, cells)
    plain = replace(request, path=target, format=_format(request.format), first_line=1, unstaged=False)
    rows = csv.read(plain, session)
    rows = replace(rows, relation=_with_breaks(rows, session)) if sheet.broken else rows
    if sheet.name in cells:
        rows = _without_errors(request, rows, cells[sheet.name], session)
    return replace(rows, notes=(*_notes(sheet, is_old=is_old), *rows.notes[1:]))


def _format(stated: FileFormat) -> FileFormat:
    """What the sheet is written as, with what is stated of its header."""
    return FileFormat(
        type="csv", encoding="utf-8", delimiter=",", quote='"', escape="quote", header=stated.header, skip=stated.skip,
        decimal="." if stated.decimal == AUTO else stated.decimal,
    )  # fmt: skip


def _is_old(request: ReadRequest) -> bool:
    """Whether this is a workbook of the binary kind. Raises DataUnusable when it is locked with a password."""
    with request.path.open("rb") as file:
        data = file.read(_CHUNK)
        if not data.startswith(_OLD):
            return False
        held = b""
        while data:
            if _LOCKED in held + data:
                raise _locked(request)
            held, data = data[-len(_LOCKED) :], file.read(_CHUNK)
    return True


def _locked(request: ReadRequest) -> DataUnusable:
    return DataUnusable(say("sources.workbook_locked", file=request.label), remedy=say("sources.workbook_locked_how"))


def _copied(request: ReadRequest, target: Path, cells: Mapping[str, Cells]) -> _Sheet:
    """Have the sheet that is stated, else the first visible one with rows, written as CSV by a process of its own."""
    asked = {
        "path": str(_by_kind(request)), "target": str(target), "sheet": str(request.format.sheet),
        "memory": _MOST_MEMORY, "odd": {name: found.odd for name, found in cells.items()},
    }  # fmt: skip
    # -P: the folder of that file has modules named as those of the standard library.
    words = [sys.executable, "-P", str(Path(sheet_copy.__file__).resolve())]
    done = subprocess.run(words, input=json.dumps(asked).encode(), capture_output=True, check=False)  # noqa: S603  fixed words
    if done.returncode > 0 and not any(name in done.stderr for name in (b"PanicException", b"MemoryError")):
        raise RuntimeError(done.stderr.decode(errors="replace"))
    if done.returncode:
        raise DataUnusable(say("sources.workbook_crash", file=request.label), remedy=say("sources.workbook_crash_how"))
    return _told(request, json.loads(done.stdout))


def _by_kind(request: ReadRequest) -> Path:
    """The workbook under a name whose ending says what it is: without one, the reader does not say what is wrong."""
    kind = document_kind(request.path, request.label) if zipfile.is_zipfile(request.path) else "xls"
    link = request.workbench / f"book.{'ods' if kind == 'ods' else 'xls' if kind == 'xls' else 'xlsx'}"
    try:
        link.symlink_to(request.path.resolve())
    except OSError:  # not every system has them
        shutil.copyfile(request.path, link)
    return link


def _told(request: ReadRequest, found: Mapping[str, Any]) -> _Sheet:
    problem = found.get("problem")
    if problem == "no_sheet":
        names = [repr(name) for name in found["names"]]
        raise DataUnusable(
            say("sources.no_sheet", file=request.label, sheet=request.format.sheet, names=listed(names)),
            remedy=say("sources.no_sheet_how"),
        )
    if problem == "locked":
        raise _locked(request)
    if problem:
        raise unreadable(request.label, found["error"])
    name = found["sheet"]
    return _Sheet(name, tuple(found["others"]), name in found["hidden"], found["broken"])


def _with_breaks(rows: Rows, session: Session) -> str:
    quote = session.dialect.quote
    columns = ", ".join(f"replace({quote(name)}, chr(8232), chr(10)) AS {quote(name)}" for name in rows.columns)
    return f"(SELECT * REPLACE ({columns}) FROM {rows.relation} AS sheet)"


def _without_errors(request: ReadRequest, rows: Rows, cells: Cells, session: Session) -> Rows:
    """Without the rows in which a column that the mapping uses holds an error, or a formula that has no value yet."""
    errors = cells.errors
    wanted = [name for name in request.wanted if name in rows.columns]
    if not errors or not wanted:
        return rows
    quote = session.dialect.quote
    lines = f"{request.table}_errors"
    session.create(lines, {"line_no": "integer"})
    session.execute(f"INSERT INTO {lines} SELECT unnest(?)", (sorted(errors),))
    columns = ", ".join(quote(name) for name in (LINE, RAW, *wanted))
    among = f"{quote(LINE)} IN (SELECT line_no FROM {lines})"
    found = list(_broken(session.rows(f"SELECT {columns} FROM {rows.relation} AS sheet WHERE {among}"), wanted, errors))
    insert_rejects(session, request, [reject for reject, _ in found], [name for _, name in found])
    session.execute(f"DELETE FROM {lines} WHERE NOT list_contains(?, line_no)", ([reject[0] for reject, _ in found],))
    relation = f"(SELECT * FROM {rows.relation} AS sheet WHERE NOT {among})"
    return replace(rows, rejected=rows.rejected + len(found), relation=relation)


def _broken(
    rows: Iterable[Sequence[Any]], wanted: Sequence[str], errors: Mapping[int, Mapping[int, str]]
) -> Iterator[tuple[tuple[int, str, str], str]]:
    """(line, reason, raw text) of the rows with an error in a column that is wanted, and the first such column."""
    for line, raw, *texts in rows:
        bad = set(errors[line].values())
        for name, text in zip(wanted, texts, strict=True):
            if text in bad:
                yield (line, "formula_without_value" if text.startswith(NO_VALUE) else "error_cell", raw), name
                break


def _notes(sheet: _Sheet, *, is_old: bool) -> Iterator[str]:
    if sheet.name:
        yield say("sources.hidden_sheet" if sheet.hidden else "sources.sheet", name=sheet.name)
    if sheet.others:
        yield say("sources.other_sheets", names=listed(sheet.others))
    if is_old:
        yield say("sources.old_workbook")
