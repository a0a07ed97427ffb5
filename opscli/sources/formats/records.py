"""Read CSV records one by one, exactly: every physical line ends up in a record, with its line number and raw text.

DuckDB reads well-formed files faster; this reader is for the others. A record that cannot be read is handed back as
a problem, and a stray opening quote spoils one line, not the rest of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

QUOTE = '"'
_QUOTED = re.compile(r'"((?:[^"]|"")*+)"')
_MAX_RECORD_LINES = 1000
_MAX_RECORD_CHARACTERS = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a record must look like: `width` cells (0 = any) between delimiters."""

    delimiter: str
    width: int
    newline: str = "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record: its first physical line (from 1), its cells, or why it has none."""

    line_no: int
    raw: str
    cells: tuple[str, ...] | None
    problem: str = ""
    """`too_few_cells`, `too_many_cells`, `bad_quotes`, `unclosed_quote` or empty."""


class _Lines:
    """Physical lines with one-step look-ahead by pushing back."""

    def __init__(self, source: Iterator[str]) -> None:
        self._source = source
        self._waiting: list[str] = []
        self.number = 0

    def next(self) -> str | None:
        line = self._waiting.pop() if self._waiting else next(self._source, None)
        self.number += line is not None
        return line

    def push_back(self, lines: list[str]) -> None:
        self._waiting.extend(reversed(lines))
        self.number -= len(lines)


def records(lines: Iterator[str], shape: Shape) -> Iterator[Record]:
    """Every record of the lines (with their newlines); blank lines are no records."""
    source = _Lines(lines)
    while (line := source.next()) is not None:
        text = line.rstrip("\r\n")
        if not text:
            continue
        if QUOTE in text:
            yield _quoted_record(line, source, shape)
        else:
            yield _judged(source.number, text, tuple(text.split(shape.delimiter)), shape)


def _judged(line_no: int, raw: str, cells: tuple[str, ...], shape: Shape) -> Record:
    if shape.width and len(cells) != shape.width:
        problem = "too_few_cells" if len(cells) < shape.width else "too_many_cells"
        return Record(line_no=line_no, raw=raw, cells=None, problem=problem)
    return Record(line_no=line_no, raw=raw, cells=cells)


def _quoted_record(first: str, source: _Lines, shape: Shape) -> Record:
    """A record that holds quotes; it takes further lines while a quote is open."""
    line_no = source.number
    taken = [first]
    while True:
        text = "".join(taken).rstrip("\r\n")
        cells, problem = _split(text, shape.delimiter)
        if problem != "unclosed_quote":
            break
        more = _until_quote(source, taken)
        if not more:  # the quote never closes: only the line that opened it is at fault
            source.push_back(taken[1:])
            return Record(line_no=line_no, raw=first.rstrip("\r\n"), cells=None, problem=problem)
        taken.extend(more)
    record = _judged(line_no, text, tuple(cells), shape) if not problem else None
    if record is not None and not record.problem:
        return record
    if len(taken) > 1 and all(_stands_alone(line, shape) for line in taken[1:]):
        source.push_back(taken[1:])
        return Record(line_no=line_no, raw=first.rstrip("\r\n"), cells=None, problem="unclosed_quote")
    return record or Record(line_no=line_no, raw=text, cells=None, problem=problem)


def _until_quote(source: _Lines, taken: list[str]) -> list[str]:
    """The next lines up to one with a quote; empty (all pushed back) at the end of the file or beyond the caps."""
    more: list[str] = []
    size = sum(map(len, taken))
    while (line := source.next()) is not None:
        more.append(line)
        size += len(line)
        if QUOTE in line:
            return more
        if len(taken) + len(more) > _MAX_RECORD_LINES or size > _MAX_RECORD_CHARACTERS:
            break
    source.push_back(more)
    return []


def _stands_alone(line: str, shape: Shape) -> bool:
    """The line is a whole record by itself, without a quote inside an unquoted cell."""
    text = line.rstrip("\r\n")
    cells, problem = _split(text, shape.delimiter)
    unquoted = _QUOTED.sub("", text)
    return not problem and len(cells) == shape.width and QUOTE not in unquoted


def _split(text: str, delimiter: str) -> tuple[list[str], str]:
    """Cells of a record and the problem, if any. A quote inside an unquoted cell is a character like any other."""
    cells: list[str] = []
    position = 0
    while True:
        if text.startswith(QUOTE, position):
            match = _QUOTED.match(text, position)
            if match is None:
                return [], "unclosed_quote"
            cells.append(match[1].replace(QUOTE * 2, QUOTE))
            position = match.end()
            if position < len(text) and not text.startswith(delimiter, position):
                return [], "bad_quotes"
        else:
            end = text.find(delimiter, position)
            end = len(text) if end < 0 else end
            cells.append(text[position:end])
            position = end
        if position >= len(text):
            return cells, ""
        position += len(delimiter)
        if position == len(text):  # the delimiter was the last character: one more, empty cell
            cells.append("")
            return cells, ""
