"""Read the cells of one CSV record, exactly where it is well formed, and in every way it could be meant where not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

NONE = ""
"""No quote, no escape character."""
_MOST_READINGS = 64
_MOST_STEPS = 4000


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How records are written: `width` cells between delimiters, `escape` before a quote inside quotes.

    With `escape` equal to the quote, a quote is doubled; with a backslash that also stands before delimiters.
    """

    delimiter: str
    width: int = 1
    quote: str = '"'
    escape: str = '"'

    def but(self, **changes: str | int) -> Shape:
        """The same with other marks."""
        return replace(self, **changes)  # type: ignore[arg-type]

    @cached_property
    def clean(self) -> re.Pattern[str]:
        """Matches a line that is one well-formed record of `width` cells, without a backslash that would escape."""
        delimiter = re.escape(self.delimiter)
        other = re.escape(self.quote + (self.escape if self.escape != self.quote else "")) + r"\r\n\0"
        cell = plain = rf"(?:(?!{delimiter})[^{other}])*+"
        if self.quote:
            quote = re.escape(self.quote)
            doubled = f"|{quote}{quote}" if self.escape == self.quote else ""
            cell = rf"(?:{quote}(?:[^{other}]{doubled})*+{quote}|{plain})"
        return re.compile(rf"{cell}(?:{delimiter}{cell}){{{self.width - 1}}}")


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a record: its cells, and how many marks had to be taken for something they usually are not."""

    cells: tuple[str, ...]
    oddities: int = 0


def split(text: str, shape: Shape) -> tuple[list[str], str]:
    """Cells by the letter of the dialect, and the problem, if any: `unclosed_quote` or `bad_quotes`.

    Cells are whole without a problem only; a quote inside an unquoted cell is a `stray_quote`, whose cells are whole.
    """
    cells: list[str] = []
    position, stray = 0, ""
    while True:
        if shape.quote and text.startswith(shape.quote, position):
            end = closing(text, position + 1, shape)
            if end < 0:
                return cells, "unclosed_quote"
            cells.append(_inner(text[position + 1 : end], shape))
            position = end + 1
            if position < len(text) and not text.startswith(shape.delimiter, position):
                return cells, "bad_quotes"
        else:
            end = _unquoted_end(text, position, shape)
            cell = _plain(text[position:end], shape)
            stray = "stray_quote" if shape.quote and shape.quote in cell and shape.escape != "\\" else stray
            cells.append(cell)
            position = end
        if position >= len(text):
            return cells, stray
        position += len(shape.delimiter)
        if position == len(text):  # the delimiter was the last mark: one more, empty cell
            cells.append("")
            return cells, stray


def readings(text: str, shape: Shape) -> list[Reading]:
    """Every reading with `width` cells, fewest oddities first; capped, for texts that are made of quotes.

    Each cell that begins with a quote is read as quoted, up to any quote before a delimiter, and as literal text.
    """
    return sorted(_Search(text, shape).from_cell(0, ()), key=lambda reading: reading.oddities)


class _Search:
    """All readings of one text, depth first, with a bound on the work."""

    def __init__(self, text: str, shape: Shape) -> None:
        self._text = text
        self._shape = shape
        self._steps = 0
        self._found = 0

    def from_cell(self, position: int, before: tuple[str, ...], oddities: int = 0) -> Iterator[Reading]:
        """Readings that go on at `position` with these cells behind them."""
        self._steps += 1
        if self._steps > _MOST_STEPS or self._found >= _MOST_READINGS:
            return
        last = len(before) + 1 == self._shape.width
        for cell, end, odd in self._cells(position):
            if end == len(self._text):
                if last:
                    self._found += 1
                    yield Reading((*before, cell), oddities + odd)
            elif not last:
                yield from self.from_cell(end + len(self._shape.delimiter), (*before, cell), oddities + odd)

    def _cells(self, position: int) -> Iterator[tuple[str, int, int]]:
        """(cell, end, oddities) of each way to read the cell at `position`."""
        text, shape = self._text, self._shape
        start = position
        while start < len(text) and text[start] == " ":
            start += 1
        if shape.quote and text.startswith(shape.quote, start):
            yield from self._quoted(start)
        end = _unquoted_end(text, position, shape)
        cell = _plain(text[position:end], shape)
        yield cell, end, (cell.count(shape.quote) if shape.quote else 0)

    def _quoted(self, start: int) -> Iterator[tuple[str, int, int]]:
        """Quoted cells that begin at `start`: one for each quote that stands before a delimiter or the end."""
        text, shape = self._text, self._shape
        odd = 0
        position = start + 1
        while (found := text.find(shape.quote, position)) >= 0:
            if shape.escape not in (NONE, shape.quote) and _escaped(text, found, start + 1, shape.escape):
                position = found + 1
                continue
            run = 1
            while text.startswith(shape.quote, found + run):
                run += 1
            after = found + run
            while after < len(text) and text[after] == " " and shape.delimiter != " ":
                after += 1
            doubles = shape.escape == shape.quote
            if after == len(text) or text.startswith(shape.delimiter, after):
                closing = found + run - 1
                cell = _inner(text[start + 1 : closing], shape)
                yield cell, after, odd + (int(run % 2 == 0) if doubles else run - 1)
            odd += run % 2 if doubles else run
            position = found + run


def closing(text: str, position: int, shape: Shape) -> int:
    """Place of the quote that closes a cell opened before `position`; -1 without one."""
    while (found := text.find(shape.quote, position)) >= 0:
        if shape.escape == shape.quote and text.startswith(shape.quote, found + 1):
            position = found + 2
        elif shape.escape not in (NONE, shape.quote) and _escaped(text, found, position, shape.escape):
            position = found + 1
        else:
            return found
    return -1


def _escaped(text: str, place: int, start: int, escape: str) -> bool:
    """An odd number of escape characters stands right before `place`."""
    count = 0
    while place - count - 1 >= start and text[place - count - 1] == escape:
        count += 1
    return count % 2 == 1


def _inner(text: str, shape: Shape) -> str:
    """What quotes hold, with escapes taken away."""
    if shape.escape == shape.quote:
        return text.replace(shape.quote * 2, shape.quote)
    return _plain(text, shape)


def _plain(text: str, shape: Shape) -> str:
    """Text with a backslash taken from before marks; before other characters it stays what it is."""
    if shape.escape in (NONE, shape.quote) or shape.escape not in text:
        return text
    marks = "".join(re.escape(mark) for mark in {shape.quote, shape.escape, shape.delimiter[:1]} - {NONE})
    return re.sub(rf"{re.escape(shape.escape)}([{marks}])", r"\1", text)


def _unquoted_end(text: str, position: int, shape: Shape) -> int:
    """Where an unquoted cell ends: at the next delimiter that no backslash stands before, or at the end."""
    end = text.find(shape.delimiter, position)
    while end >= 0 and shape.escape not in (NONE, shape.quote) and _escaped(text, end, position, shape.escape):
        end = text.find(shape.delimiter, end + 1)
    return len(text) if end < 0 else end
