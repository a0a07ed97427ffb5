# ruff: noqa: DTZ001, RUF001  naive UTC, as everywhere inside; Chinese punctuation
"""Whatever encoding, delimiter, line end, quoting, decimal and date style a file is written in, the same rows are read."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Bench

ENTITY = """
kind: entity
version: 1
name: visits
key: [visit_id]
schema:
  type: object
  required: [visit_id]
  properties:
    visit_id: {type: string}
    note: {type: string}
    amount: {type: number, x-money: project}
    seats: {type: integer}
    at: {type: string, format: date-time}
    day: {type: string, format: date}
"""
Row = tuple[str, str | None, Decimal | None, int | None, datetime | None, date | None]
HEADER = ("Visit No", "Note", "Amount", "Seats", "At", "Day")
TEXTS = (
    "plain",
    "with, comma",
    "semi; colon",
    "a\ttab",
    "pipe|",
    'said "yes"',
    "two\nlines",
    "it's",
    "Straße",
    "café",
    "£5",
)
CHINESE = ("张三", "李四，上海", "退款：已完成", "你好。再见")
ENCODINGS = {
    "utf-8": TEXTS + CHINESE,
    "utf-8-sig": TEXTS + CHINESE,
    "utf-16": TEXTS + CHINESE,
    "cp1252": TEXTS,
    "gb18030": CHINESE + TEXTS[:8],
}
NUMBERS = {
    "1234.5": ("", "."),
    "1,234.5": (",", "."),
    "1.234,5": (".", ","),
    "1 234,5": (" ", ","),
    "1'234.5": ("'", "."),
}
DATES = {
    "iso": ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d", None),
    "day first": ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y", ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y")),
    "month first": ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y", ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y")),
    "by name": ("%d %b %Y %H:%M:%S", "%d %b %Y", None),
    "chinese": ("%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日", None),
    "epoch": ("epoch", "%Y%m%d", None),
    "epoch_ms": ("epoch_ms", "%Y/%m/%d", None),
}


@dataclass(frozen=True)
class Style:
    """How a file is written."""

    encoding: str
    delimiter: str
    end: str
    quoting: int
    number: str
    dates: str


@st.composite
def files(draw: st.DrawFn) -> tuple[Style, list[Row]]:
    encoding = draw(st.sampled_from(sorted(ENCODINGS)))
    dates = draw(st.sampled_from([name for name in DATES if name != "chinese" or encoding != "cp1252"]))
    style = Style(
        encoding=encoding,
        delimiter=draw(st.sampled_from([",", ";", "\t", "|"])),
        end=draw(st.sampled_from(["\n", "\r\n", "\r"])),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        number=draw(st.sampled_from(sorted(NUMBERS))),
        dates=dates,
    )
    texts = st.sampled_from([text for text in ENCODINGS[encoding] if style.end != "\r" or "\n" not in text])
    row = st.tuples(
        st.none() | texts,
        st.none() | st.decimals(min_value=Decimal("-99999.99"), max_value=Decimal("99999.99"), places=2),
        st.none() | st.integers(min_value=-50_000, max_value=50_000),
        st.none()
        | st.integers(min_value=10**9, max_value=2 * 10**9).map(lambda s: datetime(1970, 1, 1) + timedelta(seconds=s)),
        st.none() | st.dates(min_value=date(1990, 1, 1), max_value=date(2030, 1, 1)),
    )
    rows = draw(st.lists(row, min_size=8, max_size=20))
    return style, [(f"V{number:04d}", *cells) for number, cells in enumerate(rows)]


def written(style: Style, rows: list[Row]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=style.delimiter, lineterminator=style.end, quoting=style.quoting)  # type: ignore[arg-type]
    writer.writerow(HEADER)
    for visit, note, amount, seats, at, day in rows:
        moment, plain_day, _ = DATES[style.dates]
        cells = (
            visit,
            note,
            _number(amount, style),
            seats,
            _moment(at, moment),
            day.strftime(plain_day) if day else None,
        )
        writer.writerow(["" if cell is None else cell for cell in cells])
    return out.getvalue().encode(style.encoding)


def _number(amount: Decimal | None, style: Style) -> str | None:
    if amount is None:
        return None
    group, decimal = NUMBERS[style.number]
    whole, fraction = f"{abs(amount):.2f}".split(".")
    return f"{'-' if amount < 0 else ''}{int(whole):,}".replace(",", group) + decimal + fraction


def _moment(at: datetime | None, pattern: str) -> str | None:
    if at is None or not pattern.startswith("epoch"):
        return at.strftime(pattern) if at else None
    seconds = (at - datetime(1970, 1, 1)) // timedelta(seconds=1)
    return str(seconds if pattern == "epoch" else seconds * 1000)


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    bench = Bench(tmp_path_factory.mktemp("visits"))
    bench.write("configs/project.yaml", "kind: project\nversion: 1\nname: shop\nid_key: testing\n")
    bench.write("configs/entities/visits.yaml", ENTITY)
    return bench


def imported(bench: Bench, style: Style, rows: list[Row], stated: str) -> list[tuple[Any, ...]]:
    moment, day = DATES[style.dates][2] or (None, None)
    forms = (f'{{column: At, format: "{moment}"}}', f'{{column: Day, format: "{day}"}}') if moment else ("At", "Day")
    mapping = f"{{visit_id: Visit No, note: Note, amount: Amount, seats: Seats, at: {forms[0]}, day: {forms[1]}}}"
    bench.source("visits", f"path: data/v.csv\nentity: visits\nmax_rejects: 100%\n{stated}map: {mapping}")
    bench.write("data/v.csv", written(style, rows))
    outcome = bench.load(run_id=f"r{bench.runs}", options={"full": True})
    assert outcome.details["counts"]["rejected"] == 0, bench.rejects()
    run = f"r{bench.runs - 1}"
    query = 'SELECT visit_id, note, amount, seats, "at", day FROM visits ORDER BY visit_id'
    found = bench.rows(query)[: len(rows)]
    assert outcome.details["counts"]["read"] == len(rows), run
    return found


SETTINGS = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@SETTINGS
@given(file=files())
def test_with_the_format_stated(visits: Bench, file: tuple[Style, list[Row]]) -> None:
    style, rows = file
    decimal = NUMBERS[style.number][1]
    delimiter = {"\t": "\\t"}.get(style.delimiter, style.delimiter)
    stated = f'format: {{encoding: {style.encoding}, delimiter: "{delimiter}", header: true, decimal: "{decimal}"}}\n'
    assert imported(visits, style, rows, stated) == rows


@SETTINGS
@given(file=files())
def test_with_no_format_given(visits: Bench, file: tuple[Style, list[Row]]) -> None:
    style, rows = file
    assert imported(visits, style, rows, "") == rows
