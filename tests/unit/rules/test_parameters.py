"""Bound parameters: typed where they are read, values where they are printed, never text."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal

import pytest

from opscli.engine.dialect import DuckDBDialect
from opscli.rules.as_json import to_json
from opscli.rules.language import parse
from opscli.rules.parameters import bind, given, types
from opscli.rules.scope import Scope
from opscli.rules.sql import render
from opscli.rules.target import Target
from opscli.rules.text import source
from opscli.rules.tree import RuleInvalid, Value

NAMES = {"amount": "money", "country": "text", "seen": "timestamp", "born": "date", "ok": "boolean"}
AS_OF = datetime(2026, 5, 1)  # noqa: DTZ001  naive UTC, as everywhere inside


def printed(text: str, *values: str) -> str:
    bound = given(values, "UTC")
    expression = parse(text, Scope(names=NAMES, params=types(bound)))
    target = Target(dialect=DuckDBDialect(), as_of=AS_OF, columns=lambda name: name, params=bind(expression, bound))
    return render(expression, target)


@pytest.mark.parametrize(
    ("text", "value", "sql"),
    [
        ("country = :p", "p=GB", "(country = 'GB')"),
        ("country = :p", "p='x' or '1' = '1'", "(country = '''x'' or ''1'' = ''1''')"),
        ("country = :p", "p='2026-05-04'", "(country = '2026-05-04')"),
        ("country in ('DE', :p)", "p=1; drop table x", "(country IN ('DE', '1; drop table x'))"),
        ("seen > :p", "p=2026-05-04T09:00:00Z", "(seen > TIMESTAMP '2026-05-04 09:00:00')"),
        ("born = :p", "p=2026-05-04", "(born = DATE '2026-05-04')"),
        ("ok = :p", "p=true", "(ok = TRUE)"),
    ],
)
def test_a_value_is_one_literal(text: str, value: str, sql: str) -> None:
    assert printed(text, value) == sql


def test_values_are_read_by_their_form() -> None:
    texts = ["a=1", "b=-1.50", "c=true", "d=2026-05-04", "e=2026-05-04T09:00", "f='7'", "g=", "h=x=y", "i=0x10"]
    assert given(texts, "Europe/London") == {
        "a": 1, "b": Decimal("-1.50"), "c": True, "d": date(2026, 5, 4), "e": datetime(2026, 5, 4, 8),  # noqa: DTZ001  naive UTC
        "f": "7", "g": "", "h": "x=y", "i": "0x10",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "values", "what", "how"),
    [
        ("amount > :leest", {"least": 1}, 'unknown parameter ":leest"', 'did you mean "least"?'),
        ("amount > :p", {"p": "x"}, "> needs a number, found a text", "one kind"),
        ("within(seen, :p)", {"p": "30d"}, "within takes a plain value", "write within("),
        ("country like :p", {"p": "%" * 40}, "40 wildcards", "shorten"),
    ],
)
def test_what_does_not_fit_is_refused(text: str, values: dict[str, Value], what: str, how: str) -> None:
    with pytest.raises(RuleInvalid) as caught:
        bind(parse(text, Scope(names=NAMES, params=types(values))), values)
    assert (what in caught.value.what, how in caught.value.how) == (True, True)


def test_a_declared_parameter_needs_a_value_of_its_kind() -> None:
    expression = parse(
        "amount > :least and country = :where", Scope(names=NAMES, params={"least": "money", "where": "text"})
    )
    assert expression.params == {"least": "money", "where": "text"}
    with pytest.raises(RuleInvalid, match="has no value"):
        bind(expression, {"least": 1})
    with pytest.raises(RuleInvalid, match="its value is text"):
        bind(expression, {"least": "a", "where": "b"})
    assert bind(expression, {"least": 1, "where": "b", "idle": 3}) == {"least": 1, "where": "b"}


@pytest.mark.parametrize("text", ["least", "=3", "1a=3", "a=1 a=2"])
def test_a_value_needs_its_name(text: str) -> None:
    with pytest.raises(RuleInvalid, match="no parameter with a value"):
        given(text.split(" "), "UTC")


def test_json_is_stable_and_its_text_reads_back() -> None:
    scope = Scope(names=NAMES, params={"least": "money"}, known={"tag": frozenset({"vip"})})
    text = "amount>=:least AND (within(seen,'36h') or  born<'2026-05-04') and amount<>1.50 and not has_tag('vip')"
    found = to_json(parse(text, scope))
    assert found["text"] == (
        "amount >= :least and (within(seen, '36h') or born < '2026-05-04') and amount <> 1.50 and not has_tag('vip')"
    )
    assert (found["names"], found["params"]) == (["amount", "born", "seen"], {"least": "money"})
    first, second, third, fourth = found["tree"]["parts"]
    assert first == {
        "op": ">=", "type": "boolean",
        "parts": [{"op": "name", "type": "money", "value": "amount"}, {"op": "param", "type": "money", "value": "least"}],
    }  # fmt: skip
    assert [part["value"] for part in second["parts"][0]["parts"]] == ["seen", "36h"]
    assert second["parts"][1]["parts"][1] == {"op": "literal", "type": "date", "value": "2026-05-04"}
    assert third["parts"][1] == {"op": "literal", "type": "float", "value": "1.50"}
    assert fourth["parts"][0]["value"] == "has_tag"
    assert to_json(parse(found["text"], scope)) == found
    assert json.loads(json.dumps(found)) == found


def test_the_canonical_form_keeps_every_function() -> None:
    known = {"tag": frozenset({"vip"}), "campaign": frozenset({"may"}), "message": frozenset({"may"})}
    scope = Scope(names=NAMES, zone="Europe/London", known=known)
    text = "anniversary(born, '-3d') and had_tag('vip', '180d') and received('may') and tag_since('vip') is null"
    assert source(parse(text, scope)) == text
