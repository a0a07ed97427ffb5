"""Workbooks (xlsx, xlsm, xls, ods) through pandas and calamine: one sheet, read as the delimited text that it could be.

A workbook is held in memory while it is read; a sheet has a million rows at the most.
"""

from __future__ import annotations

import csv as python_csv
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from opscli.engine.warehouse import Session
from opscli.errors import DataUnusable
from opscli.phrases import listed, say
from opscli.sources.formats import csv
from opscli.sources.formats.rows import AUTO, FileFormat, ReadRequest, Repair, Rows, insert_repairs

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = ("xlsx", "xlsm", "xls", "ods")
_MOST_BYTES = 1 << 30
_MOST_RATIO = 100
_SMALL_BYTES = 1 << 20
_MOST_CELLS = 60_000_000
_EMPTY_SHARE = 1000
"""A sheet may have so many empty places for each filled one, beyond a million."""
_CELL = re.compile(rb'<c [^>]*?r="([A-Z]{1,3})([0-9]{1,7})"')
_CHUNK = 1 << 20
_LONGEST_TAG = 200
_ERRORS = frozenset(("#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#GETTING_DATA"))
_BREAK = "\u2028"
"""Stands for a line break within a cell, so that a row of the sheet stays one line."""
_DIGITS = 15
"""What Excel shows of a number."""


@dataclass(slots=True)
class _Sheet:
    name: str
    cells: Sequence[Sequence[Any]]
    others: tuple[str, ...] = ()
    """Further sheets with rows."""


def read(request: ReadRequest, session: Session) -> Rows:
    """Stage one sheet; a row's line is its number in the sheet. Error cells such as #N/A are empty, and listed."""
    _refuse_bombs(request)
    sheet = _sheet(request)
    target = request.workbench / "sheet.csv"
    errors: list[Repair] = []
    broken = False
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = python_csv.writer(out, lineterminator="\n")
        for number, row in enumerate(_trimmed(sheet.cells), start=1):
            texts = [_text(cell) for cell in row]
            found = [text for text in texts if text in _ERRORS]
            if found:
                errors.append(Repair(number, "error_cell", ", ".join(found), ""))
                texts = ["" if text in _ERRORS else text for text in texts]
            broken = broken or any(_BREAK in text for text in texts)
            writer.writerow(texts)
    plain = replace(request, path=target, format=_format(request.format), first_line=1, unstaged=False)
    rows = csv.read(plain, session)
    insert_repairs(session, request, errors)
    counted = {"error_cell": len(errors)} if errors else {}
    return replace(
        rows,
        relation=_with_breaks(rows, session) if broken else rows.relation,
        repairs={**rows.repairs, **counted},
        notes=tuple(_notes(sheet)),
    )


def _format(stated: FileFormat) -> FileFormat:
    """What the sheet is written as, with what is stated of its header."""
    return FileFormat(
        type="csv", encoding="utf-8", delimiter=",", quote='"', escape="quote", header=stated.header, skip=stated.skip,
        decimal="." if stated.decimal == AUTO else stated.decimal,
    )  # fmt: skip


def _sheet(request: ReadRequest) -> _Sheet:
    """The sheet that is stated, else the first one with rows."""
    import pandas as pd
    from python_calamine import CalamineError

    try:
        with pd.ExcelFile(request.path, engine="calamine") as book:
            names = [str(name) for name in book.sheet_names]
            chosen = _chosen(names, request)
            if chosen is not None:
                return _Sheet(chosen, _cells(book, chosen))
            filled = [(name, cells) for name in names if (cells := _cells(book, name))]
    except _Unknown as unknown:
        names = [repr(name) for name in unknown.names]
        raise DataUnusable(
            say("sources.no_sheet", file=request.label, sheet=request.format.sheet, names=listed(names)),
            remedy=say("sources.no_sheet_how"),
        ) from None
    except (OSError, ValueError, zipfile.BadZipFile, CalamineError) as error:
        raise DataUnusable(
            say("sources.bad_workbook", file=request.label, error=str(error).partition("\n")[0]),
            remedy=say("sources.export_again"),
        ) from error
    if not filled:
        return _Sheet("", ())
    return _Sheet(*filled[0], others=tuple(name for name, _ in filled[1:]))


