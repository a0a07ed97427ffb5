"""What the XML of a sheet says of its cells: where they stand, and those that a reader of values does not hand on.

A row of a sheet may be a million, and a single cell in its last corner makes a table of billions of empty ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

_DIGITS = "0123456789"
_SOME_ERROR = "#N/A"
_TEXT = "s"
_LONG_FROM = 16
_LONG = re.compile(r"-?[1-9][0-9]{15,30}")
"""Whole numbers of which a double keeps only the beginning."""
_USUAL = re.compile(
    rb'(?:<row r="([1-9][0-9]{0,6})"[^<>/]*+>'
    rb'(?:<c r="[A-Z]{1,3}\1"(?: s="[0-9]++")?+(?: t="(?:n|s|b|str|inlineStr)")?+(?:/>|>'
    rb"(?:(?:<f[^<>/]*+(?:/>|>[^<]*+</f>))?+<v>(?:[^<]{1,15}+|-?[0-9]++[.][^<]*+)</v>"
    rb'|<is><t(?: xml:space="preserve")?+>[^<]*+</t></is>)</c>))*+</row>)++'
)
"""Rows of cells that say where they stand, and hold a number that a double keeps, a text, or nothing."""
_LETTERS = re.compile(rb'<c r="([A-Z]++)')
_FILLED = re.compile(rb'<row r="([0-9]++)"[^<>]*+><c')
_ROW_END = b"</row>"
_LONGEST_ROW = 8 << 20
_REFERENCE = re.compile(r"[A-Za-z]{1,3}[0-9]{1,7}")
_MOST_ROWS, _MOST_COLUMNS = 1 << 20, 1 << 14
_LONGEST_COUNT = 7
_MOST_REPEATED = 100_000
"""Filled places that one cell may stand for."""
_ODS = ("table", "table-row", "table-cell", "covered-table-cell")
_NUMBERS = ("float", "currency", "percentage")
NO_VALUE = "="
"""What a cell begins with whose formula was never worked out."""


class Malformed(ValueError):  # noqa: N818  told with the file where it is caught
    """XML that is none, or that no program for spreadsheets writes."""


@dataclass(slots=True)
class Cells:
    """The cells of one sheet: how many, the corner of the last, and those to be looked at, by row and column from 1."""

    count: int = 0
    height: int = 0
    width: int = 0
    odd: dict[int, dict[int, str]] = field(default_factory=dict)
    """Errors such as #N/A, formulas without a value, and whole numbers that are too long for a double."""
    numbers: set[tuple[int, int]] = field(default_factory=set)
    """Where those numbers stand."""

    @property
    def errors(self) -> Mapping[int, Mapping[int, str]]:
        """The cells that have no value, by row."""
        found = {
            row: {column: text for column, text in cells.items() if (row, column) not in self.numbers}
            for row, cells in self.odd.items()
        }
        return {row: cells for row, cells in found.items() if cells}

    def add(self, row: int, column: int, text: str, *, is_number: bool = False) -> None:
        """Note a cell to be looked at."""
        self.odd.setdefault(row, {})[column] = text
        if is_number:
            self.numbers.add((row, column))


def parser() -> expat.XMLParserType:
    """A parser that takes no document type, hence no entities."""
    made = expat.ParserCreate()
    made.buffer_text = True
    made.StartDoctypeDeclHandler = _refuse_doctype
    return made


def parse(made: expat.XMLParserType, pieces: Iterable[bytes]) -> None:
    """Feed it. Raises Malformed."""
    try:
        for piece in pieces:
            made.Parse(piece, False)
        made.Parse(b"", True)
    except (expat.ExpatError, LookupError) as error:
        raise Malformed(str(error)) from error


def _refuse_doctype(*_: object) -> None:
    raise Malformed("document type")


def local(name: str) -> str:
    """The name without its namespace prefix."""
    return name.rpartition(":")[2]


def worksheet(pieces: Iterable[bytes]) -> Cells:
    """The cells of a worksheet (SpreadsheetML). Raises Malformed."""
    reading = _Worksheet()
    made = parser()
    made.StartElementHandler = reading.start
    made.CharacterDataHandler = reading.data
    parse(made, _without_usual(pieces, reading))
    return reading.done()


def _without_usual(pieces: Iterable[bytes], reading: _Worksheet) -> Iterator[bytes]:
    """The document but for rows that are written as nearly all are: those are counted by a pattern, eight times faster.

    Such rows are whole elements, so that what is left is as well-formed as before.
    """
    held = b""
    for piece in pieces:
        data = held + piece
        end = data.rfind(_ROW_END) + len(_ROW_END)
        if end < len(_ROW_END):
            end = len(data) if len(data) > _LONGEST_ROW else 0
        held = data[end:]
        place = 0
        for usual in _USUAL.finditer(data, 0, end):
            yield data[place : usual.start()]
            reading.take(usual[0], usual[1])
            place = usual.end()
        yield data[place:end]
    yield held


