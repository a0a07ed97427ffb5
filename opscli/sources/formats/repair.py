"""Broken CSV records: the one reading that the columns leave, or a reject with its reason. Nothing is guessed.

Readings are tried from the mildest to the boldest. At the first step that yields any that fits its columns, there must
be exactly one that is least bold; several say that the record is undecidable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

from opscli.sources.formats.dialect import DELIMITERS, QUOTES
from opscli.sources.formats.names import is_foreign
from opscli.sources.formats.records import NONE, Shape, readings, split
from opscli.sources.formats.shape import Profile, all_fit

Cells = tuple[str, ...]
Costed = tuple[float, Cells, str]
"""How bold a reading is, its cells, and the name of the repair."""
MAX_CELL = 1 << 20
"""Characters of a cell; a longer one is a broken file, not a value."""
_MOST_EXTRA = 8
_MOST_CHOICES = 300
_LONGEST_REPAIRED = 64_000
"""Longer records are not worth the search."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Cells and the repair that gave them (empty = none was needed), or the problem that is left."""

    cells: Cells | None
    repair: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Repairer:
    """Repairs records of one table: its shape and what its columns hold."""

    shape: Shape
    columns: tuple[Profile, ...]

    def mend(self, text: str) -> Outcome:
        """Read one record's text, without its line end."""
        if "\0" in text:
            return Outcome(None, problem="nul_byte")
        cells, problem = split(text, self.shape)
        if wrapped := self._wrapped(cells):
            return _of_good_size(wrapped, "other_quote")
        whole = problem in ("", "stray_quote") and len(cells) == self.shape.width
        if whole and not problem and all_fit(cells, self.columns):
            return _of_good_size(tuple(cells), "")
        repaired = self._repaired(text) if self.shape.width > 1 and len(text) <= _LONGEST_REPAIRED else []
        if len(repaired) == 1:
            return _of_good_size(*repaired[0])
        return self._as_it_stands(tuple(cells), problem)

    def _as_it_stands(self, cells: Cells, problem: str) -> Outcome:
        """A record that nothing mends: its values are for the mapping to judge where it is whole."""
        if problem not in ("", "stray_quote"):
            return Outcome(None, problem=problem)
        if len(cells) != self.shape.width:
            return Outcome(None, problem="too_few_cells" if len(cells) < self.shape.width else "too_many_cells")
        if problem and is_foreign(cells, self.columns):
            return Outcome(None, problem="bad_quotes")
        return _of_good_size(cells, problem)

    def _repaired(self, text: str) -> list[tuple[Cells, str]]:
        """The readings of the mildest step that yields any that fits, with the name of the repair."""
        for step in self._steps():
            ranked = [found for found in step(text) if self._plausible(found[1], found[2])]
            if ranked:
                least = min(cost for cost, _, _ in ranked)
                found = list({cells: (cells, repair) for cost, cells, repair in ranked if cost == least}.values())
                return found if len(found) > 1 or self._sure(*found[0]) else []
        return []

    def _sure(self, cells: Cells, repair: str) -> bool:
        """What was put together or apart must look just like the other cells of its column."""
        if repair not in ("missing_delimiter", "unquoted_delimiter"):
            return True
        return all(column.resembles(cell) for cell, column in zip(cells, self.columns, strict=True))

    def stands(self, text: str) -> bool:
        """The text is a whole record of this table by itself, perhaps with stray quotes in it."""
        cells, problem = split(text, self.shape)
        if problem in ("", "stray_quote") and len(cells) == self.shape.width and all_fit(cells, self.columns):
            return True
        return any(self._plausible(found, repair) for _, found, repair in self._stray_quotes(text))

    def _plausible(self, cells: Cells, repair: str) -> bool:
        """Every cell can stand in its column, apart from quotes that strayed into it."""
        if repair != "stray_quote":
            return all_fit(cells, self.columns)
        if any(self._swallows(cell) for cell in cells):
            return False
        pairs = zip(cells, self.columns, strict=True)
        return all(column.fits(cell) or column.fits(cell.replace(self.shape.quote, "")) for cell, column in pairs)

    def _swallows(self, cell: str) -> bool:
        """The cell holds as many delimiters as a row has, and quoted cells among them: a row of its own."""
        mark, edge = self.shape.quote, self.shape.delimiter
        quoted = mark + edge in cell or edge + mark in cell
        return quoted and cell.count(edge) >= self.shape.width - 1 > 1

    def parts(self, text: str) -> list[str]:
        """Several records on one line, behind another kind of line end than the file's; one when it is none."""
        found = [part for part in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if part]
        return found if found and all(self.stands(part) for part in found) else [text]

    def _steps(self) -> Iterable[Callable[[str], Iterable[Costed]]]:
        mild = (self._quotes, self._other_marks, self._without_empty)
        known = all(column.well_known for column in self.columns)
        return (*mild, self._joined, self._divided, self._padded) if known else mild

    def _quotes(self, text: str) -> Iterable[Costed]:
        """Quotes that mean something else: a delimiter is missing beside one, another escape, or literal quotes."""
        if self.shape.quote and self.shape.quote in text:
            yield from ((1.0, cells, "missing_delimiter") for cells in self._at_quotes(text))
            yield from ((0.5, cells, "other_escape") for cells in self._other_escape(text))
            if split(text, self.shape)[1]:  # else every quote opens or closes a cell
                yield from self._stray_quotes(text)

    def _other_marks(self, text: str) -> Iterable[Costed]:
        yield from ((1.0, cells, "other_quote") for cells in self._other_quote(text))
        yield from ((1.0, cells, "other_delimiter") for cells in self._other_delimiter(text))

    def _stray_quotes(self, text: str) -> Iterable[Costed]:
        """Readings that take quotes literally, each of them an oddity."""
        if self.shape.quote and self.shape.quote in text:
            yield from ((float(item.oddities), item.cells, "stray_quote") for item in readings(text, self.shape))

    def _other_escape(self, text: str) -> list[Cells]:
        escapes = ("\\", self.shape.quote)
        others = [mark for mark in escapes if mark not in (NONE, self.shape.escape) and mark + self.shape.quote in text]
        return self._by(text, [self.shape.but(escape=mark) for mark in others])

    def _other_quote(self, text: str) -> list[Cells]:
        marks = [mark for mark in QUOTES if mark != self.shape.quote and text.count(mark) > 1]
        return self._by(text, [self.shape.but(quote=mark, escape=mark) for mark in marks])

    def _other_delimiter(self, text: str) -> list[Cells]:
        marks = [mark for mark in DELIMITERS if mark != self.shape.delimiter and mark in text]
        return self._by(text, [self.shape.but(delimiter=mark) for mark in marks])

    def _wrapped(self, cells: Sequence[str]) -> Cells:
        """What stands between the apostrophes around every cell, in a file that uses other quotes; else nothing."""
        mark = "'"
        if self.shape.quote == mark or not all(cell.startswith(mark) and cell.endswith(mark) for cell in cells):
            return ()
        text = self.shape.delimiter.join(cells)
        found = self._by(text, [self.shape.but(quote=mark, escape=mark)]) if len(cells) > 1 else []
        return found[0] if found and all_fit(found[0], self.columns) else ()

    def _by(self, text: str, shapes: Iterable[Shape]) -> list[Cells]:
        parsed = (split(text, shape) for shape in shapes)
        return [tuple(cells) for cells, problem in parsed if not problem and len(cells) == self.shape.width]

    def _without_empty(self, text: str) -> Iterable[Costed]:
        """Too many cells: leave out as many empty ones."""
        for cells in self._of_width(text, *range(1, _MOST_EXTRA + 1)):
            extra = len(cells) - self.shape.width
            empty = [place for place, cell in enumerate(cells) if not cell.strip()]
            for places in islice(combinations(empty, extra), _MOST_CHOICES):
                yield 1.0, tuple(cell for place, cell in enumerate(cells) if place not in places), "extra_delimiter"

    def _joined(self, text: str) -> Iterable[Costed]:
        """Too many cells: a delimiter within a text that was not quoted."""
        for cells in self._of_width(text, 1, 2, 3):
            extra = len(cells) - self.shape.width
            for place in range(self.shape.width):
                parts = cells[place : place + extra + 1]
                if not all(part.strip() for part in parts):
                    continue
                whole = self.shape.delimiter.join(parts)
                yield 1.0, (*cells[:place], whole, *cells[place + extra + 1 :]), "unquoted_delimiter"

    def _divided(self, text: str) -> Iterable[Costed]:
        """One cell too few: two of them stand together."""
        for cells in self._of_width(text, -1):
            for place, cell in enumerate(cells):
                before, after = self.columns[place], self.columns[place + 1]
                if not _fit(cells[:place], self.columns[:place]) or not _fit(
                    cells[place + 1 :], self.columns[place + 2 :]
                ):
                    continue
                for cut in range(1, len(cell)):
                    if before.fits(cell[:cut]) and after.fits(cell[cut:]):
                        yield 1.0, (*cells[:place], cell[:cut], cell[cut:], *cells[place + 1 :]), "missing_delimiter"

    def _at_quotes(self, text: str) -> Iterable[Cells]:
        """A delimiter put back beside a quote that opens or closes a cell."""
        mark, edge = self.shape.quote, self.shape.delimiter
        for place in range(1, len(text) + 1):
            if text[place : place + 1] == mark or text[place - 1] == mark:
                cells, problem = split(text[:place] + edge + text[place:], self.shape)
                if not problem and len(cells) == self.shape.width:
                    yield tuple(cells)

    def _padded(self, text: str) -> Iterable[Costed]:
        """The line ends early, and what is missing may be empty."""
        for cells in self._of_width(text, *range(-self.shape.width + 1, 0)):
            yield 1.0, (*cells, *("",) * (self.shape.width - len(cells))), "missing_cells"

    def _of_width(self, text: str, *beyond: int) -> Iterable[Cells]:
        """Readings with so many cells more than the table has columns."""
        cells, problem = split(text, self.shape)
        if problem in ("", "stray_quote") and len(cells) - self.shape.width in beyond:
            yield tuple(cells)


def _fit(cells: Sequence[str], columns: Sequence[Profile]) -> bool:
    return all(column.fits(cell) for cell, column in zip(cells, columns, strict=True))


def _of_good_size(cells: Cells, repair: str) -> Outcome:
    if any(len(cell) > MAX_CELL for cell in cells):
        return Outcome(None, problem="cell_too_long")
    return Outcome(cells, repair=repair)
