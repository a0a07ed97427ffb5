"""The alert of record at its boundaries: who is alerted, who is not, and why."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from opscli.assignment.tasks import TaskFilter, listing
from opscli.engine.overlay import OverlayWarehouse
from opscli.errors import DataUnusable, GuardStopped
from opscli.health import job
from opscli.state.tables import task_events, tasks

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.health.conftest import Lab

AS_OF = datetime.fromisoformat("2018-01-01T07:30")
SECOND = timedelta(seconds=1)

CONFIG = """
kind: health
version: 2
measures: [{trait: revenue_365d, good: 1000, bad: 0}]
alert: {fallback_owner: lead, breaker: 100%}
"""


def ago(days: float) -> datetime:
    return AS_OF - timedelta(days=days)


def prepare(lab: Lab, profiles: dict[str, dict[str, Any]], config: str = CONFIG, **customer: Any) -> None:
    lab.configure(config)
    lab.profiles(profiles)
    lab.customers(
        {key: {"full_name": key.title(), "owner_id": "s1", "created_at": ago(400)} | customer for key in profiles}
    )
    lab.high_value(*profiles)
    lab.fresh()


def open_tasks(lab: Lab) -> list[dict[str, Any]]:
    with lab.state.read() as connection:
        return listing(connection, TaskFilter())


BOUNDARIES = [
    ("login exactly 30 days ago", {"last_login_at": ago(30)}, True),
    ("login a second less than 30 days ago", {"last_login_at": ago(30) + SECOND}, False),
    ("exactly half of the interactions", {"interactions_30d": 4, "interactions_prev": 8}, False),
    ("one interaction less than half", {"interactions_30d": 3, "interactions_prev": 8}, True),
    ("less than half of an odd number", {"interactions_30d": 4, "interactions_prev": 9}, True),
    ("more than half of an odd number", {"interactions_30d": 5, "interactions_prev": 9}, False),
    ("baseline of 4", {"interactions_30d": 1, "interactions_prev": 4}, True),
    ("baseline of 3", {"interactions_30d": 0, "interactions_prev": 3}, False),
    ("no interaction before", {"interactions_30d": 0, "interactions_prev": 0}, False),
    ("never logged in, interactions fell", {"interactions_30d": 1, "interactions_prev": 9}, True),
    ("interactions unknown, no login", {"last_login_at": ago(41)}, True),
    ("no later interactions known", {"interactions_prev": 9}, True),
    ("never logged in, interactions steady", {"interactions_30d": 9, "interactions_prev": 9}, False),
    ("logged in, interactions fell", {"last_login_at": ago(1), "interactions_30d": 1, "interactions_prev": 9}, True),
    ("nothing known", {}, False),
]


@pytest.mark.parametrize(("profile", "alerted"), [row[1:] for row in BOUNDARIES], ids=[row[0] for row in BOUNDARIES])
def test_boundaries(lab: Lab, profile: dict[str, Any], alerted: bool) -> None:
    prepare(lab, {"amy": profile})
    outcome = lab.run(lab.ctx())
    assert [task["customer_id"] for task in open_tasks(lab)] == (["amy"] if alerted else [])
    assert outcome.details["counts"]["tasks_created"] == int(alerted)


@pytest.mark.parametrize(("age", "alerted"), [(60, True), (59.99, False), (None, False)])
def test_a_young_customer_is_not_judged_by_interactions(lab: Lab, age: float | None, alerted: bool) -> None:
    created = ago(age) if age else None
    prepare(lab, {"amy": {"interactions_30d": 1, "interactions_prev": 9}}, created_at=created)
    lab.run(lab.ctx())
    assert bool(open_tasks(lab)) is alerted


def test_a_young_customer_is_still_judged_by_login(lab: Lab) -> None:
    prepare(lab, {"amy": {"last_login_at": ago(35), "interactions_prev": 9}}, created_at=ago(40))
    lab.run(lab.ctx())
    assert len(open_tasks(lab)) == 1


def test_the_task_names_the_numbers_the_owner_and_the_due_time(lab: Lab) -> None:
    profile = {
        "last_login_at": datetime.fromisoformat("2017-11-20T15:00"),
        "interactions_30d": 2,
        "interactions_prev": 9,
    }
    prepare(lab, {"amy": profile | {"revenue_365d": 340}})
    lab.run(lab.ctx())
    [task] = open_tasks(lab)
    assert task["title"] == "No login for 41 days, interactions \u221278 %"
    assert task["body"] == (
        "No login for 41 days (last 2017-11-20); interactions 2 in 30 days after 9 in the 30 before (\u221278 %).\n"
        "Health 34 of 100 (critical, new)."
    )
    assert (task["priority"], task["owner"], task["owner_reason"]) == ("high", "s1", "account owner")
    assert task["due_at"] == datetime.fromisoformat("2018-01-03T22:00")  # New Year's Day is no business day in the US
    assert task["created_at"] == AS_OF


def test_a_fall_alone_starts_its_sentence(lab: Lab) -> None:
    prepare(lab, {"amy": {"interactions_30d": 1, "interactions_prev": 8}})
    lab.run(lab.ctx())
    [task] = open_tasks(lab)
    assert task["title"] == "Interactions \u221288 %"
    assert task["body"] == "Interactions 1 in 30 days after 8 in the 30 before (\u221288 %).\nHealth unknown."


def test_the_text_speaks_chinese(lab: Lab) -> None:
    lab.locale = "zh"
    prepare(lab, {"amy": {"last_login_at": ago(41)}})
    lab.run(lab.ctx())
    [task] = open_tasks(lab)
    assert task["title"] == "41天未登录"
    assert task["body"].startswith("已41天未登录（上次登录")  # noqa: RUF001  full-width punctuation is how Chinese is written
    assert task["body"].endswith("。\n健康分未知。")


def test_only_high_value_customers_are_judged(lab: Lab) -> None:
    prepare(lab, {"amy": {"last_login_at": ago(41)}, "bob": {"last_login_at": ago(41)}})
    with lab.warehouse.write("tag_history") as session:
        session.execute("UPDATE tag_history SET left_at = ? WHERE customer_id = 'bob'", (AS_OF,))
    lab.run(lab.ctx())
    assert [task["customer_id"] for task in open_tasks(lab)] == ["amy"]


def test_the_audience_is_any_condition(lab: Lab) -> None:
    config = CONFIG.replace("alert: {", "alert: {audience: revenue_365d >= 500 and country = 'US', ")
    profile = {"last_login_at": ago(41)}
    prepare(lab, {"amy": profile | {"revenue_365d": 500}, "bob": profile | {"revenue_365d": 499}}, config, country="US")
    lab.run(lab.ctx())
    assert [task["customer_id"] for task in open_tasks(lab)] == ["amy"]


def test_an_owner_who_left_is_replaced_by_the_fallback(lab: Lab) -> None:
    prepare(lab, {"amy": {"last_login_at": ago(41)}, "bob": {"last_login_at": ago(41)}})
    rows = [{"staff_id": "s1", "active": False}, {"staff_id": "s2", "active": True}]
    lab.load("staff", {"staff_id": "text", "active": "boolean"}, rows)
    with lab.warehouse.write("customers") as session:
        session.execute("UPDATE customers SET owner_id = 's2' WHERE customer_id = 'bob'")
    lab.run(lab.ctx())
    assert {task["customer_id"]: task["owner"] for task in open_tasks(lab)} == {"amy": "lead", "bob": "s2"}


def at(lab: Lab, as_of: datetime, profile: dict[str, Any]) -> int:
    """Run at another time with these traits of amy; tasks created."""
    lab.profiles({"amy": profile}, as_of)
    lab.feed("events", as_of - timedelta(hours=1))
    lab.feed("interactions", as_of - timedelta(hours=1))
    return int(lab.run(lab.ctx(as_of)).details["counts"]["tasks_created"])


def finish_all(lab: Lab) -> None:
    with lab.state.begin() as connection:
        connection.execute(update(tasks).values(status="done"))


def test_a_rerun_creates_nothing(lab: Lab) -> None:
    prepare(lab, {"amy": {"last_login_at": ago(41)}})
    first, second = lab.run(lab.ctx()), lab.run(lab.ctx())
    assert (first.details["counts"]["tasks_created"], second.details["counts"]["tasks_created"]) == (1, 0)
    assert second.details["skipped"] == {"same_episode": 1}
    with lab.state.read() as connection:
        assert len(connection.execute(select(task_events)).all()) == 1


def test_one_silence_is_one_task_however_long_it_lasts(lab: Lab) -> None:
    prepare(lab, {"amy": {"last_login_at": ago(41)}})
    lab.run(lab.ctx())
    finish_all(lab)
    assert at(lab, AS_OF + timedelta(days=90), {"last_login_at": ago(41)}) == 0


def test_a_new_silence_is_a_new_task_once_the_old_one_is_done(lab: Lab) -> None:
    prepare(lab, {"amy": {"last_login_at": ago(41)}})
    lab.run(lab.ctx())
    back = AS_OF + timedelta(days=5)
    assert at(lab, AS_OF + timedelta(days=36), {"last_login_at": back}) == 0
    finish_all(lab)
    assert at(lab, AS_OF + timedelta(days=36), {"last_login_at": back}) == 1


def test_the_cooldown_ends_after_exactly_14_days(lab: Lab) -> None:
    prepare(lab, {"amy": {"interactions_30d": 1, "interactions_prev": 9}})
    lab.run(lab.ctx())
    finish_all(lab)
    silent = {"last_login_at": AS_OF - timedelta(days=20)}
    assert at(lab, AS_OF + timedelta(days=14) - SECOND, silent) == 0
    assert at(lab, AS_OF + timedelta(days=14), silent) == 1


def test_one_fall_is_one_task_while_its_windows_overlap(lab: Lab) -> None:
    fall = {"interactions_30d": 1, "interactions_prev": 9}
    prepare(lab, {"amy": fall})
    lab.run(lab.ctx())
    finish_all(lab)
    assert at(lab, AS_OF + timedelta(days=30) - SECOND, fall) == 0
    assert at(lab, AS_OF + timedelta(days=30), fall) == 1


@pytest.mark.parametrize("feed", ["events", "interactions"])
def test_a_stale_feed_withholds_the_alert_but_not_the_scores(lab: Lab, feed: str) -> None:
    prepare(lab, {"amy": {"last_login_at": ago(41)}})
    lab.feed(feed, ago(2) - SECOND)
    outcome = lab.run(lab.ctx())
    assert open_tasks(lab) == []
    assert outcome.details["counts"]["scored"] == 1
    assert outcome.leftovers == 1
    assert f"{feed} end at 2017-12-30 07:29 UTC, more than 48 h before" in outcome.details["alert_withheld"][0]
    with pytest.raises(DataUnusable, match="no health alert") as caught:
        job.plan(lab.ctx(part="alert"))
    assert caught.value.exit_code == 65


def test_a_feed_of_exactly_48_hours_is_fresh(lab: Lab) -> None:
    prepare(lab, {"amy": {"last_login_at": ago(41)}})
    lab.feed("events", ago(2))
    assert lab.run(lab.ctx(part="alert")).details["counts"]["tasks_created"] == 1


def test_one_feed_is_enough_and_none_is_not_set_up(lab: Lab) -> None:
    prepare(lab, {"amy": {"last_login_at": ago(41)}})
    lab.feed("interactions", None)
    lab.feed("events", None)
    outcome = lab.run(lab.ctx())
    assert (open_tasks(lab), outcome.leftovers) == ([], 0)
    assert outcome.details["alert_off"] == ["standard: not set up: add a source for events or interactions"]
    lab.feed("events", ago(1))
    lab.run(lab.ctx())
    assert len(open_tasks(lab)) == 1


def crowd(lab: Lab, fired: int, judged: int, config: str = CONFIG.replace("breaker: 100%", "breaker: 10%")) -> None:
    days = {f"c{number:03}": 41 if number < fired else 1 for number in range(judged)}
    prepare(lab, {key: {"last_login_at": ago(age)} for key, age in days.items()}, config)


def test_the_breaker_stops_above_a_tenth_with_nothing_applied(lab: Lab) -> None:
    crowd(lab, 5, 49)
    plan = job.plan(lab.ctx())
    assert "stopped by the breaker" in plan.preview.headline
    with pytest.raises(GuardStopped, match="5 of 49 judged high-value customers") as caught:
        job.run(plan, lab.ctx())
    assert caught.value.exit_code == 4
    assert open_tasks(lab) == []
    assert lab.dicts("SELECT * FROM health_scores") == []
    outcome = lab.run(lab.ctx(approve=True))
    assert outcome.details["counts"]["tasks_created"] == 5


def test_exactly_a_tenth_passes(lab: Lab) -> None:
    crowd(lab, 5, 50)
    assert lab.run(lab.ctx()).details["counts"]["tasks_created"] == 5


def test_a_single_alert_is_no_flood(lab: Lab) -> None:
    crowd(lab, 1, 2)
    assert lab.run(lab.ctx()).details["counts"]["tasks_created"] == 1


def test_those_who_cannot_be_judged_do_not_widen_the_breaker(lab: Lab) -> None:
    crowd(lab, 2, 10)
    with lab.warehouse.write("profiles", "customers") as session:
        session.execute(
            f"INSERT INTO profiles (customer_id, as_of) SELECT 'x' || n, TIMESTAMP '{AS_OF}' FROM range(90) r(n)"
        )
        session.execute("INSERT INTO customers (customer_id) SELECT 'x' || n FROM range(90) r(n)")
    lab.high_value(*(f"x{number}" for number in range(90)))
    with pytest.raises(GuardStopped, match="2 of 10"):
        lab.run(lab.ctx())


def test_the_plan_counts_what_the_run_does_and_writes_nothing(lab: Lab) -> None:
    crowd(lab, 3, 40)
    plan = job.plan(lab.ctx())
    assert open_tasks(lab) == []
    assert lab.dicts("SELECT * FROM health_scores") == []
    assert plan.preview.sample[0]["reason"] == "No login for 41 days (last 2017-11-21)"
    assert job.run(plan, lab.ctx()).details["counts"] == plan.preview.counts


def test_tasks_stream_right_after_a_lookup_on_an_overlay(lab: Lab, tmp_path: Path) -> None:
    prepare(lab, {"amy": {"last_login_at": ago(41)}})
    overlay = OverlayWarehouse(lab.warehouse.path, tmp_path / "plan")
    ctx = lab.ctx(part="alert").at(warehouse=overlay, dry=True)
    assert job.run(job.plan(ctx), ctx).details["counts"]["tasks_created"] == 1
    overlay.close()
