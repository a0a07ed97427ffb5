"""Bound parameters, `:min_amount`: typed where the condition is read, given a value where it is printed.

A value never becomes text of the condition: it is printed by the same `sql.literal` as every other value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal

from opscli.clock import parse_instant
from opscli.config.validate import did_you_mean
from opscli.phrases import say
from opscli.rules.build import check_pattern
from opscli.rules.tree import Expression, Node, RuleInvalid, Value, family

_NAME = re.compile(r"[^\W\d]\w*")
_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,18})?")
_QUOTED = re.compile(r"'(?:[^']|'')*'")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*")


def given(texts: Iterable[str], zone: str) -> dict[str, Value]:
    """Values of `name=value` texts: a number, true or false, a day, an instant, else a text; quotes make it a text.

    Raises RuleInvalid for a text of another form, and for a name given twice.
    """
    found: dict[str, Value] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not _NAME.fullmatch(name) or name in found:
            raise RuleInvalid(say("rules.bad_parameter", text=text), how=say("rules.write_parameter"))
        found[name] = _value(value, zone)
    return found


def types(values: Mapping[str, Value]) -> dict[str, str]:
    """Rule type of each value."""
    return {name: _type(value) for name, value in values.items()}


def bind(expression: Expression, values: Mapping[str, Value]) -> dict[str, Value]:
    """Checked values for the parameters of a condition, for `Target.params`.

    Raises RuleInvalid when one is missing or of another kind, or gives a `like` too many wildcards.
    """
    bound: dict[str, Value] = {}
    for name, type_ in expression.params.items():
        value = values.get(name)
        if value is None:
            how = did_you_mean(name, values, otherwise=say("rules.write_parameter"))
            raise RuleInvalid(say("rules.no_value", name=name), how=how)
        if family(_type(value)) != family(type_):
            raise RuleInvalid(
                say("rules.other_kind", name=name, type=type_, found=_type(value)), how=say("rules.one_kind")
            )
        bound[name] = value
    for node in expression.root.walk():
        if node.op in {"like", "ilike"} and node.parts[1].op == "param":
            check_pattern(Node("literal", "text", value=bound[str(node.parts[1].value)], at=node.parts[1].at))
    return bound


def _value(text: str, zone: str) -> Value:
    if text in {"true", "false"}:
        return text == "true"
    if _NUMBER.fullmatch(text):
        return Decimal(text) if "." in text else int(text)
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
        if _INSTANT.fullmatch(text):
            return parse_instant(text, zone)
    except ValueError as error:
        raise RuleInvalid(str(error), how=say("rules.write_instant")) from error
    return text[1:-1].replace("''", "'") if _QUOTED.fullmatch(text) else text


def _type(value: Value) -> str:
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "boolean"), (int, "integer"), (Decimal, "float"), (datetime, "timestamp"), (date, "date"),
    )  # fmt: skip
    return next((name for kind, name in kinds if isinstance(value, kind)), "text")
