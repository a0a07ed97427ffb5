from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import UniqueConstraint, inspect, select
from sqlalchemy.exc import IntegrityError

from opscli.errors import ConfigInvalid, DataUnusable, UsageError
from opscli.state import bulk, migrate
from opscli.state.store import State, open_copy, open_state
from opscli.state.tables import consents, metadata, outbox, pins, suppressions

NOW = datetime(2026, 5, 4, 9)  # noqa: DTZ001  naive UTC, as everywhere inside


def pin(customer: str, tag: str) -> dict[str, object]:
    return {"customer_id": customer, "tag": tag, "verdict": "add", "set_at": NOW}


def test_every_table_of_the_contract_stands_after_the_first_migration(state: State) -> None:
    with state.read() as connection:
        names = set(inspect(connection).get_table_names())
    assert set(metadata.tables) <= names


def test_the_stated_head_is_the_newest_revision() -> None:
    assert str(migrate._scripts().get_current_head()) == migrate.HEAD


@pytest.mark.postgres
def test_the_same_tables_stand_on_postgresql_and_take_the_same_rows(postgres_url: str, tmp_path: Path) -> None:
    opened = open_state(postgres_url, root=tmp_path)
    try:
        with opened.begin() as connection:
            assert set(metadata.tables) <= set(inspect(connection).get_table_names())
            assert bulk.insert(connection, pins, [pin("a", "x"), pin("b", "x")]) == 2
            assert bulk.insert(connection, pins, [pin("a", "x"), pin("c", "x")], conflict="ignore") == 1
            assert bulk.insert(connection, pins, [{**pin("a", "x"), "verdict": "remove"}], conflict="replace") == 1
        copy = open_copy(postgres_url, root=tmp_path, folder=tmp_path / "plan-pg")
        with copy.begin() as connection:
            assert bulk.insert(connection, pins, [pin("only-in-plan", "x")]) == 1
        copy.close()
        with opened.read() as connection:
            names = connection.execute(select(pins.c.customer_id).order_by(pins.c.customer_id)).scalars().all()
            assert names == ["a", "b", "c"]
            assert "plan_pg" not in inspect(connection).get_schema_names()
        assert opened.send_hold() == ""
    finally:
        opened.close()


def test_brand_is_part_of_the_keys_that_are_expensive_to_change() -> None:
    assert "brand" in suppressions.primary_key.columns
    for table in (consents, outbox):
        unique = [item for item in table.constraints if isinstance(item, UniqueConstraint)]
        assert any("brand" in item.columns for item in unique)


def test_bulk_insert_counts_what_it_wrote(state: State) -> None:
    with state.begin() as connection:
        assert bulk.insert(connection, pins, [pin("a", str(index)) for index in range(3)]) == 3
        assert bulk.insert(connection, pins, [pin("a", str(index)) for index in range(5)], conflict="ignore") == 2
        assert bulk.insert(connection, pins, []) == 0


def test_arrow_out_keeps_types_also_when_empty(state: State) -> None:
    with state.begin() as connection:
        empty = bulk.to_arrow(connection, select(pins.c.customer_id, pins.c.set_at))
        bulk.insert(connection, pins, [pin("a", "x")])
        full = bulk.to_arrow(connection, select(pins.c.customer_id, pins.c.set_at))
    assert empty.schema == full.schema
    assert (empty.num_rows, full.num_rows) == (0, 1)


def test_a_failed_transaction_leaves_nothing(state: State) -> None:
    def fail() -> None:
        with state.begin() as connection:
            bulk.insert(connection, pins, [pin("a", "x")])
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail()
    with state.read() as connection:
        assert connection.execute(select(pins)).all() == []


def test_a_state_that_was_copied_elsewhere_starts_in_send_hold(state: State, tmp_path: Path) -> None:
    assert state.send_hold() == ""
    with state.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    (tmp_path / "other").mkdir()
    shutil.copy(tmp_path / "store" / "state.db", tmp_path / "other" / "state.db")
    copy = open_state("sqlite:///other/state.db", root=tmp_path)
    assert "copied or restored" in copy.send_hold()
    copy.release_send_hold()
    copy.close()
    again = open_state("sqlite:///other/state.db", root=tmp_path)
    assert again.send_hold() == ""
    again.close()


def test_what_a_plan_writes_in_its_copy_is_not_in_the_original(state: State, tmp_path: Path) -> None:
    with state.begin() as connection:
        bulk.insert(connection, pins, [pin("a", "x")])
    (tmp_path / "plan").mkdir()
    copy = open_copy("sqlite:///store/state.db", root=tmp_path, folder=tmp_path / "plan")
    with copy.begin() as connection:
        bulk.insert(connection, pins, [pin("b", "x")])
    copy.close()
    with state.read() as connection:
        assert connection.execute(select(pins.c.customer_id)).scalars().all() == ["a"]


def test_a_state_of_a_newer_program_is_refused(state: State, tmp_path: Path) -> None:
    with state.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    state.close()
    with pytest.raises(ConfigInvalid) as failure:
        open_state("sqlite:///store/state.db", root=tmp_path)
    assert "newer opscli" in failure.value.remedy


def test_an_interrupted_migration_leaves_no_half_state(tmp_path: Path) -> None:
    script = (
        "import os; from pathlib import Path; from opscli.state import migrate, store\n"
        "real = migrate._run\n"
        "def die(connection):\n"
        "    real(connection); os.kill(os.getpid(), 9)\n"
        "migrate._run = die\n"
        f"store.open_state('sqlite:///state.db', root=Path({str(tmp_path)!r}))\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    opened = open_state("sqlite:///state.db", root=tmp_path)
    with opened.read() as connection:
        assert set(metadata.tables) <= set(inspect(connection).get_table_names())
    opened.close()


def test_nonsense_urls_are_usage_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no database URL"):
        open_state("nonsense", root=tmp_path)


def test_a_broken_file_is_unusable_data_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_text("this is no database" * 100)
    with pytest.raises(DataUnusable, match="no readable database") as caught:
        open_state("sqlite:///state.db", root=tmp_path)
    assert "backup" in caught.value.remedy


def test_a_refused_row_keeps_its_values_out_of_the_error(state: State) -> None:
    row = pin("ann@example.com", "vip")
    with pytest.raises(IntegrityError) as caught, state.begin() as connection:
        connection.execute(pins.insert(), [row, row])
    assert "ann@example.com" not in str(caught.value)
