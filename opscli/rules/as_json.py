"""Typed tree → JSON, for programs: stable, documented in docs/rules.md, the same for every way to write a condition.

To read one back, parse its `text`: what config defines may have changed since, so it must be checked anew.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from opscli.clock import iso
from opscli.rules.text import duration, source
from opscli.rules.tree import Expression, Node, Value

SCHEMA = "opscli.condition/1"


def to_json(expression: Expression) -> dict[str, Any]:
    """`schema`, `text` (canonical), `type`, `names` and `params` that it reads, and `tree`."""
    return {
        "schema": SCHEMA,
        "text": source(expression),
        "type": expression.type,
        "names": list(expression.names),
        "params": expression.params,
        "tree": _node(expression.root),
    }


def _node(node: Node) -> dict[str, Any]:
    """`op` and `type`; then `value` of a name, parameter, literal or function, and `parts`."""
    found: dict[str, Any] = {"op": node.op, "type": node.type}
    if node.op in {"name", "param", "literal", "call"}:
        found["value"] = _value(node.value)
    if node.parts:
        found["parts"] = [_node(part) for part in node.parts]
    return found


def _value(value: Value) -> Any:
    """Decimals as text, so that no digit is lost; times and durations as the language writes them."""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return duration(value)
    return str(value) if isinstance(value, Decimal) else value
