"""Workbooks as they come: what a cell shows is what is read, errors are told, and no workbook ends the process."""

from __future__ import annotations

import io
import zipfile
import zlib
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from opscli.errors import DataUnusable
from opscli.sources.formats import sheet_copy, sheet_xml

from .conftest import Bench
from .test_documents import load
from .workbook_parts import MAIN, ods, ods_row, ods_text, row, xlsx

HEADER = row(1, "id", "at", "sum", "note")
FIRST = row(2, "o1", "2026-01-02", 1, "x")
FAR = [
    '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
    "<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>",
    '<row r="1048576"><c\n r="XFD1048576"\n><v>1</v></c></row>',
    '<row r="1048576"><c s="0" r="XFD1048576"/></row>',
    '<row r="3"><c r="XFD3" t="b"><v>1</v></c></row><row r="1048576"><c t="b"><v>1</v></c></row>',
    '<row r="3"><c r="XFD1048576"><v>1</v></c></row>',
]


@pytest.mark.parametrize("far", FAR)
def test_a_far_away_cell_is_refused_however_it_is_written(bench: Bench, far: str) -> None:
    with pytest.raises(DataUnusable, match=r"sheet Orders has [0-9]+ cells, but the last one stands in row 1048576"):
        load(bench, "o.xlsx", xlsx(HEADER + FIRST + far))


def test_a_namespace_prefix_hides_no_cell(bench: Bench) -> None:
    sheet = f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row></x:sheetData>'
    with pytest.raises(DataUnusable, match="row 1048576, column 16384"):
        load(bench, "o.xlsx", xlsx("", sheet=f"{sheet}</x:worksheet>"))


def test_utf_16_hides_no_cell(bench: Bench) -> None:
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData><row><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    whole = xlsx(
        "", more={"xl/worksheets/sheet1.xml": ('<?xml version="1.0" encoding="UTF-16"?>' + sheet).encode("utf-16")}
    )
    with pytest.raises(DataUnusable, match="row 1048576, column 16384"):
        load(bench, "o.xlsx", whole)


@pytest.mark.parametrize("place", ["A0", "ZZZ1", "A9999999", "1", "A", "", "$A$1"])
def test_cells_that_stand_nowhere_are_refused(bench: Bench, place: str) -> None:
    with pytest.raises(DataUnusable, match="is no readable workbook"):
        load(bench, "o.xlsx", xlsx(f'{HEADER}<row r="2"><c r="{place}" t="b"><v>1</v></c></row>'))


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))


@pytest.mark.parametrize("declared", [LAUGHS, '<!ENTITY l9 SYSTEM "file:///etc/passwd">', ""])
@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"])
def test_a_document_type_is_refused(bench: Bench, part: str, declared: str) -> None:
    sheet = f'<!DOCTYPE worksheet [{declared}]><worksheet xmlns="{MAIN}"><sheetData/></worksheet>'
    with pytest.raises(DataUnusable, match="is no readable workbook: document type"):
        load(bench, "o.xlsx", xlsx(HEADER, more={part: sheet}))


def test_a_part_that_says_to_be_small_is_counted_as_it_comes_out(bench: Bench) -> None:
    strings = b"<sst>" + bytes(40 << 20)
    content = bytearray(xlsx(HEADER + FIRST, more={"xl/sharedStrings.xml": strings}))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        member = archive.getinfo("xl/sharedStrings.xml")
    crc = zlib.crc32(strings[:100])
    for stamp, at in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        start = -1
        while (start := content.find(stamp, start + 1)) >= 0:
            if int.from_bytes(content[start + at : start + at + 4], "little") == member.CRC:
                content[start + at : start + at + 4] = crc.to_bytes(4, "little")
                content[start + at + 8 : start + at + 12] = (100).to_bytes(4, "little")
    with pytest.raises(DataUnusable, match="unpacks to more than 100 times its size"):
        load(bench, "o.xlsx", bytes(content))


def test_two_parts_of_one_name_are_refused(bench: Bench) -> None:
    with pytest.raises(DataUnusable, match="two parts of one name"):
        load(bench, "o.xlsx", xlsx(HEADER, more={"XL/worksheets/sheet1.xml": "<worksheet/>"}))


