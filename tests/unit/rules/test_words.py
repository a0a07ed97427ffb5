"""Conditions in words, and the leaves that explain them."""

from __future__ import annotations

import pytest

from opscli.rules.explain import leaves
from opscli.rules.language import parse
from opscli.rules.scope import Scope
from opscli.rules.text import source
from opscli.rules.words import describe

NAMES = {"revenue": "money", "country": "text", "seen": "timestamp", "ok": "boolean"}
LABELS = {"revenue": "消费额", "vip": "贵宾"}


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ("revenue >= 5000", "revenue is at least 5000", "消费额不小于5000"),
        ("country in ('GB', 'DE')", "country is one of GB, DE", "country为GB、DE之一"),
        ("not has_tag('vip')", "does not have the tag vip", "没有标签贵宾"),
        ("seen > '2026-05-04'", "seen is after 2026-05-04", "seen晚于2026-05-04"),
        ("within(seen, '36h')", "seen lies within the last 36 hours", "seen在最近36小时内"),
        (
            "revenue > 1 and (seen is null or days_since(seen) > 30)",
            "revenue is more than 1 and (seen is unknown or the days since seen is more than 30)",
            "消费额大于1且(seen未知或距seen的天数大于30)",
        ),
        ("not (ok and revenue < 1)", "not: (ok and revenue is less than 1)", "并非:(ok且消费额小于1)"),
        ("ok is not true", "ok does not hold", "ok不成立"),
    ],
)
def test_english_and_chinese(text: str, english: str, chinese: str) -> None:
    expression = parse(text, Scope(names=NAMES, known={"tag": frozenset({"vip"})}))
    assert describe(expression) == english
    assert describe(expression, "zh", LABELS) == chinese
    assert describe(expression, "fr") == english


def test_leaves_are_the_clauses_with_what_they_look_at() -> None:
    expression = parse("revenue > 1 and not (country = 'GB' or days_since(seen) > 3) and seen is not null", NAMES)
    found = [(leaf.text, [source(node) for node in leaf.values]) for leaf in leaves(expression)]
    assert found == [
        ("revenue > 1", ["revenue"]),
        ("country = 'GB'", ["country"]),
        ("days_since(seen) > 3", ["seen", "days_since(seen)"]),
        ("seen is not null", ["seen"]),
    ]
