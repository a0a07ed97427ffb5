"""One record in the making: its fields, answers in text read as values, and what the entity's rules say of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from opscli.clock import iso, parse_instant
from opscli.config import meaning
from opscli.engine import records
from opscli.engine.entity import PROJECT_CURRENCY, Entity
from opscli.engine.limits import json_number
from opscli.engine.records import Flaw
from opscli.phrases import say

_YES = ("yes", "y", "true", "1", "是", "对")
_NO = ("no", "n", "false", "0", "否", "不")
_NUMBER = re.compile(r"[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONEY_DECIMALS = Decimal("0.0001")
_LARGEST_INTEGER = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column as a form asks for it. `allowed` lists its values where the schema does."""

    name: str
    kind: str
    node: Mapping[str, Any]
    required: bool
    currency: str = ""

    @property
    def title(self) -> str:
        """What it is called, and what it holds."""
        return " · ".join(filter(None, (meaning.title(self.node), meaning.description(self.node))))

    @property
    def allowed(self) -> tuple[Any, ...]:
        values = [self.node["const"]] if "const" in self.node else self.node.get("enum", ())
        return tuple(value for value in values if value is not None)

    @property
    def default(self) -> Any:
        return self.node.get("default")


def fields_of(entity: Entity) -> tuple[Field, ...]:
    """The columns in the schema's order; key columns are asked for even where the schema does not require them."""
    needed = {*entity.required, *entity.key}
    return tuple(
        Field(
            name=column.name,
            kind=column.type,
            node=entity.schema["properties"][column.name],
            required=column.name in needed,
            currency=entity.currency_of(column.name) or "",
        )
        for column in entity.columns
    )


@dataclass(frozen=True, slots=True)
class Draft:
    """Answers against an entity. `zone` is the one of times without an offset."""

    entity: Entity
    zone: str

    def read(self, field: Field, answer: str) -> Any:
        """The JSON value of an answer. Raises ValueError with the reason, in words for the person who answered."""
        text = answer.strip()
        chosen = _chosen(field, text)
        value = (
            records.exact({"const": chosen}, field.kind)["const"] if chosen is not None else self._typed(field, text)
        )
        self.judge(field, value)
        return value

    def judge(self, field: Field, value: Any) -> None:
        """Raises ValueError with the first rule of its column that a value breaks, in words."""
        node = records.exact(self.entity.schema["properties"][field.name], field.kind)
        definitions = records.exact(self.entity.schema.get("$defs", {}))
        judge = records.validator({"$defs": definitions, "properties": {field.name: node}})
        for flaw in records.flaws(judge, {field.name: value}, (field.name,)):
            raise ValueError(in_words(flaw, field))

    def problems(self, record: Mapping[str, Any]) -> list[Flaw]:
        """What the whole record breaks, rules over several columns too."""
        kinds = {column.name: column.type for column in self.entity.columns}
        columns = {name: records.exact(node, kinds[name]) for name, node in self.entity.schema["properties"].items()}
        schema = {**records.exact({**self.entity.schema, "properties": {}}), "properties": columns}
        schema["required"] = [field.name for field in fields_of(self.entity) if field.required]
        return records.flaws(records.validator(schema), record, tuple(kinds))

    def _typed(self, field: Field, text: str) -> Any:
        if field.kind == "boolean":
            return _truth(text)
        if field.kind in ("integer", "float", "money"):
            return _number(field, text)
        if field.kind in ("timestamp", "date"):
            return self._moment(field, text)
        if field.kind == "json":
            try:
                return json.loads(text, parse_float=lambda digits: json_number(Decimal(digits)))
            except ValueError as error:
                raise ValueError(say("entity.no_json")) from error
        return text

    def _moment(self, field: Field, text: str) -> str:
        wanted = say("entity.iso_date") if field.kind == "date" else say("entity.iso_time", zone=self.zone)
        if field.kind == "date" and not _DATE.fullmatch(text):
            raise ValueError(wanted)
        if not _DATE.match(text):  # `20260504` and week dates are ISO too, and typing errors more often
            raise ValueError(wanted)
        try:
            moment = parse_instant(text, self.zone)
        except ValueError as error:
            raise ValueError(wanted) from error
        return text if field.kind == "date" else iso(moment)