FAR_DOWN = (
    f'<table:table-row table:number-rows-repeated="1048000"/><table:table-row>{ods_text("", repeated=16000)}'
    f"{ods_text('x')}</table:table-row>"
)


@pytest.mark.parametrize(
    "repeated",
    [
        f'<table:table-row table:number-rows-repeated="1048570">{ods_text("x")}</table:table-row>',
        f'<table:table-row table:number-rows-repeated="99999999999">{ods_text("x")}</table:table-row>',
        f"<table:table-row>{ods_text('x', repeated=16384)}</table:table-row>" * 70,
        FAR_DOWN,
    ],
)
def test_cells_of_an_opendocument_that_stand_for_millions_are_refused(bench: Bench, repeated: str) -> None:
    with pytest.raises(DataUnusable):
        load(bench, "o.ods", ods(ods_row("id", "at", "sum", "note") + repeated))


def test_an_opendocument_is_read_with_its_long_numbers_and_errors(bench: Bench) -> None:
    number = '<table:table-cell office:value-type="float" office:value="{}"><text:p>1</text:p></table:table-cell>'
    error = '<table:table-cell office:value-type="string" calcext:value-type="error"><text:p>#N/A</text:p></table:table-cell>'
    day = '<table:table-cell office:value-type="date" office:date-value="2026-01-02T10:30:00"/>'
    rest = '<table:table-row table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="16384"/>'
    rows = (
        ods_row("id", "at", "sum", "note"),
        f"<table:table-row>{number.format(12345678901234567)}{day}{number.format(1.5)}{ods_text('x')}</table:table-row>",
        f"<table:table-row>{ods_text('o2')}{day}{number.format(2)}{error}</table:table-row>",
        f"{rest}</table:table-row>",
    )
    assert load(bench, "o.ods", ods("".join(rows))) == {"read": 2, "inserted": 1, "rejected": 1}
    assert bench.rejects() == [(3, "note", "error_cell", "o2,2026-01-02 10:30:00,2,#N/A")]
    found = bench.rows("SELECT order_id, ordered_at, amount FROM orders")
    assert found == [("12345678901234567", datetime(2026, 1, 2, 10, 30), Decimal("1.5"))]  # noqa: DTZ001


@pytest.mark.parametrize("code", ["#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"])
def test_a_row_that_needs_a_cell_with_an_error_is_rejected(bench: Bench, code: str) -> None:
    error = f'<c r="D3" t="e"><f>VLOOKUP(1,A1,1)</f><v>{code}</v></c></row>'
    rows = HEADER + FIRST + row(3, "o2", "2026-01-02", 2).replace("</row>", error)
    assert load(bench, "o.xlsx", xlsx(rows)) == {"read": 2, "inserted": 1, "rejected": 1}
    assert bench.rejects() == [(3, "note", "error_cell", f"o2,2026-01-02,2,{code}")]


def test_an_error_in_a_column_that_nothing_uses_harms_no_row(bench: Bench) -> None:
    error = '<c r="E3" t="e"><v>#N/A</v></c></row>'
    rows = (
        row(1, "id", "at", "sum", "note", "other") + FIRST + row(3, "o2", "2026-01-02", 2, "y").replace("</row>", error)
    )
    assert load(bench, "o.xlsx", xlsx(rows)) == {"read": 2, "inserted": 2}


def test_a_text_that_looks_like_an_error_is_a_text(bench: Bench) -> None:
    assert load(bench, "o.xlsx", xlsx(HEADER + row(2, "o1", "2026-01-02", 1, "#N/A"))) == {"read": 1, "inserted": 1}
    assert bench.rows("SELECT channel FROM orders") == [("#N/A",)]


