"""The condition language: what it reads, what it refuses, where it points."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from opscli.engine.dialect import DuckDBDialect
from opscli.rules.language import condition, mentions, parse
from opscli.rules.scan import MAX_WORDS
from opscli.rules.scope import Scope
from opscli.rules.sql import render
from opscli.rules.target import Target
from opscli.rules.text import source
from opscli.rules.tree import RuleInvalid

NAMES = {
    "n": "integer", "m": "money", "f": "float", "s": "text", "t": "timestamp", "d": "date", "b": "boolean", "raw": "any",
    "order.amount": "money", "at": "timestamp", "select": "integer", "date": "date", "j": "json",
}  # fmt: skip
SCOPE = Scope(names=NAMES, known={"tag": frozenset({"vip"})})
TARGET = Target(
    dialect=DuckDBDialect(),
    as_of=datetime(2026, 5, 1),  # noqa: DTZ001  naive UTC, as everywhere inside
    columns=lambda name: f'"{name}"',
    has_tag=lambda tag: f"tag_{tag}",
)


def sql(text: str) -> str:
    return render(parse(text, SCOPE), TARGET)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("n >= 5 and not b or s = 'x'", '((("n" >= 5) AND (NOT "b")) OR ("s" = \'x\'))'),
        ("s in ('a', 'it''s')", "(\"s\" IN ('a', 'it''s'))"),
        ("n not in (1, -2)", '(NOT ("n" IN (1, (-2))))'),
        ("s is not null", '(NOT ("s" IS NULL))'),
        ("b is false", '("b" IS FALSE)'),
        ("n between 1 and 2 and b", '(("n" BETWEEN 1 AND 2) AND "b")'),
        ("t > '2026-01-02'", "(\"t\" > TIMESTAMP '2026-01-02 00:00:00')"),
        ("d = '2026-01-02'", "(\"d\" = DATE '2026-01-02')"),
        ("d < t", '(CAST("d" AS TIMESTAMP) < "t")'),
        (
            "within(t, '30d')",
            "(\"t\" >= TIMESTAMP '2026-04-01 00:00:00' AND \"t\" < TIMESTAMP '2026-05-01 00:00:00')",
        ),
        ("has_tag('vip')", "tag_vip"),
        ("order.amount > 1 and at > t and select = 1", '(("order.amount" > 1) AND ("at" > "t") AND ("select" = 1))'),
        ("coalesce(n, 0) = 0", '(COALESCE("n", 0) = 0)'),
        ("LOWER(s) = 'x' AND B", None),
    ],
)
def test_printed_for_duckdb(text: str, printed: str | None) -> None:
    if printed is None:
        with pytest.raises(RuleInvalid, match='unknown name "B"'):
            sql(text)
    else:
        assert sql(text) == printed


def test_text_times_without_offset_are_local_and_days_have_no_zone() -> None:
    zone = "America/New_York"
    instant = parse("t > '2026-01-02'", Scope(names=NAMES, zone=zone)).root.parts[1].value
    day = parse("d > '2026-01-02'", Scope(names=NAMES, zone=zone)).root.parts[1].value
    stated = parse("t > '2026-01-02T00:00:00Z'", Scope(names=NAMES, zone=zone)).root.parts[1].value
    assert instant == datetime(2026, 1, 2, 5)  # noqa: DTZ001  naive UTC
    assert day == date(2026, 1, 2)
    assert stated == datetime(2026, 1, 2)  # noqa: DTZ001  naive UTC


def test_quotes_never_end_a_literal_early() -> None:
    printed = sql("s = '''; drop table customers; --'")
    assert printed == "(\"s\" = '''; drop table customers; --')"


def test_the_longest_legal_condition_is_read() -> None:
    terms = (MAX_WORDS + 1) // 4
    expression = parse(" and ".join(["n = 1"] * terms), NAMES)
    assert len(expression.root.parts) == terms


@pytest.mark.parametrize(
    ("text", "offset", "how"),
    [
        ("n > 1 and revenu = 2", 10, ""),
        ("n > 1 and sel = 2", 10, 'did you mean "select"?'),
        ("n > 1 and lowr(s) = 'x'", 10, 'did you mean "lower"?'),
        ("n > 1 and s = 5", 14, "compare values of one kind"),
        ("n > 1 and has_tag('vipp')", 18, 'did you mean "vip"?'),
        ("n > 1 and within(t, 'soon')", 20, "write within(last_login_at, '30d')"),
        ("n > 1 ?", 6, ""),
    ],
)
def test_an_error_points_at_its_place(text: str, offset: int, how: str) -> None:
    with pytest.raises(RuleInvalid) as caught:
        condition(text, SCOPE)
    assert caught.value.offset == offset
    assert how in caught.value.how


@pytest.mark.parametrize(
    "text",
    [
        "n - (1 - n) - 1 > 2 * (n + 1)", "not (n = 1 or n = 2) and s not in ('a', 'b')", "b = (n > 1)", "-n < -1",
        "t > '2026-01-01T00:00:00Z' and within(t, '36h') and d is not null", "s not ilike 'x' and n not between 1 and 2",
        "(b or has_tag('vip')) and round(f, 2) = 0.5", "not not b", "n / (m / f) = 1 and b is not true",
    ],
)  # fmt: skip
def test_the_canonical_form_reads_back_as_itself(text: str) -> None:
    once = source(parse(text, SCOPE))
    again = parse(once, SCOPE)
    assert source(again) == once
    assert render(again, TARGET) == sql(text)


def test_names_tags_and_mentions() -> None:
    expression = parse("n > 1 and has_tag('vip') and coalesce(n, m) > 0", SCOPE)
    assert (expression.names, expression.tags, expression.type) == (("m", "n"), ("vip",), "boolean")
    assert mentions("x > 1 and has_tag('y') and true") == (frozenset({"x"}), frozenset({"y"}))
    assert mentions("x > 'open") == (frozenset(), frozenset())


def test_tags_have_no_meaning_without_customers() -> None:
    with pytest.raises(RuleInvalid, match="no meaning here"):
        parse("has_tag('vip')", NAMES)
