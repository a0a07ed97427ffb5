"""Where the table begins among the first records of a file: behind titles and notes, of which width."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from opscli.sources.formats.names import looks_like_header
from opscli.sources.formats.shape import profiles

_SMALL_BLOCK = 5
"""So few lines before a blank one are a preamble, when a larger table follows."""
_LARGER = 3
_MOST_TITLES = 12
_SEVERAL = 3
_NARROW = 2
"""Tables of this width have rows with one cell filled."""


@dataclass(frozen=True, slots=True)
class Line:
    """A record of the sample: number of its first physical line, of the line after it, and its cells."""

    number: int
    after: int
    cells: tuple[str, ...]
    sound: bool = True
    """Read by the letter of the dialect."""


def start_of(lines: Sequence[Line], width: int) -> int:
    """Place of the table's first record: behind a preamble of other width, or of cells that are mostly empty."""
    runs = blocks(lines)
    start = 0
    for place, block in enumerate(runs[:-1]):
        rest = max(len(later) for later in runs[place + 1 :])
        small = len(block) <= _SMALL_BLOCK and rest >= _LARGER * len(block)
        if (small and _common_width(block) != width) or (small and _sparse(block, width)):
            start += len(block)
        else:
            break
    while start < len(lines) - 1 and _is_preamble(lines[start], lines[start + 1 :], width):
        start += 1
    return start + _titles_above_names(lines[start:], width) if start < len(lines) else 0


def _titles_above_names(lines: Sequence[Line], width: int) -> int:
    """How many lines of the table's width, all with empty cells, stand above one that names every column."""
    for place, line in enumerate(lines[: _MOST_TITLES + 1]):
        if len(line.cells) != width or width <= _NARROW:
            return 0
        if all(cell.strip() for cell in line.cells):
            below = [later.cells for later in lines[place + 1 :] if len(later.cells) == width and later.sound]
            return place if place and below and looks_like_header(line.cells, profiles(below)) else 0
    return 0


def _is_preamble(line: Line, rest: Sequence[Line], width: int) -> bool:
    """A line of another width, or with one cell filled where the next lines fill more."""
    if len(line.cells) != width:
        return any(len(later.cells) == width for later in rest)
    filled = sum(bool(cell.strip()) for cell in line.cells)
    after = [sum(bool(cell.strip()) for cell in later.cells) for later in rest[:_MOST_TITLES]]
    return width > _NARROW and filled <= 1 and bool(after) and max(after) > filled + 1


def _sparse(block: Sequence[Line], width: int) -> bool:
    return width > _NARROW and all(sum(bool(cell.strip()) for cell in line.cells) <= 1 for line in block)


def blocks(lines: Sequence[Line]) -> list[list[Line]]:
    """Runs of records without a blank line between them."""
    runs: list[list[Line]] = []
    for line in lines:
        if runs and runs[-1][-1].after == line.number:
            runs[-1].append(line)
        else:
            runs.append([line])
    return runs


def _common_width(block: Sequence[Line]) -> int:
    widths = Counter(len(line.cells) for line in block)
    return max(widths, key=lambda width: (widths[width], width))


def width_of(lines: Sequence[Line], consensus: int) -> int:
    """The width of the first table: the first that several lines have, unless a far larger table follows."""
    widths = Counter(len(line.cells) for line in lines if line.sound)
    several = [width for width, count in widths.items() if width > 1 and count >= _SEVERAL]
    if not several:
        return max(consensus, 1)
    most = max(widths[width] for width in several)
    runs = _longest_runs(lines)
    return next(width for width in several if widths[width] * _LARGER >= most or runs[width] > _MOST_TITLES)


def _longest_runs(lines: Sequence[Line]) -> Counter[int]:
    """For each width, how many lines in a row have it."""
    longest: Counter[int] = Counter()
    run = 0
    for before, line in zip([None, *lines[:-1]], lines, strict=True):
        run = run + 1 if before is not None and len(before.cells) == len(line.cells) else 1
        longest[len(line.cells)] = max(longest[len(line.cells)], run)
    return longest