def test_a_formula_that_was_never_worked_out_is_no_empty_cell(bench: Bench) -> None:
    formulas = '<c r="C2"><f>1+1</f><v/></c><c r="D2" t="str"><f>A2</f><v></v></c></row>'
    worked = '<c r="C3"><f>1+1</f><v>2</v></c><c r="D3" t="str"><f>A2</f><v>yes</v></c></row>'
    rows = (row(n, f"o{n}", "2026-01-02").replace("</row>", cells) for n, cells in ((2, formulas), (3, worked)))
    assert load(bench, "o.xlsx", xlsx(HEADER + "".join(rows))) == {"read": 2, "inserted": 1, "rejected": 1}
    assert bench.rejects() == [(2, "sum", "formula_without_value", "o2,2026-01-02,=1+1,")]
    assert bench.rows("SELECT order_id, amount, channel FROM orders") == [("o3", Decimal(2), "yes")]


def cells(number: int, *written: str) -> str:
    return f'<row r="{number}">{"".join(cell.format(number) for cell in written)}</row>'


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ('<c r="D2"><v>4006381333931</v></c>', "4006381333931"),
        ('<c r="D2"><v>4.006381333931E+12</v></c>', "4006381333931"),
        ('<c r="D2"><v>12345678901234567</v></c>', "12345678901234567"),
        ("<c r='D2'><v>12345678901234567890</v></c>", "12345678901234567890"),
        ('<c r="D2"><v>1.23456789012345E+19</v></c>', "12345678901234500000"),
        ('<c r="D2"><v>0.30000000000000004</v></c>', "0.3"),
        ('<c r="D2"><v>1.0000000000000001E-7</v></c>', "0.0000001"),
        ('<c r="D2"><v>-12</v></c>', "-12"),
        ('<c r="D2" s="3"><v>0.125</v></c>', "0.125"),
        ('<c r="D2" t="b"><v>0</v></c>', "false"),
        ('<c r="D2" s="1"><v>46023</v></c>', "2026-01-01"),
        ('<c r="D2" s="2"><v>46023.4375</v></c>', "2026-01-01 10:30:00"),
        ('<c r="D2" t="d"><v>2026-01-02T10:30:00</v></c>', "2026-01-02 10:30:00"),
        ('<c r="D2"><v>46023</v></c>', "46023"),
        ('<c r="D2" t="inlineStr"><is><t>00123</t></is></c>', "00123"),
        (
            '<c r="D2" t="inlineStr"><is><r><t>rich</t></r><r><t xml:space="preserve"> text</t></r></is></c>',
            "rich text",
        ),
        ('<c r="D2" t="s"><v>1</v></c>', "shared"),
        ('<c r="D2" t="str"><f>"0"&amp;1</f><v>01</v></c>', "01"),
        ('<c r="D2" t="inlineStr"><is><t>a_x000D_&#10;b</t></is></c>', "a\nb"),
    ],
)
def test_a_cell_reads_as_it_shows(bench: Bench, cell: str, shown: str) -> None:
    strings = ("<t>no</t>", "<r><t>sha</t></r><r><t>red</t></r><rPh sb='0' eb='1'><t>spoken</t></rPh>")
    rows = HEADER + row(2, "o1", "2026-01-02", 1).replace("</row>", f"{cell}</row>")
    assert load(bench, "o.xlsx", xlsx(rows, strings=strings)) == {"read": 1, "inserted": 1}
    assert bench.rows("SELECT channel FROM orders") == [(shown,)]


def test_days_count_from_1904_where_the_workbook_says_so(bench: Bench) -> None:
    day = '<row r="2"><c r="A2"><v>1</v></c><c r="B2" s="1"><v>44561</v></c><c r="C2"><v>1</v></c></row>'
    load(bench, "o.xlsx", xlsx(HEADER + day, date1904=True))
    assert bench.rows("SELECT ordered_at FROM orders") == [(datetime(2026, 1, 1),)]  # noqa: DTZ001


def test_a_shared_string_that_is_missing_is_told(bench: Bench) -> None:
    lost = '<row r="2"><c r="A2" t="s"><v>7</v></c></row>'
    with pytest.raises(DataUnusable, match=r"is no readable workbook: .*shared string"):
        load(bench, "o.xlsx", xlsx(HEADER + lost, strings=("<t>a</t>",)))


