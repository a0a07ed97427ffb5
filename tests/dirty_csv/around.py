"""What stands above a table, behind it, and beside it in the file: headers, preambles, footers, further tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat

from tests.dirty_csv.files import DirtyFile, Piece, dirty, piece, pieces_of
from tests.dirty_csv.tables import PLAIN, Table

_TITLES = (
    "Export of the web shop", "Printed on Monday, 4 May 2026", "Branch: Leeds", "User: admin", "Filter: none",
    "Currency: GBP", "Rows are sorted by time", "Confidential",
)  # fmt: skip


def _lines(*texts: str) -> list[Piece]:
    return [Piece(f"{text}\n") for text in texts]


def _wide(text: str, table: Table, at: int = 0) -> str:
    return PLAIN.row([*repeat("", at), text, *repeat("", table.width - at - 1)])


def headers(table: Table) -> Iterator[DirtyFile]:
    """Header lines repeated, grouped, with units, over two lines, and none."""
    head, *body = pieces_of(table)
    group = "header lines"
    units = ["(text)" if number % 2 else "[unit]" for number in range(table.width)]
    types = ["string" if number % 2 else "number" for number in range(table.width)]
    for name, line in (("units", units), ("types", types)):
        joined = [{top, f"{top} {unit}"} for top, unit in zip(table.header, line, strict=True)]
        yield dirty((group, name), table, [head, *_lines(PLAIN.row(line)), *body], names=joined)
    some = ["", *units[1:-1], ""]
    joined = [{top, f"{top} {unit}".strip()} for top, unit in zip(table.header, some, strict=True)]
    yield dirty((group, "units of some"), table, [head, *_lines(PLAIN.row(some)), *body], names=joined)
    for times in (1, 2):
        yield dirty((group, f"repeated {times}"), table, [head, *repeat(head, times), *body])
    again = [*body[:20], head, *body[20:40], head, *body[40:]]
    yield dirty((group, "again between rows"), table, [head, *again])
    grouped = ["general", *repeat("", table.width - 2), "other"]
    carried = [{name, f"general {name}", f"other {name}"} for name in table.header]
    yield dirty((group, "grouped"), table, [*_lines(PLAIN.row(grouped)), head, *body], names=carried)
    halves = [[f"{name}_a" for name in table.header], [f"{name}_b" for name in table.header]]
    two = [{f"{name}_a", f"{name}_b", f"{name}_a {name}_b"} for name in table.header]
    yield dirty((group, "two lines"), table, [*_lines(*map(PLAIN.row, halves)), *body], names=two)
    quoted = PLAIN.but(always=True).row(table.header)
    yield dirty((group, "quoted"), table, [*_lines(quoted), *body])
    broken = [name.replace("o", "o\n", 1) if number == 1 else name for number, name in enumerate(table.header)]
    accepted = [{name, " ".join(name.split())} for name in broken]
    yield dirty((group, "a line break in a name"), table, [*_lines(PLAIN.row(broken)), *body], names=accepted)
    yield dirty((group, "none"), table, body, names=())
    yield dirty((group, "a blank line below"), table, [head, *_lines(""), *body])
    yield dirty((group, "a rule below"), table, [head, *_lines(",".join("---" for _ in table.header)), *body], names=[
        {name, f"{name} ---"} for name in table.header
    ])  # fmt: skip


def header_widths(table: Table) -> Iterator[DirtyFile]:
    """A delimiter too many in the header, at each place; one with a name; all rows with a delimiter at their end."""
    _, *body = pieces_of(table)
    for column in range(table.width + 1):
        names = [*table.header[:column], "", *table.header[column:]]
        yield dirty(("header width", f"an empty name before {column}"), table, [*_lines(PLAIN.row(names)), *body])
    for extra in (2, 3):
        yield dirty(
            ("header width", f"{extra} empty names at the end"), table,
            [*_lines(PLAIN.row([*table.header, *repeat("", extra)])), *body],
        )  # fmt: skip


def names(table: Table) -> Iterator[DirtyFile]:
    """Names that are numbers, empty, alike, very long, with delimiters, and with spaces around them."""
    _, *body = pieces_of(table)
    width, header = table.width, list(table.header)
    years = [str(2015 + number) for number in range(width)]
    found: dict[str, list[str]] = {
        "numbers": [str(number) for number in range(1, width + 1)],
        "numbers from 0": [str(number) for number in range(width)],
        "years": years,
        "years behind the first": [header[0], *years[1:]],
        "the first empty": ["", *header[1:]],
        "one empty": [*header[:1], "", *header[2:]],
        "the last empty": [*header[:-1], ""],
        "all alike": [header[0]] * width,
        "two alike": [*header[:-1], header[0]],
        "long": [f"{name} {'very ' * 60}long" for name in header],
        "huge": [f"{name}{'x' * 5000}" for name in header],
        "with delimiters": [f"{name}, {name}" for name in header],
        "with quotes": [f'the "{name}"' for name in header],
        "spaces around": [f"  {name} " for name in header],
        "signs": [f"{name} (%) [€]" for name in header],
        "dates": [f"2026-0{number + 1}-01" for number in range(width)],
        "capitals": [name.upper() for name in header],
        "Chinese": [f"列{'一二三四五六七八九'[number]}" for number in range(width)],
    }
    for name, line in found.items():
        alike = {cell for cell in line if line.count(cell) > 1}
        accepted = [{" ".join(cell.split())} if cell and cell not in alike else set[str]() for cell in line]
        yield dirty(("names", name), table, [*_lines(PLAIN.row(line)), *body], names=accepted)


def preambles(table: Table) -> Iterator[DirtyFile]:
    """Lines above the header: plain, as wide as the table, with some cells, with a blank line."""
    pieces = pieces_of(table)
    for count in range(1, len(_TITLES) + 1):
        titles = _TITLES[:count]
        empty = "," * (table.width - 1)
        found = {
            "lines": titles,
            "lines and a blank one": [*titles, ""],
            "wide lines": [_wide(title, table) for title in titles],
            "wide lines and an empty one": [*(_wide(title, table) for title in titles), empty],
            "lines that end in a delimiter": [f"{PLAIN.cell(title)}," for title in titles],
            "lines in the second column": [_wide(title, table, 1) for title in titles],
            "pairs": [f"{title.split(' ')[0]},{number}" for number, title in enumerate(titles)],
            "wide pairs": [PLAIN.row([title, str(n), *repeat("", table.width - 2)]) for n, title in enumerate(titles)],
        }
        for name, lines in found.items():
            yield dirty(("preamble", f"{count} {name}"), table, [*_lines(*lines), *pieces])
    yield dirty(("preamble", "blank lines"), table, [*_lines("", "", ""), *pieces])
    yield dirty(("preamble", "a comment"), table, [*_lines("# made by the shop, version 2"), *pieces])


def footers(table: Table) -> Iterator[DirtyFile]:
    """Lines behind the rows: totals and notes, plain and as wide as the table."""
    pieces = pieces_of(table)
    total = PLAIN.row(["Total", *repeat("", table.width - 2), "4711"])
    second = PLAIN.row(["Total", "4711", *repeat("", table.width - 2)])
    found: dict[str, Sequence[str]] = {
        "a total": [total],
        "a total beside its name": [second],
        "a total after a blank line": ["", total],
        "a short total": ["Total,4711"],
        "two totals": [PLAIN.row(["Subtotal", *repeat("", table.width - 2), "900"]), total],
        "a note": [f"{len(table.rows)} rows were exported on Monday"],
        "a note with delimiters": ["Printed by the shop, on Monday, for Leeds, and nobody else"],
        "a note after a blank line": ["", "End of the list"],
        "a wide note": [_wide("Note: not audited", table)],
        "a wide note after an empty line": ["," * (table.width - 1), _wide("Note: not audited", table)],
        "three notes": ["Note: not audited", "Printed on Monday", "Page 1 of 1"],
        "three wide notes": [_wide(text, table) for text in ("Note: not audited", "Printed on Monday", "Page 1 of 1")],
        "empty lines": ["," * (table.width - 1)] * 3,
        "blank lines": ["", "", ""],
        "a wide note in the second column": [_wide("Note: not audited", table, 1)],
        "a quoted note": ['"Note: not audited, and ""late"""'],
        "a count": [f"({len(table.rows)} rows)"],
        "a rule and a total": ["-----", total],
        "an end of file mark": ["\x1a"],
    }
    for name, lines in found.items():
        yield dirty(("footer", name), table, [*pieces, *_lines(*lines)])
        last = _lines(*lines)[-1]
        cut = [*_lines(*lines)[:-1], Piece(last.text.removesuffix("\n"))]
        yield dirty(("footer", f"{name}, no line end"), table, [*pieces, *cut])


