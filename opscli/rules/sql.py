"""Typed tree → SQL text for one engine. Names come from the target's columns, values are printed literals.

What differs between engines is asked of `target.dialect`; what would differ by an engine's habit (types of mixed
comparisons, overflow, rounding) is written out here, so that each engine gives the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from opscli.engine.dialect import Dialect, text_literal
from opscli.engine.versions import literal as timestamp_literal
from opscli.rules.numbers import BIGGEST, exact
from opscli.rules.operators import FUNCTIONS
from opscli.rules.target import Target
from opscli.rules.tree import Expression, Node, Value

_ORDERED = frozenset({"<", "<=", ">", ">=", "between"})


def render(expression: Expression | Node, target: Target) -> str:
    """SQL of a condition or calculation, in parentheses where it needs them. Unknown stays NULL."""
    node = expression.root if isinstance(expression, Expression) else expression
    return _print(_bound(node, target.params) if target.params else node, target)


def literal(value: Value, dialect: Dialect | None = None) -> str:
    """A value as an SQL literal; texts as `dialect` writes them, or as SQL has it."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, Decimal)):
        number = Decimal(value)
        return f"({number:f})" if number.is_signed() else f"{number:f}"
    if isinstance(value, datetime):
        return timestamp_literal(value)
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    return dialect.text(str(value)) if dialect else text_literal(str(value))


def _bound(node: Node, params: Mapping[str, Value]) -> Node:
    if node.op == "param":
        return replace(node, op="literal", value=params[str(node.value)])
    return replace(node, parts=tuple(_bound(part, params) for part in node.parts)) if node.parts else node


def _print(node: Node, target: Target) -> str:
    return _PRINTERS.get(node.op, _comparison)(node, target)


def _literal(node: Node, target: Target) -> str:
    return literal(node.value, target.dialect)


def _name(node: Node, target: Target) -> str:
    sql = target.column(str(node.value))
    return _bounded(sql) if node.type == "float" and target.calculates else sql


def _as(node: Node, target: Target) -> str:
    sql = target.read_as(_print(node.parts[0], target), node.type)
    return _bounded(sql) if node.type == "float" and target.calculates else sql


def _bounded(sql: str) -> str:
    """A float in a calculation: unknown when too big to be calculated with (or no number), 0 when too small."""
    return f"CASE WHEN ABS({sql}) < 1e-{BIGGEST} THEN 0e0 WHEN ABS({sql}) <= 1e{BIGGEST} THEN {sql} END"


def _logical(node: Node, target: Target) -> str:
    return "(" + f" {node.op.upper()} ".join(_print(part, target) for part in node.parts) + ")"


def _not(node: Node, target: Target) -> str:
    return f"(NOT {_print(node.parts[0], target)})"


def _in(node: Node, target: Target) -> str:
    item, *values = _alike(node, target)
    return f"({item} IN ({', '.join(values)}))"


def _between(node: Node, target: Target) -> str:
    item, low, high = _alike(node, target)
    return f"({item} BETWEEN {low} AND {high})"


def _comparison(node: Node, target: Target) -> str:
    left, right = _alike(node, target)
    return f"({left} {node.op} {right})"


def _like(node: Node, target: Target) -> str:
    return target.dialect.like(*(_print(part, target) for part in node.parts))


def _ilike(node: Node, target: Target) -> str:
    """By lower case on both sides, which the dialects agree about."""
    return target.dialect.like(*(target.dialect.lower(_print(part, target)) for part in node.parts))


def _state(node: Node, target: Target) -> str:
    return f"({_print(node.parts[0], target)} {node.op.upper()})"


def _sum(node: Node, target: Target) -> str:
    """Exact sums in a type that cannot overflow, others in DOUBLE."""
    if exact(node):
        left, right = (_print(part, target) for part in node.parts)
        left = _wide(node.parts[0], left, node.type, target)
        if node.parts[1].op in {"+", "-", "negative"} and node.parts[1].type != node.type:
            right = _wide(node.parts[1], right, node.type, target)
    else:
        left, right = _doubles(node, target)
    return f"({left} {node.op} {right})"


def _product(node: Node, target: Target) -> str:
    """In DOUBLE: DECIMAL times DECIMAL overflows, and its digits differ between engines."""
    left, right = _doubles(node, target)
    return f"({left} / NULLIF({right}, 0))" if node.op == "/" else f"({left} * {right})"


def _negative(node: Node, target: Target) -> str:
    sql = _print(node.parts[0], target)
    return f"(- {_wide(node.parts[0], sql, node.type, target) if exact(node) else sql})"


def _call(node: Node, target: Target) -> str:
    name = str(node.value)
    if node.family == "number" and FUNCTIONS[name].result == "same":
        if exact(node):
            args = [_print(part, target) for part in node.parts]
            args[0] = _wide(node.parts[0], args[0], node.type, target) if name == "abs" else args[0]
        else:
            args = _doubles(node, target, calculates=target.calculates or name == "round")
    elif FUNCTIONS[name].result == "same":
        args = _alike(node, target)
    else:
        args = [_operand(part, node, target) if part.type != "duration" else "" for part in node.parts]
    return FUNCTIONS[name].sql(node.parts, args, target)


def _alike(node: Node, target: Target) -> list[str]:
    """SQL of parts that are compared; numbers all exact, or all DOUBLE when one of them is."""
    if node.parts[0].family == "number" and not all(part.op == "literal" or exact(part) for part in node.parts):
        return _doubles(node, target, calculates=False)
    return [_operand(part, node, target) for part in node.parts]


def _doubles(node: Node, target: Target, *, calculates: bool = True) -> list[str]:
    """SQL of numbers as DOUBLE; in a calculation, columns are bounded."""
    place = replace(target, calculates=calculates)
    kind = target.dialect.type("float")
    found = []
    for index, part in enumerate(node.parts):
        if part.op == "literal" and isinstance(part.value, (int, Decimal)):
            digits = node.op == "call" and node.value == "round" and index > 0
            found.append(literal(part.value) if digits else target.dialect.double(Decimal(part.value)))
        else:
            sql = _print(part, place)
            found.append(f"CAST({sql} AS {kind})" if exact(part) else sql)
    return found


def _wide(part: Node, sql: str, type_: str, target: Target) -> str:
    """An exact number in the type of sums, if it is not a sum of that type already."""
    summed = part.op in {"+", "-", "negative"} and part.type == type_
    return sql if summed else f"CAST({sql} AS {target.dialect.wide(type_)})"


def _operand(part: Node, beside: Node, target: Target) -> str:
    """SQL of one side; dates beside instants are midnights, and texts are ordered by code point."""
    sql = _print(part, target)
    if part.type == "date" and (beside.value == "days_since" or any(item.type == "timestamp" for item in beside.parts)):
        return f"CAST({sql} AS {target.dialect.type('timestamp')})"
    return target.dialect.ordered(sql) if part.type == "text" and beside.op in _ORDERED else sql


_PRINTERS: Mapping[str, Callable[[Node, Target], str]] = {
    "literal": _literal,
    "name": _name,
    "as": _as,
    "and": _logical,
    "or": _logical,
    "not": _not,
    "in": _in,
    "between": _between,
    "like": _like,
    "ilike": _ilike,
    "is null": _state,
    "is true": _state,
    "is false": _state,
    "+": _sum,
    "-": _sum,
    "*": _product,
    "/": _product,
    "negative": _negative,
    "call": _call,
}
