"""Trying a condition: counts, samples, one customer; at another instant the profiles are those of that instant."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from opscli.clock import END_OF_TIME
from opscli.errors import DataUnusable
from opscli.profiles import job, trial
from opscli.rules import parameters
from opscli.rules.language import condition
from opscli.rules.scope import of_customers
from tests.unit.conftest import AS_OF, Shop

DAY = timedelta(days=1)


def question(shop: Shop, text: str, *values: str, as_of: datetime | None = None) -> trial.Question:
    params = parameters.given(values, "UTC")
    scope = of_customers(shop.project().catalog, params=parameters.types(params))
    return trial.Question(expression=condition(text, scope), params=params, as_of=as_of)


def prepare(shop: Shop) -> None:
    """a has two orders, the second on the eve of as_of; b has one without an amount; c none."""
    shop.traits(orders={"count": "orders"}, newest={"max": "orders.amount"})
    shop.tags("value", {"name": "vip", "when": "orders > 1"})
    shop.customers("a", "b", "c")
    order = {"order_id": "1", "customer_ref": "a", "amount": 10, "ordered_at": AS_OF - 9 * DAY}
    shop.load(
        "orders",
        order,
        {**order, "order_id": "2", "amount": 90, "ordered_at": AS_OF - DAY},
        {**order, "order_id": "3", "customer_ref": "b", "amount": None},
    )
    shop.run(job)


def test_counts_and_samples_of_each_verdict(shop: Shop) -> None:
    prepare(shop)
    ctx = shop.context()
    with ctx.warehouse.read() as session:
        found = trial.prepare(ctx, session, question(shop, "newest >= :least", "least=50"))
        assert trial.count(found) == {"match": 1, "no_match": 0, "unknown": 2, "customers": 3}
        assert found.recomputed is False
        rows = [(row["verdict"], row["customer_id"]) for row in trial.sample(found, 1)]
        assert rows[0] == ("match", "a")
        assert [verdict for verdict, _ in rows] == ["match", "unknown"]
        assert rows == [(row["verdict"], row["customer_id"]) for row in trial.sample(found, 1)]


def test_the_past_is_computed_from_what_was_known_then(shop: Shop) -> None:
    prepare(shop)
    shop.insert("tag_history", [{"customer_id": "a", "tag": "vip", "entered_at": AS_OF, "left_at": END_OF_TIME}])
    ctx = shop.context()
    text = "orders > 1 and (has_tag('vip') or newest > 50)"
    with ctx.warehouse.read() as session:
        now = trial.look_at(trial.prepare(ctx, session, question(shop, text)), "a")
        past = trial.prepare(ctx, session, question(shop, text, as_of=AS_OF - 2 * DAY))
        then = trial.look_at(past, "a")
    assert (now.verdict, then.verdict, past.recomputed) == (True, False, True)
    assert dict(then.parts[0].values) == {"orders": 1}
    assert [part.verdict for part in then.parts[1].parts] == [False, False]
    assert shop.rows("SELECT DISTINCT as_of FROM profiles") == [(AS_OF,)]


def test_somebody_who_was_not_there_yet_has_no_answer(shop: Shop) -> None:
    prepare(shop)
    shop.customers(d={"created_at": AS_OF - DAY})
    ctx = shop.context()
    with ctx.warehouse.read() as session:
        past = trial.prepare(ctx, session, question(shop, "orders > 1", as_of=AS_OF - 2 * DAY))
        with pytest.raises(DataUnusable, match="d has no profile at 2026-04-29"):
            trial.look_at(past, "d")


def test_without_profiles_there_is_nothing_to_try(shop: Shop) -> None:
    shop.traits(orders={"count": "orders"})
    ctx = shop.context()
    with ctx.warehouse.read() as session, pytest.raises(DataUnusable, match="no profiles yet"):
        trial.prepare(ctx, session, question(shop, "orders > 1"))
