from __future__ import annotations

import random
from datetime import timedelta

import pytest

from opscli.errors import GuardStopped, TryLater
from opscli.identity import job, ledger
from opscli.ids import customer_id
from opscli.state import bulk
from opscli.state.tables import field_overrides
from tests.unit.identity.conftest import START, World, person

FAMILY = (
    person("crm:1", "John Smith", "smiths@mail.org"),
    person("crm:2", "James Smith", "smiths@mail.org"),
    person("shop:9", "Smith John", "SMITHS@mail.org"),
    person("news:5", "Mary Jones", "mary@mail.org", "212-555-0123"),
    person("shop:7", "Mary Brown", None, "+1 (212) 555-0123"),
    person("news:6", "", "mary@mail.org"),
    person("news:7", "", None, None),
)


def test_records_with_a_shared_key_and_a_personal_field_are_one_customer(world: World) -> None:
    world.load(*FAMILY)
    counts = world.dedupe().details["counts"]
    assert world.partition() == {
        frozenset({"crm:1", "shop:9"}),
        frozenset({"crm:2"}),
        frozenset({"news:5", "shop:7", "news:6"}),
        frozenset({"news:7"}),
    }
    assert counts == {
        "records": 7, "customers": 4, "new_customers": 4, "merged": 0, "split": 0,
        "changed_links": counts["changed_links"], "changed_golden": 4,
    }  # fmt: skip


def test_every_record_is_in_exactly_one_customer(world: World) -> None:
    world.load(*FAMILY)
    world.dedupe()
    assert world.rows("SELECT COUNT(*), COUNT(DISTINCT ns || ':' || ref) FROM links WHERE source = ns") == [(7, 7)]
    assert world.rows("SELECT SUM(merged_records) FROM customers") == [(7,)]


def test_the_second_run_changes_nothing_and_opens_no_write_window(world: World) -> None:
    world.load(*FAMILY)
    world.dedupe()
    before = world.everything()
    written = world.ctx.project.root.joinpath("w.duckdb").stat().st_mtime_ns
    world.tick()
    counts = world.dedupe().details["counts"]
    assert {name: counts[name] for name in ("new_customers", "merged", "split", "changed_links", "changed_golden")} == {
        "new_customers": 0, "merged": 0, "split": 0, "changed_links": 0, "changed_golden": 0,
    }  # fmt: skip
    assert world.everything() == before
    assert world.ctx.project.root.joinpath("w.duckdb").stat().st_mtime_ns == written


def test_the_order_of_the_input_does_not_matter(world: World) -> None:
    world.load(*FAMILY)
    plan = job.plan(world.ctx)
    world.dedupe()
    before = world.everything()
    shuffled = list(FAMILY)
    random.Random(7).shuffle(shuffled)  # noqa: S311  a fixed shuffle, no secret
    with world.ctx.warehouse.write("links", "customers", "lineage", "review_pairs") as session:
        for table in job.WRITES:
            session.execute(f"DELETE FROM {table}")
    world.load(*shuffled)
    assert job.plan(world.ctx).preview == plan.preview
    world.dedupe()
    assert world.everything() == before


def test_a_plan_predicts_its_run_and_a_plan_of_old_data_is_refused(world: World) -> None:
    world.load(*FAMILY)
    plan = job.plan(world.ctx)
    assert world.rows("SELECT COUNT(*) FROM links") == [(0,)]
    world.load(*FAMILY[:3])
    with pytest.raises(TryLater):
        job.run(plan, world.ctx)
    fresh = job.plan(world.ctx)
    assert job.run(fresh, world.ctx).details["counts"] == fresh.preview.counts


def test_the_id_comes_from_the_smallest_record(world: World) -> None:
    world.load(*FAMILY)
    world.dedupe()
    assert world.customer("shop:9") == customer_id("shop", "crm", "1")


