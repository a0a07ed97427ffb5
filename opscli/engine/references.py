"""Schemas inside schemas: where they stand, and `$ref`s that lead nowhere, elsewhere, or round in a circle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from opscli.config.document import Document, Place
from opscli.config.validate import did_you_mean
from opscli.engine.entity import LOCAL_REFERENCE
from opscli.outcome import Issue
from opscli.phrases import say

_SAME_VALUE = ("not", "if", "then", "else")
_SAME_VALUE_LISTS = ("allOf", "anyOf", "oneOf")
_SAME_VALUE_MAPS = ("dependentSchemas",)
_PARTS = ("items", "contains", "additionalProperties", "propertyNames")
_PART_LISTS = ("prefixItems",)
_PART_MAPS = ("properties", "$defs")


def inner(schema: Mapping[str, Any]) -> Iterator[tuple[Place, Any, bool]]:
    """(place, schema, whether it judges the same value and not a part of it) of each schema directly inside one."""
    for keyword in (*_SAME_VALUE, *_PARTS):
        if keyword in schema:
            yield (keyword,), schema[keyword], keyword in _SAME_VALUE
    for keyword in (*_SAME_VALUE_LISTS, *_PART_LISTS):
        for number, part in enumerate(schema.get(keyword, ())):
            yield (keyword, number), part, keyword in _SAME_VALUE_LISTS
    for keyword in (*_SAME_VALUE_MAPS, *_PART_MAPS):
        for name, part in schema.get(keyword, {}).items():
            yield (keyword, name), part, keyword in _SAME_VALUE_MAPS


def issues_of(document: Document, schema: Mapping[str, Any]) -> Iterator[Issue]:
    """Problems of every `$ref` of an entity's document; `schema` is its whole schema, an extended one's merged."""
    definitions: Mapping[str, Any] = schema.get("$defs", {})
    for place, reference in _references(document.data.get("schema", {}), ("schema",)):
        name = reference.removeprefix(LOCAL_REFERENCE)
        if name == reference:
            what, why = say("entity.ref_elsewhere", ref=reference), say("entity.ref_elsewhere_why")
            yield document.issue(place, what, why=why, how=say("entity.ref_elsewhere_how"))
        elif name not in definitions:
            yield document.issue(place, say("entity.ref_unknown", name=name), how=did_you_mean(name, definitions))
    for name in document.data.get("schema", {}).get("$defs", {}):
        if circle := _circle(name, definitions, (name,)):
            yield document.issue(
                ("schema", "$defs", name),
                say("entity.ref_circle", name=name),
                why=say("entity.ref_circle_why", names=" → ".join(circle)),
                how=say("entity.ref_circle_how"),
            )


def _references(node: Any, place: Place) -> Iterator[tuple[Place, str]]:
    if not isinstance(node, Mapping):
        return
    if isinstance(node.get("$ref"), str):
        yield (*place, "$ref"), node["$ref"]
    for inside, part, _ in inner(node):
        yield from _references(part, (*place, *inside))


def _circle(start: str, definitions: Mapping[str, Any], trail: tuple[str, ...]) -> tuple[str, ...]:
    """The way from a definition back to itself that never enters a part of the value; empty without one."""
    for reference in _of_same_value(definitions.get(trail[-1])):
        name = reference.removeprefix(LOCAL_REFERENCE)
        if name == start:
            return (*trail, name)
        if name not in trail and (found := _circle(start, definitions, (*trail, name))):
            return found
    return ()


def _of_same_value(node: Any) -> Iterator[str]:
    if not isinstance(node, Mapping):
        return
    if isinstance(node.get("$ref"), str):
        yield node["$ref"]
    for _, part, same in inner(node):
        if same:
            yield from _of_same_value(part)
