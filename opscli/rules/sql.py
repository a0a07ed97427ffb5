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

_ROUNDING = frozenset({"floor", "round"})
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
    """Exact sums in a type that cannot overflow; in DOUBLE when a part is one or the sum is needed as one."""
    if exact(node) and not target.doubles:
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
    if exact(node) and not target.doubles:
        return f"(- {_wide(node.parts[0], _print(node.parts[0], target), node.type, target)})"
    return f"(- {_doubles(node, target, calculates=target.calculates)[0]})"


def _call(node: Node, target: Target) -> str:
    function = FUNCTIONS[str(node.value)]
    if node.family == "number" and function.result == "same":
        args = _of_numbers(node, target)
    elif function.result == "same":
        args = _alike(node, target)
    else:
        args = [_operand(part, node, target) if part.type != "duration" else "" for part in node.parts]
    return function.sql(node.parts, args, target)


def _of_numbers(node: Node, target: Target) -> list[str]:
    """Arguments of abs, coalesce, floor, round; the last two stay exact where they can, also on the way to a double."""
    rounds = node.value in _ROUNDING
    if not exact(node) or (target.doubles and not rounds):
        return _doubles(node, target, calculates=target.calculates or node.value == "round")
    args = [_print(part, replace(target, doubles=False)) for part in node.parts]
    if node.value == "abs":
        args[0] = _wide(node.parts[0], args[0], node.type, target)
    if node.value == "coalesce" and node.type != "integer":  # DuckDB would cut 2.5 beside a DECIMAL(38, 0) down to 3
        args = [
            _wide(part, arg, node.type, target) if part.op == "call" else arg
            for part, arg in zip(node.parts, args, strict=True)
        ]
    return args


def _alike(node: Node, target: Target) -> list[str]:
    """SQL of parts that are compared; numbers all exact, or all DOUBLE when one of them is."""
    if node.parts[0].family == "number" and not all(part.op == "literal" or exact(part) for part in node.parts):
        return _doubles(node, target, calculates=False)
    return [_operand(part, node, target) for part in node.parts]


def _doubles(node: Node, target: Target, *, calculates: bool = True) -> list[str]:
    """SQL of numbers as DOUBLE; in a calculation, columns are bounded."""
    place = replace(target, doubles=True, calculates=calculates)
    digits = node.parts[1:] if node.value == "round" else ()
    return [_print(part, target) if part in digits else _double(part, place) for part in node.parts]


def _double(part: Node, target: Target) -> str:
    """A number as DOUBLE. What was rounded exactly may have more digits than a cast of DECIMAL reads without fault."""
    if part.op == "literal" and isinstance(part.value, (int, Decimal)):
        return target.dialect.double(Decimal(part.value))
    sql = _print(part, target)
    if not exact(part) or part.op in {"+", "-", "negative"} or part.value in {"abs", "coalesce"}:
        return sql
    kind = target.dialect.type("float")
    if part.value in _ROUNDING and part.op == "call" and part.parts[0].op != "name":
        sql = f"CAST({sql} AS {target.dialect.type('text')})"
    return f"CAST({sql} AS {kind})"


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
