"""What stands behind the rows of a table: totals, notes, another table. A row that was cut off is none of these."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from opscli.sources.formats.layout import Layout
from opscli.sources.formats.names import could_be_names, is_foreign, looks_like_header, names_others
from opscli.sources.formats.records import split
from opscli.sources.formats.shape import profiles

Cells = Sequence[str]
_NARROW = 3
"""Tables below this width have no row that is mostly empty."""
_SOME_LINES = 3
_TOTALS = re.compile(
    r"(?:(?:grand ?|sub)?totals?|sums?|summe|gesamt|footnotes?|notes?|source|end of)(?![^\W_])|合计|总计|小计|备注|注",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Behind:
    """Tells the lines behind a table from its rows."""

    layout: Layout

    def begins_table(self, texts: Sequence[str]) -> bool:
        """Lines of one width, the first of them names columns, or none of them can be a broken row of this table."""
        rows = [tuple(split(text, self.layout.shape)[0]) for text in texts]
        width = len(rows[0])
        near = rows[:_SOME_LINES]
        if len(near) == 1 or width == 1 or any(len(cells) != width for cells in near):
            return False
        if width == self.layout.width:
            return self.names_another(rows[0])
        if _is_header_of(rows[0], [cells for cells in rows[1:] if len(cells) == width]):
            return True
        return not any(self._may_be_broken(cells) for cells in near)

    def names_another(self, cells: tuple[str, ...]) -> bool:
        """The cells name columns, and others than this table's."""
        if len(cells) != self.layout.width or cells in self.layout.header_lines:
            return False
        return looks_like_header(cells, self.layout.columns)

    def is_foreign(self, cells: Cells) -> bool:
        """The row is none of this table, or a broken one."""
        return is_foreign(cells, self.layout.columns)

    def names_others(self, cells: Cells, below: Cells) -> bool:
        """The header of another table of this width, and its first row."""
        return names_others(cells, below, self.layout.columns)

    def may_be_cut(self, text: str) -> bool:
        """The text can be the first cells of a row, as far as its first cell tells."""
        cells = split(text, self.layout.shape)[0]
        return len(cells) > 1 and self.layout.columns[0].telling and self._may_be_broken(cells)

    def is_note(self, text: str) -> bool:
        """A sentence or a total, and not the first cells of a row that was cut off."""
        cells = split(text, self.layout.shape)[0]
        filled = [cell.strip() for cell in cells if cell.strip()]
        if not filled or 2 * len(filled) > max(self.layout.width, 2):
            return False
        first = self.layout.columns[0]
        return bool(_TOTALS.match(filled[0])) or (first.telling and not first.fits(filled[0]) and " " in filled[0])

    def _may_be_broken(self, cells: Cells) -> bool:
        """Its cells can stand in the first columns of this table: a row that was cut off, or that goes on."""
        return all(column.fits(cell) for cell, column in zip(cells, self.layout.columns, strict=False))


def is_nearly_empty(cells: Cells, layout: Layout) -> bool:
    """One cell is filled where several columns are never empty: a note, or what is left of a row."""
    needed = sum(not column.empties for column in layout.columns)
    return len(cells) == layout.width and needed >= _NARROW and sum(bool(cell.strip()) for cell in cells) == 1


def is_total(cells: Cells, layout: Layout) -> bool:
    """A total or a note in the table's width: most columns that are never empty are, and its first cell is no value."""
    if layout.width < _NARROW or len(cells) != layout.width:
        return False
    filled = [cell.strip() for cell in cells if cell.strip()]
    needed = [cell for cell, column in zip(cells, layout.columns, strict=True) if not column.empties]
    empty = sum(not cell.strip() for cell in needed)
    if not filled or not empty or 2 * len(filled) > layout.width + 1:
        return False
    first = layout.columns[0]
    named = bool(_TOTALS.match(filled[0]))
    foreign = first.telling and bool(cells[0].strip()) and not first.fits(cells[0])
    return (named and foreign) or ((named or foreign) and 2 * empty >= len(needed))


def _is_header_of(cells: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> bool:
    """All cells are names, different ones, and unlike what stands below them."""
    if len(set(cells)) < len(cells) or not all(cell.strip() for cell in cells) or not could_be_names(cells):
        return False
    return bool(rows) and looks_like_header(cells, profiles(rows))