def in_words(flaw: Flaw, field: Field) -> str:
    """Why a value was refused, for the person who typed it."""
    stated = flaw.error.validator_value if flaw.error is not None else ""
    if flaw.reason == "not_allowed" and field.allowed:
        return say("entity.flaw_choice", values=", ".join(map(shown, field.allowed)))
    if flaw.reason.startswith("not_") and flaw.reason.removeprefix("not_") == stated:
        return say("entity.flaw_format", format=stated)
    key = _MORE_WORDS.get(str(flaw.error.validator) if flaw.error is not None else "", "other")
    words = {"missing": say("entity.flaw_missing", name=field.name)}.get(flaw.reason)
    return words or say(f"entity.flaw_{key}", limit=shown(stated), count=stated)


_WORDS = {
    "minimum": "minimum", "exclusiveMinimum": "above", "maximum": "maximum", "exclusiveMaximum": "below",
    "multipleOf": "multiple", "minLength": "short", "maxLength": "long", "pattern": "pattern", "minItems": "few",
    "maxItems": "many",
}  # fmt: skip
_MORE_WORDS = {**_WORDS, "uniqueItems": "unique", "type": "type", "minProperties": "few", "maxProperties": "many"}


def shown(value: Any) -> str:
    """A schema's value as people read it: texts without quotes."""
    return value if isinstance(value, str) else json_text(value)


def json_text(value: Any) -> str:
    """JSON with exact numbers: what `json` writes, but a Decimal keeps every digit."""
    if isinstance(value, Decimal):
        return f"{value:f}" if abs(value.adjusted()) < _LONG_NUMBER else str(value)
    if isinstance(value, Mapping):
        return (
            "{" + ", ".join(f"{json.dumps(str(k), ensure_ascii=False)}: {json_text(v)}" for k, v in value.items()) + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(json_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


_LONG_NUMBER = 20


def hints(field: Field, zone: str) -> Iterator[str]:
    """What may be typed: the kind of value, its limits, its currency, what is taken when nothing is typed."""
    node = field.node
    if field.kind in ("date", "timestamp"):
        yield say("entity.iso_date") if field.kind == "date" else say("entity.iso_time", zone=zone)
    elif not field.allowed:
        yield say(f"entity.kind_{field.kind}")
    if field.currency:
        own = field.currency == PROJECT_CURRENCY
        yield say("entity.project_currency") if own else say("entity.currency_in", column=field.currency)
    yield from limits_in_words(node)
    if field.default is not None:
        yield say("entity.default_is", value=shown(field.default))


def limits_in_words(node: Mapping[str, Any]) -> Iterator[str]:
    """The rules of a column that bound its values, each as a few words."""
    for keyword, key in _WORDS.items():
        if keyword in node and not (keyword == "minLength" and node[keyword] == 0):
            yield say(f"entity.limit_{key}", limit=shown(node[keyword]), count=node[keyword])
    if node.get("format") not in (None, "date", "date-time"):
        yield say("entity.limit_format", format=node["format"])


def _chosen(field: Field, text: str) -> Any:
    """An allowed value that was typed, or its number in the list; values that are numbers win over places."""
    named = next((value for value in field.allowed if shown(value) == text), None)
    if named is not None or not text.isdecimal() or not numbered(field):
        return named
    place = int(text)
    return field.allowed[place - 1] if 1 <= place <= len(field.allowed) else None


def numbered(field: Field) -> bool:
    """Whether the allowed values are offered with numbers: numbers beside numbers would confuse."""
    return bool(field.allowed) and all(isinstance(value, str) and not value.isdecimal() for value in field.allowed)


def _truth(text: str) -> bool:
    if text.casefold() not in (*_YES, *_NO):
        raise ValueError(say("entity.no_truth"))
    return text.casefold() in _YES


def _number(field: Field, text: str) -> int | Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError(say("entity.no_integer" if field.kind == "integer" else "entity.no_decimal"))
    exact = Decimal(text)
    number = json_number(exact)
    if field.kind == "integer" and not (isinstance(number, int) and abs(number) <= _LARGEST_INTEGER):
        raise ValueError(say("entity.no_integer"))
    if field.kind == "money" and (exact % _MONEY_DECIMALS or abs(exact) >= _LARGEST_AMOUNT):
        raise ValueError(say("entity.no_amount"))
    if field.kind == "float" and abs(exact) > _LARGEST_DOUBLE:
        raise ValueError(say("entity.no_decimal"))
    return number


_LARGEST_AMOUNT = Decimal(10) ** 14
_LARGEST_DOUBLE = Decimal("1.7976931348623157e308")
