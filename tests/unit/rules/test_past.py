"""Functions over the past: half-open windows that end before as_of, judged on a real warehouse."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from opscli.clock import END_OF_TIME
from opscli.rules import audience
from opscli.rules.language import parse
from opscli.rules.scope import Scope, of_facts, of_files, of_rows
from opscli.rules.sql import render
from opscli.rules.target import Target
from opscli.rules.tree import RuleInvalid
from opscli.tags import job as tags
from tests.unit.conftest import AS_OF, Shop

DAY, INSTANT = timedelta(days=1), timedelta(microseconds=1)


def prepare(shop: Shop) -> None:
    shop.tags("value", {"name": "vip", "when": "true"})
    shop.write("topics/offers.yaml", {"kind": "topic", "version": 1, "policy": "opt_out"})
    channel = {"type": "file", "from": "Shop <shop@shop.example>", "unsubscribe": {"mailto": "off@shop.example"}}
    shop.write("channels/files.yaml", {"kind": "channel", "version": 1, **channel})
    shop.write("templates/hello/subject.txt", "Hello")
    shop.write("templates/hello/body.txt", "Hello")
    hello = {"send": {"template": "hello"}}
    steps = [{"id": "hello", **hello}, {"id": "rest", "wait": {"for": "1d"}}, {"id": "again", **hello}]
    shop.write(
        "campaigns/may.yaml",
        {"kind": "campaign", "version": 1, "topic": "offers", "trigger": {"tag_entered": "vip"}, "steps": steps},
    )
    shop.customers("a")
    with shop.context().warehouse.write("profiles") as session:
        session.create("profiles", {"customer_id": "text", "as_of": "timestamp"})
        session.execute("INSERT INTO profiles VALUES ('a', ?)", [AS_OF])


def holds(shop: Shop, text: str, as_of: datetime = AS_OF) -> Any:
    catalog = shop.project().catalog
    with shop.context().warehouse.read() as session:
        target = audience.target(catalog, session.dialect, as_of)
        return session.value(f"SELECT {render(audience.condition(text, catalog), target)} FROM {audience.FROM}")


def member(shop: Shop, entered: datetime, left: datetime) -> None:
    shop.insert("tag_history", [{"customer_id": "a", "tag": "vip", "entered_at": entered, "left_at": left}])


@pytest.mark.parametrize(
    ("entered", "left", "ever", "lately"),
    [
        (AS_OF - 9 * DAY, END_OF_TIME, True, True),
        (AS_OF - 9 * DAY, AS_OF - 7 * DAY + INSTANT, True, True),
        (AS_OF - 9 * DAY, AS_OF - 7 * DAY, True, False),
        (AS_OF - INSTANT, AS_OF, True, True),
        (AS_OF, END_OF_TIME, False, False),
    ],
)
def test_had_tag_reads_what_was_before_as_of(
    shop: Shop, entered: datetime, left: datetime, ever: bool, lately: bool
) -> None:
    prepare(shop)
    member(shop, entered, left)
    assert (holds(shop, "had_tag('vip')"), holds(shop, "had_tag('vip', '7d')")) == (ever, lately)


def test_tag_since_is_the_present_membership_or_null(shop: Shop) -> None:
    prepare(shop)
    assert holds(shop, "tag_since('vip') is null") is True
    member(shop, AS_OF - 9 * DAY, AS_OF - 8 * DAY)
    assert holds(shop, "tag_since('vip') is null") is True
    member(shop, AS_OF - 2 * DAY, END_OF_TIME)
    assert holds(shop, "days_since(tag_since('vip')) = 2") is True
    assert holds(shop, "tag_since('vip') is null", AS_OF - 3 * DAY) is True


def message(shop: Shop, key: str, step: str, **events: timedelta) -> None:
    shop.insert("messages", [{"message_key": key, "campaign": "may", "step": step, "customer_id": "a"}])
    about = {"message_key": key, "campaign": "may", "customer_id": "a"}
    rows = [
        {"event_id": abs(hash((key, kind))) % 10**9, "kind": kind, "occurred_at": AS_OF - before, **about}
        for kind, before in events.items()
    ]
    shop.insert("message_events", rows)


@pytest.mark.parametrize(
    ("events", "received", "lately"),
    [
        ({"queued": DAY}, False, False),
        ({"sent": INSTANT}, True, True),
        ({"sent": timedelta()}, False, False),
        ({"sent": 7 * DAY}, True, True),
        ({"sent": 7 * DAY + INSTANT}, True, False),
        ({"unknown": 2 * DAY, "resolved_sent": DAY}, True, True),
        ({"sent": 2 * DAY, "bounced": DAY}, False, False),
        ({"sent": 2 * DAY, "bounced": timedelta()}, True, True),
    ],
)
def test_received_is_sent_and_not_bounced(
    shop: Shop, events: dict[str, timedelta], received: bool, lately: bool
) -> None:
    prepare(shop)
    message(shop, "m1", "hello", **events)
    assert (holds(shop, "received('may')"), holds(shop, "received('may/hello', '7d')")) == (received, lately)


def test_a_step_is_not_the_whole_campaign_and_nobody_is_no_answer(shop: Shop) -> None:
    prepare(shop)
    message(shop, "m1", "another", sent=DAY, clicked=DAY)
    shop.insert("message_events", [{"event_id": 5, "campaign": "may", "kind": "sent", "occurred_at": AS_OF - DAY}])
    assert (holds(shop, "received('may')"), holds(shop, "received('may/hello')")) == (True, False)
    assert (holds(shop, "clicked('may')"), holds(shop, "clicked('may/hello')")) == (True, False)


def test_a_scanner_of_mails_does_not_click(shop: Shop) -> None:
    prepare(shop)
    click = {"message_key": "m1", "campaign": "may", "customer_id": "a", "kind": "clicked", "occurred_at": AS_OF - DAY}
    shop.insert("message_events", [{"event_id": 1, "machine": True, **click}])
    assert holds(shop, "clicked('may', '7d')") is False
    shop.insert("message_events", [{"event_id": 2, "machine": False, **click}])
    assert holds(shop, "clicked('may', '7d')") is True
    assert holds(shop, "clicked('may', '7d')", AS_OF - DAY) is False


@pytest.mark.parametrize("ending", ["finished", "exited", "held_out"])
def test_in_campaign_from_after_entering_to_the_end(shop: Shop, ending: str) -> None:
    prepare(shop)
    about = {"enrolment_id": "e1", "campaign": "may", "customer_id": "a"}
    shop.insert("enrolment_events", [{"event_id": 1, "kind": "entered", "occurred_at": AS_OF - 2 * DAY, **about}])
    assert holds(shop, "in_campaign('may')", AS_OF - 2 * DAY) is False
    assert holds(shop, "in_campaign('may')") is True
    shop.insert("enrolment_events", [{"event_id": 2, "kind": ending, "occurred_at": AS_OF - DAY, **about}])
    assert holds(shop, "in_campaign('may')") is False
    assert holds(shop, "in_campaign('may')", AS_OF - DAY) is True


@pytest.mark.parametrize(
    ("text", "column", "day", "holds_then"),
    [
        ("anniversary(d)", "DATE '2020-05-01'", "2026-05-01", True),
        ("anniversary(d)", "DATE '2026-05-01'", "2026-05-01", False),
        ("anniversary(d, '-3d')", "DATE '2020-05-04'", "2026-05-01", True),
        ("anniversary(d, '2w')", "DATE '2020-04-17'", "2026-05-01", True),
        ("anniversary(d)", "DATE '2024-02-29'", "2026-02-28", True),
        ("anniversary(d)", "DATE '2020-02-29'", "2024-02-28", False),
        ("anniversary(d)", "DATE '2020-02-29'", "2024-02-29", True),
        ("anniversary(d)", "DATE '2020-02-28'", "2024-02-29", False),
        ("anniversary(d, '-1d')", "DATE '2020-01-01'", "2025-12-31", True),
        ("anniversary(d)", "CAST(NULL AS DATE)", "2026-05-01", None),
        # 30 April, 23:30 UTC is 1 May, 00:30 in London: an instant is a day of the business zone.
        ("anniversary(t)", "TIMESTAMP '2020-04-30 23:30:00'", "2026-05-01", True),
        ("anniversary(t)", "TIMESTAMP '2020-04-30 22:30:00'", "2026-05-01", False),
    ],
)
def test_anniversaries_of_days_and_instants(
    shop: Shop, text: str, column: str, day: str, holds_then: bool | None
) -> None:
    zone = "Europe/London"
    expression = parse(text, Scope(names={"d": "date", "t": "timestamp"}, zone=zone))
    with shop.context().warehouse.read() as session:
        noon = datetime.fromisoformat(f"{day}T12:00:00")
        target = Target(dialect=session.dialect, as_of=noon, columns={"d": column, "t": column})
        assert session.value(f"SELECT {render(expression, target)}") is holds_then


def test_today_begins_at_midnight_of_the_business_zone(shop: Shop) -> None:
    expression = parse("anniversary(d)", Scope(names={"d": "date"}, zone="Asia/Shanghai"))
    evening = datetime(2026, 4, 30, 16)  # noqa: DTZ001  naive UTC; midnight of 1 May in Shanghai
    with shop.context().warehouse.read() as session:
        for moment, expected in ((evening, True), (evening - INSTANT, False)):
            target = Target(dialect=session.dialect, as_of=moment, columns={"d": "DATE '2020-05-01'"})
            assert session.value(f"SELECT {render(expression, target)}") is expected


def test_tags_over_the_past_say_the_same_when_the_run_is_repeated(shop: Shop) -> None:
    shop.traits(born={"field": "customers.id"})
    shop.tags(
        "value",
        {"name": "vip", "when": "true"},
        {"name": "was_vip", "when": "had_tag('vip')"},
        {"name": "fresh_vip", "when": "days_since(tag_since('vip')) < 1"},
        {"name": "again", "when": "had_tag('again') or not had_tag('again', '1d')"},
    )
    shop.customers("a")
    with shop.context().warehouse.write("profiles") as session:
        session.create("profiles", {"customer_id": "text", "as_of": "timestamp", "born": "text"})
        session.execute("INSERT INTO profiles VALUES ('a', ?, 'a')", [AS_OF])
    now = "SELECT tag FROM tag_history WHERE left_at > TIMESTAMP '9999-01-01' ORDER BY tag"
    shop.run(tags)
    assert [row[0] for row in shop.rows(now)] == ["again", "fresh_vip", "vip"]
    assert shop.run(tags).details["counts"] == {"entered": 0, "left": 0}
    with shop.context().warehouse.write("profiles") as session:
        session.execute("UPDATE profiles SET as_of = ?", [AS_OF + DAY])
    shop.run(tags, as_of=AS_OF + DAY)
    assert [row[0] for row in shop.rows(now)] == ["again", "vip", "was_vip"]


@pytest.mark.parametrize(
    ("text", "offset", "what", "how"),
    [
        ("true and had_tag('vpi')", 17, 'unknown tag "vpi"', 'did you mean "vip"?'),
        ("in_campaign('mai')", 12, 'unknown campaign "mai"', 'did you mean "may"?'),
        ("received('may/helo')", 9, 'no campaign or sending step "may/helo"', 'did you mean "may/hello"?'),
        ("received('may/rest')", 9, 'no campaign or sending step "may/rest"', ""),
        ("clicked('may', '7 days')", 15, "is no duration", "write clicked("),
        ("had_tag('vip', '99999d')", 15, "longer than 36500 days", ""),
        ("anniversary(created_at, '3h')", 24, "is no number of days", "write anniversary("),
    ],
)
def test_what_is_asked_for_must_exist(shop: Shop, text: str, offset: int, what: str, how: str) -> None:
    prepare(shop)
    with pytest.raises(RuleInvalid) as caught:
        audience.condition(text, shop.project().catalog)
    assert (caught.value.offset, what in caught.value.what, how in caught.value.how) == (offset, True, True)


@pytest.mark.parametrize(
    ("scope", "text", "why"),
    [
        (of_rows({"n": "integer"}, "UTC"), "had_tag('vip')", "belong to customers, but are none"),
        (of_rows({"n": "integer"}, "UTC"), "bucket('x', 2) = 1", "belong to customers, but are none"),
        (of_facts({"n": "integer"}, "UTC"), "received('may')", "traits come before tags"),
        (of_files({"t": "any"}), "within(t, '1d')", "whenever its file is read"),
        (of_files({"t": "any"}), "in_campaign('may')", "nobody is a customer yet"),
    ],
)
def test_a_function_without_meaning_says_why(scope: Scope, text: str, why: str) -> None:
    with pytest.raises(RuleInvalid, match="no meaning here") as caught:
        parse(text, scope)
    assert why in caught.value.why
