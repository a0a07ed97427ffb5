"""Read a table's lines to the end of the table: sound ones in bulk, the others record by record.

Every line ends up in a record, a reject, or a note; a stray opening quote spoils its own line, not the rest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TextIO

from opscli.sources.formats.behind import Behind, is_nearly_empty, is_total
from opscli.sources.formats.glued import unglued
from opscli.sources.formats.layout import Layout
from opscli.sources.formats.lines import LONGEST_LINE, Lines, body
from opscli.sources.formats.records import split
from opscli.sources.formats.repair import MAX_CELL, Outcome, Repairer
from opscli.sources.formats.shape import all_fit
from opscli.sources.formats.spans import FARTHEST, taken_by_cell

BATCH_LINES = 100_000
_MOST_QUOTED_LINES = 1000
_MOST_QUOTED_CHARACTERS = MAX_CELL
_TWO_LINES = 2
_TAIL = 10
"""So many lines at the end of a table may be totals and notes."""


@dataclass(frozen=True, slots=True)
class Row:
    """A record that was not sound by itself: its line, text, and cells or what is wrong with it."""

    line_no: int
    raw: str
    outcome: Outcome


@dataclass(slots=True)
class Batch:
    """Sound lines with their numbers, and the other records."""

    clean: list[tuple[int, str]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Left:
    """Lines of the file that are no records of the table, by what they are: line numbers of their first and last."""

    what: str
    first: int
    last: int


def left_behind(file: TextIO, layout: Layout) -> list[Left]:
    """Read to the end of the table, which `file` stands before, for what is no record of it."""
    for _ in range(layout.first - 1):
        file.readline()
    reader = Reader(file, layout, wary=True)
    for _ in reader.batches():
        pass
    return sorted(reader.left, key=lambda left: left.first)


class Reader:
    """The records of one table, from the first line of data on (the file stands there already)."""

    def __init__(self, file: TextIO, layout: Layout, *, wary: bool = False) -> None:
        """With `wary`, the header of another table may stand between sound lines."""
        self._layout = layout
        self._repairer = Repairer(layout.shape, layout.columns)
        self._lines = Lines(file, layout.first)
        self._headers = set(layout.header_lines)
        self._behind = Behind(layout)
        self._far = FARTHEST
        self._wary = wary
        self._held: deque[tuple[int, str]] = deque()
        self.left: list[Left] = []

    def batches(self) -> Iterator[Batch]:
        """All of it, in portions; the last lines are held back until it is known that they are no totals."""
        batch, held = Batch(), self._held
        while (raw := self._lines.next()) is not None:
            number, line = self._lines.number, body(raw)
            if self._is_clean(line):
                if self._wary and self._begins_another(line):
                    self._leave_rest("other_table", number)
                    break
                held.append((number, line))
                if len(held) > _TAIL:
                    batch.clean.append(held.popleft())
                if len(batch.clean) >= BATCH_LINES:
                    yield batch
                    batch = Batch()
            elif not line.strip(self._blanks):
                if line.strip():
                    self._leave("empty", number)
                elif self._ends_after_blank():
                    break
            elif not self._deviating(number, raw, batch):
                break
        batch.rows.extend(self._without_totals())
        batch.clean.extend(held)
        yield batch

    @property
    def _blanks(self) -> str:
        return " \t\xa0\ufeff" + self._layout.shape.delimiter

    def _is_clean(self, line: str) -> bool:
        """One well-formed record, and not all of it empty, and no repeated header."""
        shape = self._layout.shape
        if len(line) > MAX_CELL or not shape.clean.fullmatch(line):
            return False
        if line.startswith("'") and line.endswith("'"):
            return False
        if shape.width == 1:
            return bool(line.strip())
        return bool(line.strip(self._blanks)) and not (
            line.startswith(self._layout.names[0]) and tuple(split(line, shape)[0]) in self._headers
        )

    def _deviating(self, number: int, raw: str, batch: Batch) -> bool:
        """Mend a record that begins with this line; False when the table has ended before it."""
        line = body(raw)
        if tuple(split(line, self._layout.shape)[0]) in self._headers:
            self._leave("repeated_header", number)
            return True
        glued = unglued(line, self._layout.shape, self._layout.columns)
        parts = glued or self._repairer.parts(line)
        parts[-1] += raw[len(line) :]
        for part in parts:
            row = self._record(number, part)
            if row.outcome.cells is None and self._is_behind_the_table(number, row.raw):
                return False
            if glued and row.outcome.cells is not None:
                row = replace(row, outcome=replace(row.outcome, repair=row.outcome.repair or "missing_line_end"))
            batch.rows.extend(self._with_line_before(row))
        return True

    def _record(self, number: int, raw: str) -> Row:
        line = body(raw)
        if len(line) > LONGEST_LINE:
            return Row(number, line[:MAX_CELL], Outcome(None, problem="cell_too_long"))
        quote = self._layout.shape.quote
        if quote and quote in line:
            more = self._open_lines(raw)
            if more:
                whole = body("".join((raw, *more)))
                outcome = self._of_several(more, whole)
                if outcome is not None:
                    return Row(number, whole, outcome)
                self._lines.push_back(more)
        outcome = self._repairer.mend(line)
        if outcome.problem == "too_few_cells":
            return self._broken_line(number, raw) or Row(number, line, outcome)
        return Row(number, line, outcome)

    def _open_lines(self, raw: str) -> list[str]:
        """The lines after this one that belong to it by the letter: a quote stays open. Empty when it never closes."""
        taken: list[str] = []
        size = len(raw)
        whole = raw
        while split(body(whole), self._layout.shape)[1] == "unclosed_quote":
            found = False
            while (line_after := self._lines.next()) is not None:
                taken.append(line_after)
                size += len(line_after)
                if self._layout.shape.quote in line_after:
                    found = True
                    break
                if len(taken) > _MOST_QUOTED_LINES or size > _MOST_QUOTED_CHARACTERS:
                    break
            if not found:
                self._lines.push_back(taken)
                return self._long_cell(raw)
            whole = "".join((raw, *taken))
        return taken

    def _long_cell(self, raw: str) -> list[str]:
        """The lines after this one that are a quoted cell of many lines, to its end; empty when it is none."""
        if self._far <= 0:
            return []
        taken, seen = taken_by_cell(self._lines, raw, self._layout.shape, self._is_clean)
        self._far -= seen
        return taken

    def _of_several(self, more: list[str], whole: str) -> Outcome | None:
        """The record over several lines; None when its lines are records by themselves, or it is none.

        What is sound by the letter is taken first: two stray quotes at the same column of two rows are rarer than a
        quoted cell whose second line happens to be as wide as a row.
        """
        cells, problem = split(whole, self._layout.shape)
        if not problem and len(cells) == self._layout.width:
            return Outcome(tuple(cells)) if len(whole) <= MAX_CELL else Outcome(None, problem="cell_too_long")
        if all(self._repairer.stands(body(text)) for text in more):
            return None
        outcome = self._repairer.mend(whole)
        return outcome if outcome.cells is not None or not problem else None

    def _broken_line(self, number: int, raw: str) -> Row | None:
        """A line break within a cell that was not quoted: the next line goes on."""
        following = self._lines.next()
        if following is None:
            return None
        whole = body(raw + following)
        if following.strip() and not self._repairer.stands(body(following)):
            cells, problem = split(whole, self._layout.shape)
            if not problem and len(cells) == self._layout.width and all_fit(cells, self._layout.columns):
                return Row(number, whole, Outcome(tuple(cells), repair="line_break"))
        self._lines.push_back([following])
        return None

    def _ends_after_blank(self) -> bool:
        """Whether what follows a blank line is no part of the table: another one, or notes at the end of the file."""
        ahead = self._lines.ahead(_TAIL + 1)
        filled = [body(text) for text in ahead if text.strip()]
        if not filled:
            return len(ahead) <= _TAIL
        if any(self._is_clean(text) or self._repairer.stands(text) for text in filled[:1]):
            cells = tuple(split(filled[0], self._layout.shape)[0])
            if not (len(filled) > 1 and self._behind.names_another(cells)):
                return False
        if self._behind.begins_table(filled):
            return self._leave_rest("other_table")
        short = len(ahead) <= _TAIL
        if short and not any(self._repairer.stands(text) or self._behind.may_be_cut(text) for text in filled):
            return self._leave_rest("footer")
        return False

    def _is_behind_the_table(self, number: int, text: str) -> bool:
        """Whether a record that could not be read begins a note at the end of the file, or another table."""
        ahead = self._lines.ahead(_TAIL + 1)
        filled = [body(text), *(body(line) for line in ahead if line.strip())]
        if any(self._repairer.stands(line) for line in filled):
            return False
        if len(filled) > _TWO_LINES and self._behind.begins_table(filled):
            return self._leave_rest("other_table", number)
        if len(ahead) <= _TAIL and self._behind.is_note(text):
            return self._leave_rest("footer", number)
        return False

    def _without_totals(self) -> list[Row]:
        """Take totals and notes off the last sound lines; what may be a note or a row is rejected."""
        notes: list[int] = []
        doubtful: list[Row] = []
        while self._held:
            number, line = self._held[-1]
            cells = split(line, self._layout.shape)[0]
            if is_total(cells, self._layout):
                notes.append(number)
            elif is_nearly_empty(cells, self._layout):
                doubtful.append(Row(number, line, Outcome(None, problem="nearly_empty")))
            else:
                break
            self._held.pop()
        for number in reversed(notes):
            self._leave("footer", number)
        return doubtful

    def _begins_another(self, line: str) -> bool:
        ahead = self._lines.ahead(1)
        shape = self._layout.shape
        return bool(ahead) and self._behind.names_others(tuple(split(line, shape)[0]), split(body(ahead[0]), shape)[0])

    def _with_line_before(self, row: Row) -> list[Row]:
        """A record that cannot be read, and the line before it where that only seemed to be sound."""
        if row.outcome.cells is not None or not self._held or self._held[-1][0] != row.line_no - 1:
            return [row]
        number, line = self._held[-1]
        if not self._behind.is_foreign(split(line, self._layout.shape)[0]):
            return [row]
        self._held.pop()
        whole = f"{line}\n{row.raw}"
        outcome = self._repairer.mend(whole)
        if outcome.cells is not None:
            return [Row(number, whole, outcome)]
        return [Row(number, line, Outcome(None, problem="broken_line")), row]

    def _leave(self, what: str, number: int) -> None:
        if self.left and self.left[-1].what == what and self.left[-1].last == number - 1:
            self.left[-1].last = number
        else:
            self.left.append(Left(what, number, number))

    def _leave_rest(self, what: str, number: int = 0) -> bool:
        first = number or self._lines.number + 1
        self.left.append(Left(what, first, self._lines.to_the_end()))
        return True
