from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import jsonschema
import pytest

from opscli.config.document import Document
from opscli.engine import regex
from opscli.engine.checks import compiled, concerned, leftover
from opscli.engine.dialect import DuckDBDialect
from opscli.engine.duckdb import DuckDBWarehouse
from opscli.engine.entity import Entity, logical_type, parse
from opscli.engine.formats import FORMATS
from opscli.engine.records import exact, flaws, record_of, validator

DUCKDB = DuckDBDialect()


def entity_of(properties: dict[str, Any], **more: Any) -> Entity:
    data = {"key": ["id"], "schema": {"properties": {"id": {"type": "string"}, **properties}, **more}}
    return parse(Document(kind="entity", version=1, name="things", file="things.yaml", data=data, marks={}))


def told(entity: Entity, **cells: Any) -> list[tuple[str, str]]:
    kinds = {column.name: column.type for column in entity.columns}
    judge = validator(leftover(entity, DUCKDB))
    return [(flaw.column, flaw.reason) for flaw in flaws(judge, record_of(cells, kinds), tuple(kinds))]


def test_what_sql_says_is_not_left_and_what_it_cannot_say_is() -> None:
    node = {
        "type": "string",
        "minLength": 1,
        "pattern": "a",
        "if": {"minLength": 3},
        "then": {"pattern": "b"},
        "title": "T",
    }
    assert compiled(node, "text", DUCKDB) == {"type": "string", "minLength": 1, "pattern": "a"}
    entity = entity_of({"it": node, "plain": {"type": "integer", "minimum": 3}})
    assert leftover(entity, DUCKDB)["properties"] == {"it": {"if": {"minLength": 3}, "then": {"pattern": "b"}}}
    assert concerned(entity, leftover(entity, DUCKDB)) == ("it",)
    assert leftover(entity_of({"plain": {"type": "integer", "anyOf": [{"minimum": 3}, {"const": 1}]}}), DUCKDB) == {}


def test_a_join_with_one_part_that_sql_cannot_say_is_left_whole() -> None:
    parts = [{"format": "ipv6"}, {"pattern": "^x"}]
    assert compiled({"type": "string", "anyOf": parts}, "text", DUCKDB) == {"type": "string"}
    entity = entity_of({"it": {"type": "string", "anyOf": parts}})
    assert (told(entity, it="::1"), told(entity, it="xy"), told(entity, it="y")) == ([], [], [("it", "not_allowed")])


