from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from opscli.config.document import Document
from opscli.engine.drafts import Draft, Field, fields_of, hints, json_text, numbered
from opscli.engine.entity import Entity, parse, standard_entities
from opscli.engine.examples import example
from opscli.errors import UsageError
from opscli.phrases import use


def entity_of(**properties: Any) -> Entity:
    data = {"key": ["id"], "schema": {"properties": {"id": {"type": "string"}, **properties}}}
    return parse(Document(kind="entity", version=1, name="things", file="things.yaml", data=data, marks={}))


def field_of(entity: Entity, name: str = "it") -> Field:
    return next(field for field in fields_of(entity) if field.name == name)


def read(node: dict[str, Any], answer: str, zone: str = "Europe/London") -> Any:
    entity = entity_of(it=node)
    return Draft(entity, zone).read(field_of(entity), answer)


MONEY = {"type": "number", "x-money": "project"}


@pytest.mark.parametrize(
    ("node", "answer", "value"),
    [
        ({"type": "string"}, "  a b ", "a b"),
        ({"type": "integer"}, "1e3", 1000),
        ({"type": "number"}, "0.10", Decimal("0.10")),
        (MONEY, "99999999999999.9999", Decimal("99999999999999.9999")),
        ({"type": "boolean"}, "Yes", True),
        ({"type": "boolean"}, "否", False),
        ({"type": "string", "format": "date"}, "2026-05-04", "2026-05-04"),
        ({"type": "string", "format": "date-time"}, "2026-05-04T09:00", "2026-05-04T08:00:00Z"),  # London in summer
        ({"type": "string", "format": "date-time"}, "2026-05-04T09:00:00+02:00", "2026-05-04T07:00:00Z"),
        ({"type": "array"}, "[0.1]", [Decimal("0.1")]),
        ({"enum": ["new", "old"]}, "2", "old"),
        ({"enum": ["new", "old"]}, "new", "new"),
        ({"enum": [5, 1]}, "1", 1),  # a value, not a place
    ],
)
def test_answers_become_values(node: dict[str, Any], answer: str, value: Any) -> None:
    assert read(node, answer) == value


@pytest.mark.parametrize(
    ("node", "answer", "reason"),
    [
        ({"type": "integer"}, "2.5", "a whole number is needed"),
        ({"type": "integer"}, "9223372036854775808", "a whole number is needed"),
        ({"type": "number"}, "12,5", "a number is needed, with a point before its decimals"),
        ({"type": "number"}, "1e999", "a number is needed, with a point before its decimals"),
        (MONEY, "0.00001", "an amount is needed, with a point and at most four decimals"),
        ({"type": "boolean"}, "maybe", "answer yes or no"),
        ({"type": "string", "format": "date"}, "04.05.2026", "date as 2026-05-04"),
        ({"type": "string", "format": "date"}, "2026-02-30", "date as 2026-05-04"),
        ({"enum": ["new", "old"]}, "3", "only these are allowed: new, old"),
        ({"type": "string", "minLength": 2}, "a", "it is too short: 2 characters are the least"),
        ({"type": "string", "format": "email"}, "a b@c", "this does not look like email"),
        ({**MONEY, "multipleOf": 0.01}, "1.005", "it must be a multiple of 0.01"),
        ({"type": "array", "minItems": 1}, "[]", "there are too few: 1 is the least"),
        ({"type": "array"}, "[", 'this is no JSON: write such as ["a", "b"] or {"a": 1}'),
    ],
)
def test_answers_that_do_not_fit_are_told_why(node: dict[str, Any], answer: str, reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        read(node, answer)
    assert str(caught.value) == reason


def test_a_field_says_what_may_be_typed_in_either_language() -> None:
    field = field_of(entity_of(it={**MONEY, "minimum": 0, "default": 5}))
    assert list(hints(field, "UTC")) == ["amount", "in the project's currency", "at least 0", "Enter takes 5"]
    use("zh")
    try:
        assert list(hints(field, "UTC")) == ["金额", "以项目币种计", "不小于 0", "直接回车取 5"]
    finally:
        use("en")


def test_only_words_are_numbered() -> None:
    assert numbered(field_of(entity_of(it={"enum": ["a", "b"]})))
    assert not numbered(field_of(entity_of(it={"enum": ["1", "2"]})))
    assert not numbered(field_of(entity_of(it={"enum": [1, 2]})))


def test_json_keeps_every_digit() -> None:
    text = json_text({"a": Decimal("99999999999999.9999"), "b": [Decimal("0.10"), None, True], "c": "é\n"})
    assert text == '{"a": 99999999999999.9999, "b": [0.10, null, true], "c": "é\\n"}'
    assert json.loads(text, parse_float=Decimal)["a"] == Decimal("99999999999999.9999")


@pytest.mark.parametrize("name", sorted(standard_entities()))
def test_the_example_of_every_standard_entity_keeps_its_rules(name: str) -> None:
    entity = standard_entities()[name]
    record = example(entity)
    assert Draft(entity, "UTC").problems(record) == []
    assert set(record) == {column.name for column in entity.columns}


def test_examples_meet_limits_formats_and_patterns_or_say_what_to_add() -> None:
    limits = {"type": "number", "exclusiveMinimum": 7, "multipleOf": 2.5}
    found = example(
        entity_of(it=limits, code={"type": "string", "pattern": "^[A-Z]{3}$"}, at={"type": "string", "format": "ipv6"})
    )
    assert found["it"] % Decimal("2.5") == 0
    assert (found["code"], found["at"]) == ("EUR", "2001:db8::1")
    stated = example(entity_of(it={"type": "string", "pattern": "^#{7}$", "examples": ["#######"]}))
    assert stated["it"] == "#######"
    assert "it" not in example(entity_of(it={"type": "string", "pattern": "^#{7}$"}))
    with pytest.raises(UsageError, match="no legal value was found for column id"):
        example(entity_of(id={"type": "string", "pattern": "^#{7}$"}))
