"""What a test gives: records checked by their entity's schema, and filled up where a rule cannot look.

Keys that are left out are numbered, an event time that is left out is a day before as_of; every other required field
must be stated, because a rule may look at it. Times may be written as -30d, counted back from as_of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from opscli.config.document import Document
from opscli.config.validate import did_you_mean, validate_against
from opscli.engine.entity import Entity
from opscli.outcome import Issue
from opscli.phrases import LOCALES, say
from opscli.runner.case import KNOWN_BESIDE, Part, Scope, moment_before
from opscli.stage import Catalog

SOURCE = "test"
"""Source of given records, and the namespace of customer references."""
DAY = timedelta(days=1)
_BACK = re.compile(r"-\d+\s*(s|min|m|h|d|w)")
_TIMES = ("timestamp", "date")
_CENT = Decimal("0.0001")
"""Money has four decimals."""


def check_records(document: Document, catalog: Catalog) -> tuple[Issue, ...]:
    """Violations of the entities' schemas anywhere in the file, with the place of the field."""
    node = {
        "type": "object",
        "properties": {
            **{name: {"type": "array", "items": _record_schema(entity)} for name, entity in catalog.entities.items()},
            **dict.fromkeys(KNOWN_BESIDE, True),
        },
        "additionalProperties": False,
    }
    block = {"properties": {"given": node, "then": {"items": {"properties": {"given": node}}}}}
    return validate_against(document, {**block, "properties": {**block["properties"], "cases": {"items": block}}})


def _record_schema(entity: Entity) -> Mapping[str, Any]:
    """An entity's schema, closed, without what is filled up; times may be counted back; customers name their source."""
    filled = {entity.time, *(() if entity.name == "customers" else entity.key)}
    properties = {name: _field_schema(node) for name, node in entity.schema["properties"].items()}
    if entity.name == "customers":
        words = {word: say("testing.record_source", locale=word) for word in LOCALES}
        properties["source"] = {"type": "string", "description": words["en"], "x-description": words}
    return {
        **entity.schema,
        "properties": properties,
        "required": [name for name in entity.required if name not in filled],
        "additionalProperties": False,
    }


def _field_schema(node: Mapping[str, Any]) -> Mapping[str, Any]:
    if node.get("format") not in ("date-time", "date"):
        return node
    return {key: value for key, value in node.items() if key not in ("format", "pattern")}


def check_beside(part: Part, scope: Scope, as_of: datetime) -> Iterator[Issue]:
    """Times that are none, references to customers that are not given, unknown tags, campaigns, topics, channels."""
    for name, entity in scope.catalog.entities.items():
        for record in part.each(name):
            yield from _check_record(record, entity, scope, as_of)
    for key in ("tags", "tag_history", "consents"):
        for owner, words in part.below(key).items() if key in part.data else ():
            yield from scope.unknown_customer(words, owner)
            for word in words.each():
                yield from _check_word(word, scope, as_of)
    for message in part.each("messages"):
        yield from _check_message(message, scope, as_of)
    for customer in part.each("suppressions"):
        yield from scope.unknown_customer(customer, customer.data)
        if customer.data in set(scope.customers) - scope.addressed:
            how = f"email: {customer.data}@example.com"
            yield customer.issue(say("testing.no_address", name=customer.data), how=how)
    if isinstance(part.data.get("holdout"), Mapping):
        yield from _check_holdout(part.below("holdout"), scope)


def _check_message(message: Part, scope: Scope, as_of: datetime) -> Iterator[Issue]:
    yield from scope.unknown_customer(message.below("to"), message.data["to"])
    yield from _check_word(message, scope, as_of)
    channels = scope.catalog.names("channel")
    if "channel" not in message.data and len(channels) != 1:
        how = f"channel: {' | '.join(channels)}" if channels else ""
        yield message.issue(say("testing.which_channel"), how=how)


def _check_holdout(part: Part, scope: Scope) -> Iterator[Issue]:
    for campaign, people in part.items():
        yield from () if campaign == "project" else scope.unknown_name(people, "campaign", campaign)
        for customer in people.each():
            yield from scope.unknown_customer(customer, customer.data)


def _check_word(part: Part, scope: Scope, as_of: datetime) -> Iterator[Issue]:
    """Names and times of a tag, a consent or a message."""
    if isinstance(part.data, str):
        yield from scope.unknown_name(part, "tag", part.data)
        return
    for key in ("tag", "topic", "channel", "campaign"):
        if key in part.data:
            yield from scope.unknown_name(part.below(key), key, part.data[key])
    for key in ("since", "until", "at"):
        if key in part.data:
            yield from _no_moment(part.below(key), scope, as_of)


def _check_record(part: Part, entity: Entity, scope: Scope, as_of: datetime) -> Iterator[Issue]:
    for column in entity.columns:
        if part.data.get(column.name) is None:
            continue
        if column.type in _TIMES and isinstance(part.data[column.name], str):
            yield from _no_moment(part.below(column.name), scope, as_of, column.type)
    reference = part.data.get(entity.customer) if entity.customer else None
    if isinstance(reference, str) and reference not in scope.customers:
        how = did_you_mean(reference, scope.customers, otherwise=say("testing.give_customer", name=reference))
        yield part.below(str(entity.customer)).issue(say("testing.unknown_customer", name=reference), how=how)


def _no_moment(part: Part, scope: Scope, as_of: datetime, kind: str = "timestamp") -> Iterator[Issue]:
    try:
        _typed(part.data, kind, as_of, scope.catalog.zone)
    except ValueError:
        yield part.issue(say("testing.no_moment", text=part.data), how=say("testing.moment_forms"))


def records(parts: Sequence[Part], entity: Entity, *, as_of: datetime, zone: str, known: int) -> list[dict[str, Any]]:
    """Rows of an entity as the warehouse types them: every column, filled up; `known` rows were given before."""
    rows = [row for part in parts for row in part.data.get(entity.name, ())]
    return [_row(row, entity, number, as_of, zone) for number, row in enumerate(rows, start=known + 1)]


def _row(row: Mapping[str, Any], entity: Entity, number: int, as_of: datetime, zone: str) -> dict[str, Any]:
    typed = {column.name: _typed(row.get(column.name), column.type, as_of, zone) for column in entity.columns}
    for name in entity.key:
        if typed[name] is None and name != entity.time:
            typed[name] = number if entity.type_of(name) == "integer" else f"{entity.name}-{number}"
    if entity.time and typed[entity.time] is None and entity.name != "customers":
        typed[entity.time] = as_of - DAY
    return typed


def _typed(value: Any, kind: str, as_of: datetime, zone: str) -> Any:
    """A YAML value as the value of a column of a logical type. Raises ValueError for a time that is none."""
    if value is None:
        return None
    if kind in _TIMES:
        return _time(str(value), kind, as_of, zone)
    if kind == "json":
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    numbers: Mapping[str, Callable[[str], Any]] = {"money": lambda text: Decimal(text).quantize(_CENT), "float": float}
    return numbers[kind](str(value)) if kind in numbers else value


def _time(text: str, kind: str, as_of: datetime, zone: str) -> datetime | date:
    """An instant or a day, stated or counted back from as_of."""
    if kind == "timestamp":
        return moment_before(text, as_of, zone)
    return moment_before(text, as_of, zone).date() if _BACK.match(text) else date.fromisoformat(text)
