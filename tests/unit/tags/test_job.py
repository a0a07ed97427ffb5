"""The stage `tags`: history, exclusive dimensions, pins, tags on tags, the guard."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from opscli.clock import END_OF_TIME
from opscli.errors import ConfigInvalid, DataUnusable, GuardStopped, TryLater
from opscli.ids import bucket
from opscli.profiles import job as profiles
from opscli.tags import job as tags
from opscli.tags import pins

AS_OF = datetime(2026, 5, 1)  # noqa: DTZ001  naive UTC, as everywhere inside
DAY = timedelta(days=1)


@pytest.fixture
def spenders(shop: Any) -> Any:
    """Customers with revenue: a 100, b 10, c 1, d nothing."""
    shop.traits(revenue={"sum": "orders.amount"}, last_order={"max": "orders.ordered_at"})
    shop.customers("a", "b", "c", "d")
    shop.load("orders", *(order(str(amount), name, amount) for name, amount in (("a", 100), ("b", 10), ("c", 1))))
    return shop


def order(order_id: str, customer: str, amount: float, at: datetime = AS_OF - 5 * DAY) -> dict[str, Any]:
    return {"order_id": order_id, "customer_ref": customer, "ordered_at": at, "amount": amount}


def apply(shop: Any, as_of: datetime = AS_OF, **changes: Any) -> dict[str, int]:
    shop.run(profiles, as_of=as_of)
    return dict(shop.run(tags, as_of=as_of, **changes).details["counts"])


def members(shop: Any) -> dict[str, str]:
    """Tag → customers who have it now, as one text."""
    found = shop.rows(
        "SELECT tag, string_agg(customer_id, '' ORDER BY customer_id) FROM tag_history WHERE year(left_at) = 9999 GROUP BY tag"
    )
    return dict(found)


def test_the_first_match_wins_in_an_exclusive_dimension(spenders: Any) -> None:
    spenders.tags(
        "value", {"name": "high", "when": "revenue > 50"}, {"name": "some", "when": "revenue > 5"},
        {"name": "any", "when": "revenue >= 0"}, exclusive=True,
    )  # fmt: skip
    assert apply(spenders) == {"entered": 4, "left": 0}
    assert members(spenders) == {"high": "a", "some": "b", "any": "cd"}


def test_any_number_of_tags_otherwise(spenders: Any) -> None:
    spenders.tags("value", {"name": "high", "when": "revenue > 50"}, {"name": "some", "when": "revenue > 5"})
    apply(spenders)
    assert members(spenders) == {"high": "a", "some": "ab"}


def test_unknown_is_no_and_not_unknown_is_no_too(spenders: Any) -> None:
    spenders.tags(
        "t", {"name": "recent", "when": "last_order > '2026-01-01'"}, {"name": "old", "when": "not last_order > '2026-01-01'"},
        {"name": "never", "when": "last_order is null"},
    )  # fmt: skip
    apply(spenders)
    assert members(spenders) == {"recent": "abc", "never": "d"}


def test_a_second_run_changes_nothing_and_a_later_one_closes_and_opens(spenders: Any) -> None:
    spenders.tags(
        "value", {"name": "high", "when": "revenue > 50"}, {"name": "low", "when": "revenue > 0"}, exclusive=True
    )
    assert apply(spenders) == {"entered": 3, "left": 0}
    before = spenders.rows("SELECT * FROM tag_history ORDER BY ALL")
    assert apply(spenders) == {"entered": 0, "left": 0}
    assert spenders.rows("SELECT * FROM tag_history ORDER BY ALL") == before
    spenders.load("orders", order("more", "b", 60, AS_OF + DAY / 2))
    assert apply(spenders, AS_OF + DAY) == {"entered": 1, "left": 1}
    history = spenders.rows(
        "SELECT tag, entered_at, left_at, run_id, left_run_id, load_seq < left_seq FROM tag_history WHERE customer_id = 'b' ORDER BY entered_at"
    )
    first, second = "run-20260501T000000", "run-20260502T000000"
    assert history == [
        ("low", AS_OF, AS_OF + DAY, first, second, True),
        ("high", AS_OF + DAY, END_OF_TIME, second, None, None),
    ]


def test_a_tag_that_left_the_config_is_left(spenders: Any) -> None:
    spenders.tags("value", {"name": "high", "when": "revenue > 50"}, {"name": "low", "when": "revenue > 0"})
    apply(spenders)
    spenders.tags("value", {"name": "low", "when": "revenue > 0"})
    assert apply(spenders, AS_OF + DAY) == {"entered": 0, "left": 1}
    assert members(spenders) == {"low": "abc"}


def test_tags_may_lean_on_tags_of_other_files(spenders: Any) -> None:
    spenders.tags("b", {"name": "vip", "when": "has_tag('high') and not has_tag('blocked')"})
    spenders.tags("a", {"name": "high", "when": "revenue >= 10"}, {"name": "blocked", "when": "city = 'Leeds'"})
    with spenders.context().warehouse.write("customers") as session:
        session.execute("UPDATE customers SET city = 'Leeds' WHERE customer_id = 'b'")
    apply(spenders)
    assert members(spenders) == {"high": "ab", "blocked": "b", "vip": "a"}


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a": [("x", "has_tag('x')")]}, "x → x"),
        ({"a": [("x", "has_tag('y')")], "b": [("y", "has_tag('x')")]}, "x → y → x"),
        ({"a": [("x", "has_tag('nobody')")]}, 'unknown tag "nobody"'),
        ({"a": [("x", "revenu > 1")]}, 'did you mean "revenue"?'),
        ({"a": [("x", "revenue")]}, "a condition gives true or false"),
        ({"a": [("x", "true"), ("x", "false")]}, 'a second tag named "x"'),
    ],
)
def test_problems_of_tags_files(spenders: Any, files: dict[str, list[tuple[str, str]]], words: str) -> None:
    for dimension, found in files.items():
        spenders.tags(dimension, *({"name": name, "when": when} for name, when in found))
    with pytest.raises(ConfigInvalid) as caught:
        spenders.project()
    assert words in "\n".join(caught.value.details)


def test_in_an_exclusive_dimension_an_earlier_tag_cannot_lean_on_a_later_one(spenders: Any) -> None:
    """Whether the later one holds depends on the earlier one not holding."""
    spenders.tags("a", {"name": "x", "when": "has_tag('y')"}, {"name": "y", "when": "true"}, exclusive=True)
    with pytest.raises(ConfigInvalid) as caught:
        spenders.project()
    assert "x → y → x" in "\n".join(caught.value.details)


def pin(shop: Any, customer: str, tag: str, verdict: str, **more: Any) -> None:
    word = pins.Pin(
        customer_id=customer, tag=tag, verdict=verdict, reason="said so", set_by="ada", set_at=AS_OF, **more
    )
    with shop.context().state.begin() as connection:
        pins.put(connection, word)


def test_pins_win_over_rules_until_they_end(spenders: Any) -> None:
    spenders.tags(
        "value", {"name": "high", "when": "revenue > 50"}, {"name": "some", "when": "revenue > 5"},
        {"name": "any", "when": "revenue >= 0"}, exclusive=True,
    )  # fmt: skip
    pin(spenders, "a", "any", "add")
    pin(spenders, "b", "some", "remove")
    pin(spenders, "d", "high", "add", until=AS_OF + DAY)
    pin(spenders, "c", "high", "add", until=AS_OF)
    apply(spenders)
    assert members(spenders) == {"high": "d", "any": "abc"}
    assert dict(spenders.rows("SELECT customer_id, origin FROM tag_history")) == {
        "a": "pin",
        "b": "rule",
        "c": "rule",
        "d": "pin",
    }
    with spenders.context().state.begin() as connection:
        assert pins.drop(connection, "a", "any")
        assert not pins.drop(connection, "a", "any")
    apply(spenders, AS_OF + DAY)
    assert members(spenders) == {"high": "a", "any": "bcd"}


def test_a_pin_of_a_merged_customer_holds_for_whom_they_became(spenders: Any) -> None:
    from opscli.state import bulk
    from opscli.state.tables import customer_aliases

    spenders.tags("value", {"name": "vip", "when": "false"})
    pin(spenders, "old", "vip", "add")
    row = {"alias": "old", "customer_id": "c", "reason": "merged", "since": AS_OF}
    with spenders.context().state.begin() as connection:
        bulk.insert(connection, customer_aliases, [row])
    apply(spenders)
    assert members(spenders) == {"vip": "c"}


def test_the_guard_stops_before_anything_is_applied(spenders: Any) -> None:
    spenders.tags(
        "value",
        {"name": "high", "when": "revenue > 50"},
        {"name": "low", "when": "revenue > 0"},
        exclusive=True,
        max_delta="50%",
    )
    assert apply(spenders)["entered"] == 3
    before = spenders.rows("SELECT * FROM tag_history ORDER BY ALL")
    spenders.load("orders", order("b2", "b", 60, AS_OF), order("c2", "c", 60, AS_OF))
    with pytest.raises(GuardStopped) as caught:
        apply(spenders, AS_OF + DAY)
    assert caught.value.details == ("value: 66.7% of the members would change, max_delta allows 50.0%",)
    assert spenders.rows("SELECT * FROM tag_history ORDER BY ALL") == before
    assert apply(spenders, AS_OF + DAY, approve=True) == {"entered": 2, "left": 2}


def test_profiles_of_another_instant_are_refused(spenders: Any) -> None:
    spenders.tags("value", {"name": "high", "when": "revenue > 50"})
    with pytest.raises(DataUnusable, match="no profiles yet"):
        tags.plan(spenders.context())
    spenders.run(profiles)
    with pytest.raises(DataUnusable) as caught:
        tags.plan(spenders.context(as_of=AS_OF + DAY))
    assert "--as-of 2026-05-01T00:00:00Z" in caught.value.remedy


def test_the_past_of_the_history_is_not_rewritten(spenders: Any) -> None:
    spenders.tags("value", {"name": "high", "when": "revenue > 50"})
    apply(spenders)
    with pytest.raises(DataUnusable, match="reaches 2026-05-01"):
        apply(spenders, AS_OF - DAY)


def test_a_warehouse_that_moved_is_refused(spenders: Any) -> None:
    spenders.tags("value", {"name": "high", "when": "revenue > 50"})
    spenders.run(profiles)
    ctx = spenders.context()
    planned = tags.plan(ctx)
    spenders.load("orders", order("new", "b", 60))
    with pytest.raises(TryLater):
        tags.run(planned, ctx)
    assert spenders.rows("SELECT COUNT(*) FROM tag_history") == [(0,)]


def test_coming_back_at_the_same_instant_leaves_one_interval(spenders: Any) -> None:
    spenders.tags("value", {"name": "high", "when": "revenue > 50"})
    apply(spenders)
    spenders.tags("value", {"name": "high", "when": "revenue > 500"})
    assert apply(spenders) == {"entered": 0, "left": 1}
    spenders.tags("value", {"name": "high", "when": "revenue > 5"})
    assert apply(spenders) == {"entered": 2, "left": 0}
    assert spenders.rows("SELECT customer_id FROM tag_history ORDER BY 1") == [("a",), ("b",)]


def test_a_bucket_is_that_of_python(spenders: Any) -> None:
    spenders.tags("test", {"name": "half", "when": "bucket('spring', 2) = 1"})
    apply(spenders)
    assert members(spenders).get("half", "") == "".join(name for name in "abcd" if bucket("spring", name, 2) == 1)


def test_erase_takes_history_pins_and_profile(spenders: Any) -> None:
    spenders.tags("value", {"name": "low", "when": "revenue > 0"})
    apply(spenders)
    pin(spenders, "a", "low", "add")
    assert tags.erase(["a", "b"], spenders.context()) == 3
    assert profiles.erase(["a", "nobody"], spenders.context()) == 1
    assert members(spenders) == {"low": "c"}
    assert spenders.rows("SELECT customer_id FROM profiles ORDER BY 1") == [("b",), ("c",), ("d",)]
