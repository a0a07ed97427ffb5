"""What a customer lived through stays theirs under every id that they had: random merges and splits, judged at once."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from opscli.clock import END_OF_TIME
from opscli.identity import job
from opscli.rules.language import condition
from opscli.rules.scope import Scope
from opscli.rules.sql import render
from opscli.rules.target import Target
from tests.unit.identity.conftest import World, open_world, person

DAY = timedelta(days=1)
SCOPE = Scope(
    names={},
    known={"tag": frozenset({"vip"}), "campaign": frozenset({"may"}), "message": frozenset({"may", "may/hello"})},
)
ASKED = (
    "has_tag('vip')",
    "had_tag('vip')",
    "received('may')",
    "received('may/hello')",
    "clicked('may')",
    "in_campaign('may')",
)
RECORDS = 6


@pytest.fixture
def people(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path) as world:
        yield world


def meet(world: World, mailboxes: Sequence[int]) -> None:
    """Record n is found with the mailbox of this number: those who share one are one customer, the others part."""
    world.tick()
    world.load(*(person(f"crm:{n}", "Ann Lee", f"box{box}@mail.org") for n, box in enumerate(mailboxes)))
    world.dedupe()


def live_through(world: World, customer: str, number: int) -> None:
    """A tag, a message that was opened, and a campaign, under the id of the day."""
    then = world.ctx.as_of
    message = {"message_key": f"m{number}", "campaign": "may", "customer_id": customer}
    event = {"occurred_at": then, **message}
    rows: dict[str, list[dict[str, Any]]] = {
        "tag_history": [
            {"customer_id": customer, "dimension": "d", "tag": "vip", "entered_at": then, "left_at": END_OF_TIME}
        ],
        "messages": [{"step": "hello", **message}],
        "message_events": [{"event_id": number * 2, "kind": "sent", **event}, {"event_id": number * 2 + 1, "kind": "clicked", **event}],
        "enrolment_events": [
            {"event_id": number, "enrolment_id": f"e{number}", "campaign": "may", "customer_id": customer, "kind": "entered", "occurred_at": then}
        ],
    }  # fmt: skip
    with world.ctx.warehouse.write(*rows) as session:
        for table, made in rows.items():
            for row in made:
                marks = ", ".join("?" * len(row))
                session.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))


def now(world: World, *texts: str) -> list[set[str]]:
    """Customers of today for whom each condition holds."""
    with world.ctx.warehouse.read() as session:
        as_of = world.ctx.as_of + DAY
        target = Target(dialect=session.dialect, as_of=as_of, columns={}, identity="c.customer_id")
        conditions = ", ".join(render(condition(text, SCOPE), target) for text in texts)
        rows = session.rows(f"SELECT c.customer_id, {conditions} FROM customers c")
    return [{row[0] for row in rows if row[place]} for place in range(1, len(texts) + 1)]


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_forgotten_in_merges_and_splits(people: World, seed: int) -> None:
    """After every day, who has lived through something is whoever the ids of then lead to by the state's aliases."""
    chance = random.Random(seed)  # noqa: S311  repeatable meetings, no secret
    lived: set[str] = set()
    led: set[str] = set()
    for number in range(6):
        meet(people, chance.choices(range(RECORDS), k=RECORDS))
        customer = people.customer(f"crm:{chance.randrange(RECORDS)}")
        live_through(people, customer, number)
        lived.add(customer)
        aliases = people.aliases()
        led |= lived & set(aliases)
        assert now(people, *ASKED) == [{aliases.get(name, name) for name in lived}] * len(ASKED)
    assert led, "nobody who lived through something was merged"
    assert people.dedupe().details["counts"]["changed_links"] == 0


def test_a_tag_of_a_merged_customer_goes_on(people: World) -> None:
    """The survivor gets the tag when the other one loses it: one membership, which began when either got it first."""
    meet(people, (0, 1))
    older, other = people.customer("crm:0"), people.customer("crm:1")
    merged = people.ctx.as_of + DAY
    live_through(people, other, 1)
    meet(people, (0, 0))
    assert people.customer("crm:1") == older
    assert now(people, *ASKED) == [{older}] * len(ASKED)
    assert now(people, "days_since(tag_since('vip')) = 2") == [{older}]
    with people.ctx.warehouse.write("tag_history") as session:
        session.execute("UPDATE tag_history SET left_at = ?", [merged])
        session.execute("INSERT INTO tag_history (customer_id, dimension, tag, entered_at, left_at) VALUES (?, 'd', 'vip', ?, ?)", [older, merged, END_OF_TIME])  # fmt: skip
    assert now(people, "days_since(tag_since('vip')) = 2") == [{older}]
    with people.ctx.warehouse.write("tag_history") as session:
        session.execute("UPDATE tag_history SET left_at = ? WHERE customer_id = ?", [merged - DAY / 2, other])
    assert now(people, "days_since(tag_since('vip')) = 1") == [{older}]


def test_a_split_leaves_the_past_with_the_keeper_of_the_id(people: World) -> None:
    meet(people, (0, 0, 0))
    kept = people.customer("crm:0")
    live_through(people, kept, 1)
    meet(people, (1, 0, 0))
    assert people.customer("crm:1") == kept != people.customer("crm:0")
    assert now(people, "received('may')") == [{kept}]


def test_an_id_that_is_a_customer_again_leads_nowhere_else(people: World) -> None:
    """As when the warehouse is older than the state: the alias is there, and both are customers."""
    meet(people, (0, 1))
    older, other = people.customer("crm:0"), people.customer("crm:1")
    live_through(people, other, 1)
    before = {table: people.rows(f"SELECT * FROM {table}") for table in job.WRITES}
    meet(people, (0, 0))
    assert people.rows("SELECT ref, customer_id FROM links WHERE ns = 'former'") == [(other, older)]
    with people.ctx.warehouse.write(*job.WRITES) as session:
        for table, rows in before.items():
            session.execute(f"DELETE FROM {table}")
            for row in rows:
                session.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", list(row))
    meet(people, (0, 1))
    assert people.rows("SELECT * FROM links WHERE ns = 'former'") == []
    assert people.aliases() == {}
    assert now(people, "received('may')") == [{other}]


def test_erasing_a_customer_removes_the_ids_that_led_to_them(people: World) -> None:
    meet(people, (0, 1, 2))
    meet(people, (0, 0, 2))
    assert people.rows("SELECT COUNT(*) FROM links WHERE ns = 'former'") == [(1,)]
    job.erase([people.customer("crm:2")], people.ctx)
    assert people.rows("SELECT COUNT(*) FROM links WHERE ns = 'former'") == [(1,)]
    job.erase([people.customer("crm:0")], people.ctx)
    assert people.rows("SELECT * FROM links") == []
