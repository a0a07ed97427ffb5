from __future__ import annotations

from typing import Any

import pytest

from opscli.config.document import Document
from opscli.engine.entity import check, logical_type, parse, standard_entities
from opscli.engine.soundness import WORDS_OF_CONDITIONS
from opscli.engine.tables import Column
from opscli.rules.scan import CONSTANTS, KEYWORDS


def document(name: str, **data: Any) -> Document:
    return Document(kind="entity", version=1, name=name, file=f"configs/entities/{name}.yaml", data=data, marks={})


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({}, "text"),
        ({"enum": ["a", "b"]}, "text"),
        ({"enum": [1, 2]}, "integer"),
        ({"enum": [0.5, 1]}, "float"),
        ({"const": True}, "boolean"),
        ({"type": "string", "format": "email"}, "text"),
        ({"type": "string", "format": "date-time"}, "timestamp"),
        ({"type": "string", "format": "date"}, "date"),
        ({"type": ["null", "integer"]}, "integer"),
        ({"type": "number"}, "float"),
        ({"type": "number", "x-money": "project"}, "money"),
        ({"type": "boolean"}, "boolean"),
        ({"type": "array", "items": {"type": "string"}}, "json"),
    ],
)
def test_json_schema_types_become_column_types(node: dict[str, Any], expected: str) -> None:
    assert logical_type(node) == expected


def test_the_standard_entities_are_sound() -> None:
    entities = standard_entities()
    assert set(entities) == {
        "customers", "orders", "order_lines", "products", "shipments", "events", "interactions", "feedback", "tickets",
        "deals", "spend", "staff", "fx_rates",
    }  # fmt: skip
    for entity in entities.values():
        assert not list(check(entity, None)), entity.name
        assert set(entity.key) <= set(entity.required) | {"channel", "campaign"}, entity.name


def test_versions_of_customers_are_records() -> None:
    assert standard_entities()["customers"].versions_table == "records"
    assert standard_entities()["orders"].versions_table == "orders_versions"


def test_personal_columns_are_marked() -> None:
    marked = {column.name for column in standard_entities()["customers"].columns if column.personal}
    assert {"email", "phone", "first_name", "birth_date", "street"} <= marked
    assert "plan" not in marked


def test_a_project_may_add_columns_to_a_standard_entity() -> None:
    extra = {"properties": {"margin": {"type": "number", "x-money": "project"}}, "required": ["margin"]}
    entity = parse(document("orders", extends="standard", schema=extra))
    standard = standard_entities()["orders"]
    assert entity.columns == (*standard.columns, Column("margin", "money"))
    assert (entity.key, entity.time, entity.customer) == (standard.key, standard.time, standard.customer)
    assert entity.required == (*standard.required, "margin")
    assert entity.currency_of("margin") == "project"
    assert entity.currency_of("amount") == "currency"


def test_a_project_may_replace_a_standard_entity() -> None:
    schema = {"properties": {"no": {"type": "string"}}}
    entity = parse(document("orders", key=["no"], schema=schema))
    assert [column.name for column in entity.columns] == ["no"]
    assert not list(check(entity, None))


def test_a_time_that_is_no_instant_and_a_broken_pattern_are_problems() -> None:
    schema = {"properties": {"no": {"type": "string", "pattern": "("}, "day": {"type": "string", "format": "date"}}}
    issues = [issue.what for issue in check(parse(document("visits", key=["no"], time="day", schema=schema)), None)]
    assert "the time column must be a timestamp" in issues
    assert any("pattern cannot be used" in what for what in issues)


def test_words_of_conditions_are_those_that_the_language_has() -> None:
    assert WORDS_OF_CONDITIONS == KEYWORDS | CONSTANTS
