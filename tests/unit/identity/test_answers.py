"""What people are told: the evaluation against a truth file, explanations, and problems in identity.yaml."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from opscli.config.schemas import assemble
from opscli.engine.entity import standard_entities
from opscli.errors import DataUnusable, UsageError
from opscli.identity import explain, identity
from opscli.identity.evaluate import evaluate
from opscli.stage import Catalog, Provided
from tests.unit.identity.conftest import World, document, person

PEOPLE = (
    person("a:1", "Ann Lee", "ann@x.org"),
    person("a:2", "Ann Lee", "ann@x.org"),
    person("a:3", "Ann Lee", "ann@x.org", "212-555-0123"),
    person("a:4", "Ann Ray", None, "212-555-0123"),
    person("a:5", "Bob Fox", "info@x.org"),
    person("a:6", "Bob Fox", "info@x.org"),
)


def test_precision_recall_and_b_cubed_by_hand(world: World, tmp_path: Path) -> None:
    world.load(*PEOPLE)
    world.dedupe()
    truth = tmp_path / "truth.csv"
    truth.write_text(
        "source,source_id,person_id,x\na,1,P,\na,2,P,\na,3,P,\na,4,Q,\na,5,R,\na,6,R,\na,99,S,\n", encoding="utf-8"
    )
    found = evaluate(world.ctx.warehouse, truth)
    # customers {1 2 3 4} {5} {6}; people {1 2 3} {4} {5 6}
    assert (found.records, found.unknown_records) == (6, 1)
    assert (found.true_pairs, found.found_pairs, found.right_pairs) == (4, 6, 3)
    assert (found.precision, found.recall) == (0.5, 0.75)
    assert found.f1 == pytest.approx(0.6)
    assert found.b_cubed_precision == pytest.approx((3 * 3 / 4 + 1 / 4 + 1 + 1) / 6)
    assert found.b_cubed_recall == pytest.approx((3 + 1 + 1 / 2 + 1 / 2) / 6)
    assert (found.largest_customer, found.wrong_customers, found.largest_wrong_customer) == (4, 1, 4)


def test_a_file_that_is_no_truth_is_refused(world: World, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("id,person\n1,2\n", encoding="utf-8")
    for path in (wrong, tmp_path / "missing.csv"):
        with pytest.raises(DataUnusable, match="cannot be read as the truth"):
            evaluate(world.ctx.warehouse, path)


def test_the_chain_between_two_records_is_named_rule_by_rule(world: World) -> None:
    world.load(*PEOPLE)
    world.dedupe()
    found = explain.compare(world.ctx, "a:1", "a:4")
    assert found.together
    assert [(hop.a, hop.b, hop.rule) for hop in found.chain] == [
        ("a:1", "a:3", "email_and_name"),
        ("a:3", "a:4", "phone_and_name"),
    ]


def test_a_guard_is_named_as_the_reason_and_values_stay_hidden(world: World) -> None:
    world.load(*PEOPLE)
    world.dedupe()
    found = explain.compare(world.ctx, "a:5", "a:6")
    assert not found.together
    assert found.verdict == "two customers: neither e-mail nor phone agrees"
    assert {row["field"]: row["note"] for row in found.fields}["e-mail"] == "a team's mailbox: joins nothing"
    assert "bob" not in str(found.fields)
    assert "bob" in str(explain.compare(world.ctx, "a:5", "a:6", show=True).fields)


def test_the_records_of_a_customer_say_what_they_are_recognised_by(world: World) -> None:
    world.load(*PEOPLE)
    world.dedupe()
    rows = explain.members(world.ctx, world.customer("a:5"))
    assert [(row["record"], row["rule"], row["email"], row["name"]) for row in rows] == [
        ("a:5", "alone", "team mailbox", "full")
    ]


def test_an_unknown_record_or_customer_is_a_usage_error(world: World) -> None:
    world.load(*PEOPLE)
    world.dedupe()
    for ref in ("a:77", "nonsense", ""):
        with pytest.raises(UsageError):
            explain.compare(world.ctx, "a:1", ref)
        with pytest.raises(UsageError):
            explain.members(world.ctx, ref)


def test_the_schema_has_the_fields_of_the_spec() -> None:
    properties = assemble("identity")["properties"]
    assert set(properties) - {"kind", "version"} == {f.name for f in fields(identity.IdentitySpec)} - {"document"}
    assert set(properties["guards"]["properties"]) == {f.name for f in fields(identity.Guards)} - {"delta_stated"}
    assert set(properties["survivorship"]["properties"]) == {f.name for f in fields(identity.Survivorship)}


@pytest.mark.parametrize(
    ("config", "what"),
    [
        ({"match": [{"name": "a", "all_of": ["emial", "personal"]}]}, 'unknown key "emial"'),
        ({"match": [{"name": "a", "all_of": ["name"]}]}, "would join strangers"),
        (
            {"match": [{"name": "a", "all_of": ["email"]}, {"name": "a", "all_of": ["phone"]}]},
            'two rules are called "a"',
        ),
        ({"match": [{"name": "a", "all_of": ["email", "phone", "sole"]}]}, "sole stands beside"),
        ({"survivorship": {"fields": {"citty": "longest"}}}, 'unknown field "citty"'),
        ({"survivorship": {"fields": {"city": "any_true"}}}, "any_true is for yes/no fields"),
        ({"survivorship": {"default": "all_true"}}, "for yes/no fields only"),
        ({"survivorship": {"groups": [["city", "street"], ["city", "region"]]}}, '"city" is in two groups'),
        ({"survivorship": {"trust": ["crn"]}}, 'unknown source "crn"'),
    ],
)
def test_a_config_that_cannot_be_meant_is_an_issue(config: dict[str, object], what: str) -> None:
    entries = {"source": {"crm": Provided(category="source", name="crm")}}
    catalog = Catalog(entries=entries, entities=standard_entities())
    issues = [issue.what for issue in identity.check(identity.parse(document(config)), catalog)]
    assert len(issues) == 1
    assert what in issues[0]


def test_the_standard_has_no_issue() -> None:
    catalog = Catalog(entries={}, entities=standard_entities())
    assert list(identity.check(identity.parse(document({})), catalog)) == []
