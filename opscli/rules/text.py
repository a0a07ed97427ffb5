"""Typed tree → the condition as a person would write it: for explanations, and as the canonical form that is hashed."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from opscli.clock import iso
from opscli.rules.tree import Expression, Node, Value

_STRENGTH = {"or": 1, "and": 2, "not": 3, "+": 5, "-": 5, "*": 6, "/": 6, "negative": 7}
_COMPARISON = 4
_ATOM = 9


def source(expression: Expression | Node) -> str:
    """The condition in canonical form: lower-case words, single spaces, only the parentheses that are needed."""
    node = expression.root if isinstance(expression, Expression) else expression
    return _print(node)


def shown(value: Value) -> str:
    """A value as the language writes it."""
    if isinstance(value, bool) or value is None:
        return "null" if value is None else str(value).lower()
    if isinstance(value, datetime):
        return f"'{iso(value)}'"
    if isinstance(value, date):
        return f"'{value.isoformat()}'"
    if isinstance(value, timedelta):
        return f"'{duration(value)}'"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def duration(span: timedelta) -> str:
    """`30d`, `36h`, `15min` or `10s`: the largest unit that is exact."""
    seconds = int(span.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _print(node: Node) -> str:
    if node.op == "name":
        return str(node.value)
    if node.op == "param":
        return f":{node.value}"
    if node.op == "literal":
        return shown(node.value)
    return _negated(node.parts[0]) if node.op == "not" else _operation(node)


def _operation(node: Node) -> str:
    if node.op == "as":
        return _print(node.parts[0])
    if node.op == "call":
        return f"{node.value}({', '.join(_print(part) for part in node.parts if part.type != 'zone')})"
    texts = [_wrap(part, node, index) for index, part in enumerate(node.parts)]
    if node.op == "in":
        return f"{texts[0]} in ({', '.join(texts[1:])})"
    if node.op == "between":
        return f"{texts[0]} between {texts[1]} and {texts[2]}"
    if node.op.startswith("is "):
        return f"{texts[0]} {node.op}"
    return f"-{texts[0]}" if node.op == "negative" else f" {node.op} ".join(texts)


def _negated(inner: Node) -> str:
    if inner.op.startswith("is "):
        return _print(inner).replace(f" {inner.op}", f" is not {inner.op[3:]}")
    if inner.op in {"in", "like", "ilike", "between"}:
        item = _wrap(inner.parts[0], inner, 0)
        return f"{item} not{_print(inner)[len(item) :]}"
    return f"not {_wrap(inner, Node('not', 'boolean'), 0)}"


def _wrap(part: Node, around: Node, index: int) -> str:
    """`part` in parentheses where it binds weaker than what is around it, or as strongly on the right of - and /."""
    outer = _STRENGTH.get(around.op, _COMPARISON)
    inner = _strength(part)
    loose = inner < outer or (inner == outer and (index > 0 or outer == _COMPARISON) and around.op not in {"and", "or"})
    return f"({_print(part)})" if loose else _print(part)


def _strength(node: Node) -> int:
    if node.op in {"name", "param", "call", "as", "literal"}:
        return _ATOM
    return _STRENGTH.get(node.op, _COMPARISON)
