"""The stage `profiles`: counts of its plan, and what makes it stop."""

from __future__ import annotations

from typing import Any

import pytest

from opscli.errors import DataUnusable, TryLater
from opscli.profiles import job


def test_new_and_gone_customers_are_counted(shop: Any) -> None:
    shop.traits(city={"field": "customers.city"})
    shop.customers("a", "b")
    assert shop.run(job).details["counts"] == {"profiles": 2, "new": 2, "gone": 0}
    shop.customers("c")
    with shop.context().warehouse.write("customers") as session:
        session.execute("DELETE FROM customers WHERE customer_id = 'a'")
    assert shop.run(job).details["counts"] == {"profiles": 2, "new": 1, "gone": 1}
    assert shop.rows("SELECT customer_id FROM profiles") == [("b",), ("c",)]


def test_a_warehouse_that_moved_is_refused(shop: Any) -> None:
    shop.traits(city={"field": "customers.city"})
    shop.customers("a")
    ctx = shop.context()
    planned = job.plan(ctx)
    shop.customers("b")
    with pytest.raises(TryLater):
        job.run(planned, ctx)
    assert "profiles" not in ctx_tables(shop)


def ctx_tables(shop: Any) -> set[str]:
    with shop.context().warehouse.read() as session:
        found: set[str] = session.tables()
    return found


def test_a_field_that_customers_lack_yet_names_the_way_out(shop: Any) -> None:
    shop.customers("a")
    shop.write(
        "entities/customers.yaml",
        {
            "kind": "entity", "version": 1, "name": "customers", "extends": "standard",
            "schema": {"properties": {"loyalty_card": {"type": "string", "description": "Card number"}}},
        },
    )  # fmt: skip
    shop.traits(card={"field": "customers.loyalty_card"})
    with pytest.raises(DataUnusable) as caught:
        job.plan(shop.context())
    assert "opscli dedupe" in caught.value.remedy
