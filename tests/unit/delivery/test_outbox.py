"""The outbox on the file channel: transitions, guards, holds, crashes."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from opscli.delivery import job, outbox
from opscli.delivery.sending import sole_sender
from opscli.delivery.views import Suppression, lift, suppress
from opscli.errors import TryLater, UsageError
from opscli.state.tables import attempts, contexts, holds, instance, message_events
from opscli.state.tables import outbox as table

if TYPE_CHECKING:
    from tests.unit.delivery.conftest import Post


def test_due_messages_become_files_and_the_books_add_up(post: Post) -> None:
    post.queue("a", "b", "c")
    outcome = post.send()
    assert outcome.details["integrity"]["sent"] == 3
    assert outcome.leftovers == 0
    assert set(post.mails()) == {f"{key}.eml" for (key,) in post.column("message_key")}
    for key, digest in post.column("message_key", "body_sha256"):
        assert hashlib.sha256(post.mails()[f"{key}.eml"]).hexdigest() == digest
    assert post.send().details["counts"] == {"would_send": 0}


def test_enqueue_twice_is_once_and_one_address_gets_one_message(post: Post) -> None:
    assert post.queue("a", "b") == 2
    assert post.queue("a", "b") == 0
    (mine,) = {row[1] for row in post.column("customer_id", "address_hash") if row[0] == "a"}
    assert post.queue("z", address_hash=mine) == 0
    with post.state.read() as connection:
        assert connection.execute(select(contexts.c.message_key)).all() != []
        assert outbox.integrity(connection)["planned"] == 2


def test_a_replay_after_the_address_changed_is_still_the_same_message(post: Post) -> None:
    assert post.queue("a") == 1
    assert post.queue("a", address="new@x.example", address_hash="of the new address") == 0
    assert len(post.column("message_key")) == 1


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(batches=st.lists(st.lists(st.sampled_from("abcdef"), max_size=6), max_size=5))
def test_however_often_it_is_queued_a_customer_gets_one(post: Post, batches: list[list[str]]) -> None:
    with post.state.begin() as connection:
        for one in (message_events, attempts, contexts, table):
            connection.execute(one.delete())
    for batch in batches:
        post.queue(*batch)
    wanted = {name for batch in batches for name in batch}
    assert [row[0] for row in post.column("customer_id")] == sorted(wanted)
    with post.state.read() as connection:
        assert outbox.integrity(connection)["planned"] == len(wanted)


def test_late_and_suppressed_messages_are_closed_not_sent(post: Post) -> None:
    post.queue("late", not_after=post.now)
    post.queue("gone", "fine")
    with post.state.begin() as connection:
        suppress(
            connection,
            Suppression(address=" Gone@X.example", reason="asked", source="test", since=post.now, stream="offers"),
        )
    post.send()
    assert post.column("customer_id", "status") == [("fine", "sent"), ("gone", "suppressed"), ("late", "expired")]
    with post.state.begin() as connection:
        assert lift(connection, "gone@x.example", None) == 1


@pytest.mark.parametrize("scope", ["all", "campaign:may", "channel:file"])
def test_a_hold_keeps_messages_back_until_released(post: Post, scope: str) -> None:
    post.queue("a")
    with post.state.begin() as connection:
        connection.execute(insert(holds).values(scope=scope, reason="test", held_at=post.now))
    assert post.send().details["counts"] == {"would_send": 0}
    with post.state.begin() as connection:
        connection.execute(holds.delete())
    assert post.send().details["counts"] == {"would_send": 1}


def test_a_copied_state_sends_nothing_and_says_so(post: Post) -> None:
    post.queue("a")
    with post.state.begin() as connection:
        connection.execute(update(instance).values(send_hold=True, hold_reason="this state was copied"))
    outcome = post.send()
    assert (outcome.leftovers, "copied" in outcome.summary, post.mails()) == (1, True, {})


def test_a_message_that_cannot_be_rendered_fails_alone(post: Post) -> None:
    post.queue("a", "b")
    post.queue("c", context='{"customer": {}}')
    post.send()
    assert post.column("customer_id", "status", "reason") == [
        ("a", "sent", ""), ("b", "sent", ""), ("c", "failed", "render_failed"),
    ]  # fmt: skip


def test_limit_and_rate_leave_the_rest_for_later(post: Post) -> None:
    post.queue("a", "b", "c", "d")
    post.options = {"limit": 1}
    assert post.send().details["counts"] == {"would_send": 1}
    post.options = {}
    text = (post.root / "configs/channels/file.yaml").read_text()
    post.config("channels/file.yaml", text + "rate: {max: 2, within: 1h}\n")
    assert post.send().details["counts"] == {"would_send": 1}
    post.now += timedelta(hours=1)
    assert post.send().details["counts"] == {"would_send": 2}


def test_higher_priority_goes_first(post: Post) -> None:
    post.queue("a", priority=10)
    post.queue("b", priority=90)
    post.options = {"limit": 1}
    post.send()
    assert post.column("customer_id", "status") == [("a", "pending"), ("b", "sent")]


def test_a_second_sender_is_told_to_come_back(post: Post) -> None:
    post.queue("a")
    ctx = post.context()
    with sole_sender(ctx), pytest.raises(TryLater):
        job.run(job.plan(ctx), ctx)
    assert post.column("status") == [("pending",)]


def test_a_plan_opens_no_channel(post: Post) -> None:
    post.queue("a")
    post.send(dry=True)
    assert not (post.root / "mails").exists()


def test_what_a_dead_process_left_is_settled_by_the_file(post: Post) -> None:
    post.queue("done", "absent", "torn")
    post.send()
    folder = post.root / "mails"
    keys = {customer: key for customer, key in post.column("customer_id", "message_key")}  # noqa: C416  Row is no pair
    (folder / f"{keys['absent']}.eml").unlink()
    (folder / f"{keys['torn']}.eml").write_bytes(b"something else")
    with post.state.begin() as connection:
        connection.execute(update(table).values(status="sending", claimed_by="r:1:file", sent_at=None))
    outcome = post.send()
    assert post.column("customer_id", "status") == [("absent", "sent"), ("done", "sent"), ("torn", "unknown")]
    assert outcome.leftovers == 1
    with post.state.begin() as connection:
        outbox.resolve(connection, keys["torn"], "failed", reason="looked", now=post.now)
        with pytest.raises(UsageError):
            outbox.resolve(connection, keys["torn"], "sent", reason="looked", now=post.now)


def test_cancel_drops_what_waits_and_leaves_what_is_gone(post: Post) -> None:
    post.queue("a")
    post.send()
    post.queue("b")
    with post.state.begin() as connection:
        assert outbox.cancel(connection, "may", (), post.now) == 1
    assert post.column("customer_id", "status") == [("a", "sent"), ("b", "cancelled")]


def test_erase_leaves_no_trace_in_the_tables_of_the_room(post: Post) -> None:
    post.queue("a", "b")
    post.send()
    assert job.erase(["a"], post.context()) > 0
    assert post.column("customer_id") == [("b",)]
    with post.state.read() as connection:
        assert len(connection.execute(select(contexts)).all()) == 1
        assert outbox.integrity(connection)["planned"] == 1