def several_tables(table: Table) -> Iterator[DirtyFile]:
    """A further table behind: narrower, wider, or as wide; right behind, after blank lines, with a title."""
    pieces = pieces_of(table)
    width = table.width
    for count in (1, 3, 12, 60, 400):
        others = {
            "narrower": ["key,value", *(f"k{number},{number * 3}" for number in range(count))]
            if width > 2
            else ["key", *(f"k{number}" for number in range(count))],
            "wider": [PLAIN.row([f"n{column}" for column in range(width + 2)]),
                      *(PLAIN.row([str(number + column) for column in range(width + 2)]) for number in range(count))],
            "as wide": [PLAIN.row([f"name{column}" for column in range(width)]),
                        *(PLAIN.row([f"{number + column}.5" for column in range(width)]) for number in range(count))],
        }  # fmt: skip
        for name, lines in others.items():
            for gap, between in (("close by", []), ("after a blank line", [""]), ("with a title", ["", "Table 2", ""])):
                group = "tables as wide" if name == "as wide" else "several tables"
                yield dirty((group, f"{name}, {count} rows, {gap}"), table, [*pieces, *_lines(*between, *lines)])


def trailing_delimiters(table: Table) -> Iterator[DirtyFile]:
    """Every row ends in a delimiter, or in several; the header too or not."""
    for count in (1, 2, 5):
        edge = "," * count
        head, *body = [Piece(part.text[:-1] + edge + "\n", part.records) for part in pieces_of(table)]
        yield dirty(("trailing delimiters", f"{count}, everywhere"), table, [head, *body])
        yield dirty(("trailing delimiters", f"{count}, on rows"), table, [pieces_of(table)[0], *body])
        half = [part if number % 2 else piece(table.rows[number]) for number, part in enumerate(body)]
        yield dirty(("trailing delimiters", f"{count}, on every second row"), table, [pieces_of(table)[0], *half])
