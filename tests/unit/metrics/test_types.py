"""The shop's clock stands at 2026-05-01T00:00Z, so the last complete months are March and April 2026."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from opscli.metrics.query import Point

Ask = Callable[..., list[Point]]


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}")


def order(number: int, day: str, customer: str = "a", amount: float = 10, **more: Any) -> dict[str, Any]:
    row = {"order_id": str(number), "ordered_at": at(f"{day}T12:00"), "customer_ref": customer, "amount": amount}
    return {**row, "status": "paid", **more}


def values(points: list[Point]) -> list[float | None]:
    return [point.value.value for point in points]


def test_count_sum_and_avg_of_two_months(shop: Any, ask: Ask) -> None:
    shop.customers("a")
    shop.load("orders", order(1, "03-02", amount=10), order(2, "04-02", amount=20), order(3, "04-03", amount=50))

    assert values(ask({"type": "count", "of": "orders"})) == [1, 2]
    assert values(ask({"type": "sum", "of": "orders.amount"})) == [10, 70]
    assert values(ask({"type": "avg", "of": "orders.amount"})) == [10, 35]


def test_a_month_without_rows_counts_0_but_has_no_mean(shop: Any, ask: Ask) -> None:
    shop.customers("a")
    shop.load("orders", order(1, "04-02"))

    assert values(ask({"type": "sum", "of": "orders.amount"})) == [0, 10]
    assert values(ask({"type": "avg", "of": "orders.amount"})) == [None, 10]


def test_an_order_at_the_first_instant_of_a_month_belongs_to_that_month(shop: Any, ask: Ask) -> None:
    shop.customers("a")
    shop.load(
        "orders", order(1, "04-01", ordered_at=at("04-01T00:00")), order(2, "03-31", ordered_at=at("03-31T23:59:59"))
    )

    assert values(ask({"type": "count", "of": "orders"})) == [1, 1]


def test_two_references_of_one_customer_are_one_customer(shop: Any, ask: Ask) -> None:
    shop.customers("a")
    shop.insert("links", [{"ns": "email", "ref": "a@example.com", "customer_id": "a"}])
    mail = order(2, "04-03", customer="a@example.com", customer_ns="email")
    shop.load("orders", order(1, "04-02"), mail, order(3, "04-04", customer="nobody"))

    assert values(ask({"type": "count_distinct", "of": "orders.customer_ref"})) == [0, 2]


def test_distinct_counts_of_members_do_not_add_up(shop: Any, ask: Ask) -> None:
    shop.customers("a")
    shop.load("orders", order(1, "04-02", channel="web"), order(2, "04-03", channel="store"))
    body = {"type": "count_distinct", "of": "orders.customer_ref"}

    assert values(ask(body, count=1)) == [1]
    assert [(p.member, p.value.value) for p in ask(body, by=("channel",), count=1)] == [("store", 1), ("web", 1)]


def test_a_ratio_is_the_ratio_of_the_sums(shop: Any, ask: Ask) -> None:
    shop.customers("a")
    shop.load(
        "orders",
        order(1, "04-02", amount=100, channel="web"),
        order(2, "04-03", amount=10, channel="store"),
        order(3, "04-03", amount=10, channel="store", discount=10),
        order(4, "04-02", amount=0, channel="web", discount=2),
    )
    body = {"type": "ratio", "numerator": {"sum": "orders.discount"}, "denominator": {"sum": "orders.amount"}}

    (whole,) = ask(body, count=1)
    members = ask(body, by=("channel",), count=1)

    assert whole.value.value == pytest.approx(12 / 120)
    assert values(members) == pytest.approx([0.5, 0.02])
    assert whole.value.value != pytest.approx(sum(p.value.value or 0 for p in members) / 2)


def test_a_zero_denominator_gives_no_value(shop: Any, ask: Ask) -> None:
    shop.customers("a")
    shop.load("orders", order(1, "04-02", amount=0))
    body = {"type": "ratio", "numerator": {"count": "orders"}, "denominator": {"sum": "orders.amount"}}

    assert values(ask(body, count=1)) == [None]


def test_a_ratio_over_two_entities(shop: Any, ask: Ask) -> None:
    shop.customers("a")
    shop.load("orders", order(1, "04-02"), order(2, "04-03"))
    shop.load("tickets", {"ticket_id": "t", "created_at": at("04-09T10:00"), "customer_ref": "a"})
    body = {"type": "ratio", "numerator": {"count": "tickets"}, "denominator": {"count": "orders"}}

    assert values(ask(body, count=1)) == [0.5]


def stage(deal: str, name: str, day: str, region: str = "North") -> dict[str, Any]:
    return {"deal_id": deal, "stage": name, "at": at(f"{day}T12:00"), "region": region, "customer_ref": "a"}


STEPS = [{"name": name, "where": f"stage = '{name}'"} for name in ("lead", "mql", "won")]


def test_a_funnel_needs_the_order_of_its_steps(shop: Any, ask: Ask) -> None:
    shop.customers("a")
    shop.load(
        "deals",
        *(stage("whole", *step) for step in (("lead", "04-01"), ("mql", "04-02"), ("won", "04-03"))),
        *(stage("backwards", *step) for step in (("won", "03-01"), ("lead", "04-01"), ("mql", "04-02"))),
        *(stage("jump", *step) for step in (("lead", "04-01"), ("won", "04-03"))),
    )

    (point,) = ask({"type": "funnel", "of": "deals.deal_id", "steps": STEPS}, count=1)

    assert point.value.parts == {"reached_1": 3, "reached_2": 2, "reached_3": 1}
    assert point.value.value == pytest.approx(1 / 3)


def test_a_funnel_window_begins_with_step_one_and_its_end_is_outside(shop: Any, ask: Ask) -> None:
    shop.customers("a")
    shop.load(
        "deals",
        stage("a", "lead", "04-01"),
        stage("a", "mql", "04-08"),
        stage("b", "lead", "04-01"),
        stage("b", "mql", "04-07"),
    )

    (point,) = ask({"type": "funnel", "of": "deals.deal_id", "steps": STEPS[:2], "window": "7d"}, count=1)

    assert point.value.parts == {"reached_1": 2, "reached_2": 1}


def test_a_deal_stays_in_the_region_of_its_first_step(shop: Any, ask: Ask) -> None:
    shop.customers("a")
    shop.load("deals", stage("a", "lead", "04-01", "North"), stage("a", "mql", "04-02", "South"))

    points = ask({"type": "funnel", "of": "deals.deal_id", "steps": STEPS[:2]}, by=("region",), count=1)

    assert [(point.member, point.value.value) for point in points] == [("North", 1.0)]


def test_a_cohort_follows_the_denominator_into_the_next_month(shop: Any, ask: Ask) -> None:
    shop.customers("a")
    shop.load("deals", stage("a", "mql", "03-30"), stage("a", "sql", "04-02"), stage("b", "mql", "03-30"))
    body = {
        "type": "ratio",
        "numerator": {"count_distinct": "deals.deal_id", "where": "stage = 'sql'"},
        "denominator": {"count_distinct": "deals.deal_id", "where": "stage = 'mql'"},
    }

    assert values(ask({**body, "cohort": "by_denominator"})) == [0.5, None]
    assert values(ask(body)) == [0.0, None], "without a cohort the month of the numerator counts"


def test_a_young_cohort_is_not_the_last_complete_period(shop: Any, ask: Ask) -> None:
    shop.customers("a")
    shop.load("deals", stage("a", "mql", "03-30"))

    points = ask({"type": "count", "of": "deals", "maturity": "14d"}, count=1)

    assert [point.period.label for point in points] == ["2026-03"]


def test_nps_in_points_with_its_margin_and_csat_as_a_share(shop: Any, ask: Ask) -> None:
    shop.customers("a")
    scores = [("nps", 10), ("nps", 9), ("nps", 8), ("nps", 0), ("csat", 5), ("csat", 4), ("csat", 3), ("csat", 1)]
    rows = [
        {"feedback_id": str(n), "answered_at": at("04-05T10:00"), "customer_ref": "a", "survey": survey, "score": score}
        for n, (survey, score) in enumerate(scores)
    ]
    shop.load("feedback", *rows)

    (nps,) = ask({"type": "survey", "of": "feedback.score", "where": "survey = 'nps'", "scale": "nps"}, count=1)
    (csat,) = ask({"type": "survey", "of": "feedback.score", "where": "survey = 'csat'", "scale": "csat"}, count=1)

    assert nps.value.value == pytest.approx(25)
    assert nps.value.low is not None
    assert nps.value.low < 25 < (nps.value.high or 0)
    assert (csat.value.value, csat.value.rows) == (0.5, 4)


def test_waiting_tickets_are_counted_apart_and_an_answer_after_as_of_has_not_happened(shop: Any, ask: Ask) -> None:
    shop.customers("a")
    created = at("04-30T10:00")
    answers = [created + timedelta(hours=2), created + timedelta(hours=4), created + timedelta(days=3), None]
    rows = [
        {"ticket_id": str(n), "created_at": created, "customer_ref": "a", "first_response_at": answer}
        for n, answer in enumerate(answers)
    ]
    shop.load("tickets", *rows)

    (point,) = ask({"type": "response_time", "from": "tickets.created_at", "to": "first_response_at"}, count=1)

    assert point.value.value == pytest.approx(3.0)
    assert point.value.parts is not None
    assert (point.value.parts["answered"], point.value.parts["waiting"]) == (2, 2)


def test_churn_is_over_the_customers_at_period_start(shop: Any, ask: Ask) -> None:
    shop.customers("old", "stays", "goes", "comes")
    shop.load(
        "orders",
        order(0, "01-01", "old"),
        order(1, "03-20", "stays"),
        order(2, "04-20", "stays"),
        order(3, "03-20", "goes"),
        order(4, "04-10", "comes"),
    )

    (point,) = ask({"type": "churn", "of": "orders", "active_within": "30d"}, count=1)

    assert (point.value.numerator, point.value.denominator) == (1, 2), "who comes in the month is not in the base"


def test_churn_has_no_value_while_nobody_could_have_been_lost(shop: Any, ask: Ask) -> None:
    shop.customers("a")
    shop.load("orders", order(1, "03-20"), order(2, "04-20"))

    assert values(ask({"type": "churn", "of": "orders", "active_within": "60d"}, count=1)) == [None]


def test_repeat_counts_customers_not_orders(shop: Any, ask: Ask) -> None:
    shop.customers("a", "b")
    shop.load("orders", order(1, "04-02"), order(2, "04-03"), order(3, "04-04"), order(4, "04-05", "b"))

    (point,) = ask({"type": "repeat", "of": "orders"}, count=1)

    assert (point.value.numerator, point.value.denominator, point.value.value) == (1, 2, 0.5)


def test_ltv_over_cac_of_the_customers_won_in_the_window(shop: Any, ask: Ask) -> None:
    shop.customers("old", "a", "b")
    shop.load(
        "orders",
        order(0, "01-01", "old", 999),
        order(1, "04-02", "a", 100),
        order(2, "04-09", "b", 300),
        order(3, "04-10", "old", 50),
    )
    shop.load("spend", {"at": at("04-05T00:00"), "channel": "ads", "campaign": "x", "amount": 40})
    body = {"type": "ltv_cac", "revenue": "orders.amount", "spend": "spend.amount", "margin": "50%", "window": "60d"}

    (point,) = ask(body, count=1)

    assert (point.value.numerator, point.value.denominator, point.value.rows) == (100, 20, 2)
    assert point.value.value == pytest.approx(5.0)
    assert values(ask({**body, "show": "cac"}, count=1)) == [20]


def test_a_derived_metric_divides_the_inputs_and_has_no_value_for_zero(shop: Any, ask: Ask) -> None:
    shop.customers("a")
    shop.load("orders", order(1, "04-02", amount=30), order(2, "04-03", amount=20))
    shop.write("metrics/revenue.yaml", {"kind": "metric", "version": 1, "type": "sum", "of": "orders.amount"})
    shop.write("metrics/orders.yaml", {"kind": "metric", "version": 1, "type": "count", "of": "orders"})
    body = {"type": "derived", "inputs": {"r": "revenue", "n": "orders"}, "formula": "(r - 10) / n"}

    assert values(ask(body)) == [None, 20]


def test_a_late_row_and_a_restatement_are_seen_as_they_were_known(shop: Any, ask: Ask) -> None:
    shop.customers("a")
    shop.load(
        "orders",
        order(1, "03-02", amount=10, known_to=at("04-15T00:00")),
        order(1, "03-02", amount=8, known_from=at("04-15T00:00")),
        order(2, "03-03", amount=5, known_from=at("04-20T00:00")),
    )
    body = {"type": "sum", "of": "orders.amount"}

    assert values(ask(body, count=1, as_of=at("04-10T00:00"))) == [10]
    assert values(ask(body, count=1, as_of=at("04-16T00:00"))) == [8]
    assert values(ask(body, count=1, as_of=at("04-21T00:00"))) == [13]


def test_a_local_day_of_25_hours_holds_all_of_its_orders(shop: Any, ask: Ask) -> None:
    shop.write("project.yaml", {"kind": "project", "version": 1, "name": "shop", "timezone": "America/New_York"})
    shop.customers("a")
    instants = ["2025-11-02T03:59", "2025-11-02T04:00", "2025-11-03T04:59", "2025-11-03T05:00"]
    shop.load(
        "orders", *(order(n, "01-01", ordered_at=datetime.fromisoformat(text)) for n, text in enumerate(instants))
    )

    points = ask({"type": "count", "of": "orders", "time": {"grain": "day"}}, count=1, as_of=datetime(2025, 11, 3, 12))  # noqa: DTZ001  naive UTC

    assert [(point.period.label, point.value.value) for point in points] == [("2025-11-02", 2)]


def test_a_customer_column_splits_what_customers_do(shop: Any, ask: Ask) -> None:
    shop.customers(a={"segment": "gold"}, b={"segment": None})
    shop.load("orders", order(1, "04-02"), order(2, "04-03", "b"), order(3, "04-04"))

    points = ask({"type": "count", "of": "orders"}, by=("segment",), count=1)

    assert [(point.member, point.value.value) for point in points] == [("(none)", 1), ("gold", 2)]