def test_a_merge_keeps_the_older_id_and_the_other_one_resolves_for_ever(world: World) -> None:
    world.load(person("shop:7", "Mary Jones", "mary@mail.org"))
    world.dedupe()
    older = world.customer("shop:7")
    world.tick()
    apart = person("crm:1", "Mary Jones", None, "212-555-0123")
    world.load(person("shop:7", "Mary Jones", "mary@mail.org"), apart)
    world.dedupe()
    younger = world.customer("crm:1")
    assert younger != older
    world.tick()
    world.load(person("shop:7", "Mary Jones", "mary@mail.org"), {**apart, "email": "mary@mail.org"})
    counts = world.dedupe().details["counts"]
    assert (counts["merged"], counts["new_customers"], counts["split"]) == (1, 0, 0)
    assert world.customer("crm:1") == world.customer("shop:7") == older
    assert world.aliases() == {younger: older}
    assert world.rows("SELECT first_seen FROM customers") == [(START,)]


def test_aliases_of_aliases_point_at_the_last_survivor(world: World) -> None:
    a, b, c = (person(f"crm:{n}", "Mary Jones", f"{n}@mail.org") for n in "abc")
    world.load(a)
    world.dedupe()
    for rows in (
        (a, b),
        (a, b, c),
        (a, b, {**c, "email": "b@mail.org"}),
        (a, *({**r, "email": "a@mail.org"} for r in (b, c))),
    ):
        world.tick()
        world.load(*rows)
        world.dedupe()
    survivor = customer_id("shop", "crm", "a")
    assert world.aliases() == {customer_id("shop", "crm", "b"): survivor, customer_id("shop", "crm", "c"): survivor}


def test_a_split_leaves_the_id_with_the_largest_part(world: World) -> None:
    together = [person(f"crm:{n}", "Ann Lee", "ann@mail.org") for n in range(3)]
    world.load(*together)
    world.dedupe()
    kept = world.customer("crm:0")
    world.tick()
    world.load({**together[0], "email": "other@mail.org"}, *together[1:])
    counts = world.dedupe().details["counts"]
    assert (counts["split"], counts["new_customers"], counts["merged"]) == (1, 1, 0)
    assert world.customer("crm:1") == world.customer("crm:2") == kept
    # crm:0 minted the id that the others keep, so its own has a counter behind it
    assert world.customer("crm:0") == customer_id("shop", "crm", "0#1")


def test_the_ledger_names_the_records_that_moved_once_even_when_a_killed_run_is_repeated(world: World) -> None:
    a, b = person("crm:a", "Mary Jones", "a@mail.org"), person("crm:b", "Mary Jones", "b@mail.org")
    world.load(a)
    world.dedupe()
    world.tick()
    world.load(a, b)
    world.dedupe()
    world.tick()
    world.load(a, {**b, "email": "a@mail.org"})
    plan = job.plan(world.ctx)
    ledger.write(world.ctx, plan.merged, plan.parted, plan.revived)  # killed here: the warehouse was not written
    world.dedupe()
    rows = ledger.history(world.ctx.state, customer=None, limit=10)
    assert [(row["kind"], row["customer_id"], row["other_id"], row["records"]) for row in rows] == [
        ("merged", customer_id("shop", "crm", "a"), customer_id("shop", "crm", "b"), 1)
    ]


def test_too_many_moving_records_stop_the_run_and_approval_lets_it_go_on(world: World) -> None:
    world.configure(guards={"max_delta": 0.2})
    apart = [person(f"crm:{n}", "Ann Lee", f"{n}@mail.org") for n in range(4)]
    world.load(*apart)
    world.dedupe()  # the first run has no baseline
    before = world.everything()
    world.tick()
    world.load(*({**row, "email": "same@mail.org"} for row in apart))
    assert "stops without --approve" in job.plan(world.ctx).preview.headline
    with pytest.raises(GuardStopped, match="3 of 4 records would change customer"):
        world.dedupe()
    assert world.everything() == before
    assert world.aliases() == {}
    world.ctx = world.ctx.at(approve=True)
    assert world.dedupe().details["counts"]["merged"] == 3


