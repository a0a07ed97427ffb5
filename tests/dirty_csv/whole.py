"""Files that are odd as a whole: huge cells, control characters, encodings, nearly no content."""

from __future__ import annotations

from collections.abc import Iterator

from tests.dirty_csv.files import DirtyFile, Piece, Record, dirty, pieces_of, spoiled
from tests.dirty_csv.tables import PLAIN, Table

_HUGE = (1 << 20) + 5000
_HUGE_LINES = 42_000


def clean(table: Table) -> Iterator[DirtyFile]:
    """Nothing is wrong."""
    yield dirty(("clean", "as it is"), table, pieces_of(table))
    yield dirty(("clean", "quotes everywhere"), table, pieces_of(table, PLAIN.but(always=True)))
    for count in (1, 2, 5, 12):
        few = Table(name=table.name, header=table.header, rows=table.rows[:count])
        yield dirty(("clean", f"{count} rows"), few, pieces_of(few))


def huge_cells(table: Table) -> Iterator[DirtyFile]:
    """A cell of more than 1 MiB, on one line and over many: read, or one reject."""
    column = table.width - 2
    texts = {
        "on one line": "x" * _HUGE,
        "with delimiters": "x, " * (_HUGE // 3),
        "over many lines": "\n".join(["twenty-five letters, yes"] * _HUGE_LINES),
        "over a few lines": "\n".join(["y" * (_HUGE // 20)] * 22),
        "over many short lines": "\n" * _HUGE,
    }
    for place in (0, len(table.rows) // 2, len(table.rows) - 1):
        row = table.rows[place]
        for name, text in texts.items():
            if name == "over many short lines" and (table.name, place) != ("orders", len(table.rows) // 2):
                continue  # a million lines take long
            rows = [*table.rows]
            rows[place] = (*row[:column], text, *row[column + 1 :])
            other = Table(name=table.name, header=table.header, rows=tuple(rows))
            yield dirty(("huge cell", f"{name}, row {place}"), other, pieces_of(other))


def carriage_returns(table: Table) -> Iterator[DirtyFile]:
    """A carriage return in a cell, quoted or not, and for the line end between two rows."""
    for place in table.chosen:
        row = table.rows[place]
        for column in range(table.width):
            cell = row[column]
            spot = len(cell) // 2
            inner = f"{cell[:spot]}\r{cell[spot:]}"
            meant = (*row[:column], inner, *row[column + 1 :])
            quoted = [PLAIN.cell(other) for other in meant]
            bare = [*quoted[:column], inner, *quoted[column + 1 :]]
            for name, cells in (("quoted", quoted), ("bare", bare)):
                if name == "bare" and ("," in cell or '"' in cell or "\n" in cell):
                    continue
                pieces = spoiled(table, place, ",".join(cells), [meant])
                yield dirty(("carriage return", f"{name} in {column} of row {place}"), table, pieces)


def nul_bytes(table: Table) -> Iterator[DirtyFile]:
    """A zero byte in a cell, kept, dropped, or rejected."""
    for place in table.chosen:
        row = table.rows[place]
        for column in range(0, table.width, 2):
            kept = (*row[:column], f"{row[column]}\0", *row[column + 1 :])
            pieces = spoiled(table, place, PLAIN.row(kept), [kept])
            yield dirty(("NUL", f"row {place} in {column}"), table, pieces)
    spaced = [Piece(part.text.replace("\n", "\0\n"), _with_nul(part.records)) for part in pieces_of(table)]
    yield dirty(("NUL", "before each line end"), table, spaced, names=[()] * table.width)


def _with_nul(records: tuple[Record, ...]) -> tuple[Record, ...]:
    kept = [tuple(cell.replace("\n", "\0\n") for cell in record.cells) for record in records]
    return tuple(
        Record(record.cells, ((*cells[:-1], f"{cells[-1]}\0"), cells))
        for record, cells in zip(records, kept, strict=True)
    )


def ends_of_files(table: Table) -> Iterator[DirtyFile]:
    """No line end behind the last row, several of them, and next to nothing at all."""
    for end in ("\n", "\r\n", "\r"):
        pieces = pieces_of(table, PLAIN.but(end=end))
        last = pieces[-1]
        yield dirty(
            ("end of file", f"none, {end!r}"), table, [*pieces[:-1], Piece(last.text[: -len(end)], last.records)]
        )
        yield dirty(("end of file", f"three, {end!r}"), table, [*pieces, Piece(end * 2)])
    nothing = Table(name=table.name, header=(), rows=())
    for name, text in {"empty": "", "a blank line": "\n", "spaces": "   \n  ", "a mark": "\ufeff"}.items():
        yield dirty(("empty", name), nothing, [Piece(text)])
    head = Piece(PLAIN.row(table.header))
    for name, text in {"header only": "\n", "header only, no line end": "", "header and blank lines": "\n\n\n"}.items():
        yield dirty(("empty", name), table, [head, Piece(text)])


def encodings(table: Table) -> Iterator[DirtyFile]:
    """Byte order marks, and encodings of two bytes a character."""
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        for end in ("\n", "\r\n"):
            for delimiter in (",", "\t", ";"):
                pieces = pieces_of(table, PLAIN.but(end=end, delimiter=delimiter))
                yield dirty(("encoding", f"{encoding} {end!r} {delimiter!r}"), table, pieces, encoding=encoding)
