"""Traits on real rows: windows are half-open, nothing is 0 or NULL as documented, past as_of sees only the past."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from opscli.errors import ConfigInvalid, DataUnusable
from opscli.profiles import job as profiles

AS_OF = datetime(2026, 5, 1)  # noqa: DTZ001  naive UTC, as everywhere inside
DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)


def order(order_id: str, customer: str, at: datetime, amount: float = 10, **more: Any) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "customer_ref": customer,
        "ordered_at": at,
        "amount": amount,
        "status": "paid",
        **more,
    }


def profile(shop: Any, customer: str = "a") -> dict[str, Any]:
    found = shop.dicts(f"SELECT * FROM profiles WHERE customer_id = '{customer}'")
    assert len(found) == 1
    return dict(found[0])


def test_a_window_holds_its_start_and_not_its_end(shop: Any) -> None:
    shop.traits(
        now={"count": "orders", "within": "30d"},
        before={"count": "orders", "within": "30d", "offset": "30d"},
        ever={"count": "orders"},
    )
    shop.customers("a")
    start = AS_OF - 30 * DAY
    shop.load(
        "orders",
        order("exactly as_of", "a", AS_OF),
        order("just before", "a", AS_OF - MICROSECOND),
        order("exactly 30 days", "a", start),
        order("a microsecond more", "a", start - MICROSECOND),
        order("exactly 60 days", "a", AS_OF - 60 * DAY),
        order("a microsecond more still", "a", AS_OF - 60 * DAY - MICROSECOND),
    )
    shop.run(profiles)
    found = profile(shop)
    assert (found["now"], found["before"], found["ever"]) == (2, 2, 5)


def test_counts_and_sums_of_nothing_are_zero_and_all_else_is_null(shop: Any) -> None:
    shop.traits(
        n={"count": "orders"}, total={"sum": "orders.amount"}, kinds={"count_distinct": "orders.channel"},
        mean={"avg": "orders.amount"}, last={"max": "orders.ordered_at"}, favourite={"top": "orders.channel"},
        ratio={"expr": "total / n"}, rank={"ntile": "mean", "of": 2},
    )  # fmt: skip
    shop.customers("a")
    shop.run(profiles)
    assert profile(shop) == {
        "customer_id": "a", "as_of": AS_OF, "n": 0, "total": Decimal(0), "kinds": 0, "mean": None, "last": None,
        "favourite": None, "ratio": None, "rank": None,
    }  # fmt: skip


def test_every_kind_of_trait(shop: Any) -> None:
    shop.traits(
        paid={"count": "orders", "where": "status = 'paid'"},
        revenue={"sum": "orders.amount"},
        mean={"avg": "orders.amount"},
        first={"min": "orders.ordered_at"},
        channels={"count_distinct": "orders.channel"},
        favourite={"top": "orders.channel", "by": {"sum": "orders.amount"}},
        most_often={"top": "orders.channel"},
        city={"field": "customers.city"},
        share={"expr": "round(paid / 4, 2)"},
        twice={"expr": "share * 2"},
    )
    shop.customers(a={"city": "Leeds"})
    shop.load(
        "orders",
        order("1", "a", AS_OF - 4 * DAY, 10.5, channel="web"),
        order("2", "a", AS_OF - 3 * DAY, 1, channel="store"),
        order("3", "a", AS_OF - 2 * DAY, 1, channel="store", status="returned"),
        order("4", "nobody", AS_OF - 2 * DAY, 99),
    )
    shop.run(profiles)
    found = profile(shop)
    assert found["revenue"] == Decimal("12.5")
    assert found["mean"] == pytest.approx(12.5 / 3)
    assert found["first"] == AS_OF - 4 * DAY
    assert (found["paid"], found["channels"], found["favourite"], found["most_often"]) == (2, 2, "web", "store")
    assert (found["city"], found["share"], found["twice"]) == ("Leeds", 0.5, 1.0)


def test_equal_ranks_take_the_first_value(shop: Any) -> None:
    shop.traits(favourite={"top": "orders.channel", "within": "10d"})
    shop.customers("a")
    shop.load("orders", order("1", "a", AS_OF - DAY, channel="web"), order("2", "a", AS_OF - DAY, channel="app"))
    shop.load("orders", order("3", "a", AS_OF - 20 * DAY, channel="web"))
    shop.run(profiles)
    assert profile(shop)["favourite"] == "app"


def test_ntile_ranks_only_whose_value_is_known(shop: Any) -> None:
    shop.traits(mean={"avg": "orders.amount"}, rank={"ntile": "mean", "of": 2})
    shop.customers("a", "b", "c")
    shop.load("orders", order("1", "a", AS_OF - DAY, 5), order("2", "b", AS_OF - DAY, 50))
    shop.run(profiles)
    assert shop.rows("SELECT customer_id, rank FROM profiles ORDER BY 1") == [("a", 1), ("b", 2), ("c", None)]


def test_a_past_profile_is_that_of_data_cut_then(new_shop: Callable[[str], Any]) -> None:
    """Later rows, later versions of old rows and later customers leave the profile of a past instant as it was."""
    then = AS_OF - 10 * DAY
    kinds = {
        "paid": {"count": "orders", "where": "status = 'paid'"},
        "revenue": {"sum": "orders.amount", "within": "30d"},
        "last": {"max": "orders.ordered_at"},
        "favourite": {"top": "orders.channel", "by": {"sum": "orders.amount"}},
        "rank": {"ntile": "revenue", "of": 2},
    }
    old = [order(str(n), "a" if n % 2 else "b", then - n * DAY, n, channel=f"c{n % 3}") for n in range(1, 40)]
    whole, cut = new_shop("whole"), new_shop("cut")
    for shop in (whole, cut):
        shop.traits(**kinds)
        shop.customers("a", "b")
    changed = {"source_id": "1", "known_to": then + DAY}
    whole.load("orders", {**old[0], **changed}, *old[1:])
    whole.load("orders", order("1", "a", then - DAY, 900, status="returned", known_from=then + DAY))
    whole.load("orders", order("late file", "a", then - 2 * DAY, 77, known_from=then + 2 * DAY))
    whole.load("orders", order("future", "a", then, 1), order("far", "b", AS_OF - DAY, 1))
    whole.customers(c={"created_at": then}, d={"created_at": then + DAY})
    cut.load("orders", *old)
    for shop in (whole, cut):
        shop.run(profiles, as_of=then)
    rows = [shop.rows("SELECT * FROM profiles ORDER BY customer_id") for shop in (whole, cut)]
    assert rows[0] == rows[1]
    whole.run(profiles)
    assert len(whole.rows("SELECT * FROM profiles")) == 4
    assert profile(whole)["revenue"] != rows[0][0][-1]


def test_knowledge_of_a_later_import_enters_at_its_load_time(shop: Any) -> None:
    shop.traits(n={"count": "orders"})
    shop.customers("a")
    shop.load("orders", order("1", "a", AS_OF - 5 * DAY, known_from=AS_OF - DAY))
    shop.run(profiles, as_of=AS_OF - 2 * DAY)
    assert profile(shop)["n"] == 0
    shop.run(profiles, as_of=AS_OF - DAY)
    assert profile(shop)["n"] == 1


@pytest.mark.parametrize(
    ("trait", "words"),
    [
        ({"count": "ordrs"}, 'unknown entity "ordrs"'),
        ({"sum": "orders.amuont"}, 'no column "amuont"'),
        ({"sum": "orders.status"}, "sum of text"),
        ({"count": "products"}, "products cannot make a trait"),
        ({"count": "orders", "where": "status = 3"}, "needs a text, found a number"),
        ({"count": "orders", "where": "amount"}, "a condition gives true or false"),
        ({"count": "orders", "sum": "orders.amount"}, "two kinds: count and sum"),
        ({"within": "30d"}, "has no kind"),
        ({"field": "customers.towm"}, 'unknown customer field "customers.towm"'),
        ({"expr": "other + 1"}, 'unknown name "other"'),
        ({"expr": "t + 1"}, "is computed from itself"),
        ({"ntile": "other"}, 'unknown name "other"'),
        ({"top": "orders.channel", "by": {"sum": "deals.amount"}}, "ranked by deals"),
    ],
)
def test_problems_of_a_traits_file_have_their_place(shop: Any, trait: dict[str, Any], words: str) -> None:
    shop.traits(t=trait)
    with pytest.raises(ConfigInvalid) as caught:
        shop.project()
    text = "\n".join(caught.value.details)
    assert words in text
    assert "configs/traits/test.yaml:" in text


def test_a_condition_is_blamed_at_its_column(shop: Any) -> None:
    shop.write(
        "traits/test.yaml",
        "kind: traits\nversion: 1\ntraits:\n  t: {count: orders, where: \"status = 'paid' and amuont > 1\"}\n",
    )
    with pytest.raises(ConfigInvalid) as caught:
        shop.project()
    assert caught.value.details[0].startswith('configs/traits/test.yaml:4:50: unknown name "amuont" in a condition')


def test_without_customers_there_are_no_profiles(shop: Any) -> None:
    shop.traits(n={"count": "orders"})
    with pytest.raises(DataUnusable, match="no customers yet"):
        profiles.plan(shop.context())