def test_derived_references_lead_to_exactly_one_customer(world: World) -> None:
    world.load(
        person("crm:1", "John Smith", " J.O.hn+shop@GMail.com", "212-555-0123"),
        person("crm:2", "Mary Smith", "both@mail.org"),
        person("crm:3", "James Smith", "both@mail.org"),
        person("shop:1", "Zoe Hill", "zoe@mail.org"),
    )
    world.dedupe()
    john = world.customer("crm:1")
    derived = world.rows(f"SELECT ns, ref FROM links WHERE source IS NULL AND customer_id = '{john}' ORDER BY ns, ref")
    assert derived == [
        ("any", "j.o.hn+shop@gmail.com"), ("any", "john@gmail.com"),
        ("email", "j.o.hn+shop@gmail.com"), ("email", "john@gmail.com"), ("phone", "+12125550123"),
    ]  # fmt: skip
    assert world.rows("SELECT COUNT(*) FROM links WHERE ref = 'both@mail.org' OR (ns = 'any' AND ref = '1')") == [(0,)]
    assert world.rows("SELECT COUNT(*) FROM links WHERE ns = 'any' AND ref = '2'") == [(1,)]


def test_what_a_person_set_wins_and_follows_a_merge(world: World) -> None:
    a, b = person("crm:a", "Mary Jones", "a@mail.org"), person("crm:b", "Mary Jones", "b@mail.org")
    world.load(a, b)
    world.dedupe()
    row = {"customer_id": world.customer("crm:b"), "field": "city", "value": "Leeds", "origin": "test", "set_at": START}
    with world.ctx.state.begin() as connection:
        bulk.insert(connection, field_overrides, [row, {**row, "field": "no_such_column"}])
    world.tick()
    world.load(a, {**b, "email": "a@mail.org"})
    world.dedupe()
    assert world.rows("SELECT city FROM customers") == [("Leeds",)]
    assert world.rows("SELECT rule FROM lineage WHERE field = 'city'") == [("override",)]


def test_erasing_removes_a_customer_from_everything_that_identity_owns(world: World) -> None:
    world.load(*FAMILY)
    world.dedupe()
    gone = world.customer("crm:1")
    assert job.erase([gone], world.ctx) > 0
    for table in ("links", "customers", "lineage"):
        assert world.rows(f"SELECT COUNT(*) FROM {table} WHERE customer_id = '{gone}'") == [(0,)]
        assert world.rows(f"SELECT COUNT(*) > 0 FROM {table}") == [(True,)]


def test_nothing_imported_yet_is_no_customer_and_no_error(world: World) -> None:
    assert world.dedupe().details["counts"]["customers"] == 0


def test_records_that_are_gone_leave_no_customer_behind(world: World) -> None:
    world.load(*FAMILY)
    world.dedupe()
    world.tick()
    world.load(*FAMILY[3:])
    world.dedupe()
    assert world.rows("SELECT COUNT(*) FROM customers") == [(2,)]
    assert world.rows("SELECT COUNT(*) FROM links WHERE ns = 'crm'") == [(0,)]


def test_unchanged_rows_keep_their_run_and_time(world: World) -> None:
    world.load(*FAMILY)
    world.dedupe()
    world.tick()
    world.load(*FAMILY, person("crm:99", "New Person", "new@mail.org", at=START + timedelta(days=1)))
    counts = world.dedupe().details["counts"]
    assert (counts["new_customers"], counts["changed_golden"]) == (1, 1)
    assert world.rows(
        "SELECT COUNT(*) FROM customers WHERE updated_at > first_seen OR updated_at > TIMESTAMP '2026-05-02'"
    ) == [(1,)]
    assert world.rows("SELECT DISTINCT ref FROM links WHERE run_id = 'run-20260502' ORDER BY ref") == [
        ("99",),
        ("new@mail.org",),
    ]