def test_the_first_visible_sheet_is_read_and_the_others_named(bench: Bench) -> None:
    content = xlsx(HEADER + FIRST, hidden={"Lists": row(1, "secret") + row(2, "x")})
    assert load(bench, "o.xlsx", content) == {"read": 1, "inserted": 1}
    assert load(bench, "o.xlsx", content, "format: {sheet: 2}\n") == {"read": 1, "unchanged": 1}
    with pytest.raises(DataUnusable, match='has no column "id"'):
        load(bench, "o.xlsx", content, "format: {sheet: Lists}\n")


def test_a_table_below_a_preamble_right_of_nothing_under_merged_cells(bench: Bench) -> None:
    rows = (
        '<row r="3"><c r="B3" t="inlineStr"><is><t>Orders of January</t></is></c></row>',
        cells(
            6,
            *(
                f'<c r="{c}{{0}}" t="inlineStr"><is><t>{name}</t></is></c>'
                for c, name in zip("BCDE", ("id", "at", "sum", "note"), strict=True)
            ),
        ),
        *(
            cells(
                n,
                f'<c r="B{{0}}"><v>{n}</v></c>',
                '<c r="C{0}" s="1"><v>46023</v></c>',
                '<c r="D{0}"><v>1.5</v></c>',
                '<c r="E{0}" t="str"><v>x</v></c>',
            )
            for n in (7, 8, 9)
        ),
    )
    assert load(bench, "o.xlsx", xlsx("".join(rows))) == {"read": 3, "inserted": 3}
    assert bench.rows("SELECT order_id FROM orders ORDER BY 1") == [("7",), ("8",), ("9",)]


def test_a_locked_workbook_is_told(bench: Bench) -> None:
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3000) + "EncryptedPackage".encode("utf-16-le") + bytes(500)
    with pytest.raises(DataUnusable, match="is locked with a password"):
        load(bench, "o.xlsx", content)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"<html><body><table><tr><td>id</td></tr></table></body></html>", "HTML"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000), "is no readable workbook"),
    ],
)
def test_what_a_file_is_decides(bench: Bench, content: bytes, told: str) -> None:
    with pytest.raises(DataUnusable, match=told):
        load(bench, "o.xlsx", content)


def test_rows_without_a_place_follow_each_other(bench: Bench) -> None:
    assert load(bench, "o.xlsx", xlsx(row(0, "id", "at", "sum", "note") + row(0, "o1", "2026-01-02", 1, "x"))) == {
        "read": 1,
        "inserted": 1,
    }


def test_a_reader_that_ends_its_process_ends_no_import(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "aborts.py").write_text("import os\nos.abort()\n")
    monkeypatch.setattr(sheet_copy, "__file__", str(tmp_path / "aborts.py"))
    with pytest.raises(DataUnusable, match="the reader of workbooks broke off"):
        load(bench, "o.xlsx", xlsx(HEADER + FIRST))


def test_rows_that_are_counted_by_a_pattern_are_counted_as_a_parser_would() -> None:
    rng = Random(5)  # noqa: S311  a seed, not a secret
    written = (
        "<c{}><v>{}</v></c>", '<c{} t="e"><v>#N/A</v></c>', "<c{}/>", '<c{} t="inlineStr"><is><t>{}</t></is></c>',
        "<c{}><f>A1</f><v/></c>", "<c{}><f>A1</f><v>7</v></c>", '<c{} t="str"><f>B1</f><v></v></c>\n ',
    )  # fmt: skip
    for _ in range(500):
        rows, number = "", 0
        for _ in range(rng.randrange(8)):
            number += rng.randrange(1, 3)
            rows += f'<row r="{number}">' if rng.random() < 0.8 else "<row>"
            for column in "ABCDEFGH"[: rng.randrange(9)]:
                place = rng.choice([f' r="{column}{number}"'] * 6 + [f" r='{column}{number}'", ""])
                rows += rng.choice(written).format(place, rng.randrange(10 ** rng.randrange(1, 22)))
            rows += "</row>"
        data = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
        size = rng.randrange(1, 400)
        found = sheet_xml.worksheet(data[at : at + size].encode() for at in range(0, len(data), size))
        parsed = sheet_xml.worksheet([data.encode("utf-16")])  # which the pattern never fits
        assert found == parsed
