"""JSON documents and workbooks: records and sheets become the rows that they are, or a refusal that says where."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from opscli.errors import DataUnusable

from .conftest import Bench

MAP = "map: {order_id: id, ordered_at: at, amount: sum, channel: note}"


@pytest.fixture
def orders(bench: Bench) -> Bench:
    return bench


def load(bench: Bench, name: str, content: bytes | str, stated: str = "", mapping: str = MAP) -> dict[str, int]:
    bench.source("orders", f"path: data/{name}\nentity: orders\nmax_rejects: 100%\n{stated}{mapping}")
    bench.write(f"data/{name}", content)
    return bench.counts()


RECORD = '{"id": "%s", "at": "2026-01-02", "sum": 12345678901234.5678, "note": "a\\nb"}'


@pytest.mark.parametrize(
    ("document", "stated"),
    [
        ("[%s]", ""),
        ("\n [ %s ] \n", ""),
        ('{"count": 2, "orders": [%s]}', ""),
        ('{"data": {"rows": [%s], "tags": ["a"]}, "more": [{"x": 1}]}', "format: {records: $.data.rows}\n"),
    ],
)
def test_records_are_found_and_numbers_kept(orders: Bench, document: str, stated: str) -> None:
    pretty = json.dumps(json.loads(RECORD % "o1", parse_float=str), indent=2).replace(
        '"12345678901234.5678"', "12345678901234.5678"
    )
    content = document % f"{pretty},\n{RECORD % 'o2'}"
    assert load(orders, "o.json", content, stated) == {"read": 2, "inserted": 2}
    found = orders.rows("SELECT order_id, amount, channel FROM orders ORDER BY order_id")
    assert found == [(name, Decimal("12345678901234.5678"), "a\nb") for name in ("o1", "o2")]


def test_what_is_no_object_is_rejected_at_its_place(orders: Bench) -> None:
    assert load(orders, "o.json", f"[{RECORD % 'o1'}, 7, null, {RECORD % 'o2'}]") == {
        "read": 4,
        "inserted": 2,
        "rejected": 2,
    }
    assert [row[:3] for row in orders.rejects()] == [(2, "", "not_an_object"), (3, "", "not_an_object")]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (f"[{RECORD % 1}, ", "ends in the middle of a record"),
        (f"[{RECORD % 1}", "ends in the middle of a record"),
        (f"[\n{RECORD % 1},\n{{id: 1}}]", "line 3, character"),
        (f"[{RECORD % 1},]", "is no JSON"),
        (f"[{RECORD % 1}] x", "behind the end of the list"),
        ('[{"id": NaN}]', "is no JSON"),
        ('{"a": [1], "orders": ', "ends in the middle"),
        ('{"a": {"b": 1}}', "holds no list of records"),
        ("[" * 100_000, "nested too deep"),
        ('{"a":' * 100_000, "nested too deep"),
    ],
)
def test_broken_documents_are_refused_with_their_place(orders: Bench, content: str, told: str) -> None:
    with pytest.raises(DataUnusable) as refused:
        load(orders, "o.json", content)
    assert told in refused.value.what
    assert orders.rows("SELECT count(*) FROM loads") == [(0,)]


def test_a_long_list_streams_over_the_edges_of_what_is_looked_at(orders: Bench) -> None:
    records = [{"id": f"o{n}", "at": "2026-01-02", "sum": n, "note": "x" * (n % 5000)} for n in range(3000)]
    assert load(orders, "o.json", json.dumps(records)) == {"read": 3000, "inserted": 3000}


def workbook(path: Path, sheets: Mapping[str, Sequence[list[Any]]]) -> bytes:
    import pandas as pd

    with pd.ExcelWriter(path, engine="openpyxl") as writer:
        for name, rows in sheets.items():
            width = max(map(len, rows), default=0)
            padded = [[*row, *[None] * (width - len(row))] for row in rows]
            pd.DataFrame(padded, dtype=object).to_excel(writer, sheet_name=name, header=False, index=False)
    return path.read_bytes()


EMPTY: list[list[Any]] = []
ROWS: list[list[Any]] = [
    ["id", "at", "sum", "note"],
    ["o1", datetime(2026, 1, 2, 10, 30), 12.5, "two\nlines"],  # noqa: DTZ001  as a workbook has it
    ["o2", date(2026, 1, 3), 3, 'comma, quote "'],
    [1003, datetime(2026, 1, 4), 0.1 + 0.2, None],  # noqa: DTZ001  as above
]


def test_a_sheet_is_read_as_people_see_it(orders: Bench, tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    content = workbook(
        tmp_path / "made.xlsx", {"empty": EMPTY, "Orders": [["Orders of January"], [], *ROWS], "more": [["x"]]}
    )
    assert load(orders, "o.xlsx", content) == {"read": 3, "inserted": 3}
    found = orders.rows("SELECT order_id, ordered_at, amount, channel FROM orders ORDER BY order_id")
    assert found == [
        ("1003", datetime(2026, 1, 4), Decimal("0.3"), None),  # noqa: DTZ001
        ("o1", datetime(2026, 1, 2, 10, 30), Decimal("12.5"), "two\nlines"),  # noqa: DTZ001
        ("o2", datetime(2026, 1, 3), Decimal(3), 'comma, quote "'),  # noqa: DTZ001
    ]


def test_a_stated_sheet_and_rejects_by_row_of_the_sheet(orders: Bench, tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    rows = [*ROWS[:2], ["o9", "soon", 1, "x"]]
    sheets: dict[str, list[list[Any]]] = {"first": [["a"]], "second": rows}
    content = workbook(tmp_path / "made.xlsx", sheets)
    for stated in ("second", "2"):
        counts = load(orders, "o.xlsx", content, f"format: {{sheet: {stated}}}\n")
        assert counts["rejected"] == 1
    assert orders.rejects()[0][:3] == (3, "ordered_at", "not_a_time")
    with pytest.raises(DataUnusable, match="has no sheet 'third'; its sheets are 'first', 'second'"):
        load(orders, "o.xlsx", content, "format: {sheet: third}\n")


def test_a_workbook_under_another_name_is_recognised(orders: Bench, tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    content = workbook(tmp_path / "made.xlsx", {"Orders": ROWS})
    assert load(orders, "o.csv", content) == {"read": 3, "inserted": 3}


def test_times_and_cells_with_errors(orders: Bench, tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    rows: list[list[Any]] = [
        ["id", "at", "sum", "note"],
        ["o1", "2026-01-02", 1, "#N/A"],
        ["o2", "2026-01-02", 2, time(8, 30)],
    ]
    outcome_counts = load(orders, "o.xlsx", workbook(tmp_path / "made.xlsx", {"s": rows}))
    assert outcome_counts == {"read": 2, "inserted": 1, "rejected": 1}
    assert orders.rejects() == [(2, "note", "error_cell", "o1,2026-01-02,1,#N/A")]
    assert orders.rows("SELECT channel FROM orders ORDER BY order_id") == [("08:30:00",)]


def test_a_cell_in_the_last_corner_is_refused_at_once(orders: Bench, tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    workbook(tmp_path / "made.xlsx", {"s": ROWS})
    with zipfile.ZipFile(tmp_path / "made.xlsx") as source, zipfile.ZipFile(tmp_path / "bomb.xlsx", "w") as target:
        for member in source.infolist():
            data = source.read(member)
            if member.filename.endswith("sheet1.xml"):
                data = data.replace(
                    b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
                )
            target.writestr(member, data)
    with pytest.raises(DataUnusable, match="row 1048576, column 16384"):
        load(orders, "o.xlsx", (tmp_path / "bomb.xlsx").read_bytes())


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04 torn", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 torn", b"id,at,sum,note\n1,2026-01-01,1,x\n"]
)
def test_what_is_called_a_workbook_and_is_none(orders: Bench, content: bytes) -> None:
    if content.startswith(b"id"):
        assert load(orders, "o.xlsx", content) == {"read": 1, "inserted": 1}
        return
    with pytest.raises(DataUnusable):
        load(orders, "o.xlsx", content)


def test_a_quoted_cell_whose_second_line_is_as_wide_as_a_row_is_one_cell(orders: Bench) -> None:
    """Sound by the letter comes before what a line looks like by itself."""
    rows = [f"o{n},2026-01-02,{n},mail" for n in range(30)]
    rows[7] = '"o7\nwritten by hand",2026-01-02,7,mail'
    content = "id,at,sum,note\n" + "\n".join(rows) + "\nbroken\n"
    assert load(orders, "o.csv", content.encode()) == {"read": 31, "inserted": 30, "rejected": 1}
    assert orders.rows("SELECT order_id FROM orders WHERE amount = 7") == [("o7\nwritten by hand",)]
