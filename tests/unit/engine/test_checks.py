from __future__ import annotations

from typing import Any

import pytest

from opscli.config.document import Document
from opscli.engine.checks import checks
from opscli.engine.duckdb import DuckDBWarehouse
from opscli.engine.entity import Entity, parse

CASES = [
    ({"enum": ["new", "it's"]}, ["new", "it's"], ["old"], "not_allowed"),
    ({"enum": [1, 2], "type": "integer"}, [1], [3], "not_allowed"),
    ({"const": "x"}, ["x"], ["y"], "not_allowed"),
    ({"type": "integer", "minimum": 0}, [0], [-1], "too_small"),
    ({"type": "number", "exclusiveMinimum": 0}, [0.5], [0], "too_small"),
    ({"type": "number", "maximum": 10, "x-money": "project"}, [10], ["10.0001"], "too_large"),
    ({"type": "integer", "exclusiveMaximum": 10}, [9], [10], "too_large"),
    ({"type": "number", "multipleOf": 0.25, "x-money": "project"}, ["0.75"], ["0.8"], "not_a_multiple"),
    ({"minLength": 2}, ["ab"], ["é"], "too_short"),
    ({"maxLength": 2}, ["éé"], ["abc"], "too_long"),
    ({"pattern": "^[A-Z]'?$"}, ["A'"], ["ab"], "wrong_pattern"),
    ({"format": "email"}, ["a@b"], ["a b@c", "ab"], "not_email"),
    ({"anyOf": [{"const": "a"}, {"pattern": "^b"}]}, ["a", "bc"], ["c"], "not_allowed"),
    ({"oneOf": [{"pattern": "a"}, {"pattern": "b"}]}, ["a", "b"], ["ab", "c"], "not_allowed"),
    ({"allOf": [{"pattern": "a"}, {"pattern": "b"}]}, ["ab"], ["a"], "not_allowed"),
    ({"not": {"const": "x"}}, ["y"], ["x"], "not_allowed"),
]


def entity_of(node: dict[str, Any], required: list[str]) -> Entity:
    data = {"key": ["id"], "schema": {"properties": {"id": {"type": "string"}, "it": node}, "required": required}}
    return parse(Document(kind="entity", version=1, name="things", file="things.yaml", data=data, marks={}))


def reasons(warehouse: DuckDBWarehouse, entity: Entity, value: Any) -> list[str]:
    with warehouse.read() as session:
        session.create("scratch.things", {column.name: column.type for column in entity.columns})
        session.execute("INSERT INTO scratch.things VALUES ('1', ?)", (value,))
        found = [
            (check.reason, session.value(f"SELECT {check.violated} FROM scratch.things"))
            for check in checks(entity, session.dialect)
        ]
    assert all(isinstance(verdict, bool) for _, verdict in found)
    return [reason for reason, verdict in found if verdict]


@pytest.mark.parametrize(("node", "good", "bad", "reason"), CASES, ids=[str(case[0]) for case in CASES])
def test_a_rule_lets_good_values_pass_and_names_the_others(
    warehouse: DuckDBWarehouse, node: dict[str, Any], good: list[Any], bad: list[Any], reason: str
) -> None:
    entity = entity_of(node, [])
    for value in (*good, None):
        assert reasons(warehouse, entity, value) == []
    for value in bad:
        assert reasons(warehouse, entity, value) == [reason]


def test_only_required_columns_must_be_there(warehouse: DuckDBWarehouse) -> None:
    assert reasons(warehouse, entity_of({"minLength": 1}, ["it"]), None) == ["missing"]
