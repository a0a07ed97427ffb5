"""The campaigns stage on a small shop: entry, gate, holdout, re-entry, waits, cursors."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert

from opscli.errors import ConfigInvalid, GuardStopped, TryLater
from opscli.campaigns import job as campaigns_job
from opscli.ids import bucket
from opscli.state.tables import assignments, consents, contexts, cursors, enrolment_events, enrolments, outbox
from opscli.delivery.addresses import address_hash
from opscli.state.tables import suppressions


def test_run_does_what_the_plan_says_and_a_second_run_finds_nothing(shop) -> None:
    shop.customers([("a", "a@x.example", True), ("b", "b@x.example", None), ("c", None, True)])
    shop.tag("a", "b", "c")
    preview, outcome = shop.run()
    assert outcome.details["counts"] == preview.counts == {"entered": 3, "would_send": 2, "held_out": 0}
    assert preview.skipped == {"address_missing": 1}
    assert shop.rows(outbox, "customer_id", "status", "address") == [
        ("a", "pending", "a@x.example"),
        ("b", "pending", "b@x.example"),
    ]
    assert shop.rows(enrolments, "customer_id", "status") == [("a", "finished"), ("b", "finished"), ("c", "finished")]
    shop.now += timedelta(days=1)
    preview, _ = shop.run()
    assert preview.counts == {"entered": 0, "would_send": 0, "held_out": 0}


def test_without_backfill_the_first_run_takes_nobody_and_the_second_only_who_came_since(shop) -> None:
    shop.change("campaigns/winback.yaml", "backfill: true", "backfill: false")
    shop.customers([("a", "a@x.example", True), ("b", "b@x.example", True)])
    shop.tag("a")
    assert shop.run()[0].counts["entered"] == 0
    shop.tag("b")
    shop.now += timedelta(hours=1)
    assert shop.run()[0].counts["entered"] == 1
    assert shop.rows(outbox, "customer_id") == [("b",)]


def test_a_replay_after_a_lost_cursor_sends_nothing_twice(shop) -> None:
    shop.customers([("a", "a@x.example", True)])
    shop.tag("a")
    shop.run()
    with shop.state.begin() as connection:
        connection.execute(cursors.delete())
        connection.execute(enrolments.delete())
    preview, outcome = shop.run()
    assert preview.skipped == {"already_queued": 1}
    assert outcome.details["counts"] == preview.counts
    assert len(shop.rows(outbox, "message_key")) == 1


def test_every_no_of_the_gate_has_its_reason(shop) -> None:
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
    found = {row[0]: row[1] for row in shop.rows(enrolment_events, "customer_id", "reason", "kind") if row[2] == "skipped"}
    assert found == {
        "denied": "consent_denied",
        "listed": "suppressed",
        "twin2": "address_used_twice",
        "odd": "address_invalid",
        "late": "consent_denied",
    }


@pytest.mark.parametrize(("policy", "sent"), [("opt_in", ["said_yes"]), ("opt_out", ["said_yes", "silent"])])
def test_policy_of_the_topic_says_what_silence_means(shop, policy: str, sent: list[str]) -> None:
    shop.change("topics/offers.yaml", "opt_out", policy)
    shop.customers([("said_yes", "y@x.example", True), ("silent", "s@x.example", None)])
    shop.tag("said_yes", "silent")
    shop.run()
    assert [row[0] for row in shop.rows(outbox, "customer_id")] == sent


def test_soft_opt_in_takes_silence_for_yes_only_with_a_purchase(shop) -> None:
    shop.change("topics/offers.yaml", "opt_out", "soft_opt_in")
    shop.customers([("buyer", "b@x.example", None), ("visitor", "v@x.example", None)])
    with shop.warehouse.write("orders_versions", "links") as session:
        session.create(
            "orders_versions",
            {"order_id": "text", "ordered_at": "timestamp", "customer": "text", "customer_ref": "text", "customer_ns": "text",
             "known_from": "timestamp", "known_to": "timestamp"},
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


def test_holdout_is_dealt_by_hash_and_kept(shop) -> None:
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


def test_an_arm_that_is_stored_wins_over_a_changed_share(shop) -> None:
    shop.config("campaigns/winback.yaml", (shop.root / "configs/campaigns/winback.yaml").read_text() + "holdout: 100%\n")
    shop.customers([("a", "a@x.example", True), ("b", "b@x.example", True)])
    with shop.state.begin() as connection:
        row = {"experiment": "campaign:winback:holdout", "customer_id": "a", "arm": "treatment", "assigned_at": shop.now}
        connection.execute(insert(assignments).values(**row))
    shop.tag("a", "b")
    shop.run()
    assert shop.rows(outbox, "customer_id") == [("a",)]


def test_reentry_waits_its_time(shop) -> None:
    shop.config("campaigns/winback.yaml", (shop.root / "configs/campaigns/winback.yaml").read_text() + "reentry: {after: 30d}\n")
    shop.customers([("a", "a@x.example", True)])
    shop.tag("a")
    shop.run()
    for days, expected in ((10, 0), (30, 1)):
        shop.untag("a")
        shop.now += timedelta(days=days)
        shop.tag("a")
        preview, _ = shop.run()
        assert preview.counts["entered"] == expected
    assert len(shop.rows(outbox, "message_key")) == 2


def test_a_customer_whose_tag_is_gone_again_does_not_enter(shop) -> None:
    shop.customers([("a", "a@x.example", True)])
    shop.tag("a")
    shop.untag("a")
    assert shop.run()[0].counts["entered"] == 0


def test_tag_left_takes_those_who_lost_it(shop) -> None:
    shop.change("campaigns/winback.yaml", "tag_entered", "tag_left")
    shop.customers([("a", "a@x.example", True), ("b", "b@x.example", True)])
    shop.tag("a", "b", at=shop.now - timedelta(days=9))
    shop.untag("a")
    shop.now += timedelta(minutes=1)
    shop.run()
    assert shop.rows(outbox, "customer_id") == [("a",)]


def test_wait_parks_and_a_later_run_goes_on_unless_the_customer_left(shop) -> None:
    shop.config(
        "campaigns/winback.yaml",
        """
