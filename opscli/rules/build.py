"""Put typed nodes together: every rule of types stands here, and a node that breaks one is never made."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from opscli.clock import parse_duration, parse_instant
from opscli.config.validate import did_you_mean
from opscli.phrases import say
from opscli.rules.operators import FUNCTIONS, Function
from opscli.rules.scope import Scope
from opscli.rules.tree import UNTYPED, Node, RuleInvalid, Value, family

MAX_BUCKETS = 1_000_000
MAX_WILDCARDS = 20
"""In one `like` pattern: each `%` multiplies the ways in which a text can fit."""

LONGEST = timedelta(days=36_500)
"""Of a duration: a window must not begin before the calendar does."""

_LIMITS = {"count": (1, MAX_BUCKETS), "digits": (0, 8)}
_DAYS = re.compile(r"([+-]?)(\d{1,4})\s*(d|w)")
_USUAL_TYPE = {"number": "float", "text": "text", "boolean": "boolean", "time": "timestamp"}


@dataclass(frozen=True, slots=True)
class Builder:
    """Makes nodes for conditions in `scope`."""

    scope: Scope = field(default_factory=lambda: Scope(names={}))

    def logical(self, op: str, parts: tuple[Node, ...]) -> Node:
        """`and`, `or`, `not`; an `and` in an `and` is one."""
        needed = tuple(self._need(part, "boolean", op) for part in parts)
        if op != "not":
            needed = tuple(inner for part in needed for inner in (part.parts if part.op == op else (part,)))
        return Node(op, "boolean", needed, at=parts[0].at)

    def compare(self, op: str, parts: tuple[Node, ...]) -> Node:
        """`= <> < <= > >=`, `between` and `in`, whose parts all are of one family."""
        parts = self._alike(parts, op)
        if op not in {"=", "<>", "in"} and parts[0].family == "boolean":
            raise RuleInvalid(say("rules.ordered_truth", op=op), how=say("rules.use_equals"), offset=parts[0].at)
        for part in parts[1:] if op == "in" else ():
            if part.op not in {"literal", "param"}:
                raise RuleInvalid(say("rules.list_of_values"), how=say("rules.write_list"), offset=part.at)
        return Node(op, "boolean", parts, at=parts[0].at)

    def match(self, op: str, parts: tuple[Node, ...]) -> Node:
        """`like`, `ilike`; the pattern is a plain value with few wildcards."""
        item, pattern = (self._need(part, "text", op) for part in parts)
        if pattern.op not in {"literal", "param"}:
            raise RuleInvalid(say("rules.plain_pattern", op=op), how=say("rules.write_pattern"), offset=pattern.at)
        check_pattern(pattern)
        return Node(op, "boolean", (item, pattern), at=parts[0].at)

    def state(self, op: str, item: Node) -> Node:
        """`is null`, `is true`, `is false`."""
        if item.type == "null":
            raise RuleInvalid(
                say("rules.null_is_null"), why=say("rules.always"), how=say("rules.remove"), offset=item.at
            )
        return Node(op, "boolean", (item if op == "is null" else self._need(item, "boolean", op),), at=item.at)

    def arithmetic(self, op: str, parts: tuple[Node, ...]) -> Node:
        """`+ - * /` and `negative`; a negative literal stays a literal."""
        numbers = tuple(self._need(part, "number", op) for part in parts)
        if op == "negative" and numbers[0].op == "literal":
            value = numbers[0].value
            negated = -value if isinstance(value, (int, Decimal)) else value
            return Node("literal", numbers[0].type, value=negated, at=numbers[0].at)
        type_ = "float" if op in {"*", "/"} else _widest(numbers)
        return Node(op, type_, numbers, at=numbers[0].at)

    def call(self, name: str, parts: tuple[Node, ...], at: int) -> Node:
        """A function of `operators.FUNCTIONS`."""
        function = FUNCTIONS[name]
        self._check_place(name, function, at)
        needs = function.written[: len(parts)]
        if function.variadic:
            needs += (function.written[-1],) * (len(parts) - len(needs))
        if len(parts) != len(needs) or len(parts) < len(function.written) - function.optional:
            raise RuleInvalid(
                say("rules.number_of_values", name=name, count=len(parts)), how=_example(function), offset=at
            )
        if function.arguments[0] == "alike":
            parts = self._alike(parts, name)
        else:
            parts = tuple(self._argument(part, need, name) for part, need in zip(parts, needs, strict=True))
        type_ = _widest(parts) if function.result == "same" else function.result
        if function.zoned:
            parts = (*parts, Node("literal", "zone", value=self.scope.zone, at=at))
        return Node("call", type_, parts, value=name, at=at)

    def _check_place(self, name: str, function: Function, at: int) -> None:
        why = self.scope.missing(function.needs)
        if why:
            raise RuleInvalid(say("rules.no_meaning", name=name), why=why, how=say("rules.remove"), offset=at)

    def _argument(self, part: Node, need: str, name: str) -> Node:
        if need in {"number", "text", "time", "boolean"}:
            return self._need(part, need, name)
        how = _example(FUNCTIONS[name])
        if part.op != "literal":
            raise RuleInvalid(say("rules.plain_value", name=name), how=how, offset=part.at)
        if need in {"duration", "days"}:
            value = _duration(part, how) if need == "duration" else _days(part, how)
            return Node("literal", "duration", value=value, at=part.at)
        if need in _LIMITS:
            low, high = _LIMITS[need]
            if isinstance(part.value, int) and low <= part.value <= high:
                return part
            raise RuleInvalid(say("rules.whole_number", name=name, low=low, high=high), how=how, offset=part.at)
        if part.type != "text":
            raise RuleInvalid(say("rules.takes_text", name=name), how=how, offset=part.at)
        if need != "label":
            self._check_known(need, part)
        return part

    def _check_known(self, category: str, part: Node) -> None:
        """Whether config defines the tag, campaign or message that is asked for."""
        known = (self.scope.known or {}).get(category, frozenset())
        name = str(part.value)
        if name not in known:
            how = did_you_mean(name, known, otherwise=say(f"rules.define_{category}"))
            raise RuleInvalid(say(f"rules.unknown_{category}", name=name), how=how, offset=part.at)

    def _alike(self, parts: tuple[Node, ...], op: str) -> tuple[Node, ...]:
        """All of one family: untyped names take the others' family, texts beside a time are read as times."""
        for part in parts:
            if part.type == "null":
                raise RuleInvalid(
                    say("rules.with_null", op=op),
                    why=say("rules.always_unknown"),
                    how=say("rules.use_is_null"),
                    offset=part.at,
                )
        families = {part.family for part in parts if part.type != UNTYPED}
        wanted = "time" if "time" in families else next((p.family for p in parts if p.type != UNTYPED), "text")
        if wanted == "time" and "timestamp" not in {part.type for part in parts}:
            parts = tuple(_as_day(part) for part in parts)
        return tuple(self._need(part, wanted, op) for part in parts)

    def _need(self, part: Node, wanted: str, op: str) -> Node:
        """`part` as the family `wanted`, or RuleInvalid."""
        if part.type == UNTYPED:
            return Node("as", _USUAL_TYPE[wanted], (part,), at=part.at)
        if part.family == wanted:
            return part
        if wanted == "time" and part.op == "literal" and isinstance(part.value, str):
            return Node("literal", "timestamp", value=self._instant(part.value, part.at), at=part.at)
        raise RuleInvalid(
            say("rules.needs_kind", op=op, wanted=say(f"rules.kind_{wanted}"), found=say(f"rules.kind_{part.family}")),
            why=say("rules.is_of_type", name=part.value, type=part.type) if part.op in {"name", "param"} else "",
            how=say("rules.one_kind"),
            offset=part.at,
        )

    def _instant(self, text: str, at: int) -> Value:
        try:
            return parse_instant(text, self.scope.zone)
        except ValueError as error:
            raise RuleInvalid(str(error), how=say("rules.write_instant"), offset=at) from error


