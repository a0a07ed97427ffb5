"""Why somebody has a tag: pins and winners are told, labels are used, Chinese is spoken."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from opscli.errors import DataUnusable, UsageError
from opscli.phrases import use
from opscli.profiles import job as profiles
from opscli.tags import history, pins
from opscli.tags import job as tags
from opscli.tags.explain import as_text, explain

AS_OF = datetime(2026, 5, 1)  # noqa: DTZ001  naive UTC, as everywhere inside


@pytest.fixture
def tagged(shop: Any) -> Any:
    shop.traits(revenue={"sum": "orders.amount", "label": {"en": "Revenue", "zh": "消费额"}})
    shop.tags(
        "value", {"name": "high", "when": "revenue > 50", "label": {"en": "High", "zh": "高"}}, {"name": "low", "when": "revenue >= 0"},
        exclusive=True,
    )  # fmt: skip
    shop.customers("a", "b")
    shop.load("orders", {"order_id": "1", "customer_ref": "a", "ordered_at": AS_OF - timedelta(days=1), "amount": 60})
    pin = pins.Pin(customer_id="b", tag="high", verdict="add", reason="key account", set_by="ada", set_at=AS_OF)
    with shop.context().state.begin() as connection:
        pins.put(connection, pin)
    shop.run(profiles)
    shop.run(tags)
    return shop


def test_a_pin_is_told_with_its_reason(tagged: Any) -> None:
    assert as_text(explain(tagged.context(), "b", "high")) == (
        "high (value) of b: yes\n"
        "  since 2026-05-01T00:00:00Z, by a pin\n"
        "  as of 2026-05-01T00:00:00Z\n"
        "  condition: no (Revenue is more than 50)\n"
        "    no      revenue > 50  revenue = 0.0000\n"
        "  pin: add, set by ada: key account\n"
    )


def test_the_winner_of_an_exclusive_dimension_is_told_in_the_projects_language(tagged: Any) -> None:
    use("zh")
    found = explain(tagged.context(), "a", "low")
    assert (found.since, found.verdict, found.winner) == (None, True, "high")
    assert found.words == "消费额不小于 0"


def test_unknown_tags_and_customers_without_profile_are_refused(tagged: Any) -> None:
    with pytest.raises(UsageError, match="no tag 'hihg'"):
        explain(tagged.context(), "a", "hihg")
    with pytest.raises(DataUnusable, match="nobody has no profile"):
        explain(tagged.context(), "nobody", "high")


def test_history_and_members(tagged: Any) -> None:
    ctx = tagged.context()
    rows = history.members_per_tag(ctx)
    assert [(row["tag"], row["label"], row["members"]) for row in rows] == [("high", "High", 2), ("low", "", 0)]
    assert [row["customer_id"] for row in history.members(ctx, "high", None)] == ["a", "b"]
    assert [(row["tag"], row["left_at"], row["origin"]) for row in history.of_customer(ctx, "b")] == [
        ("high", None, "pin")
    ]
