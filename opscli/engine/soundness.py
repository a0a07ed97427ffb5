"""What is wrong inside one entity: names that are no columns, types that do not fit, rules that nothing could meet."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from opscli.config.document import Place
from opscli.config.validate import did_you_mean
from opscli.engine import references, regex
from opscli.engine.entity import PROJECT_CURRENCY, Entity, standard_entities, stating_types
from opscli.engine.limits import is_number, json_number
from opscli.engine.records import columns_of, exact, validator
from opscli.engine.tables import REFERENCE_COLUMNS, VERSION_COLUMNS
from opscli.outcome import Issue
from opscli.phrases import say

WORDS_OF_CONDITIONS = frozenset(["and", "or", "not", "in", "between", "like", "ilike", "is", "true", "false", "null"])
"""A condition could not name such a column."""
_SCHEMA: Place = ("schema",)
_PAIRS = (
    ("minimum", "maximum"), ("exclusiveMinimum", "maximum"), ("minimum", "exclusiveMaximum"),
    ("exclusiveMinimum", "exclusiveMaximum"), ("minLength", "maxLength"), ("minItems", "maxItems"),
    ("minProperties", "maxProperties"), ("minContains", "maxContains"),
)  # fmt: skip
_OF_A_COLUMN = ("x-money", "x-personal")
_UNFIT_KEYS = ("json", "float", "money")


@dataclass(frozen=True, slots=True)
class _Node:
    """A schema inside the file: where it stands, and the logical type of the column it is about ("" = none)."""

    place: Place
    schema: Mapping[str, Any]
    kind: str = ""


def issues_of(spec: Entity) -> Iterator[Issue]:
    """Every problem, each at its place."""
    yield from _head(spec)
    yield from _names(spec)
    yield from _types(spec)
    yield from _annotations(spec)
    broken = [*references.issues_of(spec.document, spec.schema), *_against_json_schema(spec)]
    yield from broken
    for node in _nodes(spec):
        yield from _rules(spec, node)
    if not broken:  # a default is judged by the whole of its column's rules
        yield from _defaults(spec)


def _head(spec: Entity) -> Iterator[Issue]:
    document = spec.document
    if spec.extends and spec.name not in standard_entities():
        names = ", ".join(standard_entities())
        yield document.issue(
            ("extends",), say("entity.no_standard", name=spec.name), how=say("entity.standard_are", names=names)
        )
    elif not spec.key:
        yield document.issue((), say("entity.needs_key"), why=say("entity.key_tells_apart"), how=say("entity.add_key"))
    for number, name in enumerate(spec.key):
        if name in spec.key[:number]:
            yield document.issue(("key", number), say("entity.key_twice", name=name), how=say("entity.take_one_out"))
    reserved = {column.name for column in (*VERSION_COLUMNS, *REFERENCE_COLUMNS)}
    for column in spec.columns:
        if column.name in reserved:
            why = say("entity.reserved_why")
        elif column.name in WORDS_OF_CONDITIONS:
            why = say("entity.word_of_conditions_why")
        else:
            continue
        place = (*_SCHEMA, "properties", column.name)
        yield document.issue(place, say("entity.reserved", name=column.name), why=why, how=say("entity.rename"))


def _names(spec: Entity) -> Iterator[Issue]:
    """Names in key, time, customer, required, x-money and in rules over several columns that are no columns."""
    stated: list[tuple[Place, str | None]] = [(("key", index), name) for index, name in enumerate(spec.key)]
    stated += [(("time",), spec.time), (("customer",), spec.customer)]
    stated += [((*_SCHEMA, "required", index), name) for index, name in enumerate(_stated(spec).get("required", ()))]
    for column in spec.columns:
        currency = spec.currency_of(column.name)
        if currency != PROJECT_CURRENCY:
            stated.append(((*_SCHEMA, "properties", column.name, "x-money"), currency))
    rules = {word: value for word, value in _stated(spec).items() if word not in ("properties", "required")}
    stated += columns_of(rules, _SCHEMA)
    known = [column.name for column in spec.columns]
    for place, name in stated:
        if name is not None and name not in known:
            how = did_you_mean(name, known, otherwise=say("entity.add_column", name=name))
            yield spec.document.issue(place, say("entity.unknown_column", name=name), how=how)


def _types(spec: Entity) -> Iterator[Issue]:
    """Columns whose type does not fit what they are for."""
    document = spec.document
    for number, name in enumerate(spec.key):
        if (kind := spec.type_of(name)) in _UNFIT_KEYS:
            why = say("entity.key_type_why", kind=kind)
            yield document.issue(
                ("key", number), say("entity.key_type", name=name), why=why, how=say("entity.key_type_how")
            )
    if spec.time and (kind := spec.type_of(spec.time)) not in (None, "timestamp"):
        why = say("entity.time_type_why", name=spec.time, kind=kind)
        yield document.issue(("time",), say("entity.time_type"), why=why, how=say("entity.time_type_how"))
    if spec.customer and (kind := spec.type_of(spec.customer)) not in (None, "text"):
        why = say("entity.customer_type_why", name=spec.customer, kind=kind)
        yield document.issue(("customer",), say("entity.customer_type"), why=why, how=say("entity.make_text"))
    definitions = spec.schema.get("$defs", {})
    for name, schema in _stated(spec).get("properties", {}).items():
        place = (*_SCHEMA, "properties", name)
        types = sorted({part["type"] for part in stating_types(schema, definitions)})
        if len(types) > 1 and types != ["integer", "number"]:
            what = say("entity.several_types", name=name, types=", ".join(types))
            how = say("entity.several_types_how")
            yield document.issue((*place, "type"), what, why=say("entity.several_types_why"), how=how)
        if name in spec.required and "null" in _listed(schema.get("type")):
            what, why = say("entity.required_null", name=name), say("entity.required_null_why")
            yield document.issue((*place, "type"), what, why=why, how=say("entity.required_null_how"))


def _annotations(spec: Entity) -> Iterator[Issue]:
    """Money that is no number, and currencies that are no codes."""
    for name, schema in _stated(spec).get("properties", {}).items():
        place = (*_SCHEMA, "properties", name, "x-money")
        currency, kind = schema.get("x-money"), spec.type_of(name)
        if currency and kind not in ("money", "integer"):
            yield spec.document.issue(
                place,
                say("entity.money_type", name=name),
                why=say("entity.money_type_why", kind=kind),
                how=say("entity.money_type_how"),
            )
        if currency and (kind := spec.type_of(currency)) not in (None, "text"):
            yield spec.document.issue(
                place,
                say("entity.currency_type", name=currency),
                why=say("entity.currency_type_why", kind=kind),
                how=say("entity.make_text"),
            )


def _nodes(spec: Entity) -> Iterator[_Node]:
    """Every schema of the file, those inside others too."""
    schema = _stated(spec)
    for name, node in schema.get("properties", {}).items():
        yield from _within(_Node((*_SCHEMA, "properties", name), node, spec.type_of(name) or ""))
    for name, node in schema.get("$defs", {}).items():
        yield from _within(_Node((*_SCHEMA, "$defs", name), node))
    rules = {word: value for word, value in schema.items() if word not in ("properties", "$defs")}
    yield from _within(_Node(_SCHEMA, rules))


def _within(node: _Node) -> Iterator[_Node]:
    yield node
    for place, inner, same in references.inner(node.schema):
        if isinstance(inner, Mapping):
            yield from _within(_Node((*node.place, *place), inner, node.kind if same else ""))


def _rules(spec: Entity, node: _Node) -> Iterator[Issue]:
    """Keywords of one schema that cannot be used, or that no value could meet."""
    document, schema = spec.document, node.schema
    if node.place[:-1] != (*_SCHEMA, "properties"):
        for keyword in _OF_A_COLUMN:
            if keyword in schema:
                what = say("entity.no_effect", keyword=keyword)
                how = say("entity.no_effect_how")
                yield document.issue((*node.place, keyword), what, why=say("entity.no_effect_why"), how=how)
    for keyword, value in schema.items():
        if isinstance(value, float) and not math.isfinite(value):
            what = say("entity.no_number", value=value)
            yield document.issue((*node.place, keyword), what, how=say("entity.no_number_how"))
    yield from _pattern(spec, node)
    yield from _crossed(spec, node)
    values: list[tuple[Place, Any]] = [(("enum", number), value) for number, value in enumerate(schema.get("enum", ()))]
    values += [(("const",), schema["const"])] if "const" in schema else []
    for place, value in values:
        if node.kind and value is not None and not _fits(value, node.kind):
            yield document.issue(
                (*node.place, *place),
                say("entity.value_type", value=_shown(value)),
                why=say("entity.value_type_why", kind=node.kind),
                how=say("entity.value_type_how"),
            )


def _pattern(spec: Entity, node: _Node) -> Iterator[Issue]:
    pattern = node.schema.get("pattern")
    refused = regex.refusal(pattern) if isinstance(pattern, str) else None
    if refused is None:
        return
    how = say("entity.pattern_look") if regex.looks_around(str(pattern)) else say("entity.pattern_how")
    yield spec.document.issue(
        (*node.place, "pattern"),
        say("entity.pattern_refused", why=refused.why),
        why=say("entity.pattern_part", part=refused.part or pattern),
        how=how,
        offset=refused.offset,
    )


def _crossed(spec: Entity, node: _Node) -> Iterator[Issue]:
    """Limits that leave no value."""
    for lower, upper in _PAIRS:
        least, most = node.schema.get(lower), node.schema.get(upper)
        if not (is_number(least) and is_number(most)):
            continue
        touching = lower.startswith("exclusive") or upper.startswith("exclusive")
        if least > most or (touching and least == most):  # type: ignore[operator]
            what = say("entity.crossed", lower=lower, least=least, upper=upper, most=most)
            how = say("entity.crossed_how")
            yield spec.document.issue((*node.place, upper), what, why=say("entity.crossed_why"), how=how)


def _defaults(spec: Entity) -> Iterator[Issue]:
    definitions = exact(spec.schema.get("$defs", {}))
    for name, schema in _stated(spec).get("properties", {}).items():
        if schema.get("default") is None:
            continue
        column = exact(schema, spec.type_of(name) or "")
        default = exact({"const": schema["default"]}, spec.type_of(name) or "")["const"]
        error = next(validator({"$defs": definitions, **column}).iter_errors(default), None)
        if error is not None:
            yield spec.document.issue(
                (*_SCHEMA, "properties", name, "default"),
                say("entity.default_refused", value=_shown(schema["default"])),
                how=say("entity.default_how", keyword=error.validator),
            )


def _against_json_schema(spec: Entity) -> Iterator[Issue]:
    """Violations of JSON Schema itself. Its format `regex` is left out: patterns are RE2, not Python's."""
    import jsonschema

    judge = jsonschema.Draft202012Validator(jsonschema.Draft202012Validator.META_SCHEMA)
    for error in judge.iter_errors(_stated(spec)):
        yield spec.document.issue((*_SCHEMA, *error.absolute_path), say("entity.no_schema", message=error.message))


def _fits(value: Any, kind: str) -> bool:
    """Whether a column of that logical type could hold a JSON value."""
    if kind == "json":
        return True
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in ("integer", "float", "money"):
        return is_number(value) and (kind != "integer" or isinstance(json_number(value), int))
    if kind in ("timestamp", "date"):
        return isinstance(value, str) and _is_moment(value)
    return isinstance(value, str)


def _is_moment(text: str) -> bool:
    from opscli.clock import parse_instant

    try:
        parse_instant(text)
    except ValueError:
        return False
    return True


def _shown(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


def _listed(names: Any) -> list[Any]:
    return names if isinstance(names, list) else [names]


def _stated(spec: Entity) -> Mapping[str, Any]:
    """The schema as this file states it: what a standard entity brings was checked before."""
    schema: Mapping[str, Any] = spec.document.data.get("schema", {})
    return schema
