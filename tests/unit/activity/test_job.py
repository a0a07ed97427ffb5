"""State events arrive in the warehouse once each, whatever is killed in between."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from opscli.activity import job
from opscli.engine.duckdb import DuckDBWarehouse
from opscli.errors import ConfigInvalid
from opscli.runner.compile import compile_project
from opscli.stage import Context
from opscli.state.store import State
from opscli.state.tables import cursors, message_events, outbox, runs, steps, task_events, tasks

NOW = datetime(2026, 5, 4, 9, 0)  # noqa: DTZ001  naive UTC
PROJECT = """
kind: project
version: 1
name: shop
timezone: UTC
currency: GBP
country: GB
warehouse: duckdb:///store/warehouse.duckdb
state: sqlite:///store/state.db
"""


@pytest.fixture
def ctx(tmp_path: Path, warehouse: DuckDBWarehouse, state: State) -> Context:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "project.yaml").write_text(PROJECT, encoding="utf-8")
    project = compile_project(tmp_path, None)
    return Context(project=project, warehouse=warehouse, state=state, as_of=NOW, known_at=NOW, run_id="r")


def add_message(ctx: Context, key: str, *, status: str = "pending") -> None:
    values = {"message_key": key, "origin": "may", "occurrence": "1", "step": "send", "customer_id": f"c{key}",
              "channel": "mail", "class": "marketing", "status": status, "queued_at": NOW, "updated_at": NOW}  # fmt: skip
    with ctx.state.begin() as connection:
        connection.execute(insert(outbox).values(**values))
        connection.execute(insert(message_events).values(message_key=key, kind="queued", occurred_at=NOW))


def mark_sent(ctx: Context, key: str) -> None:
    with ctx.state.begin() as connection:
        connection.execute(update(outbox).where(outbox.c.message_key == key).values(status="sent", sent_at=NOW))
        connection.execute(insert(message_events).values(message_key=key, kind="sent", occurred_at=NOW))


def run(ctx: Context) -> dict[str, int]:
    planned = job.plan(ctx)
    outcome = job.run(planned, ctx)
    assert outcome.details["counts"] == dict(planned.preview.counts)
    return {name: number for name, number in outcome.details["counts"].items() if number}


def rows(ctx: Context, sql: str) -> list[tuple[Any, ...]]:
    with ctx.warehouse.read() as session:
        return session.rows(sql)


def test_events_arrive_once_and_messages_show_their_newest_state(ctx: Context) -> None:
    add_message(ctx, "1")
    add_message(ctx, "2")
    assert run(ctx) == {"message_events": 2, "messages": 2}
    mark_sent(ctx, "1")
    assert run(ctx) == {"message_events": 1, "messages": 1}
    assert run(ctx) == {}
    assert rows(ctx, "SELECT message_key, status FROM messages ORDER BY 1") == [("1", "sent"), ("2", "pending")]
    assert rows(ctx, "SELECT customer_id, kind, campaign FROM message_events ORDER BY event_id") == [
        ("c1", "queued", "may"), ("c2", "queued", "may"), ("c1", "sent", "may"),
    ]  # fmt: skip


def test_a_lost_cursor_copies_nothing_twice(ctx: Context) -> None:
    add_message(ctx, "1")
    run(ctx)
    with ctx.state.begin() as connection:
        connection.execute(delete(cursors))
    run(ctx)
    assert rows(ctx, "SELECT count(*) FROM message_events") == [(1,)]
    assert rows(ctx, "SELECT count(*) FROM messages") == [(1,)]


def test_rows_carry_one_load_seq_a_run(ctx: Context) -> None:
    add_message(ctx, "1")
    run(ctx)
    mark_sent(ctx, "1")
    run(ctx)
    assert rows(ctx, "SELECT load_seq FROM message_events ORDER BY event_id") == [(1,), (2,)]


def test_a_task_event_names_its_customer(ctx: Context) -> None:
    with ctx.state.begin() as connection:
        connection.execute(
            insert(tasks).values(
                task_id="t", origin="health", origin_name="standard", episode="1", customer_id="c", title="Call",
                status="open", created_at=NOW,
            )
        )  # fmt: skip
        connection.execute(insert(task_events).values(task_id="t", kind="created", occurred_at=NOW))
    run(ctx)
    assert rows(ctx, "SELECT task_id, customer_id, kind FROM task_events") == [("t", "c", "created")]


def test_steps_wait_until_the_one_that_runs_is_over(ctx: Context) -> None:
    with ctx.state.begin() as connection:
        connection.execute(
            insert(runs).values(
                run_id="r", job="nightly", slot=NOW, params_hash="", as_of=NOW, known_at=NOW, environment="default",
                config_version="v", status="running", started_at=NOW,
            )
        )  # fmt: skip
        for position, (step, status) in enumerate((("import", "ok"), ("activity", "running"), ("later", "ok"))):
            connection.execute(
                insert(steps).values(
                    run_id="r", position=position, step=step, stage=step, status=status, started_at=NOW
                )
            )
    assert run(ctx) == {"run_steps": 1}
    with ctx.state.begin() as connection:
        connection.execute(update(steps).values(status="ok", finished_at=NOW + timedelta(seconds=1)))
    assert run(ctx) == {"run_steps": 2}
    assert rows(ctx, "SELECT step, job, status FROM run_steps ORDER BY step") == [
        ("activity", "nightly", "ok"), ("import", "nightly", "ok"), ("later", "nightly", "ok"),
    ]  # fmt: skip


def test_a_cursor_ahead_of_the_events_is_refused(ctx: Context) -> None:
    with ctx.state.begin() as connection:
        connection.execute(insert(cursors).values(scope="activity", name="message_events", position=9, updated_at=NOW))
    with pytest.raises(ConfigInvalid):
        job.plan(ctx)


def test_erase_removes_the_customer_from_every_table(ctx: Context) -> None:
    add_message(ctx, "1")
    add_message(ctx, "2")
    run(ctx)
    assert job.erase(["c1"], ctx) == 2
    assert rows(ctx, "SELECT customer_id FROM messages") == [("c2",)]
    assert rows(ctx, "SELECT customer_id FROM message_events") == [("c2",)]
