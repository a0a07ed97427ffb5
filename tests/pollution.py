"""Dirty CSV files with the table that they should have been: every usual defect, in one row or in the whole file.

All of it is made here from a seed. A stray quote is a character of its cell, and is expected there.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

Row = tuple[str, ...]
_SEED = 20260504
ROWS = 84
_POLLUTED = tuple(sorted({0, 1, 2, ROWS - 1, *range(7, ROWS, 5)}))
"""Rows that get a defect of their own: the first ones, the last one, and some between."""


@dataclass(frozen=True)
class Variant:
    """One file: its bytes, and the header and rows that a reader should find in it (`c1`, `c2` … without a header)."""

    group: str
    name: str
    data: bytes
    header: Row
    rows: tuple[Row, ...]

    @property
    def encoding(self) -> str:
        """How the bytes are to be decoded."""
        return self.name if self.group == "encoding" else "utf-8"


@dataclass(frozen=True)
class Table:
    """A clean table, and how it is written."""

    name: str
    header: Row
    rows: tuple[Row, ...]


def tables() -> tuple[Table, Table]:
    """An export of a shop and a list of its customers, written by nobody."""
    return _shop(_seeded(_SEED)), _customers(_seeded(_SEED + 1))


def _seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  texts, not secrets


def _shop(chance: random.Random) -> Table:
    goods = (
        "Enamel mug", "Oak board, large", "Men's apron", 'Frame, 8"', "Linen towel, striped", "Wool blanket", "Kids' bowl",
        'Shelf, 24" deep', "Candle, beeswax", "Bread knife", "Salt jar", "Tea strainer, fine",
    )  # fmt: skip
    words = [
        "made",
        "by",
        "hand",
        "in",
        "small",
        "numbers,",
        "so",
        "no",
        "two",
        "are",
        "alike.",
        "It",
        "keeps",
        "what",
        "it",
        "holds",
        "warm,",
        "even",
        "in",
        "winter,",
        "and",
        "washes",
        "well;",
        "the",
        "glaze",
        "(lead-free)",
        "is",
        "fired",
        "twice.",
        "A",
        "present",
        "that's",
        "used",
        "every",
        "day,",
        "says",
        "our",
        "potter",
    ]
    rows = []
    for number in range(ROWS):
        text = " ".join(chance.choice(words) for _ in range(chance.randint(5, 22)))
        text = f'{text} 5" wide' if chance.random() < 0.12 else text
        rows.append(
            (
                f"{chance.randint(1, 28):02d}/{chance.randint(1, 12):02d}/2025", f"{chance.randint(6, 22):02d}:{chance.randint(0, 59):02d}",
                f"{chance.choice('ABCD')}{chance.choice('XYZ')}-{chance.randint(1000, 9999)}", f"{chance.uniform(0.5, 99):.2f}",
                str(chance.randint(1, 40)), goods[number % len(goods)], text, chance.choice("01"),
            )
        )  # fmt: skip
    return Table("shop", ("day", "time", "code", "price", "pieces", "article", "about", "new"), tuple(rows))


def _customers(chance: random.Random) -> Table:
    first, last = ("Ann", "Li", "Zoé", "Omar", "Ivo", "Ruth"), ("Smith", "O'Hara", "Núñez", "van Dyk", "Park", "Weiß")
    rows = []
    for number in range(ROWS):
        name, family = chance.choice(first), chance.choice(last)
        mail = f"{name}.{number}@example.org".lower() if chance.random() < 0.8 else ""
        phone = f"+44 20 7946 {chance.randint(1000, 9999)}" if chance.random() < 0.7 else ""
        note = chance.choice(
            ("", "calls back, evenings", 'known as "Red"', "pays late; be kind", "moved to Rua d'Ouro")
        )
        rows.append((f"K{1000 + number}", f"{name} {family}", mail, phone, f"{chance.randint(10000, 99999)}", note))
    return Table("customers", ("id", "name", "mail", "phone", "postcode", "note"), tuple(rows))


def written(cell: str, delimiter: str = ",", quote: str = '"', escape: str = "", *, always: bool = False) -> str:
    """A cell as Excel writes it: quoted only where it must be."""
    special = (
        delimiter in cell
        or quote in cell
        or (len(delimiter) > 1 and cell[-1:] in delimiter)
        or "\n" in cell
        or "\r" in cell
        or (escape == "\\" and escape in cell)
    )
    if not (always or special):
        return cell
    inner = cell.replace("\\", "\\\\") if escape == "\\" else cell
    return f"{quote}{inner.replace(quote, (escape or quote) + quote)}{quote}"


def line(
    cells: Sequence[str], delimiter: str = ",", quote: str = '"', escape: str = "", *, always: bool = False
) -> str:
    """A row without its line end."""
    return delimiter.join(written(cell, delimiter, quote, escape, always=always) for cell in cells)


def variants() -> Iterator[Variant]:
    """Every polluted file, in a fixed order."""
    for table in tables():
        yield from _whole_files(table)
        yield from _around(table)
        for place in _POLLUTED:
            for group, name, text, truth in chain(
                _separators(table, place), _quotes(table, place), _dialects(table, place)
            ):
                rows = (*table.rows[:place], truth, *table.rows[place + 1 :])
                lines = [line(row) for row in table.rows]
                lines[place] = text
                data = "\n".join([line(table.header), *lines]) + "\n"
                yield Variant(group, f"{table.name} row {place} {name}", data.encode(), table.header, rows)
        yield from _row_ends(table)
        yield from _short_rows(table)


Defect = tuple[str, str, str, Row]
"""Group, name, the text of the row, and what should be read."""


def _separators(table: Table, place: int) -> Iterator[Defect]:
    row = table.rows[place]
    cells = [written(cell) for cell in row]
    for column in range(len(row)):
        if column:
            text = ",".join([*cells[: column - 1], cells[column - 1] + cells[column], *cells[column + 1 :]])
            yield "missing delimiter", f"before {column}", text, row
        yield "extra delimiter", f"before {column}", ",".join([*cells[:column], "", *cells[column:]]), row
    yield "extra delimiter", "at the end", ",".join([*cells, ""]), row


def _quotes(table: Table, place: int) -> Iterator[Defect]:
    row = table.rows[place]
    for column, cell in enumerate(row):
        text = written(cell)
        quoted = text.startswith('"')
        spots = {"start": 0, "middle": _between(cell), "end": len(cell)}
        for name, spot in spots.items():
            if spot is None or (quoted and name == "middle" and not cell):
                continue
            stray = f'{cell[:spot]}"{cell[spot:]}'
            dirty = (
                stray
                if not quoted
                else f'"{cell[:spot].replace(chr(34), chr(34) * 2)}"{cell[spot:].replace(chr(34), chr(34) * 2)}"'
            )
            cells = [written(other) for other in row]
            cells[column] = dirty
            truth = (*row[:column], stray, *row[column + 1 :])
            yield f"stray quote at the {name}", f"of {column}", ",".join(cells), truth


def _between(cell: str) -> int | None:
    """A place within a cell that is next to no quote."""
    middle = len(cell) // 2
    free = (spot for spot in range(middle, len(cell)) if spot and '"' not in cell[spot - 1 : spot + 1])
    return next(free, None)


def _dialects(table: Table, place: int) -> Iterator[Defect]:
    row = table.rows[place]
    for delimiter in (";", "\t", "|", ", "):
        yield "delimiter of one row", repr(delimiter), line(row, delimiter), row
    other = line(row, quote="'")
    if len(next(csv.reader([other]))) != len(row):  # else it is a sound record as it stands
        yield "quote of one row", "'", other, row
    yield "escape of one row", "backslash", line(row, escape="\\"), row


def _row_ends(table: Table) -> Iterator[Variant]:
    lines = [line(table.header), *(line(row) for row in table.rows)]
    for usual in ("\n", "\r\n", "\r"):
        for other in ("\n", "\r\n", "\r"):
            for place in _POLLUTED[:-1]:
                if other == usual:
                    continue
                text = "".join(part + (other if number == place + 1 else usual) for number, part in enumerate(lines))
                name = f"{table.name} {usual!r} but {other!r} after {place}"
                yield Variant("line end of one row", name, text.encode(), table.header, table.rows)


def _short_rows(table: Table) -> Iterator[Variant]:
    """Rows that end early, without their last, empty cells."""
    rows = tuple((*row[:-1], "") if number % 3 else row for number, row in enumerate(table.rows))
    lines = [line(row[:-1]) if not row[-1] and number in _POLLUTED else line(row) for number, row in enumerate(rows)]
    yield Variant("short rows", table.name, "\n".join([line(table.header), *lines, ""]).encode(), table.header, rows)


def _whole_files(table: Table) -> Iterator[Variant]:
    def file(group: str, name: str, text: str, rows: tuple[Row, ...] = table.rows) -> Variant:
        return Variant(group, f"{table.name} {name}", text.encode(), table.header, rows)

    def wrote(
        rows: Sequence[Row] = table.rows, end: str = "\n", delimiter: str = ",", quote: str = '"', escape: str = ""
    ) -> str:
        return "".join(line(row, delimiter, quote, escape) + end for row in (table.header, *rows))

    yield file("clean", "as it is", wrote())
    for delimiter in (";", "\t", "|", "||", "::", ", ", "^", "~", ";;"):
        yield file("delimiter of the file", repr(delimiter), wrote(delimiter=delimiter))
    yield file("quote of the file", "'", wrote(quote="'"))
    yield file("escape of the file", "backslash", wrote(escape="\\"))
    yield file(
        "quote of the file", "everywhere", "".join(line(row, always=True) + "\n" for row in (table.header, *table.rows))
    )
    for end in ("\r\n", "\r"):
        yield file("line end of the file", repr(end), wrote(end=end))
    yield file("line end of the file", "none at the end", wrote().rstrip("\n"))
    yield file("line end of the file", "two at the end", wrote() + "\n")
    yield file("blank lines", "between rows", wrote(end="\n\n"))
    yield file("blank lines", "some", wrote().replace("\n", "\n\n", 20).replace("\n\n", "\n", 3))
    yield file(
        "spaces",
        "around cells",
        "".join(" , ".join(written(c) for c in row) + "\n" for row in (table.header, *table.rows)),
    )
    long = tuple(
        (*row[:-1], "first line\nsecond, line") if number in _POLLUTED else row for number, row in enumerate(table.rows)
    )
    yield file("line breaks in cells", "LF", wrote(long), long)
    yield file("line breaks in cells", "in CRLF", wrote(long, "\r\n"), long)
    yield file("small", "header only", line(table.header) + "\n", ())
    yield file("small", "one row", wrote(table.rows[:1]), table.rows[:1])
    yield Variant("small", f"{table.name} empty", b"", (), ())
    numbered = tuple(f"c{number}" for number in range(1, len(table.header) + 1))
    yield Variant(
        "no header", table.name, "".join(line(row) + "\n" for row in table.rows).encode(), numbered, table.rows
    )
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        yield Variant("encoding", encoding, wrote().encode(encoding), table.header, table.rows)
    chinese = tuple(
        (row[0], "王小明" if number % 2 else "陈丽华(女士)", *row[2:]) for number, row in enumerate(table.rows)
    )
    plain = tuple(
        tuple(cell.encode("ascii", "ignore").decode() if place != 1 else cell for place, cell in enumerate(row))
        for row in chinese
    )
    yield Variant("encoding", "gb18030", wrote(plain).encode("gb18030"), table.header, plain)


def _around(table: Table) -> Iterator[Variant]:
    """What stands before, above, behind the table, or beside it in the file."""
    head, body = line(table.header), [line(row) for row in table.rows]
    width = len(table.header)

    def file(group: str, name: str, *lines: str) -> Variant:
        return Variant(group, f"{table.name} {name}", ("\n".join(lines) + "\n").encode(), table.header, table.rows)

    for count in (1, 2, 5):
        titles = [f"Report number {number}" for number in range(count)]
        yield file("preamble", f"{count} lines", *titles, head, *body)
        yield file("preamble", f"{count} lines and a blank one", *titles, "", head, *body)
        wide = [f"{title}{',' * (width - 1)}" for title in titles]
        yield file("preamble", f"{count} wide lines", *wide, head, *body)
        yield file("preamble", f"{count} wide lines and an empty one", *wide, "," * (width - 1), head, *body)
    yield file("header of several lines", "repeated", head, head, *body)
    yield file("header of several lines", "repeated twice", head, head, head, *body)
    yield file("header of several lines", "with units", head, ",".join(["(text)"] * width), *body)
    yield file(
        "header of several lines", "grouped", ",".join(["general", *[""] * (width - 3), "more", ""]), head, *body
    )
    yield file("footer", "a total", head, *body, f"Total{',' * (width - 2)}4711.50,")
    yield file("footer", "a note", head, *body, "84 rows were exported on Monday")
    yield file("footer", "a note after a blank line", head, *body, "", "84 rows were exported on Monday")
    yield file("footer", "a wide note", head, *body, f"Note: not audited{',' * (width - 1)}")
    others: dict[str, Callable[[int], list[str]]] = {
        "fewer columns": lambda count: ["key,value", *(f"k{n},{n}" for n in range(count))],
        "more columns": lambda count: [
            ",".join(f"n{n}" for n in range(width + 2)), *(",".join(str(n + m) for m in range(width + 2)) for n in range(count))
        ],
        "as many columns": lambda count: [
            ",".join(f"n{n}" for n in range(width)), *(",".join(f"v{n + m}" for m in range(width)) for n in range(count))
        ],
    }  # fmt: skip
    for name, other in others.items():
        for count in (5, 60):
            yield file("several tables", f"another with {name}, {count} rows", head, *body, "", *other(count))
    trailing = tuple(f"{text}," for text in body)
    yield file("trailing delimiters", "on all rows", head, *trailing)
