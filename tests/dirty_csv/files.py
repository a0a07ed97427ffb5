"""One polluted file, and what a reader should find in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tests.dirty_csv.tables import PLAIN, Row, Style, Table


@dataclass(frozen=True, slots=True)
class Record:
    """A row that stands in a file. `cells` is what it means; `also` are other readings that are no error."""

    cells: Row
    also: tuple[Row, ...] = ()
    first: int = 0
    """Its first line, and its last."""
    last: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a file, with its line end, and the records that it holds."""

    text: str
    records: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DirtyFile:
    """A file with its truth. `names` has the accepted names of each column; none where any name is right."""

    group: str
    name: str
    data: bytes
    names: tuple[frozenset[str], ...]
    records: tuple[Record, ...]

    @property
    def cells(self) -> int:
        """How many cells there are to recover."""
        return sum(len(record.cells) for record in self.records)


def pieces_of(table: Table, style: Style = PLAIN, *, header: bool = True) -> list[Piece]:
    """A table as it should be written: its header, and a piece for each row."""
    top = [Piece(style.row(table.header) + style.end)] if header else []
    return [*top, *(piece(row, style) for row in table.rows)]


def piece(row: Row, style: Style = PLAIN) -> Piece:
    """A row as it should be written."""
    return Piece(style.row(row) + style.end, (Record(row),))


def spoiled(table: Table, place: int, text: str, also: Iterable[Row] = (), style: Style = PLAIN) -> list[Piece]:
    """The table with other text for one of its rows."""
    pieces = pieces_of(table, style)
    pieces[place + 1] = Piece(text + style.end, (Record(table.rows[place], tuple(also)),))
    return pieces


def dirty(
    kind: tuple[str, str], table: Table, pieces: Sequence[Piece], *, names: Sequence[Iterable[str]] | None = None,
    encoding: str = "utf-8",
) -> DirtyFile:  # fmt: skip
    """The file that these pieces make; `kind` is its group and its name. Column names are the table's, if not given."""
    group, name = kind
    text = "".join(part.text for part in pieces)
    newline = usual_end(text)
    records, before = [], 0
    for part in pieces:
        first = before + 1
        before += part.text.count(newline)
        last = max(first, before + (not part.text.endswith(newline)))
        records += [replace(record, first=first, last=last) for record in part.records]
    accepted = [{name} for name in table.header] if names is None else names
    return DirtyFile(
        group=group,
        name=f"{table.name} {name}",
        data=text.encode(encoding),
        names=tuple(map(frozenset, accepted)),
        records=tuple(records),
    )


def usual_end(text: str) -> str:
    """The most frequent line end."""
    pairs = text.count("\r\n")
    found = {"\n": text.count("\n") - pairs, "\r\n": pairs, "\r": text.count("\r") - pairs}
    return max(found, key=lambda end: found[end])
