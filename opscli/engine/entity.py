"""Entities: what a kind of record is, as a JSON Schema with annotations, compiled to columns.

The standard entities ship as YAML in `entities/`. A project's configs/entities/<name>.yaml replaces one, or widens it
with `extends: standard`. Annotations: `x-money` (`project`, or the name of a currency column) and `x-personal` (data
about a person: masked in output, erased on request).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from opscli.config.document import Document
from opscli.config.reader import read_yaml
from opscli.engine.tables import Column
from opscli.errors import ConfigInvalid
from opscli.outcome import Issue

STANDARD_FOLDER = Path(__file__).parent / "entities"
PROJECT_CURRENCY = "project"
"""`x-money: project`: the amount is in the project's currency."""

_TYPES = {
    "string": "text",
    "number": "float",
    "integer": "integer",
    "boolean": "boolean",
    "object": "json",
    "array": "json",
}
_FORMATS = {"date-time": "timestamp", "date": "date"}
LOCAL_REFERENCE = "#/$defs/"
"""Beginning of every `$ref`: schemas are read from this file only."""
_NO_DEFINITIONS: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One compiled entity. `schema` is the whole JSON Schema of a record, an extended one merged with its standard."""

    name: str
    key: tuple[str, ...]
    time: str | None
    customer: str | None
    columns: tuple[Column, ...]
    schema: Mapping[str, Any]
    document: Document
    extends: str | None = None

    @property
    def versions_table(self) -> str:
        """Table of all versions; `customers` is identity's golden table, its imported versions are `records`."""
        return "records" if self.name == "customers" else f"{self.name}_versions"

    @property
    def required(self) -> tuple[str, ...]:
        """Columns that no record may lack."""
        return tuple(self.schema.get("required", ()))

    def type_of(self, column: str) -> str | None:
        """Logical type of a column, None where the entity has no such column."""
        return next((item.type for item in self.columns if item.name == column), None)

    def currency_of(self, column: str) -> str | None:
        """`project`, or the column that names the currency; None for columns that are no money."""
        currency: str | None = self.schema["properties"].get(column, {}).get("x-money")
        return currency


def parse(document: Document) -> Entity:
    """Compile an entity document; with `extends: standard` what it states is added to the shipped one's."""
    data = document.data
    base = standard_entities()[document.name] if data.get("extends") and document.name in standard_entities() else None
    schema = _merged(base.schema, data.get("schema", {})) if base else {"type": "object", **data.get("schema", {})}
    properties: Mapping[str, Any] = schema.get("properties", {})
    return Entity(
        name=document.name,
        key=tuple(data.get("key", base.key if base else ())),
        time=data.get("time", base.time if base else None),
        customer=data.get("customer", base.customer if base else None),
        columns=tuple(
            Column(name, logical_type(node, schema.get("$defs", {})), bool(node.get("x-personal")))
            for name, node in properties.items()
        ),
        schema=schema,
        document=document,
        extends=data.get("extends"),
    )


def check(spec: Entity, catalog: object) -> Iterable[Issue]:  # noqa: ARG001  an entity leans on no other document
    """Problems inside one entity: see `soundness`."""
    from opscli.engine.soundness import issues_of

    return issues_of(spec)


def provides(spec: Entity) -> Iterable[Any]:  # noqa: ARG001  the compiler reads entities before all else
    """Nothing: entities and their columns enter the catalog through the compiler."""
    return ()


def logical_type(node: Mapping[str, Any], definitions: Mapping[str, Any] = _NO_DEFINITIONS) -> str:
    """Logical type (engine.tables) of a property: text integer float money boolean timestamp date json.

    A schema that states its type in parts (`$ref`, `anyOf: [{type: integer}, {type: "null"}]`) has that of its parts;
    whole numbers are numbers, and parts that do not go together make a text.
    """
    kinds = {_logical(part) for part in stating_types(node, definitions)}
    if not kinds:
        kinds = {_logical({"type": "string", **_without_type(node)})}
    if kinds == {"integer", "float"}:
        kinds = {"float"}
    kind = kinds.pop() if len(kinds) == 1 else "text"
    return "money" if kind == "float" and "x-money" in node else kind


def stating_types(
    node: Any, definitions: Mapping[str, Any] = _NO_DEFINITIONS, seen: frozenset[str] = frozenset()
) -> Iterator[dict[str, Any]]:
    """The parts of a property's schema that state what its values are, one JSON type each; null is left out."""
    if not isinstance(node, Mapping):
        return
    if "type" in node:
        names = node["type"] if isinstance(node["type"], list) else [node["type"]]
        yield from ({**node, "type": name} for name in names if name in _TYPES)
    elif "$ref" in node:
        name = str(node["$ref"])
        if name not in seen:
            target = definitions.get(name.removeprefix(LOCAL_REFERENCE))
            yield from stating_types(target, definitions, seen | {name})
    elif "enum" in node or "const" in node:
        values = node.get("enum", [node.get("const")])
        yield {**node, "type": _type_of_values([value for value in values if value is not None])}
    else:
        parts = [part for word in ("allOf", "anyOf", "oneOf") for part in node.get(word, ())]
        yield from (found for part in parts for found in stating_types(part, definitions, seen))


def _without_type(node: Mapping[str, Any]) -> dict[str, Any]:
    return {word: value for word, value in node.items() if word != "type"}


def _logical(node: Mapping[str, Any]) -> str:
    """Logical type of a node with one JSON type."""
    return _FORMATS.get(node.get("format", ""), "text") if node["type"] == "string" else _TYPES[node["type"]]


def _type_of_values(values: list[Any]) -> str:
    """JSON type of a column that only lists its values."""
    types = {type(value) for value in values}
    if types == {bool}:
        return "boolean"
    if types == {int}:
        return "integer"
    return "number" if types and types <= {int, float} else "string"


@cache
def standard_entities() -> Mapping[str, Entity]:
    """The shipped entities by name."""
    found = (_standard(path) for path in sorted(STANDARD_FOLDER.glob("*.yaml")))
    return {entity.name: entity for entity in found}


def _standard(path: Path) -> Entity:
    """One shipped entity; its file is named by its place in the package."""
    file = f"opscli/engine/entities/{path.name}"
    tree, issues = read_yaml(path.read_text(encoding="utf-8"), file)
    if tree is None or issues:
        raise ConfigInvalid(issues)
    return parse(
        Document(kind="entity", version=1, name=tree.data["name"], file=file, data=tree.data, marks=tree.marks)
    )


def _merged(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """The standard schema with a project's properties and required columns added."""
    required = [*base.get("required", ()), *more.get("required", ())]
    return {
        **base,
        **more,
        "properties": {**base["properties"], **more.get("properties", {})},
        "$defs": {**base.get("$defs", {}), **more.get("$defs", {})},
        "required": list(dict.fromkeys(required)),
    }