class _Worksheet:
    """A cell is judged when the next element begins: a handler for ends would be called twice for each cell.

    A sheet has millions of cells, so a usual one (of a column that is known, in the row that is named) costs little.
    """

    def __init__(self) -> None:
        self.cells = Cells()
        self._columns: dict[str, int] = {}
        self._place: str | None = None
        self._row = self._column = 0
        self._row_text = "0"
        self._is_first = True
        self._count = 0
        self._type = _TEXT
        self._formula: str | None = None
        self._has_value = False
        self._text = ""

    def data(self, text: str) -> None:
        """Text of an element."""
        self._text += text

    def take(self, rows: bytes, last: bytes) -> None:
        """Count the cells of usual rows; the last one has this number."""
        self._end()
        columns = _LETTERS.findall(rows)
        self._count += len(columns)
        for letters in {letters.decode() for letters in columns} - self._columns.keys():
            self._place = f"{letters}1"
            self._locate(None)
        if columns:
            self._place = f"A{max(map(int, _FILLED.findall(rows)))}"
            self._locate(None)
        self._begin_row(last.decode())

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Beginning of an element."""
        if name == "v":
            if self._formula is not None:
                self._formula = self._text
            self._has_value, self._text = True, ""
        elif name == "c":
            self._end()
            self._count += 1
            before, self._place = self._place, attributes.get("r")
            place, row = self._place, self._row_text
            if place is None or not place.endswith(row) or place[: -len(row)] not in self._columns or self._is_first:
                self._locate(before)
            self._type = attributes.get("t", "n")
            self._has_value = False
        elif name == "row":
            self._end()
            self._begin_row(attributes.get("r"))
        elif name == "f":
            self._formula = self._text = ""
        elif ":" in name:
            self.start(local(name), attributes)
        else:
            self._end()

    def done(self) -> Cells:
        """All the cells."""
        self._end()
        self.cells.count = self._count
        return self.cells

    def _end(self) -> None:
        """Judge the cell that has ended."""
        if self._type != _TEXT:
            if self._formula is not None or len(self._text) >= _LONG_FROM or self._type == "e":
                self._judge()
                self._formula = None
            self._type = _TEXT
        self._text = ""

    def _begin_row(self, stated: str | None) -> None:
        self._row = _number(stated) if stated else self._row + 1
        self._row_text = str(self._row)
        self._column = 0
        self._place = None
        self._is_first = True

    def _locate(self, before: str | None) -> None:
        """Note where a cell stands that is the first of its row or column, or does not say it and follows another."""
        if self._place is None:
            row, self._column = self._row, (self._parted(before)[1] if before else self._column) + 1
        else:
            row, self._column = self._parted(self._place)
        self._is_first = False
        cells = self.cells
        cells.width = max(cells.width, self._column)
        cells.height = max(cells.height, row)
        if not 0 < cells.height <= _MOST_ROWS or not 0 < cells.width <= _MOST_COLUMNS:
            raise Malformed(self._place or str(row))

    def _parted(self, place: str) -> tuple[int, int]:
        if not _REFERENCE.fullmatch(place):
            raise Malformed(place[:20])
        letters = place.rstrip(_DIGITS)
        column = self._columns[letters] = _of_letters(letters)
        return int(place[len(letters) :]), column

    def _judge(self) -> None:
        """The text is that of the value; without a value, that of the formula."""
        text = self._text.strip()
        row, column = (self._row, self._column) if self._place is None else self._parted(self._place)
        if self._type == "e":
            self.cells.add(row, column, text or _SOME_ERROR)
        elif self._type == "n" and _LONG.fullmatch(text):
            self.cells.add(row, column, text, is_number=True)
        elif self._type == "n" and self._formula is not None and not (self._has_value and text):
            self.cells.add(row, column, NO_VALUE + (self._formula or text).strip())


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > _LONGEST_COUNT:
        raise Malformed(text[:20])
    return int(text)


def _of_letters(letters: str) -> int:
    found = 0
    for letter in letters.upper():
        found = found * 26 + ord(letter) - 64
    return found


def spreadsheet(pieces: Iterable[bytes]) -> dict[str, Cells]:
    """The cells of each sheet of an OpenDocument, by the sheet's name. Raises Malformed."""
    reading = _Spreadsheet()
    made = parser()
    made.StartElementHandler = reading.start
    made.EndElementHandler = reading.end
    made.CharacterDataHandler = reading.data
    parse(made, pieces)
    return reading.sheets


class _Spreadsheet:
    """A cell or a row may stand for many: `number-columns-repeated` and `number-rows-repeated`."""

    def __init__(self) -> None:
        self.sheets: dict[str, Cells] = {}
        self._cells = Cells()
        self._row = self._rows = self._column = self._columns = 0
        self._kind = self._value = self._text = ""

    def data(self, text: str) -> None:
        self._text += text

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        name = local(name)
        if name not in _ODS:
            return
        stated = {local(key): value for key, value in attributes.items() if not key.startswith("calcext:")}
        if name == "table":
            self._cells = self.sheets[stated.get("name", "")] = Cells()
            self._row = self._rows = 0
        elif name == "table-row":
            self._row += self._rows
            self._rows = _number(stated.get("number-rows-repeated", "1"))
            self._column = self._columns = 0
        else:
            self._column += self._columns
            self._columns = _number(stated.get("number-columns-repeated", "1"))
            self._kind = "error" if attributes.get("calcext:value-type") == "error" else stated.get("value-type", "")
            self._value = stated.get("value", "")
            self._text = ""
            if self._kind:
                self._place()

    def end(self, name: str) -> None:
        if local(name) not in ("table-cell", "covered-table-cell"):
            return
        is_long = self._kind in _NUMBERS and _LONG.fullmatch(self._value) is not None
        if self._kind == "error" or is_long:
            text = self._value if is_long else self._text.strip() or _SOME_ERROR
            for row in range(self._row, self._row + self._rows):
                for column in range(self._column, self._column + self._columns):
                    self._cells.add(row + 1, column + 1, text, is_number=is_long)
        self._kind = ""

    def _place(self) -> None:
        cells = self._cells
        cells.count += 1
        cells.height = max(cells.height, self._row + self._rows)
        cells.width = max(cells.width, self._column + self._columns)
        if cells.height > _MOST_ROWS or cells.width > _MOST_COLUMNS or self._rows * self._columns > _MOST_REPEATED:
            raise Malformed(f"{self._rows} x {self._columns}")
