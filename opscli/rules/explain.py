"""Why a condition holds: its leaves, what to look up for each, and how their answers combine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from opscli.rules.sql import render
from opscli.rules.target import Target
from opscli.rules.text import source
from opscli.rules.tree import Expression, Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One comparison or check. `values` are the names and calls in it whose values explain its verdict."""

    text: str
    node: Node
    values: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A leaf with its verdict (None = unknown) and the values behind it, as text → value."""

    text: str
    verdict: bool | None
    values: Mapping[str, object]


def leaves(expression: Expression | Node) -> tuple[Leaf, ...]:
    """Leaves from left to right; only and, or, and a not of those are no leaves."""
    node = expression.root if isinstance(expression, Expression) else expression
    if _joins(node):
        return tuple(leaf for part in node.parts for leaf in leaves(part))
    return (Leaf(text=source(node), node=node, values=_values(node)),)


def look(expression: Expression, target: Target, row_of: Callable[[str], tuple[object, ...]]) -> tuple[Finding, ...]:
    """Look every leaf up for one row: `row_of(select list)` runs `SELECT <list>` on that customer's row."""
    found = leaves(expression)
    columns = [render(node, target) for leaf in found for node in (leaf.node, *leaf.values)]
    row = iter(row_of(", ".join(columns)))
    findings = []
    for leaf in found:
        verdict = next(row)
        values = {source(node): next(row) for node in leaf.values}
        findings.append(Finding(text=leaf.text, verdict=None if verdict is None else bool(verdict), values=values))
    return tuple(findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A condition with its verdict: `op` is and, or, not over its parts, or `leaf` with the values behind it."""

    op: str
    text: str
    verdict: bool | None
    values: Mapping[str, object] = field(default_factory=dict)
    parts: tuple[Judged, ...] = ()


def judged(expression: Expression | Node, findings: Iterable[Finding]) -> Judged:
    """The condition as a tree of its leaves' findings, combined in three-valued logic."""
    node = expression.root if isinstance(expression, Expression) else expression
    return _judge(node, {finding.text: finding for finding in findings})


def combine(expression: Expression | Node, verdicts: Mapping[str, bool | None]) -> bool | None:
    """The condition's verdict from its leaves' (by their text), in three-valued logic."""
    return judged(expression, (Finding(text=text, verdict=one, values={}) for text, one in verdicts.items())).verdict


def _judge(node: Node, found: Mapping[str, Finding]) -> Judged:
    text = source(node)
    if not _joins(node):
        return Judged(op="leaf", text=text, verdict=found[text].verdict, values=found[text].values)
    parts = tuple(_judge(part, found) for part in node.parts)
    verdicts = [part.verdict for part in parts]
    if node.op == "not":
        verdict = None if verdicts[0] is None else not verdicts[0]
    else:
        decisive = node.op == "or"
        verdict = decisive if decisive in verdicts else None if None in verdicts else not decisive
    return Judged(op=node.op, text=text, verdict=verdict, parts=parts)


def _joins(node: Node) -> bool:
    return node.op in {"and", "or"} or (node.op == "not" and _joins(node.parts[0]))


def _values(node: Node) -> tuple[Node, ...]:
    """Names below, and the calls and calculations directly below, each once."""
    if node.op == "not":
        return _values(node.parts[0])
    direct = [part for part in node.parts if part.op not in {"name", "literal", "param", "as"} and node.op != "call"]
    named = [part for part in node.walk() if part.op == "name"]
    seen: dict[str, Node] = {}
    for part in (*named, *direct):
        seen.setdefault(source(part), part)
    return tuple(seen.values())