@pytest.mark.parametrize(
    ("rules", "cells", "expected"),
    [
        ({"dependentRequired": {"a": ["b"]}}, {"a": "1"}, [("b", "missing")]),
        ({"dependentRequired": {"a": ["b"]}}, {"b": "1"}, []),
        ({"if": {"properties": {"a": {"const": "x"}}, "required": ["a"]}, "then": {"required": ["c"]}}, {"a": "x"}, [("c", "missing")]),
        ({"dependentSchemas": {"a": {"properties": {"c": {"minimum": 3}}}}}, {"a": "1", "c": Decimal("2.5")}, [("c", "too_small")]),
        ({"minProperties": 3}, {"a": "1"}, [("", "too_few")]),
        ({"not": {"required": ["a", "b"]}}, {"a": "1", "b": "2"}, [("a", "not_allowed")]),
        ({"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"a": "1", "b": "2"}, [("a", "not_allowed")]),
    ],
)  # fmt: skip
def test_rules_over_several_columns_name_the_column_that_is_wrong(
    rules: dict[str, Any], cells: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    text, number = {"type": "string"}, {"type": "number"}
    assert told(entity_of({"a": text, "b": text, "c": number}, **rules), id="1", **cells) == expected


def test_numbers_are_exact_in_amounts_floats_and_json() -> None:
    entity = entity_of(
        {"it": {"type": "number", "multipleOf": 0.1}, "all": {"items": {"multipleOf": 0.1}, "type": "array"}}
    )
    assert told(entity, it=0.3, all="[0.3, 0.7, 1.10]") == []
    assert told(entity, it=0.35, all="[0.35]") == [("it", "not_a_multiple"), ("all", "not_a_multiple")]
    assert told(entity, it=1e308) == []
    unique = entity_of({"it": {"type": "array", "uniqueItems": True}})
    assert (told(unique, it="[1, true]"), told(unique, it="[1, 1.0]")) == ([], [("it", "not_unique")])


@pytest.mark.parametrize(
    ("pattern", "text", "meaning"),
    [
        ("^a$", "a\n", False),  # Python's $ stands before a last newline too
        (r"\d", "٣", False),  # Python's \d takes digits of every script
        (r"\w", "é", False),
        (r"^\p{Lu}+$", "ÉÀ", True),  # Python has no \p
        ("a.b", "a\nb", False),
        ("b", "abc", True),  # anywhere
    ],
)
def test_patterns_mean_what_re2_means_by_row_and_in_sql(
    warehouse: DuckDBWarehouse, pattern: str, text: str, meaning: bool
) -> None:
    assert regex.refusal(pattern) is None
    assert regex.contains(pattern, text) is meaning
    with warehouse.read() as session:
        assert session.value("SELECT regexp_matches(?, ?)", (text, pattern)) is meaning


def test_a_pattern_that_re2_refuses_says_where() -> None:
    refused = regex.refusal(r"^V(?!0)\d+$")
    assert refused is not None
    assert (refused.part, refused.offset) == ("(?!", 2)
    assert regex.looks_around(r"^V(?!0)\d+$")
    assert not regex.looks_around("(open")


STOCK = jsonschema.Draft202012Validator.FORMAT_CHECKER
NEAR = {
    "uuid": ["123e4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000", "{123e4567-e89b-12d3-a456-426614174000}"],
    "ipv4": ["1.2.3.4", "01.2.3.4", "256.1.1.1", "1.2.3", "1.2.3.4 ", "9.9.9.9"],
    "ipv6": ["::1", "1::2::3", "fe80::1", "::ffff:1.2.3.4", ":::", "12345::"],
    "date": ["2026-02-28", "2026-02-29", "2024-02-29", "20260228", "2026-2-8", "2026-W09-1"],
}  # fmt: skip


@pytest.mark.parametrize("name", NEAR)
def test_formats_are_those_of_jsonschema_where_it_has_them(name: str) -> None:
    chance = random.Random(7)  # noqa: S311  texts of a test
    texts = list(NEAR[name])
    for text in NEAR[name]:
        for _ in range(60):
            place = chance.randrange(len(text) + 1)
            texts.append(
                text[:place] + chance.choice("0123459afAFgG.:-/ %\u0663") + text[place + chance.randrange(2) :]
            )
    # Python's UUID takes digits of every script, which RFC 4122 does not.
    texts = [text for text in texts if text.isascii() or name != "uuid"]
    wrong = [text for text in texts if FORMATS[name].holds(text) != STOCK.conforms(text, name)]
    assert wrong == []


@pytest.mark.parametrize("name", [name for name, rule in FORMATS.items() if rule.pattern])
def test_a_format_means_the_same_as_a_function_and_as_a_pattern(name: str) -> None:
    chance = random.Random(11)  # noqa: S311  texts of a test
    seeds = [
        "a@b.c",
        "http://a/%2f?q=[1]#x",
        "urn:isbn:1",
        "12:30:00.5+02:00",
        "123e4567-e89b-12d3-a456-426614174000",
        "1.25.255.3",
    ]
    letters = 'aZ09@.:-+%/ \t\u00a0\u2003\u3000\u0663é<>[]{}^`|\\"?#_~'
    wrong = []
    for seed in seeds:
        for _ in range(150):
            place = chance.randrange(len(seed) + 1)
            text = seed[:place] + chance.choice(letters) + seed[place + chance.randrange(2) :]
            if FORMATS[name].holds(text) != regex.contains(FORMATS[name].pattern, text):
                wrong.append(text)
    assert wrong == []


@pytest.mark.parametrize(
    ("node", "kind"),
    [
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer"),
        ({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}, "timestamp"),
        ({"type": ["integer", "number", "null"]}, "float"),
        ({"type": ["string", "integer"]}, "text"),
        ({"type": "null"}, "text"),
        ({"enum": [1, None]}, "integer"),
        ({"$ref": "#/$defs/count"}, "integer"),
        ({"$ref": "#/$defs/loop"}, "text"),
        ({"$ref": "#/$defs/nothing"}, "text"),
    ],
)
def test_a_type_that_is_stated_in_parts_is_found(node: dict[str, Any], kind: str) -> None:
    definitions = {"count": {"type": "integer"}, "loop": {"$ref": "#/$defs/loop"}}
    assert logical_type(node, definitions) == kind


def test_instants_that_a_schema_lists_are_compared_as_instants() -> None:
    node = exact({"enum": ["2026-03-29T03:00:00+02:00"], "const": "2026-03-29"}, "timestamp")
    assert node == {"enum": ["2026-03-29T01:00:00Z"], "const": "2026-03-29T00:00:00Z"}
