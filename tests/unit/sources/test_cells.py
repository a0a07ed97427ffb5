from __future__ import annotations

import sqlite3
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from opscli.sources import positions
from opscli.sources.cells import text_of

from .sql_reading import Outside, rows

SHANGHAI = timezone(timedelta(hours=8))
MEAN_TIME = timezone(timedelta(minutes=53, seconds=28))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("", ""),
        (True, "true"),
        (False, "false"),
        (10**30, "1" + "0" * 30),
        (0.1, "0.1"),
        (Decimal("1.10"), "1.10"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0E-10"), "0.0000000000"),
        (datetime(1815, 6, 18, 11, 30, tzinfo=UTC).replace(tzinfo=None), "1815-06-18T11:30:00"),
        (datetime(2026, 7, 1, 12, 0, 0, 5, tzinfo=SHANGHAI), "2026-07-01T12:00:00.000005+08:00"),
        (datetime(1815, 6, 18, 11, 30, tzinfo=MEAN_TIME), "1815-06-18T10:36:32+00:00"),
        (date(1789, 7, 14), "1789-07-14"),
        (time(9, 5), "09:05:00"),
        (timedelta(hours=838, minutes=59, seconds=59), "838:59:59"),
        (-timedelta(minutes=1, microseconds=5), "-00:01:00.000005"),
        ([1, Decimal("1.10"), {"ü": None}, date(2026, 1, 1)], '[1, "1.10", {"ü": null}, "2026-01-01"]'),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ],
)
def test_values_become_the_text_that_the_mapping_reads(value: Any, text: str | None) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize("value", [b"x", bytearray(b"x"), memoryview(b"x"), [b"x"]])
def test_bytes_are_no_text(value: Any) -> None:
    with pytest.raises(TypeError):
        text_of(value)


@pytest.mark.parametrize(
    "value",
    [5, 0.1, Decimal("1.10"), "a", date(2026, 1, 1), datetime(2026, 1, 1, 8, tzinfo=SHANGHAI)],
)
def test_a_mark_keeps_what_a_value_was(value: Any) -> None:
    found = positions.restored(positions.kept(value))
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("value", "before"),
    [
        (datetime(2026, 1, 1, 8, tzinfo=SHANGHAI), datetime(2026, 1, 1, 7, tzinfo=SHANGHAI)),
        (date(2026, 1, 2), date(2026, 1, 1)),
        (date.min, date.min),
        ("2026-01-01 00:30:00.5+00", "2025-12-31 23:30:00"),
        ("2026-01-01T00:30Z", "2025-12-31T23:30"),
        ("2026-01-02", "2026-01-01"),
        (100, -3500),
        (Decimal(1_767_225_600), Decimal(1_767_222_000)),
        (1_767_225_600_000, 1_767_222_000_000),
        (1_767_225_600_000_000, 1_767_222_000_000_000),
        ("C-17", None),
    ],
)
def test_an_hour_back(value: Any, before: Any) -> None:
    assert positions.earlier(value, 3600) == before
    assert positions.earlier(value, 0) == value


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection, connection:
        for table, count in (("few", 4000), ("many", 40_000)):
            connection.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, note TEXT)")
            numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) SELECT i"
            connection.execute(f"INSERT INTO {table} {numbers}, printf('%0200d', i) FROM n")
    shop = Outside(tmp_path, "sqlite:///shop.db")

    def load(table: str) -> None:
        shop.load({"table": table, "page_size": 1000}, "id note")

    def stream(table: str) -> None:
        shop.load({"query": f"SELECT * FROM {table}", "page_size": 1000}, "id note")

    for read in (load, stream):
        few, many = (_peak(read, table) for table in ("few", "many"))
        assert many < 1.3 * few
    assert len(rows(shop.load({"table": "many", "page_size": 1000}, "id"))) == 40_000


def _peak(read: Callable[[str], None], table: str) -> int:
    """Bytes of Python's own at the highest."""
    read(table)
    tracemalloc.start()
    read(table)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak
