from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opscli.errors import DataUnusable, TryLater, UsageError
from opscli.health import job
from opscli.health.explain import distribution, find_customer, in_words, latest, scores

if TYPE_CHECKING:
    from tests.unit.health.conftest import Lab

AS_OF = datetime.fromisoformat("2018-01-01T07:30")

CONFIG = """
kind: health
version: 2
measures:
  - {trait: revenue_365d, good: 1000, bad: 0, weight: 2}
  - {trait: last_order_at, good: 10d, bad: 50d}
  - {trait: newsletter, good: 1, bad: 0}
"""


def next_day(lab: Lab, day: int, profiles: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Score again `day` days later; the newest scores by customer."""
    as_of = AS_OF + timedelta(days=day)
    lab.profiles(profiles, as_of)
    lab.run(lab.ctx(as_of))
    rows = lab.dicts(f"SELECT * FROM health_scores WHERE as_of = TIMESTAMP '{as_of}'")
    return {row["customer_id"]: row for row in rows}


def test_points_are_weighted_over_the_measures_that_are_known(lab: Lab) -> None:
    lab.configure(CONFIG)
    found = next_day(
        lab,
        0,
        {
            "all": {"revenue_365d": 600, "last_order_at": AS_OF - timedelta(days=20), "newsletter": False},
            "best": {"revenue_365d": 9999, "last_order_at": AS_OF - timedelta(days=1), "newsletter": True},
            "worst": {"revenue_365d": -5, "last_order_at": AS_OF - timedelta(days=99), "newsletter": False},
            "half": {"revenue_365d": 500},
            "third": {"last_order_at": AS_OF},
            "none": {},
        },
    )
    summary = {key: (row["score"], row["band"], row["coverage"]) for key, row in found.items()}
    assert summary == {
        "all": (48.75, "watch", 1.0),
        "best": (100.0, "healthy", 1.0),
        "worst": (0.0, "critical", 1.0),
        "half": (50.0, "watch", 0.5),
        "third": (100.0, "unknown", 0.25),
        "none": (None, "unknown", 0.0),
    }


def test_less_may_be_better(lab: Lab) -> None:
    lab.configure("{kind: health, version: 2, measures: [{trait: orders_90d, good: 0, bad: 4}]}")
    found = next_day(lab, 0, {"few": {"orders_90d": 1}, "many": {"orders_90d": 7}})
    assert (found["few"]["score"], found["many"]["score"]) == (75.0, 0.0)


def test_old_evidence_counts_less(lab: Lab) -> None:
    lab.configure(
        "{kind: health, version: 2, measures: [{trait: last_nps, good: 10, bad: 0, "
        "decay: {by: last_nps_at, half_life: 90d}}, {trait: orders_90d, good: 10, bad: 0}]}"
    )
    base = {"last_nps": 10, "orders_90d": 0}
    found = next_day(
        lab,
        0,
        {
            "now": base | {"last_nps_at": AS_OF},
            "later": base | {"last_nps_at": AS_OF - timedelta(days=180)},
            "undated": base,
        },
    )
    assert [found[key]["score"] for key in ("now", "later", "undated")] == [50.0, 20.0, 0.0]
    assert [found[key]["coverage"] for key in ("now", "later", "undated")] == [1.0, 0.625, 0.5]


ONE = "{kind: health, version: 2, measures: [{trait: orders_90d, good: 100, bad: 0}]}"


@pytest.mark.parametrize(
    ("path", "bands"),
    [
        ([70, 67, 66, 69, 70], ["healthy", "healthy", "watch", "watch", "healthy"]),
        ([69], ["watch"]),
        ([40, 37, 36, 39], ["watch", "watch", "critical", "critical"]),
        ([90, 38, 36], ["healthy", "watch", "critical"]),
        ([90, 20], ["healthy", "critical"]),
    ],
)
def test_a_band_is_left_only_below_its_margin(lab: Lab, path: list[int], bands: list[str]) -> None:
    lab.configure(ONE)
    found = [next_day(lab, day, {"amy": {"orders_90d": points}})["amy"]["band"] for day, points in enumerate(path)]
    assert found == bands


def test_the_trend_compares_with_the_mean_of_the_window(lab: Lab) -> None:
    lab.configure(ONE)
    path = [(0, 60), (1, 64), (2, 67), (3, 50), (60, 90)]
    found = [next_day(lab, day, {"amy": {"orders_90d": points}})["amy"]["trend"] for day, points in path]
    assert found == ["new", "steady", "rising", "falling", "new"]


def test_a_cap_holds_a_score_down_and_says_so(lab: Lab) -> None:
    lab.configure(ONE[:-1] + ", caps: [{when: \"last_nps <= 3\", at: 55}, {when: has_tag('high_value'), at: 80}]}")
    lab.customers({"amy": {}, "bob": {}, "cat": {}})
    lab.high_value("bob")
    found = next_day(
        lab, 0, {"amy": {"orders_90d": 90, "last_nps": 2}, "bob": {"orders_90d": 90}, "cat": {"orders_90d": 90}}
    )
    assert {key: row["score"] for key, row in found.items()} == {"amy": 55.0, "bob": 80.0, "cat": 90.0}
    with lab.warehouse.read() as session:
        [view] = latest(session, "amy", AS_OF)
    assert (view.capped, view.cap) == (Decimal(-35), Decimal(55))
    assert "capped at 55" in in_words(view)


def test_the_explanation_adds_up_in_print(lab: Lab) -> None:
    lab.configure(CONFIG)
    next_day(lab, 0, {"amy": {"revenue_365d": 600, "last_order_at": AS_OF, "newsletter": True}})
    next_day(lab, 10, {"amy": {"revenue_365d": 433, "last_order_at": AS_OF, "newsletter": None}})
    with lab.warehouse.read() as session:
        [view] = latest(session, "amy", AS_OF + timedelta(days=10))
    assert in_words(view) == (
        "amy  standard  as of 2018-01-11 07:30 UTC\n"
        "score 62.20  watch  falling  coverage 75%\n"
        "\n"
        "measure                   value  points  weight   part  change\n"
        "revenue_365d                433   43.30       2  28.87   -1.13\n"
        "last_order_at  2018-01-01 07:30  100.00       1  33.33   +8.33\n"
        "newsletter              unknown       –       0   0.00  -25.00\n"  # noqa: RUF001  a dash stands for nothing
        "score                                            62.20  -17.80\n"
    )


NUMBER = st.one_of(st.none(), st.integers(-10, 1500))
PROFILE = st.fixed_dictionaries({"revenue_365d": NUMBER, "orders_90d": NUMBER, "last_nps": NUMBER})
THREE = (
    "{kind: health, version: 2, measures: [{trait: revenue_365d, good: 1000, bad: 0, weight: 3}, "
    "{trait: orders_90d, good: 7, bad: 1, weight: 0.7}, {trait: last_nps, good: 9, bad: 0}], "
    "caps: [{when: last_nps < 3, at: 51.5}]}"
)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(PROFILE, PROFILE), min_size=20, max_size=30))
def test_parts_sum_to_the_score_and_changes_to_the_change(lab: Lab, pairs: list[tuple[Any, Any]]) -> None:
    with lab.warehouse.write("health_scores") as session:
        session.execute("DELETE FROM health_scores")
    lab.configure(THREE)
    lab.customers({})
    next_day(lab, 0, {f"c{number}": pair[0] for number, pair in enumerate(pairs)})
    found = next_day(lab, 1, {f"c{number}": pair[1] for number, pair in enumerate(pairs)})
    assert len(found) == len(pairs)
    with lab.warehouse.read() as session:
        views = [latest(session, customer, AS_OF + timedelta(days=1))[0] for customer in found]
    for view in views:
        parts = sum((item.part for item in view.measures), Decimal(0))
        assert view.score is None or parts + view.capped == view.score
        assert view.score is None or 0 <= view.score <= 100
        if view.change is not None:
            changes = [item.change for item in view.measures if item.change is not None]
            assert sum(changes, view.other or Decimal(0)) == view.change
            assert view.score is not None
            assert view.score - (view.previous or 0) == view.change


def test_changed_measures_show_up_as_other(lab: Lab) -> None:
    lab.configure(ONE)
    next_day(lab, 0, {"amy": {"orders_90d": 60}})
    lab.configure(ONE.replace("orders_90d", "revenue_365d"))
    found = next_day(lab, 1, {"amy": {"revenue_365d": 50}})
    drivers = json.loads(found["amy"]["drivers"])
    assert (drivers["measures"][0]["change"], drivers["other"], drivers["change"]) == (50.0, -60.0, -10.0)


def test_scores_are_appended_once_per_instant(lab: Lab) -> None:
    lab.configure(ONE)
    next_day(lab, 0, {"amy": {"orders_90d": 60}})
    first = lab.dicts("SELECT * FROM health_scores")
    next_day(lab, 0, {"amy": {"orders_90d": 99}, "bob": {"orders_90d": 10}})
    rows = lab.dicts("SELECT * FROM health_scores ORDER BY customer_id")
    assert rows[0] == first[0]
    assert [row["customer_id"] for row in rows] == ["amy", "bob"]
    assert (first[0]["config_version"], first[0]["run_id"], first[0]["load_seq"]) == ("v1", "run-20180101T0730", 1)


def test_the_future_is_not_looked_at(lab: Lab) -> None:
    lab.configure(ONE)
    next_day(lab, 5, {"amy": {"orders_90d": 90}})
    found = next_day(lab, 0, {"amy": {"orders_90d": 50}})
    assert (found["amy"]["trend"], json.loads(found["amy"]["drivers"])["previous"]) == ("new", None)


def test_profiles_of_another_time_are_refused(lab: Lab) -> None:
    lab.configure(ONE)
    with pytest.raises(DataUnusable, match="no profiles yet"):
        job.plan(lab.ctx())
    lab.profiles({"amy": {}}, AS_OF - timedelta(days=1))
    with pytest.raises(DataUnusable, match="profiles are as of 2017-12-31 07:30 UTC, this run is as of 2018-01-01"):
        job.plan(lab.ctx())


def test_a_warehouse_that_moved_is_refused(lab: Lab) -> None:
    lab.configure(ONE)
    lab.profiles({"amy": {"orders_90d": 1}})
    plan = job.plan(lab.ctx())
    with lab.warehouse.write("warehouse_info") as session:
        session.execute("UPDATE warehouse_info SET load_seq = load_seq + 1")
    with pytest.raises(TryLater):
        job.run(plan, lab.ctx())
    assert lab.dicts("SELECT * FROM health_scores") == []


def test_options_choose_models_and_parts(lab: Lab) -> None:
    lab.configure(ONE)
    lab.configure(ONE, "second")
    lab.profiles({"amy": {"orders_90d": 1}})
    assert lab.run(lab.ctx(only=["second"])).rows_out == 1
    assert [row["model"] for row in lab.dicts("SELECT model FROM health_scores")] == ["second"]
    assert lab.run(lab.ctx(part="alert")).rows_out == 0
    with pytest.raises(UsageError, match="no health model 'third'"):
        job.plan(lab.ctx(only=["third"]))


def test_lists_and_distribution_read_the_newest_scores(lab: Lab) -> None:
    lab.configure(ONE)
    next_day(lab, 0, {"amy": {"orders_90d": 90}, "bob": {"orders_90d": 10}, "cat": {}})
    next_day(lab, 1, {"amy": {"orders_90d": 20}})
    with lab.warehouse.read() as session:
        newest = scores(session, AS_OF + timedelta(days=1))
        critical = scores(session, AS_OF + timedelta(days=1), band="critical", limit=1)
        before = scores(session, AS_OF)
        bands = distribution(session, AS_OF)
    assert [(row["customer_id"], row["score"]) for row in newest] == [("bob", 10.0), ("amy", 20.0), ("cat", None)]
    assert [row["customer_id"] for row in critical] == ["bob"]
    assert [(row["customer_id"], row["score"]) for row in before] == [("bob", 10.0), ("amy", 90.0), ("cat", None)]
    assert [(row["band"], row["customers"]) for row in bands] == [("healthy", 1), ("critical", 1), ("unknown", 1)]


def test_a_customer_is_found_by_id_or_by_any_link(lab: Lab) -> None:
    lab.customers({"c_1": {}})
    with lab.warehouse.write("links") as session:
        for ns, ref, customer in (("email", "amy@example.com", "c_1"), ("crm", "7", "c_1"), ("shop", "7", "c_2")):
            session.execute("INSERT INTO links (ns, ref, customer_id) VALUES (?, ?, ?)", (ns, ref, customer))
    ctx = lab.ctx()
    assert find_customer(ctx, "c_1") == find_customer(ctx, "Amy@example.com") == "c_1"
    with pytest.raises(UsageError, match="more than one customer"):
        find_customer(ctx, "7")
    with pytest.raises(UsageError, match="no customer"):
        find_customer(ctx, "nobody")


def test_erasing_removes_scores_and_tasks(lab: Lab) -> None:
    lab.configure(ONE)
    next_day(lab, 0, {"amy": {"orders_90d": 90}, "bob": {"orders_90d": 10}})
    assert job.erase(["amy"], lab.ctx()) == 1
    assert [row["customer_id"] for row in lab.dicts("SELECT customer_id FROM health_scores")] == ["bob"]
    assert job.erase(["amy"], lab.ctx()) == 0
