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
from opscli.engine.tables import REFERENCE_COLUMNS, VERSION_COLUMNS, Column
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
            Column(name, logical_type(node), bool(node.get("x-personal"))) for name, node in properties.items()
        ),
        schema=schema,
        document=document,
        extends=data.get("extends"),
    )


def check(spec: Entity, catalog: object) -> Iterable[Issue]:  # noqa: ARG001  an entity leans on no other document
    """Problems inside one entity: key, time, customer or currency that are no columns, reserved names, a bad schema."""
    document = spec.document
    if spec.extends and spec.name not in standard_entities():
        names = ", ".join(standard_entities())
        yield document.issue(
            ("extends",), f'there is no standard entity "{spec.name}"', how=f"standard entities: {names}"
        )
    elif not spec.key:
        yield document.issue((), "an entity needs a key", why="rows are told apart by it", how="add key: [order_id]")
    yield from _reference_issues(spec)
    reserved = {column.name for column in (*VERSION_COLUMNS, *REFERENCE_COLUMNS)}
    for column in spec.columns:
        if column.name in reserved:
            place = ("schema", "properties", column.name)
            yield document.issue(
                place, f'column "{column.name}" is reserved', why="versions of rows use it", how="rename it"
            )
    yield from _schema_issues(spec)


def provides(spec: Entity) -> Iterable[Any]:  # noqa: ARG001  the compiler reads entities before all else
    """Nothing: entities and their columns enter the catalog through the compiler."""
    return ()


def logical_type(node: Mapping[str, Any]) -> str:
    """Logical type (engine.tables) of a property: text integer float money boolean timestamp date json."""
    kind = node.get("type") or _type_of_values(node.get("enum", [node.get("const")]))
    if isinstance(kind, list):
        kind = next((item for item in kind if item != "null"), "string")
    if kind == "number" and "x-money" in node:
        return "money"
    if kind == "string":
        return _FORMATS.get(node.get("format", ""), "text")
    return _TYPES[kind]


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
        "required": list(dict.fromkeys(required)),
    }


def _reference_issues(spec: Entity) -> Iterator[Issue]:
    """Names in key, time, customer, required and x-money that are no columns, or columns of the wrong type."""
    document = spec.document
    stated: list[tuple[tuple[str | int, ...], str | None]] = [
        (("key", index), name) for index, name in enumerate(spec.key)
    ]
    stated += [(("time",), spec.time), (("customer",), spec.customer)]
    stated += [(("schema", "required", index), name) for index, name in enumerate(spec.required)]
    for column in spec.columns:
        currency = spec.currency_of(column.name)
        if currency != PROJECT_CURRENCY:
            stated.append((("schema", "properties", column.name, "x-money"), currency))
    for place, name in stated:
        if name is not None and spec.type_of(name) is None:
            yield document.issue(
                place, f'unknown column "{name}"', how=f'add "{name}" to schema.properties, or correct it'
            )
    if spec.time and spec.type_of(spec.time) not in (None, "timestamp"):
        why = f'"{spec.time}" is {spec.type_of(spec.time)}; an event time is an instant'
        yield document.issue(("time",), "the time column must be a timestamp", why=why, how="give it format: date-time")


def _schema_issues(spec: Entity) -> Iterator[Issue]:
    """Violations of JSON Schema itself, such as a pattern that is no regular expression."""
    import jsonschema

    draft = jsonschema.Draft202012Validator
    # Without the format checker a pattern that is no regular expression would pass.
    judge = draft(draft.META_SCHEMA, format_checker=draft.FORMAT_CHECKER)
    for error in judge.iter_errors(spec.document.data.get("schema", {})):
        yield spec.document.issue(("schema", *error.absolute_path), f"not a valid JSON Schema: {error.message}")
