"""Quoted cells that go on over many lines: where such a record ends, without reading it as one text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from opscli.sources.formats.lines import Lines, body
from opscli.sources.formats.records import Shape, closing, split

FARTHEST = 1 << 28
"""Characters of a file in which the ends of such cells are looked for."""
_ROWS_AGAIN = 20
"""After so many rows without a quote, the one before them was a stray one."""


def taken_by_cell(lines: Lines, opening: str, shape: Shape, is_row: Callable[[str], bool]) -> tuple[list[str], int]:
    """The lines after `opening` that belong to it, taken off `lines`, because a cell stays open and the record is

    whole at their end; none otherwise. And how many characters were looked at.
    """
    seen: list[str] = []
    size = 0

    def following() -> Iterator[str]:
        nonlocal size
        while size < FARTHEST and (line := lines.next()) is not None:
            seen.append(line)
            size += len(line)
            yield line

    count = _lines_of_cell(opening, following(), shape, is_row)
    lines.push_back(seen[count:])
    return seen[:count], size


def _lines_of_cell(opening: str, following: Iterable[str], shape: Shape, is_row: Callable[[str], bool]) -> int:
    cells, problem = split(body(opening), shape)
    if problem != "unclosed_quote":
        return 0
    rows = 0
    for count, line in enumerate(following, start=1):
        text = body(line)
        if shape.quote not in text:
            rows = rows + 1 if is_row(text) else 0
            if rows >= _ROWS_AGAIN:
                return 0
        elif (end := closing(text, 0, shape)) >= 0:
            return count if len(cells) + _cells_from(text[end + 1 :], shape) == shape.width else 0
    return 0


def _cells_from(text: str, shape: Shape) -> int:
    """The cell that a quote has just closed, and those behind it; far below zero where no such text can stand."""
    if not text:
        return 1
    more, problem = split(text[len(shape.delimiter) :], shape)
    return 1 + len(more) if text.startswith(shape.delimiter) and not problem else -shape.width
