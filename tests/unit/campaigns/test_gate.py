"""What the gate lets through, and the reason of every no."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert

from opscli.delivery.addresses import address_hash
from opscli.ids import bucket
from opscli.state.tables import (
    assignments,
    consents,
    contexts,
    customer_aliases,
    enrolment_events,
    enrolments,
    outbox,
    suppressions,
)

if TYPE_CHECKING:
    from tests.unit.campaigns.conftest import Shop


def test_every_no_of_the_gate_has_its_reason(shop: Shop) -> None:
    shop.customers(
        [
            ("denied", "denied@x.example", False),
            ("listed", "Listed@X.example ", True),
            ("twin1", "same@x.example", True),
            ("twin2", "same@x.example", True),
            ("odd", "no address", True),
            ("late", "late@x.example", True),
        ]
    )
    with shop.state.begin() as connection:
        entry = {"brand": "main", "channel": "all", "address_hash": address_hash("listed@x.example"), "reason": "asked"}
        connection.execute(insert(suppressions).values(since=shop.now, **entry))
        word = {"customer_id": "late", "channel": "mail", "topic": "offers", "source": "form"}
        for days, status in ((3, "granted"), (1, "denied"), (1, "granted")):
            stamp = shop.now - timedelta(days=days)
            connection.execute(insert(consents).values(status=status, occurred_at=stamp, **(word | {"source": status})))
    shop.tag("denied", "listed", "twin1", "twin2", "odd", "late")
    preview, _ = shop.run()
    assert preview.counts["would_send"] == 1
    found = {
        row[0]: row[1] for row in shop.rows(enrolment_events, "customer_id", "reason", "kind") if row[2] == "skipped"
    }
    assert found == {
        "denied": "consent_denied",
        "listed": "suppressed",
        "twin2": "address_used_twice",
        "odd": "address_invalid",
        "late": "consent_denied",
    }


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([("stays", "granted", 1), ("former", "denied", 9)], "consent_denied"),
        ([("stays", "denied", 9), ("former", "granted", 1)], "consent_denied"),
        ([("stays", "granted", 0), ("former", "denied", 9)], ""),
        ([("former", "granted", 3), ("former", "denied", 9)], ""),
    ],
    ids=["former-denied", "survivor-denied", "spoke-again-after-the-merge", "newest-of-one-id"],
)
def test_of_merged_customers_the_strictest_word_holds_until_they_speak_again(
    shop: Shop, words: list[tuple[str, str, int]], reason: str
) -> None:
    shop.customers([("stays", "stays@x.example", True)])
    with shop.state.begin() as connection:
        merged = {"alias": "former", "customer_id": "stays", "reason": "merged"}
        connection.execute(insert(customer_aliases).values(since=shop.now - timedelta(hours=12), **merged))
        for customer, status, days in words:
            word = {"customer_id": customer, "status": status, "channel": "all", "topic": "all", "source": status}
            connection.execute(insert(consents).values(occurred_at=shop.now - timedelta(days=days), **word))
    shop.tag("stays")
    preview, _ = shop.run()
    assert preview.skipped == ({reason: 1} if reason else {})
    assert preview.counts["would_send"] == (0 if reason else 1)


@pytest.mark.parametrize(("policy", "sent"), [("opt_in", ["said_yes"]), ("opt_out", ["said_yes", "silent"])])
def test_policy_of_the_topic_says_what_silence_means(shop: Shop, policy: str, sent: list[str]) -> None:
    shop.change("topics/offers.yaml", "opt_out", policy)
    shop.customers([("said_yes", "y@x.example", True), ("silent", "s@x.example", None)])
    shop.tag("said_yes", "silent")
    shop.run()
    assert [row[0] for row in shop.rows(outbox, "customer_id")] == sent


def test_soft_opt_in_takes_silence_for_yes_only_with_a_purchase(shop: Shop) -> None:
    shop.change("topics/offers.yaml", "opt_out", "soft_opt_in")
    shop.customers([("buyer", "b@x.example", None), ("visitor", "v@x.example", None)])
    with shop.warehouse.write("orders_versions", "links") as session:
        session.create(
            "orders_versions",
            {
                "order_id": "text",
                "ordered_at": "timestamp",
                "customer": "text",
                "customer_ref": "text",
                "customer_ns": "text",
                "known_from": "timestamp",
                "known_to": "timestamp",
            },
        )
        session.execute("INSERT INTO links (ns, ref, customer_id) VALUES ('crm', '1', 'buyer')")
        session.execute(
            "INSERT INTO orders_versions VALUES ('o', ?, NULL, '1', 'crm', ?, TIMESTAMP '9999-12-31')",
            (shop.now - timedelta(days=9), shop.now - timedelta(days=9)),
        )
    shop.tag("buyer", "visitor")
    preview, _ = shop.run()
    assert shop.rows(outbox, "customer_id") == [("buyer",)]
    assert preview.skipped == {"consent_missing": 1}


def test_holdout_is_dealt_by_hash_and_kept(shop: Shop) -> None:
    shop.config("campaigns/winback.yaml", (shop.root / "configs/campaigns/winback.yaml").read_text() + "holdout: 30%\n")
    ids = [f"c{number:03}" for number in range(200)]
    shop.customers([(name, f"{name}@x.example", True) for name in ids])
    shop.tag(*ids)
    preview, _ = shop.run()
    held = {name for name in ids if bucket("campaign:winback:holdout", name, 10_000) < 3000}
    assert 30 < len(held) < 90
    assert preview.counts == {"entered": 200, "would_send": 200 - len(held), "held_out": len(held)}
    assert {name for name, arm in shop.rows(assignments, "customer_id", "arm") if arm == "holdout"} == held
    assert {name for name, status in shop.rows(enrolments, "customer_id", "status") if status == "held_out"} == held
    assert not held & {row[0] for row in shop.rows(outbox, "customer_id")}


def test_an_arm_that_is_stored_wins_over_a_changed_share(shop: Shop) -> None:
    shop.config(
        "campaigns/winback.yaml", (shop.root / "configs/campaigns/winback.yaml").read_text() + "holdout: 100%\n"
    )
    shop.customers([("a", "a@x.example", True), ("b", "b@x.example", True)])
    with shop.state.begin() as connection:
        row = {
            "experiment": "campaign:winback:holdout",
            "customer_id": "a",
            "arm": "treatment",
            "assigned_at": shop.now,
        }
        connection.execute(insert(assignments).values(**row))
    shop.tag("a", "b")
    shop.run()
    assert shop.rows(outbox, "customer_id") == [("a",)]


def test_cap_counts_earlier_messages_and_those_of_the_same_run_by_priority(shop: Shop) -> None:
    shop.config(
        "channels/mail.yaml", (shop.root / "configs/channels/mail.yaml").read_text() + "cap: {max: 1, within: 7d}\n"
    )
    text = (shop.root / "configs/campaigns/winback.yaml").read_text()
    shop.config("campaigns/urgent.yaml", text + "priority: 90\n")
    shop.customers([("a", "a@x.example", True)])
    shop.tag("a")
    preview, _ = shop.run()
    assert shop.rows(outbox, "origin") == [("urgent",)]
    assert preview.skipped == {"frequency_cap": 1}


def test_quiet_hours_hold_the_message_until_they_end(shop: Shop) -> None:
    shop.config(
        "channels/mail.yaml",
        (shop.root / "configs/channels/mail.yaml").read_text() + 'quiet_hours: {from: "21:00", until: "10:30"}\n',
    )
    shop.customers([("a", "a@x.example", True)])
    shop.tag("a")
    shop.run()  # 10:00 in London
    assert shop.rows(outbox, "status", "reason") == [("held", "quiet_hours")]
    assert shop.send().details["counts"] == {"would_send": 0}
    shop.now += timedelta(minutes=30)
    assert shop.send().details["counts"] == {"would_send": 1}


def test_a_required_value_that_is_missing_skips_that_customer(shop: Shop) -> None:
    shop.customers([("a", "a@x.example", True), ("b", "b@x.example", True)])
    with shop.warehouse.write("customers") as session:
        session.execute("UPDATE customers SET first_name = NULL WHERE customer_id = 'b'")
    shop.tag("a", "b")
    assert shop.run()[0].skipped == {"value_missing": 1}
    assert shop.rows(contexts, "context") == [
        ('{"campaign": "winback", "customer": {"first_name": "Na"}, "traits": {}}',)
    ]
