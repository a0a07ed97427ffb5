"""Put typed nodes together: every rule of types stands here, and a node that breaks one is never made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from opscli.clock import parse_duration, parse_instant
from opscli.rules.operators import FUNCTIONS
from opscli.rules.tree import UNTYPED, Node, RuleInvalid, Value, family

MAX_BUCKETS = 1_000_000

_SPOKEN = {"number": "a number", "text": "a text", "boolean": "true or false", "time": "a time", "null": "null"}
_USUAL_TYPE = {"number": "float", "text": "text", "boolean": "boolean", "time": "timestamp"}


@dataclass(frozen=True, slots=True)
class Builder:
    """Makes nodes; `zone` is where texts without an offset that stand for a time are local."""

    zone: str = "UTC"

    def logical(self, op: str, parts: tuple[Node, ...]) -> Node:
        """`and`, `or`, `not`."""
        return Node(op, "boolean", tuple(self._need(part, "boolean", op) for part in parts), at=parts[0].at)

    def compare(self, op: str, parts: tuple[Node, ...]) -> Node:
        """`= <> < <= > >=`, `between` and `in`, whose parts all are of one family."""
        parts = self._alike(parts, op)
        if op not in {"=", "<>", "in"} and parts[0].family == "boolean":
            raise RuleInvalid(f"{op} between truth values", how="use = or <>", offset=parts[0].at)
        if op == "in" and any(part.op != "literal" for part in parts[1:]):
            raise RuleInvalid(
                "a list with something that is no plain value", how="list values: in ('a', 'b')", offset=parts[0].at
            )
        return Node(op, "boolean", parts, at=parts[0].at)

    def match(self, op: str, parts: tuple[Node, ...]) -> Node:
        """`like`, `ilike`."""
        return Node(op, "boolean", tuple(self._need(part, "text", op) for part in parts), at=parts[0].at)

    def state(self, op: str, item: Node) -> Node:
        """`is null`, `is true`, `is false`."""
        if item.type == "null":
            raise RuleInvalid("null is null", why="this is always so", how="remove it", offset=item.at)
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
        needs = function.arguments[: len(parts)]
        if function.variadic:
            needs += (function.arguments[-1],) * (len(parts) - len(needs))
        least = len(function.arguments) - function.optional
        if len(parts) != len(needs) or len(parts) < least:
            raise RuleInvalid(f"{name} with {len(parts)} values", how=f"write {function.example}", offset=at)
        if function.arguments[0] == "alike":
            parts = self._alike(parts, name)
        else:
            parts = tuple(self._argument(part, need, name) for part, need in zip(parts, needs, strict=True))
        type_ = _widest(parts) if function.result == "same" else function.result
        return Node("call", type_, parts, value=name, at=at)

    def _argument(self, part: Node, need: str, name: str) -> Node:
        if need in {"number", "text", "time", "boolean"}:
            return self._need(part, need, name)
        example = FUNCTIONS[name].example
        if part.op != "literal":
            raise RuleInvalid(f"{name} takes a plain value here", how=f"write {example}", offset=part.at)
        if need == "duration":
            return Node("literal", "duration", value=_duration(part, example), at=part.at)
        if need == "label" and part.type == "text":
            return part
        limits = {"count": (1, MAX_BUCKETS), "digits": (0, 8)}.get(need)
        if limits and isinstance(part.value, int) and limits[0] <= part.value <= limits[1]:
            return part
        allowed = f"a whole number from {limits[0]} to {limits[1]}" if limits else "a text"
        raise RuleInvalid(f"{name} takes {allowed} here", how=f"write {example}", offset=part.at)

    def _alike(self, parts: tuple[Node, ...], op: str) -> tuple[Node, ...]:
        """All of one family: untyped names take the others' family, texts beside a time are read as times."""
        for part in parts:
            if part.type == "null":
                raise RuleInvalid(
                    f"{op} with null", why="the answer is always unknown", how="use is null", offset=part.at
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
            f"{op} needs {_SPOKEN[wanted]}, found {_SPOKEN.get(part.family, part.family)}",
            why=f"{part.value} is {part.type}" if part.op == "name" else "",
            how="compare values of one kind",
            offset=part.at,
        )

    def _instant(self, text: str, at: int) -> Value:
        try:
            return parse_instant(text, self.zone)
        except ValueError as error:
            raise RuleInvalid(str(error), how="write '2026-05-04' or '2026-05-04T09:00:00Z'", offset=at) from error


def literal(text: str, kind: str, at: int) -> Node:
    """A literal of a word: `kind` is number or text."""
    if kind == "text":
        return Node("literal", "text", value=text, at=at)
    if "." in text:
        return Node("literal", "float", value=Decimal(text), at=at)
    return Node("literal", "integer", value=int(text), at=at)


def _as_day(part: Node) -> Node:
    """A text beside days only is a day, which has no zone; other texts stay for `_need`."""
    if part.op != "literal" or not isinstance(part.value, str):
        return part
    try:
        return Node("literal", "date", value=date.fromisoformat(part.value), at=part.at)
    except ValueError:
        return part


def _duration(part: Node, example: str) -> Value:
    try:
        return parse_duration(str(part.value))
    except (ValueError, OverflowError) as error:
        raise RuleInvalid(str(error), how=f"write {example}", offset=part.at) from error


def _widest(parts: tuple[Node, ...]) -> str:
    """Type that holds all of them: float over money over integer, timestamp over date."""
    types = {part.type for part in parts}
    for type_ in ("float", "money", "integer", "timestamp"):
        if type_ in types and family(type_) == parts[0].family:
            return type_
    return parts[0].type
