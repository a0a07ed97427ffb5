"""Where the table stands in a CSV file: lines before it, header lines, and what comes after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from opscli.sources.formats.names import column_names, tidy
from opscli.sources.formats.records import Shape
from opscli.sources.formats.rows import AUTO, FileFormat
from opscli.sources.formats.shape import ANYTHING, Profile, class_of, profiles

_MOST_HEADER_LINES = 9
_SMALL_BLOCK = 5
"""So few lines before a blank one are a preamble, when a larger table follows."""
_LARGER = 3
_MOST_TITLES = 12
_ENOUGH_ROWS = 10
_SEVERAL = 3
_NARROW = 2
"""Tables of this width have rows with one cell filled."""


class HeaderUnclear(Exception):  # noqa: N818  caught by the reader, which tells it with the file
    """A header line that names another number of columns than the rows have: line, its cells, the rows' width."""

    def __init__(self, line: int, cells: int, width: int) -> None:
        super().__init__(line, cells, width)
        self.line, self.cells, self.width = line, cells, width


@dataclass(frozen=True, slots=True)
class Line:
    """A record of the sample: number of its first physical line, of the line after it, and its cells."""

    number: int
    after: int
    cells: tuple[str, ...]
    sound: bool = True
    """Read by the letter of the dialect."""


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
        width, header = _width(lines, shape.width), stated.header
        start = _start(lines, width) if stated.skip == AUTO else _after_line(lines, int(stated.skip))
        unstated = header != "false" and stated.skip == AUTO
        above = _ragged_header(lines[:start], lines[start:], width) if unstated else ()
        table = [*above, *lines[start:]]
    full = _rows(table, width)
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
    first = _blocks(table)[0] if table else []
    near = [line.cells for line in first if len(line.cells) == width and line.sound]
    if len(near) >= _ENOUGH_ROWS:
        return near
    return [line.cells for line in table if len(line.cells) == width and line.sound]


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
    return [Line(header.number, header.after, cells), *rows]


def looks_like_header(cells: Sequence[str], columns: Sequence[Profile]) -> bool:
    """The cells are names: most of those over telling columns could not stand in them, and none is a value itself."""
    pairs = [(cell.strip(), column) for cell, column in zip(cells, columns, strict=True)]
    over = [(cell, column) for cell, column in pairs if cell and column.telling]
    strange = sum(column.is_foreign(cell) for cell, column in over)
    return bool(over) and 2 * strange > len(over)


def _ragged_header(before: Sequence[Line], table: Sequence[Line], width: int) -> Sequence[Line]:
    """The line right above the table, where it names its columns but has too few or too many cells.

    Raises HeaderUnclear when it cannot be told which name belongs to which column.
    """
    if not before or not table or before[-1].after != table[0].number or len(before[-1].cells) < max(2, width // 2):
        return ()
    full = [row.cells for row in table if len(row.cells) == width]
    if not could_be_names(before[-1].cells) or looks_like_header(full[0], profiles(full)):
        return ()
    line = _with_names(before[-1], [row for row in table if len(row.cells) == width])[0]
    if len(line.cells) != width:
        raise HeaderUnclear(line.number, len(line.cells), width)
    return (line,)


def _counts(cells: Iterable[str]) -> bool:
    numbers = list(cells)
    return all(cell.isdecimal() for cell in numbers) and [int(cell) for cell in numbers] == list(
        range(int(numbers[0]), int(numbers[0]) + len(numbers))
    )


def _after_line(lines: Sequence[Line], skipped: int) -> int:
    return next((place for place, line in enumerate(lines) if line.number > skipped), len(lines))


def _start(lines: Sequence[Line], width: int) -> int:
    """Place of the table's first record: behind a preamble of other width, or of cells that are mostly empty."""
    blocks = _blocks(lines)
    start = 0
    for place, block in enumerate(blocks[:-1]):
        rest = max(len(later) for later in blocks[place + 1 :])
        small = len(block) <= _SMALL_BLOCK and rest >= _LARGER * len(block)
        if (small and _common_width(block) != width) or (small and _sparse(block, width)):
            start += len(block)
        else:
            break
    while start < len(lines) - 1 and _is_preamble(lines[start], lines[start + 1 :], width):
        start += 1
    return start if start < len(lines) else 0


def _is_preamble(line: Line, rest: Sequence[Line], width: int) -> bool:
    """A line of another width, or with one cell filled where the next lines fill more."""
    if len(line.cells) != width:
        return any(len(later.cells) == width for later in rest)
    filled = sum(bool(cell.strip()) for cell in line.cells)
    after = [sum(bool(cell.strip()) for cell in later.cells) for later in rest[:_MOST_TITLES]]
    return width > _NARROW and filled <= 1 and bool(after) and max(after) > filled + 1


def _sparse(block: Sequence[Line], width: int) -> bool:
    return width > _NARROW and all(sum(bool(cell.strip()) for cell in line.cells) <= 1 for line in block)


def _blocks(lines: Sequence[Line]) -> list[list[Line]]:
    """Runs of records without a blank line between them."""
    blocks: list[list[Line]] = []
    for line in lines:
        if blocks and blocks[-1][-1].after == line.number:
            blocks[-1].append(line)
        else:
            blocks.append([line])
    return blocks


def _common_width(block: Sequence[Line]) -> int:
    widths = Counter(len(line.cells) for line in block)
    return max(widths, key=lambda width: (widths[width], width))


def _width(lines: Sequence[Line], consensus: int) -> int:
    """The width of the first table: the first that several lines have, unless a far larger table follows."""
    widths = Counter(len(line.cells) for line in lines if line.sound)
    several = [width for width, count in widths.items() if width > 1 and count >= _SEVERAL]
    if not several:
        return max(consensus, 1)
    most = max(widths[width] for width in several)
    return next(width for width in several if widths[width] * _LARGER >= most)


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
    columns = profiles(full[min(_MOST_HEADER_LINES, len(full) // 3) or 1 :])
    count = 0
    while count < min(_MOST_HEADER_LINES, len(full) - 1) and _is_header_line(full, count, columns):
        count += 1
    below = full[count:]
    return count, profiles(below) if below else (ANYTHING,) * width


def _is_header_line(full: Sequence[tuple[str, ...]], place: int, columns: Sequence[Profile]) -> bool:
    if place and full[place] == full[0]:
        return True
    if any(column.telling for column in columns):
        return looks_like_header(full[place], columns)
    # Nothing but texts: names are short, distinct, and no values.
    return place == 0 and could_be_names(full[0])


def could_be_names(cells: Sequence[str]) -> bool:
    """None of the cells is a value, such as a number or a date."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return bool(filled) and not any(
        class_of(cell) in ("number", "date", "time", "moment", "address", "link") for cell in filled
    )


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
