"""Other delimiters, quotes, escapes and line ends: in one row, in six, in all of a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.dirty_csv.files import DirtyFile, Piece, Record, dirty, pieces_of
from tests.dirty_csv.tables import PLAIN, Style, Table

_DELIMITERS = (";", "\t", "|", "^", "~", ", ", "||")
_ENDS = ("\r\n", "\r", "\n\n", "\r\r\n", "\n\r")
_QUOTES = {
    "apostrophes": Style(quote="'"),
    "apostrophes everywhere": Style(quote="'", always=True),
    "quotes everywhere": Style(always=True),
    "typewriter quotes": Style(quote="`"),
}
_ESCAPES = {"a backslash": Style(escape="\\"), "a backslash, quotes everywhere": Style(escape="\\", always=True)}


def other_delimiters(table: Table) -> Iterator[DirtyFile]:
    """Another delimiter than the file's."""
    for mark in _DELIMITERS:
        yield from _written(table, "other delimiter", repr(mark), PLAIN.but(delimiter=mark))


def other_quotes(table: Table) -> Iterator[DirtyFile]:
    """Other quotes than the file's, around all cells or where they must be."""
    for name, style in _QUOTES.items():
        yield from _written(table, "other quote", name, style)


def other_escapes(table: Table) -> Iterator[DirtyFile]:
    """A backslash before quotes inside quotes."""
    for name, style in _ESCAPES.items():
        yield from _written(table, "other escape", name, style)


def other_ends(table: Table) -> Iterator[DirtyFile]:
    """Other line ends than the file's."""
    for end in _ENDS:
        yield from _written(table, "other line end", repr(end), PLAIN.but(end=end))
    for usual in ("\r\n", "\r"):
        for other in ("\n", "\r\n", "\r"):
            if other != usual:
                style = PLAIN.but(end=usual)
                yield from _some(table, ("other line end", f"{other!r} among {usual!r}"), style, style.but(end=other))


def _written(table: Table, group: str, name: str, style: Style) -> Iterator[DirtyFile]:
    yield dirty((group, f"{name} in all"), table, pieces_of(table, style))
    yield from _some(table, (group, name), PLAIN, style)


def _some(table: Table, kind: tuple[str, str], usual: Style, other: Style) -> Iterator[DirtyFile]:
    group, name = kind
    for place in table.chosen:
        if other.row(table.rows[place]) + other.end != usual.row(table.rows[place]) + usual.end:
            yield dirty((group, f"{name} in row {place}"), table, _with(table, [place], usual, other))
    middle = len(table.rows) // 2
    yield dirty((group, f"{name} in six rows"), table, _with(table, range(middle, middle + 6), usual, other))


def _with(table: Table, places: Sequence[int], usual: Style, other: Style) -> list[Piece]:
    pieces = pieces_of(table, usual)
    for place in places:
        row = table.rows[place]
        text = other.row(row)
        literal = tuple(text.split(other.delimiter))
        # Apostrophes around a few cells of a row that is sound as it stands are characters by the letter.
        few = other.quote != usual.quote and not other.always and len(literal) == len(row)
        pieces[place + 1] = Piece(text + other.end, (Record(row, (literal,) if few else ()),))
    return pieces
