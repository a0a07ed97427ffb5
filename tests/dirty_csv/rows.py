"""Defects of single rows: delimiters too many or too few, stray quotes, rows cut short, rows glued together."""

from __future__ import annotations

from collections.abc import Iterator

from tests.dirty_csv.files import DirtyFile, Piece, Record, dirty, pieces_of, spoiled
from tests.dirty_csv.tables import PLAIN, Row, Table

_MOST_CUT = 5
_GLUED = tuple(range(4, 80, 9))


def missing_delimiters(table: Table) -> Iterator[DirtyFile]:
    """Two neighbouring cells without a delimiter between them."""
    for place in table.chosen:
        cells = [PLAIN.cell(cell) for cell in table.rows[place]]
        for column in range(1, table.width):
            text = ",".join([*cells[: column - 1], cells[column - 1] + cells[column], *cells[column + 1 :]])
            yield dirty(("missing delimiter", f"row {place} before {column}"), table, spoiled(table, place, text))


def extra_delimiters(table: Table) -> Iterator[DirtyFile]:
    """One empty cell too many."""
    for place in table.chosen:
        cells = [PLAIN.cell(cell) for cell in table.rows[place]]
        for column in range(table.width + 1):
            text = ",".join([*cells[:column], "", *cells[column:]])
            yield dirty(("extra delimiter", f"row {place} before {column}"), table, spoiled(table, place, text))


def stray_quotes(table: Table) -> Iterator[DirtyFile]:
    """A quote at the start of a cell, within it, and at its end; it may be kept or dropped."""
    for place in table.chosen:
        row = table.rows[place]
        for column, cell in enumerate(row):
            spots = {"start": 0, "middle": len(cell) // 2, "end": len(cell)}
            for where, spot in spots.items():
                if where != "start" and not cell:
                    continue
                cells = [PLAIN.cell(other) for other in row]
                inner = cell.replace('"', '""') if cells[column].startswith('"') else cell
                at = spot if where != "end" else len(inner)
                stray = f'{inner[:at]}"{inner[at:]}'
                cells[column] = f'"{stray}"' if cells[column].startswith('"') else stray
                kept = (*row[:column], f'{cell[:spot]}"{cell[spot:]}', *row[column + 1 :])
                pieces = spoiled(table, place, ",".join(cells), [kept])
                yield dirty((f"stray quote at the {where}", f"row {place} of {column}"), table, pieces)


def short_rows(table: Table) -> Iterator[DirtyFile]:
    """Rows cut before their last cells: one, six in the middle, the last one, the last six; and the empty cells only."""
    count = len(table.rows)
    middle = count // 2
    spots = {
        "one": [count // 3], "the first": [0], "six in the middle": list(range(middle, middle + 6)), "the last": [count - 1],
        "the last six": list(range(count - 6, count)), "every fifth": list(range(4, count, 5)),
    }  # fmt: skip
    for name, places in spots.items():
        for cut in range(1, min(_MOST_CUT, table.width - 1) + 1):
            pieces = pieces_of(table)
            for place in places:
                pieces[place + 1] = _cut(table.rows[place], cut)
            yield dirty(("short rows", f"{name}, {cut} cells"), table, pieces)
    for name, places in {**spots, "all": list(range(count))}.items():
        pieces = pieces_of(table)
        for place in places:
            row = table.rows[place]
            pieces[place + 1] = _cut(row, sum(not any(row[column:]) for column in range(1, table.width)))
        yield dirty(("short rows", f"{name}, empty cells only"), table, pieces)


def _cut(row: Row, cut: int) -> Piece:
    kept = row[: len(row) - cut]
    return Piece(PLAIN.row(kept) + "\n", (Record((*kept, *("",) * cut)),))


def glued_rows(table: Table) -> Iterator[DirtyFile]:
    """Two rows without a line end between them."""
    for between, told in (("", "nothing"), (" ", "a space"), (",", "a delimiter")):
        for place in (0, *(place for place in _GLUED if place < len(table.rows) - 2), len(table.rows) - 2):
            pieces = pieces_of(table)
            first, second = pieces[place + 1], pieces[place + 2]
            glued = Piece(first.text[:-1] + between + second.text, (*first.records, *second.records))
            pieces[place + 1 : place + 3] = [glued]
            yield dirty(("lost line end", f"row {place}, {told} instead"), table, pieces)
