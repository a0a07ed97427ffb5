# ruff: noqa: RUF001  letters that look alike are what is tested here
from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opscli.identity import job, matching
from opscli.identity.cluster import components
from tests.unit.identity.conftest import World, open_world, person


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for all questions that only match."""
    with open_world(tmp_path_factory.mktemp("shared")) as opened:
        yield opened


def together(world: World, *rows: dict[str, object]) -> bool:
    """Would these records be one customer?"""
    world.load(*rows)
    with world.ctx.warehouse.read() as session:
        found = matching.match(session, job.spec_of(world.ctx), job.entity_of(world.ctx), region="US")
    return found.customers == 1


@pytest.mark.parametrize(
    "pair",
    [
        (person("a:1", "Ann Lee", "ann@x.org"), person("b:1", "ANN LEE", "ANN@x.org ")),
        (person("a:1", "Ann Lee", "ann@x.org"), person("b:1", "Ann Miller", "ann@x.org")),
        (person("a:1", "Ann Lee", "ann@x.org"), person("b:1", "Lee Ann", "ann@x.org")),
        (person("a:1", "Katherine Lee", "ann@x.org"), person("b:1", "Ktaherine Lee", "ann@x.org")),
        (person("a:1", "Ann Lee", None, "212-555-0123"), person("b:1", "Ann Lee", None, "+1 212 555 0123")),
        (person("a:1", "Ann Lee", "a.nn@gmail.com"), person("b:1", "Ann Lee", "ann+shop@googlemail.com")),
        (person("a:1", "Işıl Yılmaz", "iy@x.org"), person("b:1", "ISIL YILMAZ", "iy@x.org")),
        (person("a:1", "", "w@x.cn", full_name="王伟"), person("b:1", "伟 王", "w@x.cn")),
        (person("a:1", "Wei Wang", None, "0086 138 0013 8000"), person("b:1", "Wei Wang", None, "+86 138 0013 8000")),
        (person("a:1", "😀 Ann Lee", "ann@x.org", first_name="😀 Ann"), person("b:1", "Ann Lee", "ann@x.org")),
        (person("a:1", "Ann Lee", "ann@x.org"), person("b:1", "A. Lee", "ann@x.org")),
        (person("a:1", "Ann Lee", "ann@x.org"), person("b:1", "", "ann@x.org")),
        (person("a:1", "", "ann@x.org"), person("b:1", "", "ann@x.org")),
    ],
)
def test_one_person_in_two_sources_is_one_customer(shared: World, pair: tuple[dict[str, object], ...]) -> None:
    assert together(shared, *pair)


@pytest.mark.parametrize(
    "pair",
    [
        (person("a:1", "John Smith", "smiths@x.org"), person("b:1", "James Smith", "smiths@x.org")),
        (person("a:1", "John Smith Jr.", "smiths@x.org"), person("b:1", "John Smith Sr.", "smiths@x.org")),
        (person("a:1", "Ann Lee", "ann@x.org"), person("b:1", "Bob Ray", "ann@x.org")),
        (person("a:1", "Ann Lee", "test@test.com"), person("b:1", "Ann Lee", "test@test.com")),
        (person("a:1", "Ann Lee", "info@x.org"), person("b:1", "Ann Lee", "info@x.org")),
        (person("a:1", "Ann Lee", None, "000-0000"), person("b:1", "Ann Lee", None, "000-0000")),
        (person("a:1", "Ann Lee", None, "6.14E+10"), person("b:1", "Ann Lee", None, "6.14E+10")),
        (person("a:1", "Ann Lee", "a.nn@x.org"), person("b:1", "Ann Lee", "ann@x.org")),
        (person("a:1", "Ann Lee", None, "212-555-0123 x1"), person("b:1", "Ann Lee", None, "212-555-0123 x2")),
        (person("a:1", "Ann Lee"), person("b:1", "Ann Lee")),
        (person("a:1"), person("b:1")),
        (
            person("a:1", "Ann Lee", "l@x.org", "212-555-0123"),
            person("b:1", "", "l@x.org", "212-555-0199", last_name="Lee"),
        ),
        (person("a:1", "Ann Lee", "l@x.org"), person("b:1", "", "l@x.org", last_name="Ray")),
        (person("a:1", "", "l@x.org", last_name="Lee"), person("b:1", "", "l@x.org", last_name="Ray")),
    ],
)
def test_two_people_are_two_customers(shared: World, pair: tuple[dict[str, object], ...]) -> None:
    assert not together(shared, *pair)


def test_a_nameless_record_behind_two_people_joins_neither(world: World) -> None:
    world.load(
        person("a:1", "John Smith", "smiths@x.org"),
        person("a:2", "Mary Smith", "smiths@x.org"),
        person("b:1", "", "smiths@x.org"),
    )
    world.dedupe()
    assert len(world.partition()) == 3


def test_five_thousand_records_behind_a_team_mailbox_merge_nothing(world: World) -> None:
    _load_many(world, "info@firm.com")
    counts = world.dedupe().details["counts"]
    assert (counts["records"], counts["customers"]) == (5_000, 5_000)


def test_a_hub_that_nobody_listed_is_learned(world: World) -> None:
    _load_many(world, "the.whole.floor@firm.com")
    plan = job.plan(world.ctx)
    assert plan.preview.counts["customers"] == 5_000
    assert plan.preview.skipped["shared_values"] == 1


def _load_many(world: World, email: str) -> None:
    """5,000 records with one address and twenty first names."""
    world.load()
    with world.ctx.warehouse.write("records") as session:
        session.execute(
            "INSERT INTO records (source, source_id, first_name, last_name, email, known_from, known_to, load_seq) "
            "SELECT 'crm', CAST(i AS VARCHAR), 'name' || chr(CAST(97 + i % 20 AS INTEGER)), 'family' || (i % 37), ?, "
            "TIMESTAMP '2026-01-01', TIMESTAMP '9999-12-31', 1 FROM range(5000) AS t(i)",
            (email,),
        )


def test_a_component_above_the_ceiling_keeps_whole_names_only(world: World) -> None:
    world.configure(guards={"max_cluster": 3})
    world.load(
        *(person(f"a:{n}", f"Ann {family}", "ann@x.org") for n, family in enumerate(("Lee", "Lee", "Ray", "Fox")))
    )
    plan = job.plan(world.ctx)
    world.dedupe()
    assert world.partition() == {frozenset({"a:0", "a:1"}), frozenset({"a:2"}), frozenset({"a:3"})}
    assert plan.preview.skipped["cluster_too_large"] == 4


def test_rules_of_ones_own_join_on_plain_columns(world: World) -> None:
    world.configure(match=[{"name": "plan_and_name", "all_of": ["plan", "name"]}])
    world.load(
        person("a:1", "Ann Lee", plan=" GOLD-1"),
        person("b:1", "Lee Ann", plan="gold-1"),
        person("b:2", "Bob Ray", plan="gold-1"),
    )
    world.dedupe()
    assert world.partition() == {frozenset({"a:1", "b:1"}), frozenset({"b:2"})}
    assert world.rows("SELECT DISTINCT rule FROM links WHERE ref = '1' AND source IS NOT NULL") == [("plan_and_name",)]


def test_denied_values_of_the_project_join_nothing_and_are_not_shown(world: World) -> None:
    world.configure(guards={"deny_emails": ["desk@x.org"], "deny_phones": ["+12125550123"], "role_locals": ["floor"]})
    for field in ({"email": "desk@x.org"}, {"phone": "212-555-0123"}, {"email": "floor@x.org"}):
        world.load(*(person(f"{source}:1", "Ann Lee", **field) for source in "ab"))
        world.dedupe()
        assert len(world.partition()) == 2
    world.load(person("a:1", "Ann Lee", "desk@x.org", "212-555-0123"))
    world.dedupe()
    assert world.rows("SELECT email, phone FROM customers") == [(None, None)]


def test_a_typing_error_or_a_relative_goes_to_review(world: World) -> None:
    world.load(
        person("a:1", "Marie Lee", "lee@x.org"),
        person("a:2", "Maria Lee", "lee@x.org"),
        person("a:3", "Bob Lee", "lee@x.org"),
    )
    world.dedupe()
    pairs = world.rows("SELECT source_id_a, source_id_b, reason, status FROM review_pairs")
    assert pairs == [("1", "2", "same_email_and_last_name", "open")]


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 30).flatmap(
        lambda n: st.tuples(st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=60))
    )
)
def test_components_are_those_of_a_plain_search(graph: tuple[int, list[tuple[int, int]]]) -> None:
    count, edges = graph
    near: dict[int, set[int]] = {node: {node} for node in range(count)}
    for a, b in edges:
        merged = near[a] | near[b]
        for node in merged:
            near[node] = merged
    ends = np.array(edges, dtype=np.int64).reshape(-1, 2)
    assert components(count, ends[:, 0], ends[:, 1]).tolist() == [min(near[node]) for node in range(count)]


def test_a_chain_of_a_hundred_thousand_is_one_component() -> None:
    nodes = np.arange(100_000, dtype=np.int64)
    assert not components(100_000, nodes[:-1], nodes[1:]).any()
