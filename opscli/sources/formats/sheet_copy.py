"""A program of its own that writes one sheet of a workbook as CSV; what it found goes to stdout as JSON.

The native reader ends its process when a damaged workbook makes it ask for more memory than there is. That must not be
the process that holds the warehouse open, so this file is run by itself and imports nothing of this project.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

BREAK = "\u2028"
"""Stands for a line break within a cell, so that a row of the sheet stays one line."""
_DIGITS = 15
"""What Excel shows of a number."""
_MOST_PLACES = 30
"""Zeros that are written out before or behind a number."""

Odd = Mapping[str, Mapping[str, str]]
"""Texts of the cells that the native reader does not hand on as they are written, by row and column from 1."""


def copy(path: str, target: str, wanted: str, odd: Mapping[str, Odd]) -> dict[str, Any]:
    """Write the sheet that is wanted, else the first visible one with rows; what was found, or what stands against."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        return _copied(CalamineWorkbook.from_path(path), target, wanted, odd)
    except PasswordError:
        return {"problem": "locked"}
    except CalamineError as error:
        return {"problem": "locked" if "assword" in str(error) else "unreadable", "error": str(error)}


def _copied(book: CalamineWorkbook, target: str, wanted: str, odd: Mapping[str, Odd]) -> dict[str, Any]:
    from python_calamine import SheetVisibleEnum

    names = list(book.sheet_names)
    hidden = [sheet.name for sheet in book.sheets_metadata if sheet.visible != SheetVisibleEnum.Visible]
    if wanted:
        chosen = _chosen(names, wanted)
        if chosen is None:
            return {"problem": "no_sheet", "names": names}
        others: list[str] = []
    else:
        order = sorted(names, key=lambda name: name in hidden)
        filled = [name for name in order if _is_filled(book.get_sheet_by_name(name), odd.get(name, {}))]
        chosen, others = (filled[0] if filled else ""), filled[1:]
    with open(target, "w", encoding="utf-8", newline="") as out:  # noqa: PTH123  a path of any kind
        broken = bool(chosen) and _write(book.get_sheet_by_name(chosen), odd.get(chosen, {}), out)
    return {"sheet": chosen, "others": others, "hidden": hidden, "broken": broken}


def _chosen(names: Sequence[str], wanted: str) -> str | None:
    if wanted in names:
        return wanted
    with suppress(ValueError, IndexError):
        place = int(wanted)
        if place > 0:
            return names[place - 1]
    return None


def _is_filled(sheet: CalamineSheet, odd: Odd) -> bool:
    return any(cell != "" for row in _rows(sheet, odd) for cell in row)


def _write(sheet: CalamineSheet, odd: Odd, out: IO[str]) -> bool:
    """Write the rows up to the last that holds anything, as wide as the widest; whether a cell holds a line break."""
    ends = [sheet.end[1] + 1] if sheet.end else []
    stated = max([*ends, *(int(column) for cells in odd.values() for column in cells)], default=0)
    width, broken = _write_wide(_rows(sheet, odd), stated, out)
    if width < stated:  # empty texts are cells, too
        out.seek(0)
        out.truncate()
        _write_wide(_rows(sheet, odd), width, out)
    return broken


def _write_wide(rows: Iterable[list[Any]], width: int, out: IO[str]) -> tuple[int, bool]:
    """How many of the columns are not empty, and whether a cell holds a line break."""
    writer = csv.writer(out, lineterminator="\n")
    filled, empty, broken = 0, 0, False
    for row in rows:
        texts = [cell if type(cell) is str else text(cell) for cell in row[:width]]
        together = "".join(texts)
        if not together:
            empty += 1
            continue
        if "\n" in together or "\r" in together:
            texts = [cell.replace("\r\n", BREAK).replace("\n", BREAK).replace("\r", BREAK) for cell in texts]
            broken = True
        if filled < len(texts) and any(texts[filled:]):
            filled = next(place for place in range(len(texts), 0, -1) if texts[place - 1])
        writer.writerows([""] * width for _ in range(empty))
        empty = 0
        writer.writerow(texts if len(texts) == width else texts + [""] * (width - len(texts)))
    return filled, broken


def _rows(sheet: CalamineSheet, odd: Odd) -> Iterator[list[Any]]:
    """The cells of each row, from the first row and column of the sheet on."""
    left = {int(row): {int(column): value for column, value in cells.items()} for row, cells in odd.items()}
    number = 0
    for number, row in enumerate(sheet.iter_rows(), start=1):
        yield _with(list(row), left.pop(number)) if number in left else row
    for further in range(number + 1, max(left, default=0) + 1):
        yield _with([], left.get(further, {}))


def _with(row: list[Any], odd: Mapping[int, str]) -> list[Any]:
    for column, value in odd.items():
        row.extend([""] * (column - len(row)))
        if not isinstance(row[column - 1], date | time | timedelta):
            row[column - 1] = value
    return row


def text(cell: Any) -> str:
    """A cell as a person reads it: no `.0` behind whole numbers, dates and times by ISO 8601."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return number(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    return _span(cell) if isinstance(cell, timedelta) else str(cell)  # dates and times as ISO 8601


def number(value: float) -> str:
    """Digits as Excel shows them, written out: `4006381333931`, never `4.006e12`."""
    if value.is_integer() and abs(value) < 10**_DIGITS:
        return str(int(value))
    short = f"{value:.{_DIGITS}g}"
    if "e" not in short:
        return short
    exact = Decimal(repr(value) if value.is_integer() else short)
    return f"{exact:f}".removesuffix(".0") if abs(exact.adjusted()) < _MOST_PLACES else repr(value)


def _span(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    sign, seconds = "-" * (seconds < 0), abs(seconds)
    return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _limit_memory(size: int) -> None:
    with suppress(ImportError, ValueError, OSError):  # not known everywhere, or limited already
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (size, size))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    _limit_memory(asked["memory"])
    sys.stdout.write(json.dumps(copy(asked["path"], asked["target"], asked["sheet"], asked["odd"])))