kind: campaign
version: 1
topic: offers
trigger: {tag_entered: at_risk}
backfill: true
exit_when: "has_tag('churned')"
steps:
  - {id: first, send: {template: hello}}
  - {id: pause, wait: {for: 3d}}
  - {id: second, send: {template: hello}}
""",
    )
    shop.customers([("a", "a@x.example", True), ("b", "b@x.example", True)])
    shop.tag("a", "b")
    shop.run()
    assert shop.rows(enrolments, "customer_id", "status", "step") == [("a", "active", "second"), ("b", "active", "second")]
    shop.now += timedelta(days=2)
    shop.tag("b", tag="churned")
    assert shop.run()[0].counts["would_send"] == 0
    shop.now += timedelta(days=1)
    assert shop.run()[0].counts["would_send"] == 1
    assert shop.rows(outbox, "customer_id", "step") == [("a", "first"), ("a", "second"), ("b", "first")]
    assert shop.rows(enrolments, "customer_id", "status", "exit_reason") == [("a", "finished", ""), ("b", "exited", "exit_when")]


def test_newsletter_goes_once_at_its_time_to_its_audience(shop) -> None:
    (shop.root / "configs/campaigns/winback.yaml").unlink()
    shop.config(
        "campaigns/may.yaml",
        """
kind: campaign
version: 1
topic: offers
audience: "has_tag('at_risk') and first_name <> 'Nb'"
at: 2026-05-04 10:00
send: {template: hello}
""",
    )
    shop.customers([("a", "a@x.example", True), ("b", "b@x.example", True), ("c", "c@x.example", True)])
    shop.tag("a", "b")
    shop.now -= timedelta(minutes=1)  # 09:59 in London, an hour ahead of UTC in May
    assert shop.run()[0].counts["entered"] == 0
    shop.now += timedelta(minutes=1)
    assert shop.run()[0].counts["entered"] == 1
    shop.now += timedelta(minutes=1)
    assert shop.run()[0].counts["entered"] == 0
    assert shop.rows(outbox, "customer_id", "occurrence") == [("a", "2026-05-04T09:00:00")]


def test_cap_counts_earlier_messages_and_those_of_the_same_run_by_priority(shop) -> None:
    shop.config("channels/mail.yaml", (shop.root / "configs/channels/mail.yaml").read_text() + "cap: {max: 1, within: 7d}\n")
    text = (shop.root / "configs/campaigns/winback.yaml").read_text()
    shop.config("campaigns/urgent.yaml", text + "priority: 90\n")
    shop.customers([("a", "a@x.example", True)])
    shop.tag("a")
    preview, _ = shop.run()
    assert shop.rows(outbox, "origin") == [("urgent",)]
    assert preview.skipped == {"frequency_cap": 1}


def test_quiet_hours_hold_the_message_until_they_end(shop) -> None:
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


def test_a_required_value_that_is_missing_skips_that_customer(shop) -> None:
    shop.customers([("a", "a@x.example", True), ("b", "b@x.example", True)])
    with shop.warehouse.write("customers") as session:
        session.execute("UPDATE customers SET first_name = NULL WHERE customer_id = 'b'")
    shop.tag("a", "b")
    assert shop.run()[0].skipped == {"value_missing": 1}
    assert shop.rows(contexts, "context") == [('{"campaign": "winback", "customer": {"first_name": "Na"}, "traits": {}}',)]


def test_above_the_recipients_limit_nothing_happens_until_approved(shop) -> None:
    shop.config("campaigns/winback.yaml", (shop.root / "configs/campaigns/winback.yaml").read_text() + "max_recipients: 1\n")
    shop.customers([("a", "a@x.example", True), ("b", "b@x.example", True)])
    shop.tag("a", "b")
    with pytest.raises(GuardStopped, match="would send 2 messages"):
        shop.run()
    assert shop.rows(enrolments, "customer_id") == []
    assert shop.run(approve=True)[0].counts["would_send"] == 2


def test_a_plan_is_refused_when_the_data_or_the_cursor_moved(shop) -> None:
    shop.customers([("a", "a@x.example", True), ("b", "b@x.example", True)])
    shop.tag("a")
    ctx = shop.context()
    planned = campaigns_job.plan(ctx)
    shop.tag("b")
    with pytest.raises(TryLater):
        campaigns_job.run(planned, ctx)
    planned = campaigns_job.plan(ctx)
    shop.run()
    with pytest.raises(TryLater):
        campaigns_job.run(planned, ctx)
    assert len(shop.rows(outbox, "message_key")) == 2


def test_a_cursor_ahead_of_the_warehouse_is_refused(shop) -> None:
    shop.customers([("a", "a@x.example", True)])
    with shop.state.begin() as connection:
        row = {"scope": "campaign:winback", "name": "tag_entered:at_risk", "position": 99, "updated_at": shop.now}
        connection.execute(insert(cursors).values(**row))
    with pytest.raises(ConfigInvalid, match="1 problem"):
        shop.run()


def test_erase_removes_a_customer_from_every_table_of_the_stage(shop) -> None:
    shop.customers([("a", "a@x.example", True), ("b", "b@x.example", True)])
    shop.tag("a", "b")
    shop.run()
    assert campaigns_job.erase(["a"], shop.context()) > 0
    for table in (enrolments, enrolment_events, assignments):
        assert "a" not in {row[0] for row in shop.rows(table, "customer_id")}


def test_mistakes_in_a_campaign_are_shown_at_their_place(shop) -> None:
    shop.config(
        "campaigns/winback.yaml",
        """kind: campaign
