"""How a number is calculated: exactly or as a double, and how far it can reach.

Whole numbers, money and decimals of up to four places add up exactly. What is multiplied, divided or comes from a float
is a double, as is a sum on its way into one; IEEE 754 fixes the basic operations of doubles to the last bit. Engines
differ only in what they do beyond the range of doubles (an error, infinity), so a calculation that could leave it is
refused, and a float column beyond 1e±30 does not enter one.
"""

from __future__ import annotations

from decimal import Decimal

from opscli.phrases import say
from opscli.rules.tree import Node, RuleInvalid

MONEY_PLACES = 4
BIGGEST = 30
"""A float enters a calculation when its size is 0 or between 1e-30 and 1e30."""
RANGE = 300
"""Doubles end at 1.8e308 and lose digits below 2.2e-308."""

_PASSING = frozenset({"abs", "coalesce", "floor", "round"})
"""Functions whose result is calculated as their arguments are."""
_DOUBLE_DIGITS = 17
_KNOWN = {"integer": (0, 19), "money": (-MONEY_PLACES, 14), "float": (-BIGGEST, BIGGEST)}
"""Decimal exponents of the smallest size above 0 and of the biggest, by type."""

Reach = tuple[int, int]


def exact(node: Node) -> bool:
    """Whether a number is calculated in DECIMAL, without rounding; else it is a double."""
    if node.op == "literal":
        return isinstance(node.value, int) or (isinstance(node.value, Decimal) and _places(node.value) <= MONEY_PLACES)
    if node.op in {"+", "-", "negative"} or (node.op == "call" and node.value in _PASSING):
        return all(exact(part) for part in _numbers(node))
    return node.op in {"name", "param", "call", "as"} and node.type in {"integer", "money"}


def check(root: Node) -> None:
    """Refuse a calculation whose result could leave the range of doubles. Raises RuleInvalid at it."""
    _reach(root)


def _reach(node: Node) -> Reach:
    parts = [_reach(part) for part in node.parts]
    if node.family != "number":
        return (0, 0)
    numbers = [reach for part, reach in zip(node.parts, parts, strict=True) if part.family == "number"]
    reach = _of_operation(node, numbers)
    if node.op in {"*", "/"} and (reach[0] < -RANGE or reach[1] > RANGE):
        raise RuleInvalid(
            say("rules.out_of_range"), why=say("rules.range_of_numbers"), how=say("rules.split"), offset=node.at
        )
    return reach


def _of_operation(node: Node, parts: list[Reach]) -> Reach:
    if not parts or node.op == "as":
        return _of_leaf(node)
    if node.op == "*":
        return parts[0][0] + parts[1][0], parts[0][1] + parts[1][1]
    if node.op == "/":
        return parts[0][0] - parts[1][1], parts[0][1] - parts[1][0]
    low, high = min(low for low, _ in parts), max(high for _, high in parts)
    if node.op in {"+", "-"}:  # two doubles that differ do so by a unit in the last place at least
        return low - _DOUBLE_DIGITS, high + 1
    if node.value in {"floor", "round"}:  # floor gives -1 for the smallest, round moves by one at most
        return min(low, 0), max(high, 0) + 1
    return low, high


def _of_leaf(node: Node) -> Reach:
    """Of a literal, a column, a parameter, or a function of something else than numbers."""
    if node.op != "literal":
        return _KNOWN[node.type]
    size = Decimal(node.value) if isinstance(node.value, (int, Decimal)) else Decimal()
    return (size.adjusted(), size.adjusted() + 1) if size else (0, 0)


def _numbers(node: Node) -> tuple[Node, ...]:
    return node.parts[:1] if node.op == "call" and node.value == "round" else node.parts


def _places(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0
