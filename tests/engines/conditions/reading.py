"""A plain reading of the tree in Python, written from docs/rules.md: the judge that shares no engine's habits.

Exact numbers are int or Decimal, doubles are float, times are naive UTC datetimes, unknown is None.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from opscli.ids import bucket
from opscli.rules.tree import Expression, Node
from tests.engines.conditions.past import Past
from tests.engines.conditions.world import AS_OF

Row = Mapping[str, Any]
Reading = Callable[[Row], Any]


@dataclass(frozen=True, slots=True)
class Reader:
    """Compiles nodes to functions of a row; `doubles` says that a number is needed as one, `calculates` that it is part
    of a calculation.
    """

    past: Past
    calculates: bool = False
    doubles: bool = False

    def read(self, expression: Expression | Node) -> Reading:
        """The value of an expression as a function of the row."""
        node = expression.root if isinstance(expression, Expression) else expression
        if node.op in {"literal", "name"}:
            return self._leaf(node)
        if node.op in {"and", "or", "not", "is null", "is true", "is false"}:
            return _logic(node.op, [self.read(part) for part in node.parts])
        if node.family == "number":
            return self._number(node)
        return _first([self.read(part) for part in node.parts]) if node.value == "coalesce" else self._check(node)

    def _leaf(self, node: Node) -> Reading:
        if node.op == "literal":
            value = _value(node.value)
            return lambda _row: value
        name = str(node.value)
        if node.type == "float" and self.calculates:
            return lambda row: _bounded(row[name])
        return lambda row: _value(row[name])

    def _check(self, node: Node) -> Reading:
        """Comparisons, in, between, like, functions of one value and of the past."""
        if node.op == "call" and node.value in _PAST:
            name, asked = str(node.value), tuple(part.value for part in node.parts)
            return lambda row: self.past.answer(name, row["customer_id"], asked)
        inner = Reader(self.past)
        as_doubles = node.parts[0].family == "number" and any(p.op != "literal" and _double(p) for p in node.parts)
        parts = [inner.doubled(part) if as_doubles else inner.read(part) for part in node.parts]
        if node.op == "between":
            return lambda row: _and(
                [_compare(">=", parts[0](row), parts[1](row)), _compare("<=", parts[0](row), parts[2](row))]
            )
        if node.op == "in":
            return lambda row: _or([_compare("=", parts[0](row), part(row)) for part in parts[1:]])
        if node.op == "call":
            return lambda row: _call(str(node.value), node, [part(row) for part in parts])
        if node.op in {"like", "ilike"}:
            return lambda row: _like(parts[0](row), parts[1](row), fold=node.op == "ilike")
        return lambda row: _compare(node.op, parts[0](row), parts[1](row))

    def doubled(self, node: Node) -> Reading:
        """A number as a double."""
        read = replace(self, doubles=True).read(node)
        return lambda row: None if (value := read(row)) is None else float(value)

    def _number(self, node: Node) -> Reading:
        name = str(node.value) if node.op == "call" else node.op
        if name in {"length", "days_since", "bucket"}:
            read = Reader(self.past).read(node.parts[0])
            return lambda row: _measure(name, node, read(row), row)
        numbers = node.parts[:1] if name == "round" else node.parts
        double = _double(node) or (self.doubles and name not in {"round", "floor"})
        inside = Reader(self.past, self.calculates or name in {"+", "-", "*", "/", "round"})
        parts = [inside.doubled(part) if double else inside.read(part) for part in numbers]
        if name == "coalesce":
            return _first(parts)
        digits = int(str(node.parts[1].value)) if len(node.parts) > len(numbers) else 0

        one = _ONE.get(name)
        if one:
            return lambda row: None if (value := parts[0](row)) is None else one(value)
        if name == "round":
            return lambda row: None if (value := parts[0](row)) is None else _round(value, digits)
        return _of_two(_TWO[name], *parts)


def _of_two(operation: Callable[[Any, Any], Any], left: Reading, right: Reading) -> Reading:
    """Unknown as soon as one side is."""

    def calculate(row: Row) -> Any:
        x = left(row)
        return None if x is None or (y := right(row)) is None else operation(x, y)

    return calculate


_PAST = {"has_tag", "had_tag", "tag_since", "received", "clicked", "in_campaign"}


def _value(value: Any) -> Any:
    """Days are midnights."""
    return datetime(value.year, value.month, value.day) if type(value) is date else value  # noqa: DTZ001  naive UTC


def _bounded(value: float | None) -> float | None:
    if value is None or not abs(value) <= 1e30:
        return None
    return 0.0 if abs(value) < 1e-30 else value


def _double(node: Node) -> bool:
    """Floats, what is multiplied or divided, decimals of more than four places, and what is made of them."""
    if node.op == "literal":
        return isinstance(node.value, Decimal) and int(node.value.as_tuple().exponent) < -4
    if node.op == "name":
        return node.type == "float"
    if node.op in {"*", "/"} or node.value == "days_since":
        return True
    return node.family == "number" and any(_double(part) for part in node.parts if part.family == "number")


def _round(value: Any, digits: int) -> Any:
    if isinstance(value, int):
        return value
    if isinstance(value, Decimal):
        return value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    scaled = value * 10**digits
    whole = math.trunc(scaled)
    away = math.copysign(1, scaled) if abs(scaled - whole) >= 0.5 else 0
    return (whole + away) / 10**digits if abs(scaled) < 2**53 else scaled / 10**digits


def _floor(value: Any) -> Any:
    if isinstance(value, float):
        return float(math.floor(value)) if math.isfinite(value) else value
    return value if isinstance(value, int) else value.to_integral_value(ROUND_FLOOR)


_ONE: Mapping[str, Callable[[Any], Any]] = {"negative": operator.neg, "abs": abs, "floor": _floor}
_TWO: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": lambda x, y: x / y if y else None,
}  # fmt: skip


def _measure(name: str, node: Node, value: Any, row: Row) -> Any:
    if name == "bucket":
        return bucket(value, row["customer_id"], int(str(node.parts[1].value)))
    if value is None:
        return None
    return len(value) if name == "length" else (AS_OF - value) // timedelta(microseconds=1) / 1e6 / 86400.0


def _call(name: str, node: Node, values: list[Any]) -> Any:
    if values[0] is None:
        return None
    if name == "within":
        return AS_OF - values[1] <= values[0] < AS_OF
    if name == "anniversary":
        return Past.anniversary(values[0], values[1:-1], day=node.parts[0].type == "date")
    return fold_down(values[0]) if name == "lower" else _fold_up(values[0])


@cache
def fold_down(text: str) -> str:
    """Lower case of each character alone."""
    return "".join(char.lower() if len(char.lower()) == 1 else "i" for char in text)


@cache
def _fold_up(text: str) -> str:
    title = {char: "ẞ" if char == "ß" else char.title() for char in text}
    return "".join(
        char.upper() if len(char.upper()) == 1 else title[char] if len(title[char]) == 1 else char for char in text
    )


@cache
def _pattern(pattern: str, *, fold: bool) -> re.Pattern[str]:
    wanted = fold_down(pattern) if fold else pattern
    return re.compile("".join({"%": ".*", "_": "."}.get(char, re.escape(char)) for char in wanted), re.DOTALL)


def _like(text: str | None, pattern: str, *, fold: bool) -> bool | None:
    if text is None:
        return None
    return _pattern(pattern, fold=fold).fullmatch(fold_down(text) if fold else text) is not None


_SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def _compare(sign: str, left: Any, right: Any) -> bool | None:
    if left is None or right is None:
        return None
    if left != left or right != right:  # noqa: PLR0124  NaN is one value, above all others
        left, right = ((1, 0) if side != side else (0, side) for side in (left, right))  # noqa: PLR0124  as above
    return _SIGNS[sign](left, right)


def _first(parts: list[Reading]) -> Reading:
    return lambda row: next((value for part in parts if (value := part(row)) is not None), None)


def _logic(op: str, parts: list[Reading]) -> Reading:
    if op == "and":
        return lambda row: _and([part(row) for part in parts])
    if op == "or":
        return lambda row: _or([part(row) for part in parts])
    if op == "not":
        return lambda row: None if (value := parts[0](row)) is None else not value
    wanted = {"is null": None, "is true": True, "is false": False}[op]
    return lambda row: parts[0](row) is wanted


def _and(values: list[bool | None]) -> bool | None:
    return False if False in values else None if None in values else True


def _or(values: list[bool | None]) -> bool | None:
    return True if True in values else None if None in values else False