class _Unknown(Exception):  # noqa: N818  told with the file where it is caught
    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(*names)
        self.names = tuple(names)


def _chosen(names: Sequence[str], request: ReadRequest) -> str | None:
    wanted = request.format.sheet
    if not wanted:
        return None
    if wanted in names:
        return wanted
    with suppress(ValueError, IndexError):
        place = int(wanted)
        if place > 0:
            return names[place - 1]
    raise _Unknown(names)


def _cells(book: pd.ExcelFile, name: str) -> list[list[Any]]:
    import pandas as pd

    frame = pd.read_excel(book, sheet_name=name, header=None, dtype=object, keep_default_na=False)
    found: list[list[Any]] = frame.to_numpy(dtype=object).tolist()
    return found


def _trimmed(cells: Sequence[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """The rows up to the last one that holds anything, as wide as the widest of them."""
    width = max((place + 1 for row in cells for place, cell in enumerate(row) if _text(cell)), default=0)
    last = max((number for number, row in enumerate(cells) if any(_text(cell) for cell in row)), default=-1)
    for row in cells[: last + 1]:
        yield row[:width]


def _text(cell: Any) -> str:
    """A cell as a person reads it: no `.0` behind whole numbers, dates and times by ISO 8601."""
    if cell is None or cell is True or cell is False:
        return {None: "", True: "true", False: "false"}[cell]
    if isinstance(cell, str):
        return cell.replace("\r\n", _BREAK).replace("\n", _BREAK).replace("\r", _BREAK)
    if isinstance(cell, float):
        return "" if cell != cell else _number(cell)  # noqa: PLR0124  NaN is an empty cell
    if isinstance(cell, datetime):
        return (cell.date() if cell.time() == time() else cell).isoformat(*(() if cell.time() == time() else (" ",)))
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell) if not isinstance(cell, timedelta) else _span(cell)


def _number(value: float) -> str:
    if value.is_integer() and abs(value) < 10**_DIGITS:
        return str(int(value))
    text = f"{value:.{_DIGITS}g}"
    return text if "e" not in text else repr(value)


def _span(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _with_breaks(rows: Rows, session: Session) -> str:
    quote = session.dialect.quote
    columns = ", ".join(f"replace({quote(name)}, chr(8232), chr(10)) AS {quote(name)}" for name in rows.columns)
    return f"(SELECT * REPLACE ({columns}) FROM {rows.relation} AS sheet)"


def _notes(sheet: _Sheet) -> Iterator[str]:
    if sheet.name:
        yield say("sources.sheet", name=sheet.name)
    if sheet.others:
        yield say("sources.other_sheets", names=listed(sheet.others))


def _refuse_bombs(request: ReadRequest) -> None:
    """Raise DataUnusable for a workbook that would take too much memory: by its sizes, then by where cells stand."""
    if not zipfile.is_zipfile(request.path):
        return
    try:
        with zipfile.ZipFile(request.path) as archive:
            for member in archive.infolist():
                most = max(_SMALL_BYTES, _MOST_RATIO * member.compress_size)
                if member.file_size > min(most, _MOST_BYTES):
                    raise _bomb(request)
                if re.fullmatch(r"xl/worksheets/[^/]+[.]xml", member.filename):
                    _refuse_sparse(archive, member, request)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DataUnusable(
            say("sources.bad_workbook", file=request.label, error=error), remedy=say("sources.export_again")
        ) from error


def _refuse_sparse(archive: zipfile.ZipFile, member: zipfile.ZipInfo, request: ReadRequest) -> None:
    """A sheet with a single cell in its last corner would be a table of billions of empty ones."""
    count = width = height = 0
    kept = b""
    with archive.open(member) as file:
        while chunk := file.read(_CHUNK):
            data = kept + chunk
            end = max(len(data) - _LONGEST_TAG, 0)
            last = 0
            for match in _CELL.finditer(data):
                count += 1
                last = match.end()
                width = max(width, _column(match[1]))
                height = max(height, int(match[2]))
            kept = data[max(end, last) :]
    places = width * height
    if places > _MOST_CELLS or places > 10**6 + _EMPTY_SHARE * count:
        raise _bomb(request)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _bomb(request: ReadRequest) -> DataUnusable:
    return DataUnusable(say("sources.workbook_bomb", file=request.label), remedy=say("sources.export_again"))
