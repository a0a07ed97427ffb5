"""What counts as a difference in meaning, and what does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from opscli.config.change import Change
from opscli.config.compare import compare
from opscli.config.document import Document
from opscli.config.load import load
from opscli.config.reader import read_yaml
from opscli.config.sameness import MISSING
from tests.unit.config.conftest import Write

CAMPAIGN = """kind: campaign
version: 1
name: winback
topic: offers
trigger: {tag_entered: at_risk}
not_after: 24h
holdout: 10%
steps:
  - id: pause
    wait: {for: 3d}
  - id: offer
    send: {template: offer}
"""
TAGS = """kind: tags
version: 1
name: value
dimension: value
exclusive: true
tags:
  - {name: high, when: "revenue >= 3000"}
  - {name: mid, when: "revenue >= 1000"}
  - {name: low, when: "revenue > 0"}
"""
TRAITS = "kind: traits\nversion: 1\nname: facts\ntraits:\n  revenue: {sum: orders.amount, within: 365d}\n"
PROJECT = "kind: project\nversion: 1\nname: shop\n"
HEALTH = (
    "kind: health\nversion: 2\nname: standard\nmeasures:\n  - {trait: revenue, good: 10, bad: 0}\n"
    "caps:\n  - {when: 'revenue > 5', at: 30}\n"
)


def document(text: str) -> Document:
    tree, issues = read_yaml(text, "x.yaml")
    assert tree is not None
    assert not issues
    data: dict[str, Any] = tree.data
    return Document(
        kind=data["kind"], version=data["version"], name=data["name"], file="x.yaml", data=data, marks=tree.marks
    )


def changes(before: str, after: str) -> tuple[Change, ...]:
    return compare([document(before)], [document(after)], lambda text: "".join(str(text).split()))


def told(found: tuple[Change, ...]) -> list[tuple[Any, ...]]:
    return [(item.operation, ".".join(crumb.name or crumb.key for crumb in item.trail)) for item in found]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(CAMPAIGN, "# why\n" + CAMPAIGN.replace("not_after: 24h", "not_after: 1d  # a day"), id="comments, 24h = 1d"),
        pytest.param(CAMPAIGN, CAMPAIGN.replace("holdout: 10%", "holdout: 0.1"), id="10% = 0.1"),
        pytest.param(CAMPAIGN, CAMPAIGN + "priority: 50\nreentry: never\nclass: marketing\n", id="defaults written out"),
        pytest.param(TAGS, TAGS.replace("revenue >= 3000", "revenue>=3000"), id="spaces in a condition"),
        pytest.param(TAGS, TAGS.replace("{name: high, when: ", "{when: ").replace('3000"', '3000", name: high'), id="keys"),
        pytest.param(TAGS.replace("true", "false"), TAGS.replace("exclusive: true\n", ""), id="default left out"),
    ],
)  # fmt: skip
def test_what_means_the_same_is_no_difference(before: str, after: str) -> None:
    assert changes(before, after) == ()


def test_a_changed_value_knows_its_places_and_its_reach() -> None:
    (found,) = changes(CAMPAIGN, "\n" + CAMPAIGN.replace("{for: 3d}", "{for: 5d}"))
    assert told((found,)) == [("changed", "steps.pause.wait.for")]
    assert (found.before, found.after, found.form, found.reach) == ("3d", "5d", "duration", True)
    assert (found.old, found.new) == (("x.yaml", ("steps", 0, "wait", "for")),) * 2


def test_a_default_is_told_as_one() -> None:
    (found,) = changes(CAMPAIGN.replace("not_after: 24h", "not_after: 72h"), CAMPAIGN.replace("not_after: 24h\n", ""))
    assert (found.before, found.after, found.by_default) == ("72h", "24h", (False, True))
    (found,) = changes(CAMPAIGN, CAMPAIGN + "max_recipients: 9\n")
    assert (found.before, found.after) == (MISSING, 9)


def test_items_are_matched_by_name_and_order_matters_where_the_first_wins() -> None:
    lines = TAGS.splitlines(keepends=True)
    moved = "".join([*lines[:6], lines[7], lines[6], lines[8]])
    (found,) = changes(TAGS, moved)
    assert (found.operation, found.before, found.after) == ("reordered", ["high", "mid", "low"], ["mid", "high", "low"])
    assert found.reason is not None
    assert found.reason["en"] == "the first tag whose condition holds wins"
    assert changes(TAGS.replace("true", "false"), moved.replace("true", "false")) == (), "any number: no order"


def test_added_items_say_before_which_they_stand_and_removed_ones_are_gone() -> None:
    more = TAGS.replace("  - {name: mid", "  - {name: vip, when: 'revenue > 9000'}\n  - {name: mid")
    (found,) = changes(TAGS, more)
    assert (found.operation, found.trail[-1].name, found.following) == ("added", "vip", "mid")
    (found,) = changes(more, TAGS)
    assert (found.operation, found.trail[-1].name, found.new) == ("removed", "vip", None)


def test_a_rename_is_one_difference_stated_or_evident() -> None:
    stated = TAGS.replace("{name: high,", "{name: top, renamed_from: high,").replace("3000", "2000")
    assert told(changes(TAGS, stated)) == [("renamed", "tags.top"), ("changed", "tags.top.when")]
    (found,) = changes(TAGS, TAGS.replace("name: high", "name: top"))
    assert (found.operation, found.before, found.after, found.assumed) == ("renamed", "high", "top", True)
    assert [item.operation for item in changes(TAGS, TAGS.replace('name: high, when: "revenue >= 3000"', 'name: top, when: "x > 1"'))] == [
        "added",
        "removed",
    ]  # fmt: skip


def test_items_without_a_name_are_known_by_what_they_are_about_or_by_their_place() -> None:
    assert told(changes(HEALTH, HEALTH.replace("good: 10", "good: 20"))) == [("changed", "measures.revenue.good")]
    (found,) = changes(HEALTH, HEALTH.replace("revenue > 5", "revenue > 6"))
    assert (found.operation, found.form, found.before, found.after) == (
        "changed",
        "condition",
        "revenue > 5",
        "revenue > 6",
    )


def test_files_that_come_and_go_are_their_items_where_they_only_hold_them() -> None:
    found = compare([], [document(TRAITS), document(CAMPAIGN)], str)
    assert [(item.operation, item.kind, item.trail[-1].name if item.trail else "") for item in found] == [
        ("added", "campaign", ""),
        ("added", "traits", "revenue"),
    ]
    assert [item.reach for item in found] == [True, False]


def test_what_can_send_more_is_marked() -> None:
    reach = {
        "limits": changes(PROJECT + "limits: {max_recipients: 5}\n", PROJECT + "limits: {max_recipients: 9}\n"),
        "live": changes(PROJECT, PROJECT + "environments: {prod: {live: true}}\n"),
        "zone": changes(PROJECT, PROJECT + "timezone: Europe/London\n"),
    }
    assert {name: [item.reach for item in found] for name, found in reach.items()} == {
        "limits": [True],
        "live": [True],
        "zone": [False],
    }


def test_the_version_follows_meaning_not_writing(root: Path, write: Write) -> None:
    write("configs/tags/value.yaml", TAGS)
    version = load(root, None).version
    write("configs/tags/value.test.yaml", "nonsense: [")
    write(
        "configs/tags/value.yaml",
        "# a comment\n" + TAGS.replace("version: 1\nname: value\n", "name:   value\nversion: 1\n"),
    )
    assert load(root, None).version == version
    lines = TAGS.splitlines(keepends=True)
    write("configs/tags/value.yaml", "".join([*lines[:6], lines[7], lines[6], lines[8]]))
    assert load(root, None).version != version, "the order of a list is meaning"
