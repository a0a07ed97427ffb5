"""The 360° view: find by anything known, list by condition, show all about one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from opscli.errors import DataUnusable, UsageError
from opscli.profiles import job as profiles
from opscli.profiles import view
from opscli.state import bulk
from opscli.state.tables import customer_aliases, tasks
from opscli.tags import history
from opscli.tags import job as tags

AS_OF = datetime(2026, 5, 1)  # noqa: DTZ001  naive UTC, as everywhere inside
DAY = timedelta(days=1)


@pytest.fixture
def known(shop: Any) -> Any:
    """Two customers: ann with orders, a phone and an old id; bob with nothing."""
    shop.traits(revenue={"sum": "orders.amount"})
    shop.tags("value", {"name": "buyer", "when": "revenue > 0"})
    shop.customers(
        ann={"first_name": "Ann", "last_name": "Lee", "email": "ann@example.com", "city": "Leeds"},
        bob={"first_name": "Bob", "last_name": "Lee", "email": "bob@example.com"},
    )
    shop.insert(
        "links", [{"ns": "email", "ref": "ann@example.com", "customer_id": "ann", "source": "crm", "source_id": "ann"}]
    )
    shop.insert(
        "links", [{"ns": "phone", "ref": "+12125550142", "customer_id": "ann", "source": "crm", "source_id": "ann"}]
    )
    shop.load(
        "orders",
        *(
            {"order_id": str(n), "customer_ref": "ann", "ordered_at": AS_OF - n * DAY, "amount": n}
            for n in range(1, 14)
        ),
    )
    old = {"order_id": "1", "customer_ref": "ann", "ordered_at": AS_OF - DAY, "amount": 9, "known_to": AS_OF - DAY / 2}
    shop.load("orders", old)
    with shop.context().state.begin() as connection:
        alias = {"alias": "old-ann", "customer_id": "ann", "reason": "merged", "since": AS_OF}
        bulk.insert(connection, customer_aliases, [alias])
    shop.run(profiles)
    shop.run(tags)
    return shop


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ann", ["ann"]), ("old-ann", ["ann"]), ("ANN@Example.com", ["ann"]), ("212-555-0142", ["ann"]), ("(212) 555 0142", ["ann"]),
        ("lee", ["ann", "bob"]), ("nobody", []), ("' OR 1=1 --", []), ("0142", []), ("%", []), ("_", []),
    ],
)  # fmt: skip
def test_find(known: Any, text: str, found: list[str]) -> None:
    assert [row["customer_id"] for row in view.find(known.context(), text, 10).rows] == found


def test_resolve_needs_exactly_one(known: Any) -> None:
    ctx = known.context()
    assert view.resolve(ctx, "old-ann") == "ann"
    with pytest.raises(UsageError, match="nobody is known"):
        view.resolve(ctx, "nobody")
    with pytest.raises(UsageError, match="several customers"):
        view.resolve(ctx, "lee")


def test_an_empty_text_finds_nobody(known: Any) -> None:
    with pytest.raises(UsageError, match="an empty text"):
        view.find(known.context(), " ", 10)


def test_list_and_count_by_condition(known: Any) -> None:
    ctx = known.context()
    found = view.listing(ctx, "has_tag('buyer') and city = 'Leeds'", ["revenue", "email"], None)
    assert [dict(row) for row in found.rows] == [{"customer_id": "ann", "revenue": 91, "email": "ann@example.com"}]
    assert "email" in found.personal
    assert "revenue" not in found.personal
    assert view.count(ctx, None) == 2
    assert view.count(ctx, "not has_tag('buyer')") == 1
    assert len(view.listing(ctx, None, [], 1).rows) == 1
    with pytest.raises(UsageError, match="no column colour"):
        view.listing(ctx, None, ["colour"], None)
    with pytest.raises(UsageError, match='character 1: unknown name "revenu"'):
        view.count(ctx, "revenu > 0")


def test_overview_shows_the_newest_of_everything(known: Any) -> None:
    with known.context().state.begin() as connection:
        task = {
            "task_id": "t1", "origin": "health", "origin_name": "standard", "episode": "1", "customer_id": "ann", "title": "Call",
            "status": "open", "created_at": AS_OF,
        }  # fmt: skip
        bulk.insert(connection, tasks, [task])
    sections = {section.name: section for section in view.overview(known.context(), "ann")}
    assert sections["profile"].rows[0]["last_name"] == "Lee"
    assert {row["source_id"] for row in sections["identities"].rows} == {"ann"}
    assert sections["traits"].rows[0]["revenue"] == 91
    assert [row["tag"] for row in sections["tags"].rows] == ["buyer"]
    assert [row["order_id"] for row in sections["orders"].rows] == [str(n) for n in range(1, 11)]
    assert sections["orders"].rows[0]["amount"] == 1
    assert [row["title"] for row in sections["tasks"].rows] == ["Call"]
    assert "title" in sections["tasks"].personal


def test_what_happened_under_a_former_id_is_shown(known: Any) -> None:
    """Messages and tags by the links that identity writes, tasks by the aliases in the state."""
    known.insert("links", [{"ns": "former", "ref": "old-ann", "customer_id": "ann"}])
    known.insert(
        "messages", [{"message_key": "m1", "customer_id": "old-ann"}, {"message_key": "m2", "customer_id": "bob"}]
    )
    known.insert("tag_history", [{"customer_id": "old-ann", "tag": "was", "entered_at": AS_OF, "left_at": AS_OF}])
    common = {"customer_id": "old-ann", "status": "open", "created_at": AS_OF}
    ctx = known.context()
    with ctx.state.begin() as connection:
        task = {"task_id": "t1", "origin": "health", "origin_name": "x", "episode": "1", "title": "Call", **common}
        bulk.insert(connection, tasks, [task, {**task, "task_id": "t2", "customer_id": "bob"}])
    sections = {section.name: section for section in view.overview(ctx, "ann")}
    assert [len(sections[name].rows) for name in ("messages", "tasks")] == [1, 1]
    assert [row["tag"] for row in history.of_customer(ctx, "ann")] == ["buyer", "was"]
    assert [row["tag"] for row in history.of_customer(ctx, "bob")] == []


def test_without_profiles_a_list_says_what_to_do(shop: Any) -> None:
    shop.customers("a")
    with pytest.raises(DataUnusable) as caught:
        view.count(shop.context(), None)
    assert "opscli run" in caught.value.remedy
