"""Where the table of a file stands, and what of the file is no row of it: all lines are told apart, none is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from opscli.engine.duckdb import DuckDBWarehouse
from opscli.errors import DataUnusable
from opscli.sources import rejects
from opscli.sources.formats import csv
from opscli.sources.formats.rows import REJECTS, REPAIRS, FileFormat, ReadRequest

HEADER = "day,code,price,note,flag"
NOTES = ("Blue mug", '"Mug, red"', "Lamp", '"Set of ""good"" knives"')
ROWS = [f"{n % 28 + 1:02d}/03/2026,AB-{1000 + n},{n * 1.37 + 2:.2f},{NOTES[n % 4]},{n % 2}" for n in range(60)]
Read = Callable[..., "Seen"]


class Seen:
    """What was read of a file."""

    def __init__(
        self, rows: list[tuple[int, str]], names: list[str], rejected: list[int], mended: dict[str, int]
    ) -> None:
        self.lines = [line for line, _ in rows]
        self.codes = [code for _, code in rows]
        self.names = names
        self.rejected = rejected
        self.mended = mended


@pytest.fixture
def read(warehouse: DuckDBWarehouse, tmp_path: Path) -> Read:
    def reading(text: str | bytes, *, wanted: tuple[str, ...] = (), **stated: str) -> Seen:
        path = tmp_path / "a.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        request = ReadRequest(
            path=path, label="a.csv", source="s", table="scratch.t", workbench=tmp_path, format=FileFormat(**stated),
            wanted=wanted,
        )  # fmt: skip
        with warehouse.read() as session:
            rejects.prepare(session)
            rows = csv.read(request, session)
            code = list(rows.columns)[min(1, len(rows.columns) - 1)] if rows.columns else None
            found = session.rows(f'SELECT "#line", "{code}" FROM {rows.relation} ORDER BY 1') if code else []
            bad = [int(line) for (line,) in session.rows(f"SELECT line_no FROM {REJECTS} ORDER BY 1")]
            mended = session.rows(f"SELECT line_no, repair FROM {REPAIRS} ORDER BY 1")
        assert rows.read == len(found) + len(bad)
        return Seen(found, list(rows.columns), bad, {kind: line for line, kind in mended})

    return reading


def lines(*parts: str, end: str = "\n") -> str:
    return end.join(parts) + end


CODES = [f"AB-{1000 + n}" for n in range(60)]


@pytest.mark.parametrize(
    ("text", "first", "mended"),
    [
        (lines(HEADER, *ROWS), 2, {}),
        (lines(HEADER, *ROWS, end="\r"), 2, {}),
        ("\ufeff" + lines(HEADER, *ROWS), 2, {}),
        (lines("sep=,", HEADER, *ROWS), 3, {}),
        (lines("Sales of March", "made 2026-04-01", "", HEADER, *ROWS), 5, {}),
        (lines("Sales of March,,,,", HEADER, *ROWS), 3, {}),
        (lines("from,2026-03-01", "to,2026-03-31", "", HEADER, *ROWS), 5, {}),
        (lines(HEADER, HEADER, *ROWS), 3, {}),
        (lines(HEADER, "dd/mm/yyyy,,GBP,,0/1", *ROWS), 3, {}),
        (lines("when,,what,,", HEADER, *ROWS), 3, {}),
        (lines(HEADER, *ROWS, "Total,,1234.50,,"), 2, {"footer": 62}),
        (lines(HEADER, *ROWS, "", "60 rows exported"), 2, {"footer": 63}),
        (lines(HEADER, *ROWS, "exported by the till on Monday"), 2, {"footer": 62}),
        (lines(HEADER, *ROWS, "", "id,name", *(f"{n},x{n}" for n in range(99))), 2, {"other_table": 63}),
        (lines(HEADER, *ROWS, "id,name", *(f"{n},x{n}" for n in range(99))), 2, {"other_table": 62}),
        (lines(HEADER, *ROWS, "", "a,b,c,d,e", *(f"{n},x,y,z,q" for n in range(9))), 2, {"other_table": 63}),
        (lines(HEADER, *(f"{row}," for row in ROWS)), 2, {}),
        (lines(f"{HEADER},", *(f"{row}," for row in ROWS)), 2, {}),
        (lines(HEADER, *ROWS, ",,,,"), 2, {}),
        (lines(HEADER, *ROWS).rstrip(), 2, {}),
        (lines(f",{HEADER}", *ROWS), 2, {}),
        (lines(HEADER.replace("price", ",price"), *ROWS), 2, {}),
        (lines("Sales of March,1,,,", "by branch,2,,,", HEADER, *ROWS), 4, {}),
        (lines(HEADER, *(f"{row},,,,,,," for row in ROWS)), 2, {}),
        (lines(HEADER, *ROWS, "Note: all,,,,", "Printed on Monday,,,,", "Page 1,,,,"), 2, {"footer": 62}),
        (lines(HEADER, *ROWS, "id,name", *(f"x{n},{n}" for n in range(600))), 2, {"other_table": 62}),
        (lines(HEADER, *ROWS, "", "id,name", *(f"x{n},{n}" for n in range(600))), 2, {"other_table": 63}),
        (lines(HEADER, *ROWS) + "\n\n", 2, {}),
    ],
)
def test_the_table_is_found(read: Read, text: str, first: int, mended: dict[str, int]) -> None:
    seen = read(text)
    assert seen.names[:5] == HEADER.split(",")
    assert (seen.codes, seen.rejected, seen.mended) == (CODES, [], mended)
    assert seen.lines == list(range(first, first + 60))


def test_many_blank_lines_end_no_table(read: Read) -> None:
    assert read(lines(HEADER, *ROWS[:30], *[""] * 40, *ROWS[30:])).codes == CODES


def test_short_rows_behind_a_blank_line_are_no_footer(read: Read) -> None:
    seen = read(lines(HEADER, *ROWS[:57], "", *(row.rsplit(",", 1)[0] for row in ROWS[57:])))
    assert (seen.codes, seen.rejected, seen.mended) == (CODES[:57], [60, 61, 62], {})


@pytest.mark.parametrize("count", [1, 5, 400])
def test_another_table_as_wide_right_behind_is_not_read(read: Read, count: int) -> None:
    seen = read(lines(HEADER, *ROWS, "a,b,c,d,e", *(f"{n},x,y,z,q" for n in range(count))))
    assert (seen.codes, seen.mended) == (CODES, {"other_table": 62})


def test_a_line_that_only_seems_sound_is_rejected_with_the_broken_one_below(read: Read) -> None:
    broken = "'05/03/2026','AB-9999','1.00','red, \n','1'"
    seen = read(lines("day,code,price,note,flag", *ROWS[:9], broken, *ROWS[9:]))
    assert (seen.codes, seen.rejected) == (CODES, [11, 12])


def test_what_may_be_a_note_or_a_row_is_rejected(read: Read) -> None:
    texts = [f"name {n},street {n},place {n},{'note' if n % 3 else ''}" for n in range(40)]
    assert read(lines("name,street,place,note", *texts, "made on Monday,,,")).rejected == [42]


def test_blank_lines_between_rows_keep_their_numbers(read: Read) -> None:
    assert read("\n\n".join([HEADER, *ROWS])).lines == list(range(3, 122, 2))


def test_a_header_that_comes_again_is_passed_over(read: Read) -> None:
    seen = read(lines(HEADER, *ROWS[:30], HEADER, *ROWS[30:]))
    assert (seen.codes, seen.mended) == (CODES, {"repeated_header": 32})


def test_without_a_header_columns_are_numbered(read: Read) -> None:
    seen = read(lines(*ROWS))
    assert (seen.names, seen.codes) == (["c1", "c2", "c3", "c4", "c5"], CODES)


def test_the_mapping_knows_the_header(read: Read) -> None:
    texts = [f"name {n} of it,some words" for n in range(9)]
    seen = read(lines("A long title, and a comma", "Full Name,Remark", *texts), wanted=("Full Name",))
    assert (seen.names, seen.lines) == (["Full Name", "Remark"], list(range(3, 12)))


def test_rs_row_numbers_get_a_name(read: Read) -> None:
    seen = read(lines("name,size", *(f'"{n}","x{n}",{n}.5' for n in range(1, 9))))
    assert seen.names == ["c1", "name", "size"]


def test_a_header_for_other_columns_than_the_rows_have_is_an_error(read: Read) -> None:
    with pytest.raises(DataUnusable, match="line 1 seems to name 4 columns, but the rows have 5"):
        read(lines("day,code,price,note", *ROWS))


def test_a_row_that_was_cut_off_is_no_footer(read: Read) -> None:
    seen = read(lines(HEADER, *ROWS)[:-30])
    assert (seen.codes, seen.rejected, seen.mended) == (CODES[:-1], [61], {})


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_last_rows_that_were_cut_off_are_no_other_table(read: Read, cut: int) -> None:
    short = [row.rsplit(",", cut)[0] for row in ROWS[-6:] if '"' not in row]
    seen = read(lines(HEADER, *ROWS[:-6], *short))
    assert (len(seen.codes) + len(seen.rejected), seen.mended) == (54 + len(short), {})


def test_a_delimiter_too_many_before_empty_last_cells_is_seen(read: Read) -> None:
    rows = [f'n{n},AB-{1000 + n},"x, y",{n if n % 3 else ""},{"" if n % 2 else "z z"}' for n in range(60)]
    seen = read(lines("name,code,note,size,mark", *rows[:30], "," + rows[3].removesuffix("z z"), *rows[31:]))
    assert seen.rejected == [32] or "extra_delimiter" in seen.mended


@pytest.mark.parametrize("between", ["", " ", ","])
def test_rows_that_lost_the_line_end_between_them_are_two(read: Read, between: str) -> None:
    for place in (1, 2, 58):
        seen = read(lines(HEADER, *ROWS[:place], ROWS[place] + between + ROWS[place + 1], *ROWS[place + 2 :]))
        assert (sorted(seen.codes), seen.rejected, seen.mended) == (CODES, [], {"missing_line_end": place + 2})


def test_a_row_between_apostrophes_is_a_row(read: Read) -> None:
    plain = [row.replace('"Mug, red"', "Mug") for row in ROWS]
    plain[9] = ",".join(f"'{cell}'" for cell in plain[9].split(","))
    seen = read(lines(HEADER, *plain))
    assert (seen.codes, seen.mended) == (CODES, {"other_quote": 11})


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize(
    "first",
    ["A1;2026-07-01 10:30:00;1234.5;-;0017", "A1;2026-07-01;-;n/a;0017", "A1;10:30;NULL;?;0017"],
)
def test_a_first_row_that_is_written_otherwise_is_no_header(read: Read, first: str, *, header: bool) -> None:
    others = ("A2;31/12/2026;4.50;0.25;17", "A3;2026-07-01;5.00;12.5;18", "A4;12/31/2026;1;1;9", "A5;2026-07-01;2;2;20")
    seen = read(lines(*["No;Placed;Total;Off;Shop"] * header, first, *others))
    assert seen.lines == list(range(1 + header, 6 + header))
    assert seen.names[0] == ("No" if header else "c1")


@pytest.mark.parametrize("title", ["Report of July,,", "Report of July", "Report,July"])
def test_a_title_right_above_the_header_of_a_few_rows_is_none(read: Read, title: str) -> None:
    seen = read(lines(title, "No,Placed,Total", *(f"A{day},2026-07-0{day},{day}.5" for day in range(1, 6))))
    assert (seen.names, seen.lines) == (["No", "Placed", "Total"], [3, 4, 5, 6, 7])


def test_numbers_can_be_names(read: Read) -> None:
    seen = read(lines("2021,2022,2023", *(f"K{n},{n},red" for n in range(30))))
    assert (seen.names, len(seen.codes)) == (["2021", "2022", "2023"], 30)


def test_a_header_of_texts_that_comes_again_is_still_one(read: Read) -> None:
    rows = [f"name {n},{['GB', 'FR'][n % 2]},{['vip', 'trade'][n % 2]}" for n in range(60)]
    seen = read(lines("name,land,tag", *rows[:20], "name,land,tag", *rows[20:40], "name,land,tag", *rows[40:]))
    assert (seen.names, len(seen.codes), list(seen.mended)) == (["name", "land", "tag"], 60, ["repeated_header"])


def test_names_are_made_unique(read: Read) -> None:
    assert read("id,,id,ID_2,id\n1,2,3,4,5\n6,7,8,9,0\n").names == ["id", "c2", "id_3", "ID_2", "id_4"]


@pytest.mark.parametrize("text", ["", "\n", "\r\n\r\n", "\ufeff"])
def test_an_empty_file_has_no_rows(read: Read, text: str) -> None:
    assert read(text).lines == []


def test_a_header_alone_has_no_rows(read: Read) -> None:
    assert (read(HEADER).names, read(HEADER).lines) == (HEADER.split(","), [])


def test_stated_lines_are_skipped_and_stated_header_lines_counted(read: Read) -> None:
    seen = read(lines("a,b", "x,y", "Z,1", "q,2"), skip="1", header="2")
    assert (seen.names, seen.lines) == (["x", "y"], [4])


def test_a_line_without_end_is_refused_alone(read: Read) -> None:
    huge = f"01/03/2026,AB-9999,1.00,{'x' * (1 << 25)},1"
    seen = read(lines(HEADER, *ROWS[:30], huge, *ROWS[30:]))
    assert (seen.codes, seen.rejected) == (CODES, [32])


@pytest.mark.parametrize("place", [0, 30, 60])
def test_a_cell_of_very_many_lines_is_one_record(read: Read, place: int) -> None:
    many = "\n".join(["so many words, and more"] * 3000)
    huge = "\n".join(["so many words, and more"] * 60_000)
    for text, rejected in ((many, []), (huge, [place + 2])):
        seen = read(lines(HEADER, *ROWS[:place], f'01/03/2026,AB-9999,1.00,"{text}",1', *ROWS[place:]))
        assert (seen.rejected, seen.mended) == (rejected, {})
        assert [code for code in seen.codes if code != "AB-9999"] == CODES


def test_cells_over_several_lines_are_read_beside_stray_quotes(read: Read) -> None:
    long = '01/03/2026,AB-2000,1.00,"first\n\nlast, ""word""",1'
    stray = '02/03/2026,"AB-2001,2.00,Lamp,0'
    seen = read(lines(HEADER, *ROWS[:20], long, *ROWS[20:40], stray, *ROWS[40:]))
    assert seen.codes == [*CODES[:20], "AB-2000", *CODES[20:40], '"AB-2001', *CODES[40:]]
    assert (seen.lines[20:23], seen.rejected, seen.mended) == ([22, 25, 26], [], {"stray_quote": 45})


def test_other_line_ends_within_a_file_end_lines(read: Read) -> None:
    text = lines(HEADER, *ROWS, end="\r\n").replace(f"{ROWS[9]}\r\n", f"{ROWS[9]}\r")
    assert sorted(read(text).codes) == CODES
    assert sorted(read(lines(HEADER, *ROWS).replace(f"{ROWS[9]}\n", f"{ROWS[9]}\r")).codes) == CODES
    assert sorted(read(lines(HEADER, *ROWS, end="\r").replace(f"{ROWS[9]}\r", f"{ROWS[9]}\n")).codes) == CODES