def literal(text: str, kind: str, at: int) -> Node:
    """A literal of a word: `kind` is number or text."""
    if kind == "text":
        return Node("literal", "text", value=text, at=at)
    if "." in text:
        return Node("literal", "float", value=Decimal(text), at=at)
    return Node("literal", "integer", value=int(text), at=at)


def check_pattern(pattern: Node) -> None:
    """Refuse a `like` pattern that could take long to match."""
    found = sum(map(str(pattern.value or "").count, "%_")) if pattern.op == "literal" else 0
    if found > MAX_WILDCARDS:
        raise RuleInvalid(
            say("rules.wildcards", count=found),
            why=say("rules.at_most", limit=MAX_WILDCARDS),
            how=say("rules.shorten"),
            offset=pattern.at,
        )


def _as_day(part: Node) -> Node:
    """A text beside days only is a day, which has no zone; other texts stay for `_need`."""
    if part.op != "literal" or not isinstance(part.value, str):
        return part
    try:
        return Node("literal", "date", value=date.fromisoformat(part.value), at=part.at)
    except ValueError:
        return part


def _duration(part: Node, how: str) -> Value:
    try:
        span = parse_duration(str(part.value))
    except (ValueError, OverflowError) as error:
        raise RuleInvalid(str(error), how=how, offset=part.at) from error
    if span > LONGEST:
        raise RuleInvalid(say("rules.long_span", text=part.value, limit=LONGEST.days), how=how, offset=part.at)
    return span


def _days(part: Node, how: str) -> Value:
    """`-3d`, `2w`: whole days, before or after."""
    found = _DAYS.fullmatch(str(part.value).strip())
    if found is None:
        raise RuleInvalid(say("rules.no_days", text=part.value), how=how, offset=part.at)
    days = int(found[2]) * (7 if found[3] == "w" else 1)
    return timedelta(days=-days if found[1] == "-" else days)


def _example(function: Function) -> str:
    return say("rules.write", example=function.example)


def _widest(parts: tuple[Node, ...]) -> str:
    """Type that holds all of them: float over money over integer, timestamp over date."""
    types = {part.type for part in parts}
    for type_ in ("float", "money", "integer", "timestamp"):
        if type_ in types and family(type_) == parts[0].family:
            return type_
    return parts[0].type
