from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import pyarrow as pa
import pytest

from opscli.engine import filelock
from opscli.engine.duckdb import DuckDBWarehouse
from opscli.engine.overlay import OverlayWarehouse
from opscli.engine.tables import TABLES
from opscli.engine.warehouse import next_load_seq, open_warehouse
from opscli.errors import DataUnusable, TryLater, UsageError
from opscli.ids import bucket, customer_id


def test_a_new_warehouse_has_every_fixed_table(warehouse: DuckDBWarehouse) -> None:
    with warehouse.read() as session:
        assert set(TABLES) <= session.tables()
        for table in TABLES.values():
            assert tuple(session.columns(table.name)) == table.names()


def test_a_failed_write_window_leaves_nothing(warehouse: DuckDBWarehouse) -> None:
    def fail() -> None:
        with warehouse.write("links") as session:
            session.execute("INSERT INTO links (ns, ref) VALUES ('a', 'b')")
            next_load_seq(session)
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail()
    with warehouse.read() as session:
        assert session.value("SELECT count(*) FROM links") == 0
    assert warehouse.load_seq() == 0


def test_load_seq_is_monotone(warehouse: DuckDBWarehouse) -> None:
    with warehouse.write() as session:
        assert [next_load_seq(session) for _ in range(3)] == [1, 2, 3]
    assert warehouse.load_seq() == 3


def test_scratch_outlives_sessions_and_the_file_stays_untouched(warehouse: DuckDBWarehouse) -> None:
    with warehouse.read() as session:
        session.execute("CREATE TABLE scratch.found AS SELECT 42 AS answer")
    with warehouse.write("links") as session:
        assert session.columns("scratch.found") == {"answer": "INTEGER"}
        assert session.execute("INSERT INTO links (ns, ref) SELECT 'x', answer FROM scratch.found") == 1
    with warehouse.read() as session:
        assert session.rows("SELECT ref FROM links") == [("42",)]
        assert "found" not in session.tables()


def test_arrow_goes_in_by_name_and_comes_out_in_batches(warehouse: DuckDBWarehouse) -> None:
    with warehouse.read() as session:
        session.create("scratch.numbers", {"label": "text", "number": "integer"})
        assert session.insert_arrow("scratch.numbers", pa.table({"number": [1, 2, 3], "label": ["a", "b", "c"]})) == 3
        batches = list(session.batches("SELECT * FROM scratch.numbers ORDER BY number", size=2))
    assert sum(batch.num_rows for batch in batches) == 3
    assert batches[0].schema.names == ["label", "number"]


def test_a_write_inside_a_read_is_a_programming_fault(warehouse: DuckDBWarehouse) -> None:
    with warehouse.read(), pytest.raises(RuntimeError, match="one at a time"), warehouse.read():
        pass


def test_a_file_that_is_no_warehouse_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "w.duckdb").write_bytes(b"this is no database" * 100)
    opened = DuckDBWarehouse(tmp_path / "w.duckdb", tmp_path / "scratch")
    with pytest.raises(DataUnusable, match="cannot be opened"), opened.read():
        pass
    opened.close()


def test_unknown_engines_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no engine"):
        open_warehouse("oracle:///x", root=tmp_path, scratch=tmp_path)


def test_buckets_and_ids_are_the_same_in_sql(warehouse: DuckDBWarehouse) -> None:
    from opscli.engine.dialect import customer_id_sql

    with warehouse.read() as session:
        for name in ("a", "欧阳娜娜", "x" * 300, ""):
            sql = f"SELECT {session.dialect.hash_bucket('?', '?', 97)}"
            assert session.value(sql, ("salt", name)) == bucket("salt", name, 97)
            assert session.value(f"SELECT {customer_id_sql('?', '?', '?')}", ("k", "crm", name)) == customer_id(
                "k", "crm", name
            )


def _write_slowly(path: Path, scratch: Path, started: str, seconds: float) -> None:
    opened = DuckDBWarehouse(path, scratch)
    with opened.write("links") as session:
        session.execute("INSERT INTO links (ns, ref) VALUES ('w', 'w')")
        Path(started).touch()
        time.sleep(seconds)
    opened.close()


def test_a_second_process_waits_for_the_writer_instead_of_failing(warehouse: DuckDBWarehouse, tmp_path: Path) -> None:
    started = tmp_path / "started"
    context = multiprocessing.get_context("spawn")
    writer = context.Process(target=_write_slowly, args=(warehouse.path, tmp_path / "other", str(started), 0.5))
    writer.start()
    while not started.exists():
        time.sleep(0.02)
    with warehouse.read() as session:
        assert session.value("SELECT count(*) FROM links") == 1
    writer.join()
    assert writer.exitcode == 0


