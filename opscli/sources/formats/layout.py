"""Where the table stands in a CSV file: lines before it, header lines, and what comes after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from opscli.sources.formats.names import column_names, could_be_names, looks_like_header, names_others, tidy
from opscli.sources.formats.place import Line, blocks, start_of, width_of
from opscli.sources.formats.records import Shape
from opscli.sources.formats.rows import AUTO, FileFormat
from opscli.sources.formats.shape import ANYTHING, Profile, all_fit, profiles

_MOST_HEADER_LINES = 9
_ENOUGH_ROWS = 10
_MOST_NOTES = 10
_SMALLEST = 3
_KNOWN_ROWS = 50
_NARROW = 2
"""Tables of this width have rows with one cell filled."""


class HeaderUnclear(Exception):  # noqa: N818  caught by the reader, which tells it with the file
    """A header line that names another number of columns than the rows have: line, its cells, the rows' width."""

    def __init__(self, line: int, cells: int, width: int) -> None:
        super().__init__(line, cells, width)
        self.line, self.cells, self.width = line, cells, width


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The table of a file. `first` is the number of its first line of data; lines are counted from 1."""

    shape: Shape
    names: tuple[str, ...]
    columns: tuple[Profile, ...]
    first: int
    before: int = 0
    """Lines before the header."""
    header_lines: tuple[tuple[str, ...], ...] = ()

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.names)


def find(lines: Sequence[Line], shape: Shape, stated: FileFormat, wanted: Sequence[str] = ()) -> Layout:
    """The layout of a file from its first records (blank lines are no records, but their numbers are missing).

    A line that holds all `wanted` names is the header, whatever the others look like.
    """
    if not lines:
        return Layout(shape=shape, names=(), columns=(), first=1)
    named = _named(lines, wanted) if stated.header != "false" else None
    if named is not None:
        table: Sequence[Line] = _with_names(lines[named], lines[named + 1 :])
        width, header = len(table[0].cells), AUTO if stated.header == AUTO else stated.header
    else:
        width, header = width_of(lines, shape.width), stated.header
        start = start_of(lines, width) if stated.skip == AUTO else _after_line(lines, int(stated.skip))
        unstated = header != "false" and stated.skip == AUTO
        above = _ragged_header(lines[:start], lines[start:], width) if unstated else ()
        table = [*above, *lines[start:]]
    full = _first_table(_rows(table, width))
    count, columns = _header(full, width, header)
    if named is not None and not count:
        count, columns = 1, profiles(full[1:]) if full[1:] else (ANYTHING,) * width
    tops = _header_lines(table, count, width)
    first = tops[-1].after if tops else table[0].number if table else 1
    return Layout(
        shape=shape.but(width=width),
        names=column_names([line.cells for line in tops], width, wanted),
        columns=columns,
        first=first,
        before=(table[0].number - 1) if table else 0,
        header_lines=tuple(line.cells for line in tops),
    )


def _rows(table: Sequence[Line], width: int) -> list[tuple[str, ...]]:
    """The sound rows of the table's width; behind a blank line another table may begin, so those before it do."""
    first = blocks(table)[0] if table else []
    near = [line.cells for line in first if len(line.cells) == width and line.sound]
    if len(near) >= _ENOUGH_ROWS:
        return _without_notes(near)
    return _without_notes([line.cells for line in table if len(line.cells) == width and line.sound])


