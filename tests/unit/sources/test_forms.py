# ruff: noqa: DTZ001  naive UTC, as everywhere inside
"""Stated forms count their digits: a lost zero or a cut year is a reject, not another day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opscli.engine.dialect import DuckDBDialect
from opscli.sources.values import Style, read_raw


def read(engine: duckdb.DuckDBPyConnection, text: str, *forms: str) -> datetime | None:
    sql = read_raw("x", "timestamp", Style(forms=forms), DuckDBDialect())
    row = engine.execute(f"SELECT {sql} FROM (SELECT ? AS x)", [text]).fetchone()
    assert row is not None
    found: datetime | None = row[0]
    return found


@pytest.mark.parametrize(
    ("text", "forms", "value"),
    [
        ("11/12/5", ("%d/%m/%Y",), None),
        ("11/12/5", ("%d/%m/%y",), None),
        ("11/12/05", ("%d/%m/%y",), datetime(2005, 12, 11)),
        (" 1/2/26  9:05 PM", ("%m/%d/%y %I:%M %p",), datetime(2026, 1, 2, 21, 5)),
        ("5-Jan-6", ("%d-%b-%y",), None),
        ("31Dec26", ("%d%b%y",), datetime(2026, 12, 31)),
        ("31% 12.26", ("%d%% %m.%y",), datetime(2026, 12, 31)),
        ("10126", ("%d%m%y",), None),
        ("60102", ("%y%m%d",), None),
        ("110199", ("%d%m%Y",), None),
        ("2026111", ("%Y%m%d",), None),
        ("20261", ("%Y%m",), None),
        ("2026045", ("%Y%j",), datetime(2026, 2, 14)),
        ("202645", ("%Y%j",), None),
        ("20261231093000123", ("%Y%m%d%H%M%S%g",), datetime(2026, 12, 31, 9, 30, 0, 123_000)),
        ("5/1/26", ("%Y%m%d", "%d/%m/%y"), datetime(2026, 1, 5)),
        ("20260105", ("%d/%m/%y", "%Y%m%d"), datetime(2026, 1, 5)),
        ("010126 +01:00", ("%d%m%y %z",), datetime(2025, 12, 31, 23)),
        ("10126 +01:00", ("%d%m%y %z",), None),
    ],
)
def test_a_form_says_how_many_digits_a_number_has(
    engine: duckdb.DuckDBPyConnection, text: str, forms: tuple[str, ...], value: datetime | None
) -> None:
    assert read(engine, text, *forms) == value


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    day=st.dates(date(1970, 1, 1), date(2068, 12, 31)),
    clock=st.sampled_from(["", "%H%M", "%H%M%S"]),
    form=st.sampled_from(["%d%m%y", "%m%d%y", "%y%m%d", "%Y%m%d", "%d%m%Y", "%d%b%y", "%d/%m/%y", "%y%j"]),
    minute=st.integers(0, 1439),
)
def test_what_a_form_wrote_is_read_back_and_nothing_shorter(
    engine: duckdb.DuckDBPyConnection, day: date, clock: str, form: str, minute: int
) -> None:
    moment = datetime(day.year, day.month, day.day) + timedelta(minutes=minute if clock else 0)
    text = moment.strftime(form + clock)
    assert read(engine, text, form + clock) == moment
    close = form[2] == "%" and "b" not in form
    for place in range(len(text) if close else 0):
        assert read(engine, text[:place] + text[place + 1 :], form + clock) is None