version: 1
topic: offer
trigger: {tag_entered: at_rsk}
audience: "countri = 'GB'"
steps:
  - {id: one, send: {channel: post, template: helo}}
  - {id: one, wait: {for: 3d}}
""",
    )
    with pytest.raises(ConfigInvalid) as caught:
        shop.context()
    places = {str(issue).split(" ", 1)[0].split("/")[-1] for issue in caught.value.issues}
    assert places == {
        "winback.yaml:3:8:", "winback.yaml:4:24:", "winback.yaml:5:12:", "winback.yaml:7:31:", "winback.yaml:7:47:",
        "winback.yaml:8:5:", "winback.yaml:8:21:",
    }  # fmt: skip


def test_marketing_needs_a_channel_with_a_way_out(shop) -> None:
    shop.change("channels/mail.yaml", 'unsubscribe: {mailto: off@shop.example, url: "https://shop.example/off/{token}"}', "")
    with pytest.raises(ConfigInvalid) as caught:
        shop.context()
    assert "may not carry marketing" in str(caught.value.issues[0])


def test_the_mail_carries_greeting_and_both_unsubscribe_headers(shop) -> None:
    shop.customers([("a", "a@x.example", True)])
    shop.tag("a")
    shop.run()
    outcome = shop.send()
    assert outcome.details["integrity"]["sent"] == 1
    (mail,) = shop.mails().values()
    assert "Subject: For Na\r\n" in mail
    assert "List-Unsubscribe: <https://shop.example/off/" in mail
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in mail