def _first_table(rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Rows up to a header of other columns."""
    columns = profiles(rows[_MOST_HEADER_LINES:_KNOWN_ROWS])
    pairs = enumerate(zip(rows[_KNOWN_ROWS // 2 :], rows[_KNOWN_ROWS // 2 + 1 :], strict=False), _KNOWN_ROWS // 2)
    end = next((place for place, (cells, below) in pairs if names_others(cells, below, columns)), len(rows))
    return rows[:end]


def _without_notes(rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Rows without the last ones that are mostly empty, where others are not: they tell nothing of the columns."""
    end = len(rows)
    while end > max(_SMALLEST, len(rows) - _MOST_NOTES) and _is_mostly_empty(rows[end - 1]):
        end -= 1
    usual = sum(map(_is_mostly_empty, rows[:end]))
    return rows if usual * _ENOUGH_ROWS > end else rows[:end]


def _is_mostly_empty(cells: Sequence[str]) -> bool:
    return len(cells) > _NARROW and 2 * sum(bool(cell.strip()) for cell in cells) <= len(cells) + 1


def _named(lines: Sequence[Line], wanted: Sequence[str]) -> int | None:
    """Place of the first line that holds every wanted name."""
    names = set(wanted)
    places = (place for place, line in enumerate(lines) if names <= {tidy(cell) for cell in line.cells})
    return next(places, None) if names else None


def _with_names(header: Line, rows: Sequence[Line]) -> Sequence[Line]:
    """The header and the rows; where the rows have columns more, empty or counting, it gets nameless cells for them."""
    widths = Counter(len(row.cells) for row in rows if row.sound)
    common = max(widths, key=lambda width: (widths[width], width)) if widths else len(header.cells)
    full = [row.cells for row in rows if len(row.cells) == common]
    cells = header.cells
    missing = common - len(cells)
    if missing > 0 and all(not cell.strip() for row in full for cell in row[-missing:]):
        cells = (*cells, *("",) * missing)
    elif missing == 1 and _counts(row[0] for row in full):  # R writes row numbers without a name
        cells = ("", *cells)
    elif missing < 0 and not any(cell.strip() for cell in cells[common:]):
        cells = cells[:common]
    elif missing < 0 and sum(not cell.strip() for cell in cells) == -missing:
        cells = tuple(cell for cell in cells if cell.strip())
    return [Line(header.number, header.after, cells), *rows]


def _ragged_header(before: Sequence[Line], table: Sequence[Line], width: int) -> Sequence[Line]:
    """The line right above the table, where it names its columns but has too few or too many cells.

    Raises HeaderUnclear when it cannot be told which name belongs to which column.
    """
    if not before or not table or before[-1].after != table[0].number:
        return ()
    full = [row.cells for row in table if len(row.cells) == width]
    filled = sum(any(cell.strip() for cell in column) for column in zip(*full, strict=True))
    if len(before[-1].cells) < max(2, filled // 2):
        return ()
    if not could_be_names(before[-1].cells) or looks_like_header(full[0], profiles(full[1:] or full)):
        return ()
    line = _with_names(before[-1], [row for row in table if len(row.cells) == width])[0]
    if len(line.cells) != width:
        raise HeaderUnclear(line.number, len(line.cells), width)
    return (line,)


def _counts(cells: Iterable[str]) -> bool:
    numbers = list(cells)
    return (
        bool(numbers)
        and all(cell.isdecimal() for cell in numbers)
        and [int(cell) for cell in numbers] == list(range(int(numbers[0]), int(numbers[0]) + len(numbers)))
    )


def _after_line(lines: Sequence[Line], skipped: int) -> int:
    return next((place for place, line in enumerate(lines) if line.number > skipped), len(lines))


def _header(full: Sequence[tuple[str, ...]], width: int, stated: str) -> tuple[int, tuple[Profile, ...]]:
    """How many of the first full rows are header lines, and the profiles of the columns below them."""
    if not full:
        return 0, (ANYTHING,) * width
    if stated == "false":
        return 0, profiles(full)
    if stated != AUTO:
        count = 1 if stated == "true" else int(stated)
        return count, profiles(full[count:]) if full[count:] else (ANYTHING,) * width
    if len(full) == 1:
        return int(could_be_names(full[0])), (ANYTHING,) * width
    below = full[min(_MOST_HEADER_LINES, len(full) // 3) or 1 :]
    columns = profiles([cells for cells in below if cells != full[0]] or below)
    count = 0
    while count < min(_MOST_HEADER_LINES, len(full) - 1) and _is_header_line(full, count, columns):
        count += 1
    below = full[count:]
    return count, profiles(below) if below else (ANYTHING,) * width


def _is_header_line(full: Sequence[tuple[str, ...]], place: int, columns: Sequence[Profile]) -> bool:
    if place and full[place] == full[0]:
        return True
    if place and all(cell.startswith("'") and cell.endswith("'") for cell in full[place]):
        return False  # a row in other quotes
    if not place and _counts(full[0]) and not all_fit(full[0], columns):
        return True
    if any(column.telling for column in columns):
        return looks_like_header(full[place], columns)
    # Nothing but texts: names are short, distinct, and no values.
    return place == 0 and could_be_names(full[0])


def _header_lines(table: Sequence[Line], count: int, width: int) -> list[Line]:
    """The header's records, from the table's first one on."""
    if not count:
        return []
    found = []
    for line in table:
        found.append(line)
        if len(line.cells) == width and line.sound:
            count -= 1
        if not count:
            break
    return found
