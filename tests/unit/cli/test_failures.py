from __future__ import annotations

import signal
import sqlite3
from pathlib import Path

import pytest

from opscli.cli import main
from opscli.cli.failures import report_failure
from opscli.engine.duckdb import DuckDBWarehouse


def test_an_interruption_is_130_and_a_signal_that_came_says_which() -> None:
    assert report_failure(KeyboardInterrupt()) == 130
    main.received.append(signal.SIGTERM)
    try:
        assert report_failure(KeyboardInterrupt()) == 143
    finally:
        main.received.clear()


def test_a_failure_of_ours_is_no_signal() -> None:
    assert report_failure(RuntimeError("some other")) == 70


def test_a_signal_during_a_query_is_an_interruption(
    warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB says so with a RuntimeError of these words; the run must count as interrupted, not as failed."""

    class Interrupted:
        def execute(self, *_: object) -> object:
            raise RuntimeError("Query interrupted")

    with warehouse.read() as session:
        monkeypatch.setattr(session, "connection", Interrupted())
        with pytest.raises(KeyboardInterrupt):
            session.execute("SELECT 1")


def test_a_full_disk_is_told_as_one_whoever_met_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "small.db")
    connection.execute("PRAGMA max_page_count = 3")
    with pytest.raises(sqlite3.OperationalError) as full:
        connection.executescript("CREATE TABLE a (b TEXT); INSERT INTO a SELECT zeroblob(100000)")
    connection.close()
    assert report_failure(full.value) == 74
    assert capsys.readouterr().err.startswith("opscli: the disk is full: database or disk is full")
