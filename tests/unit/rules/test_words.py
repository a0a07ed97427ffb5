"""Conditions in words, and the leaves that explain them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from opscli.phrases import LOCALES, catalogue
from opscli.rules.explain import Finding, judged, leaves
from opscli.rules.language import parse
from opscli.rules.operators import FUNCTIONS
from opscli.rules.scope import Scope
from opscli.rules.text import source
from opscli.rules.tree import Node
from opscli.rules.words import describe, key_of

NAMES = {"revenue": "money", "country": "text", "seen": "timestamp", "born": "date", "ok": "boolean"}
LABELS = {"revenue": "消费额", "vip": "贵宾"}
KNOWN = {"tag": frozenset({"vip"}), "campaign": frozenset({"may"}), "message": frozenset({"may", "may/hello"})}
SCOPE = Scope(names=NAMES, known=KNOWN, params={"least": "integer"})
GOLDEN = Path(__file__).with_name("words.txt")

CONDITIONS = [
    "revenue = 1", "revenue <> 1", "revenue < 1", "revenue <= 1", "revenue > 1", "revenue >= :least", "not revenue = 1",
    "seen = '2026-05-04'", "seen < '2026-05-04T09:30:00Z'", "seen <= '2026-05-04'", "seen > '2026-05-04'",
    "seen >= '2026-05-04'", "born < '2026-05-04'", "country in ('GB', 'DE')", "country not in ('GB', 'DE')",
    "revenue between 1 and 2", "revenue not between 1 and 2", "country like 'G%'", "country not like 'G%'",
    "country ilike 'g%'", "country not ilike 'g%'", "seen is null", "seen is not null", "ok is true", "ok is not true",
    "ok is false", "ok is not false", "not (ok and revenue < 1)", "ok = true or ok = false", "-revenue < -1",
    "revenue + 1 - 2 * 3 / 4 > 0", "lower(country) = upper('gb')", "length(country) = 2", "coalesce(revenue, 0) = 0",
    "abs(revenue) > 1", "round(revenue) = 1", "round(revenue, 2) = 1", "floor(revenue) = 1", "days_since(seen) > 30",
    "within(seen, '36h')", "not within(seen, '1d')", "within(seen, '15min') or within(seen, '1s')", "anniversary(born)",
    "anniversary(born, '-3d')", "anniversary(born, '1d')", "not anniversary(born)", "has_tag('vip')", "not has_tag('vip')",
    "had_tag('vip')", "not had_tag('vip')", "had_tag('vip', '180d')", "not had_tag('vip', '180d')",
    "days_since(tag_since('vip')) > 30", "received('may/hello')", "not received('may/hello')", "received('may', '7d')",
    "not received('may', '7d')", "clicked('may')", "not clicked('may')", "clicked('may', '7d')", "not clicked('may', '7d')",
    "in_campaign('may')", "not in_campaign('may')", "bucket('test', 100) < 10",
    "revenue > 1 and (seen is null or days_since(seen) > 30)",
]  # fmt: skip


def test_every_operator_and_function_in_both_languages(refresh_golden: bool) -> None:
    lines = []
    for text in CONDITIONS:
        expression = parse(text, SCOPE)
        lines += [text, f"  {describe(expression)}", f"  {describe(expression, 'zh', LABELS)}"]
        assert describe(expression, "fr") == describe(expression)
    found = "\n".join(lines) + "\n"
    if refresh_golden:
        GOLDEN.write_text(found, encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8")


def test_no_words_are_left_out() -> None:
    nodes = [node for text in CONDITIONS for node in parse(text, SCOPE).root.walk()]
    used = {key_of(node) for node in nodes} | {f"not_{key_of(node.parts[0])}" for node in nodes if node.op == "not"}
    grammar = {"no", "yes", "list", "not"}
    have = {name.removeprefix("words_") for name in catalogue("rules") if name.startswith("words_")}
    assert have - used - grammar == set()
    assert {str(node.value) for node in nodes if node.op == "call"} == set(FUNCTIONS)


@pytest.mark.parametrize("locale", LOCALES)
def test_no_sentence_keeps_a_placeholder(locale: str) -> None:
    assert not [text for text in CONDITIONS if re.search(r"[{}]", describe(parse(text, SCOPE), locale))]


def test_leaves_are_the_clauses_with_what_they_look_at() -> None:
    expression = parse("revenue > 1 and not (country = 'GB' or days_since(seen) > 3) and seen is not null", NAMES)
    found = [(leaf.text, [source(node) for node in leaf.values]) for leaf in leaves(expression)]
    assert found == [
        ("revenue > 1", ["revenue"]),
        ("country = 'GB'", ["country"]),
        ("days_since(seen) > 3", ["seen", "days_since(seen)"]),
        ("seen is not null", ["seen"]),
    ]


@pytest.mark.parametrize(
    ("verdicts", "inner", "whole"),
    [((True, None), True, False), ((False, None), None, None), ((False, False), False, True)],
)
def test_verdicts_combine_at_every_branch(
    verdicts: tuple[bool | None, bool | None], inner: bool | None, whole: bool | None
) -> None:
    expression = parse("not (ok or revenue > 1)", NAMES)
    texts = ("ok", "revenue > 1")
    findings = [Finding(text=text, verdict=one, values={}) for text, one in zip(texts, verdicts, strict=True)]
    found = judged(expression, findings)
    assert (found.op, found.verdict, found.parts[0].op, found.parts[0].verdict) == ("not", whole, "or", inner)
    assert [part.verdict for part in found.parts[0].parts] == list(verdicts)


def test_an_and_in_an_and_is_one() -> None:
    root: Node = parse("ok and (ok and revenue > 1) or (ok or ok)", NAMES).root
    assert (root.op, len(root.parts), len(root.parts[0].parts)) == ("or", 3, 3)
