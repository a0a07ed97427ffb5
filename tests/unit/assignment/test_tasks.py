from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from opscli.assignment import tasks
from opscli.assignment.tasks import Closing, Origin, TaskFilter
from opscli.errors import UsageError
from opscli.state.store import State, open_state
from opscli.state.tables import customer_aliases, task_events
from opscli.state.tables import tasks as task_table

NOW = datetime.fromisoformat("2026-05-04T02:30")
ORIGIN = Origin(origin="health", name="standard", run_id="r1", at=NOW)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = open_state("sqlite:///state.db", root=tmp_path)
    yield opened
    opened.close()


def draft(customer: str, episode: str = "e1", **changes: Any) -> dict[str, Any]:
    row = {
        "episode": episode,
        "customer_id": customer,
        "title": f"look after {customer}",
        "body": "",
        "priority": "high",
        "owner": "s1",
        "owner_reason": "account owner",
        "due_at": NOW + timedelta(days=2),
    }
    return row | changes


def test_creating_again_creates_nothing_and_logs_nothing(state: State) -> None:
    for run_id, expected in (("r1", 2), ("r1", 0), ("r2", 1)):
        drafts = [draft("a"), draft("b")] + ([draft("c")] if run_id == "r2" else [])
        with state.begin() as connection:
            origin = Origin(origin="health", name="standard", run_id=run_id, at=NOW)
            assert tasks.create(connection, origin, drafts) == expected
    with state.read() as connection:
        assert connection.execute(select(func.count()).select_from(task_table)).scalar_one() == 3
        kinds = connection.execute(select(task_events.c.kind, func.count()).group_by(task_events.c.kind)).all()
    assert [tuple(row) for row in kinds] == [("created", 3)]


def test_the_most_urgent_comes_first(state: State) -> None:
    drafts = [
        draft("late", due_at=NOW + timedelta(days=9)),
        draft("undated", due_at=None),
        draft("low", priority="low"),
        draft("high"),
        draft("other", owner="s2"),
    ]
    with state.begin() as connection:
        tasks.create(connection, ORIGIN, drafts)
        mine = tasks.listing(connection, TaskFilter(owner="s1"))
        overdue = tasks.listing(connection, TaskFilter(overdue_at=NOW + timedelta(days=3), limit=2))
    assert [row["customer_id"] for row in mine] == ["high", "low", "late", "undated"]
    assert len(overdue) == 2


def test_done_once_with_its_outcome(state: State) -> None:
    with state.begin() as connection:
        tasks.create(connection, ORIGIN, [draft("a")])
        key = tasks.listing(connection, TaskFilter())[0]["task_id"]
        tasks.close(connection, key[:8], Closing(outcome="saved", actor="amy", at=NOW))
    with state.read() as connection:
        assert tasks.listing(connection, TaskFilter()) == []
        found = tasks.find(connection, key)
        events = tasks.history(connection, key)
        with pytest.raises(UsageError, match="is done already"):
            tasks.close(connection, key, Closing(outcome=None, actor=None, at=NOW))
    assert (found["status"], found["outcome"], found["closed_at"]) == ("done", "saved", NOW)
    assert [(event["kind"], event["actor"], event["details"]) for event in events] == [
        ("created", None, {}),
        ("done", "amy", {"outcome": "saved"}),
    ]


def test_an_unknown_or_ambiguous_id_is_refused(state: State) -> None:
    with state.begin() as connection:
        tasks.create(connection, ORIGIN, [draft("a"), draft("b")])
        with pytest.raises(UsageError, match="no task has the id"):
            tasks.find(connection, "t_%")
        with pytest.raises(UsageError, match="more than one"):
            tasks.find(connection, "t_")


def test_tasks_of_a_merged_customer_belong_to_the_survivor(state: State) -> None:
    with state.begin() as connection:
        tasks.create(connection, ORIGIN, [draft("old"), draft("other")])
        alias = {"alias": "old", "customer_id": "new", "reason": "merged", "run_id": None, "since": NOW}
        connection.execute(insert(customer_aliases).values(**alias))
        owners = connection.execute(tasks.query_of_origin("health", "standard")).scalars().all()
        assert sorted(owners) == ["new", "other"]
        assert tasks.erase(connection, ["new"]) == 2
        assert [row["customer_id"] for row in tasks.listing(connection, TaskFilter())] == ["other"]
        assert tasks.erase(connection, ["new"]) == 0


def test_loads_count_open_tasks_only(state: State) -> None:
    with state.begin() as connection:
        tasks.create(connection, ORIGIN, [draft("a"), draft("b"), draft("c", owner="s2")])
        key = tasks.listing(connection, TaskFilter(customer_id="a"))[0]["task_id"]
        tasks.close(connection, key, Closing(outcome=None, actor=None, at=NOW))
        found = connection.execute(tasks.loads(NOW).order_by("staff_id")).all()
    assert [tuple(row) for row in found] == [("s1", 1, NOW), ("s2", 1, NOW)]
