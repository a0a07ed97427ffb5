"""Typed tree → SQL text for one engine. Names come from the target's columns, values are printed literals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal

from opscli.engine.dialect import text_literal
from opscli.engine.versions import literal as timestamp_literal
from opscli.rules.operators import FUNCTIONS
from opscli.rules.target import Target
from opscli.rules.tree import Expression, Node, Value


def render(expression: Expression | Node, target: Target) -> str:
    """SQL of a condition or calculation, in parentheses where it needs them. Unknown stays NULL."""
    node = expression.root if isinstance(expression, Expression) else expression
    return _PRINTERS.get(node.op, _infix)(node, target)


def literal(value: Value) -> str:
    """A value as an SQL literal."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, Decimal)):
        return f"({value})" if value < 0 else str(value)
    if isinstance(value, datetime):
        return timestamp_literal(value)
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    return text_literal(str(value))


def _literal(node: Node, _target: Target) -> str:
    return literal(node.value)


def _name(node: Node, target: Target) -> str:
    return target.column(str(node.value))


def _as(node: Node, target: Target) -> str:
    return target.read_as(render(node.parts[0], target), node.type)


def _logical(node: Node, target: Target) -> str:
    return "(" + f" {node.op.upper()} ".join(render(part, target) for part in node.parts) + ")"


def _not(node: Node, target: Target) -> str:
    return f"(NOT {render(node.parts[0], target)})"


def _in(node: Node, target: Target) -> str:
    item, *values = (_operand(part, node, target) for part in node.parts)
    return f"({item} IN ({', '.join(values)}))"


def _between(node: Node, target: Target) -> str:
    item, low, high = (_operand(part, node, target) for part in node.parts)
    return f"({item} BETWEEN {low} AND {high})"


def _like(node: Node, target: Target) -> str:
    """Without an escape character: PostgreSQL would take a backslash for one, DuckDB would not."""
    left, right = (render(part, target) for part in node.parts)
    return f"({left} {node.op.upper()} {right} ESCAPE '')"


def _state(node: Node, target: Target) -> str:
    return f"({render(node.parts[0], target)} {node.op.upper()})"


def _infix(node: Node, target: Target) -> str:
    left, right = (_operand(part, node, target) for part in node.parts)
    return f"({left} {node.op} {right})"


def _product(node: Node, target: Target) -> str:
    """In DOUBLE: DECIMAL times DECIMAL overflows, and its digits differ between engines."""
    kind = target.dialect.type("float")
    left, right = (f"CAST({render(part, target)} AS {kind})" for part in node.parts)
    return f"({left} / NULLIF({right}, 0))" if node.op == "/" else f"({left} * {right})"


def _negative(node: Node, target: Target) -> str:
    return f"(- {render(node.parts[0], target)})"


def _call(node: Node, target: Target) -> str:
    args = [_operand(part, node, target) if part.type != "duration" else "" for part in node.parts]
    return FUNCTIONS[str(node.value)].sql(node.parts, args, target)


def _operand(part: Node, beside: Node, target: Target) -> str:
    """SQL of one side; dates beside instants are midnights, and texts are ordered by code point on PostgreSQL too."""
    sql = render(part, target)
    if part.type == "date" and (beside.value == "days_since" or any(item.type == "timestamp" for item in beside.parts)):
        return f"CAST({sql} AS {target.dialect.type('timestamp')})"
    if part.type == "text" and target.dialect.name == "postgres" and beside.op in {"<", "<=", ">", ">=", "between"}:
        return f'{sql} COLLATE "C"'
    return sql


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
    "ilike": _like,
    "is null": _state,
    "is true": _state,
    "is false": _state,
    "*": _product,
    "/": _product,
    "negative": _negative,
    "call": _call,
}