def test_a_waiting_writer_is_not_starved_by_readers(tmp_path: Path) -> None:
    """A reader that comes while a writer waits queues behind it: the turnstile."""
    with filelock.hold(tmp_path, "w", exclusive=False, wait=0):
        context = multiprocessing.get_context("spawn")
        writer = context.Process(target=_take_exclusively, args=(tmp_path,))
        writer.start()
        while not (tmp_path / "asking").exists():
            time.sleep(0.02)
        time.sleep(0.3)
        with pytest.raises(TryLater), filelock.hold(tmp_path, "w", exclusive=False, wait=0.1):
            pass
    writer.join()
    assert writer.exitcode == 0


def _take_exclusively(folder: Path) -> None:
    (folder / "asking").touch()
    with filelock.hold(folder, "w", exclusive=True, wait=10):
        pass


def test_the_refusal_names_the_holder(tmp_path: Path) -> None:
    with filelock.hold(tmp_path, "job-x", exclusive=True, wait=0):
        assert not filelock.is_free(tmp_path, "job-x")
        with (
            pytest.raises(TryLater, match=r"process [0-9]+ on"),
            filelock.hold(tmp_path, "job-x", exclusive=True, wait=0),
        ):
            pass
    assert filelock.is_free(tmp_path, "job-x")


def _of_an_older_version(warehouse: DuckDBWarehouse) -> None:
    with warehouse.write() as session:
        session.execute("ALTER TABLE loads DROP COLUMN undone_seq")
        session.execute("ALTER TABLE loads DROP COLUMN deleted")
        session.execute("INSERT INTO loads (load_seq, source) VALUES (1, 'orders')")
        session.execute("DROP TABLE scores")


def test_the_first_write_window_adds_the_tables_and_columns_that_an_older_file_lacks(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    _of_an_older_version(warehouse)
    newer = DuckDBWarehouse(warehouse.path, tmp_path / "newer")
    with newer.write() as session:
        session.execute("UPDATE loads SET undone_seq = 2, deleted = 0")
        assert session.columns("scores")
    with newer.read() as session:
        assert session.rows("SELECT load_seq, source, deleted, undone_seq FROM loads") == [(1, "orders", 0, 2)]
    newer.close()


def test_an_overlay_widens_what_it_copies(warehouse: DuckDBWarehouse, tmp_path: Path) -> None:
    _of_an_older_version(warehouse)
    overlay = OverlayWarehouse(warehouse.path, tmp_path / "plan")
    with overlay.write("loads") as session:
        session.execute("UPDATE loads SET undone_seq = 2")
    with overlay.read() as session:
        assert session.rows("SELECT load_seq, undone_seq FROM loads") == [(1, 2)]
    overlay.close()
    with warehouse.read() as session:
        assert "undone_seq" not in session.columns("loads")


def test_an_overlay_takes_every_write_and_leaves_the_warehouse_alone(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    with warehouse.write() as session:
        session.execute("INSERT INTO links (ns, ref) VALUES ('real', '1')")
        session.execute("CREATE TABLE orders_versions (id INTEGER, known_to TIMESTAMP)")
        session.execute("INSERT INTO orders_versions VALUES (1, TIMESTAMP '9999-12-31')")
        session.execute("CREATE VIEW orders AS SELECT * FROM orders_versions WHERE known_to = TIMESTAMP '9999-12-31'")
    before = warehouse.path.read_bytes()
    overlay = OverlayWarehouse(warehouse.path, tmp_path / "plan")
    with overlay.write("links", "orders_versions", "profiles") as session:
        session.execute("INSERT INTO links (ns, ref) VALUES ('planned', '2')")
        session.execute("INSERT INTO orders_versions VALUES (2, TIMESTAMP '9999-12-31')")
        session.execute("CREATE OR REPLACE TABLE profiles AS SELECT 1 AS customer_id")
        assert session.value("SELECT count(*) FROM orders") == 2, "a view of open versions must see the copy"
        assert next_load_seq(session) == 1
    with overlay.read() as session:
        assert session.value("SELECT count(*) FROM links") == 2
        assert session.value("SELECT count(*) FROM rejects") == 0
    overlay.close()
    assert warehouse.path.read_bytes() == before
    with warehouse.read() as session:
        assert session.rows("SELECT ns FROM links") == [("real",)]
        assert "profiles" not in session.tables()


def test_an_overlay_of_nothing_is_an_empty_warehouse(tmp_path: Path) -> None:
    overlay = OverlayWarehouse(tmp_path / "absent.duckdb", tmp_path / "plan")
    with overlay.write("links") as session:
        session.execute("INSERT INTO links (ns, ref) VALUES ('a', 'b')")
    overlay.close()
    assert not (tmp_path / "absent.duckdb").exists()
