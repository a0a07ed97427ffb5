"""The campaigns stage on a small shop: entry, re-entry, waits, cursors, guards."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert

from opscli.campaigns import job as campaigns_job
from opscli.errors import ConfigInvalid, DataUnusable, GuardStopped, TryLater
from opscli.state.tables import (
    assignments,
    cursors,
    enrolment_events,
    enrolments,
    outbox,
)

if TYPE_CHECKING:
    from tests.unit.campaigns.conftest import Shop


def test_run_does_what_the_plan_says_and_a_second_run_finds_nothing(shop: Shop) -> None:
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


def test_without_backfill_the_first_run_takes_nobody_and_the_second_only_who_came_since(shop: Shop) -> None:
    shop.change("campaigns/winback.yaml", "backfill: true", "backfill: false")
    shop.customers([("a", "a@x.example", True), ("b", "b@x.example", True)])
    shop.tag("a")
    assert shop.run()[0].counts["entered"] == 0
    shop.tag("b")
    shop.now += timedelta(hours=1)
    assert shop.run()[0].counts["entered"] == 1
    assert shop.rows(outbox, "customer_id") == [("b",)]


def test_a_replay_after_a_lost_cursor_sends_nothing_twice(shop: Shop) -> None:
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


def test_reentry_waits_its_time(shop: Shop) -> None:
    shop.config(
        "campaigns/winback.yaml", (shop.root / "configs/campaigns/winback.yaml").read_text() + "reentry: {after: 30d}\n"
    )
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


def test_a_customer_whose_tag_is_gone_again_does_not_enter(shop: Shop) -> None:
    shop.customers([("a", "a@x.example", True)])
    shop.tag("a")
    shop.untag("a")
    assert shop.run()[0].counts["entered"] == 0


def test_a_tag_that_ends_this_very_instant_is_not_held_any_more(shop: Shop) -> None:
    shop.change("campaigns/winback.yaml", "backfill: true", "backfill: true\naudience: has_tag('churned')")
    shop.customers([("ends", "ends@x.example", True), ("holds", "holds@x.example", True)])
    shop.tag("ends", "holds", tag="churned")
    shop.untag("ends", tag="churned")
    shop.tag("ends", "holds")
    preview, _ = shop.run()
    assert preview.skipped == {"not_in_audience": 1}
    assert [row[0] for row in shop.rows(outbox, "customer_id")] == ["holds"]


def test_tag_left_takes_those_who_lost_it(shop: Shop) -> None:
    shop.change("campaigns/winback.yaml", "tag_entered", "tag_left")
    shop.customers([("a", "a@x.example", True), ("b", "b@x.example", True)])
    shop.tag("a", "b", at=shop.now - timedelta(days=9))
    shop.untag("a")
    shop.now += timedelta(minutes=1)
    shop.run()
    assert shop.rows(outbox, "customer_id") == [("a",)]


def test_wait_parks_and_a_later_run_goes_on_unless_the_customer_left(shop: Shop) -> None:
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
    assert shop.rows(enrolments, "customer_id", "status", "step") == [
        ("a", "active", "second"),
        ("b", "active", "second"),
    ]
    shop.now += timedelta(days=2)
    shop.tag("b", tag="churned")
    assert shop.run()[0].counts["would_send"] == 0
    shop.now += timedelta(days=1)
    assert shop.run()[0].counts["would_send"] == 1
    assert shop.rows(outbox, "customer_id", "step") == [("a", "first"), ("a", "second"), ("b", "first")]
    assert shop.rows(enrolments, "customer_id", "status", "exit_reason") == [
        ("a", "finished", ""),
        ("b", "exited", "exit_when"),
    ]


def test_newsletter_goes_once_at_its_time_to_its_audience(shop: Shop) -> None:
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


def test_above_the_recipients_limit_nothing_happens_until_approved(shop: Shop) -> None:
    shop.config(
        "campaigns/winback.yaml", (shop.root / "configs/campaigns/winback.yaml").read_text() + "max_recipients: 1\n"
    )
    shop.customers([("a", "a@x.example", True), ("b", "b@x.example", True)])
    shop.tag("a", "b")
    with pytest.raises(GuardStopped, match="would send 2 messages"):
        shop.run()
    assert shop.rows(enrolments, "customer_id") == []
    assert shop.run(approve=True)[0].counts["would_send"] == 2


def test_a_plan_is_refused_when_the_data_or_the_cursor_moved(shop: Shop) -> None:
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


@pytest.mark.parametrize(("hours", "usable"), [(0, True), (24, True), (25, False), (-1, False)])
def test_profiles_of_another_time_decide_about_nobody(shop: Shop, hours: int, usable: bool) -> None:
    shop.customers([("a", "a@x.example", True)])
    shop.tag("a")
    with shop.warehouse.write("profiles") as session:
        session.create("profiles", {"customer_id": "text", "as_of": "timestamp"})
        session.execute("INSERT INTO profiles VALUES ('a', ?)", (shop.now - timedelta(hours=hours),))
    if usable:
        assert shop.run()[0].counts["would_send"] == 1
        return
    with pytest.raises(DataUnusable, match="too far from"):
        shop.run()


def test_a_project_with_traits_needs_profiles(shop: Shop) -> None:
    shop.config("traits/t.yaml", "kind: traits\nversion: 1\ntraits: {town: {field: customers.city}}\n")
    shop.customers([("a", "a@x.example", True)])
    with pytest.raises(DataUnusable, match="no profiles"):
        shop.run()


def test_a_cursor_ahead_of_the_warehouse_is_refused(shop: Shop) -> None:
    shop.customers([("a", "a@x.example", True)])
    with shop.state.begin() as connection:
        row = {"scope": "campaign:winback", "name": "tag_entered:at_risk", "position": 99, "updated_at": shop.now}
        connection.execute(insert(cursors).values(**row))
    with pytest.raises(ConfigInvalid, match="1 problem"):
        shop.run()


def test_erase_removes_a_customer_from_every_table_of_the_stage(shop: Shop) -> None:
    shop.customers([("a", "a@x.example", True), ("b", "b@x.example", True)])
    shop.tag("a", "b")
    shop.run()
    assert campaigns_job.erase(["a"], shop.context()) > 0
    for table in (enrolments, enrolment_events, assignments):
        assert "a" not in {row[0] for row in shop.rows(table, "customer_id")}


def test_the_mail_carries_greeting_and_both_unsubscribe_headers(shop: Shop) -> None:
    shop.customers([("a", "a@x.example", True)])
    shop.tag("a")
    shop.run()
    outcome = shop.send()
    assert outcome.details["integrity"]["sent"] == 1
    (mail,) = shop.mails().values()
    assert "Subject: For Na\r\n" in mail
    assert "List-Unsubscribe: <https://shop.example/off/" in mail
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in mail
