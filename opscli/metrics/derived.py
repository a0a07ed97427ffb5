"""`type: derived`: a calculation over metrics of one period: `inputs: {a: revenue, b: buyers}`, `formula: a / b`.

The inputs' values go in, so sums stay sums and a missing or zero divisor gives no value.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opscli.config.document import Document
from opscli.config.validate import did_you_mean
from opscli.metrics.frame import Frame
from opscli.metrics.kind import Parts, Source, Value
from opscli.outcome import Issue
from opscli.phrases import listed, say
from opscli.stage import Catalog

UNIT = "number"

_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`inputs` maps a name of the formula to a metric."""

    inputs: Mapping[str, str]
    formula: str


def parse(body: Mapping[str, Any]) -> Settings:
    return Settings(inputs=dict(body["inputs"]), formula=str(body["formula"]))


def check(settings: Settings, document: Document, catalog: Catalog) -> Iterable[Issue]:
    for name, metric in settings.inputs.items():
        found = catalog.get("metric", metric)
        if found is None:
            known = catalog.names("metric")
            how = did_you_mean(metric, known, otherwise=say("metrics.metrics_are", names=listed(known)))
            yield document.issue(("inputs", name), say("metrics.unknown_metric", metric=metric), how=how)
        elif found.type == "derived":
            why = say("metrics.derived_why")
            yield document.issue(
                ("inputs", name), say("metrics.derived_twice", metric=metric), why=why, how=say("metrics.derived_how")
            )
    try:
        names = _names(settings.formula)
    except ValueError as error:
        yield document.issue(("formula",), str(error), how=say("metrics.formula_how"))
        return
    for name in sorted(names - set(settings.inputs)):
        how = did_you_mean(name, settings.inputs, otherwise=say("metrics.unknown_in_formula_how"))
        yield document.issue(("formula",), say("metrics.unknown_in_formula", name=name), how=how)


def entities(_settings: Settings) -> tuple[str, ...]:
    """None of its own; its inputs say theirs."""
    return ()


def sources(_settings: Settings, _frame: Frame) -> Sequence[Source]:
    """None of its own: the compiler takes the inputs' (see `compile`)."""
    return ()


def value(settings: Settings, parts: Parts) -> Value:
    """`parts` are the inputs' values by name."""
    tree = ast.parse(settings.formula, mode="eval").body
    result = _calculate(tree, parts)
    return Value(value=result, parts={name: parts.get(name) for name in settings.inputs})


def _names(formula: str) -> set[str]:
    """Names in a formula. Raises ValueError for anything but names, numbers, + - * / and parentheses."""
    try:
        tree = ast.parse(formula, mode="eval")
    except SyntaxError as error:
        raise ValueError(say("metrics.formula_unreadable", error=error.msg)) from error
    for node in ast.walk(tree.body):
        if not _allowed(node):
            raise ValueError(say("metrics.formula_holds", part=type(node).__name__.lower()))
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _allowed(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float) and not isinstance(node.value, bool)
    return isinstance(node, (ast.BinOp, ast.UnaryOp, ast.USub, ast.Name, ast.Load, *_OPERATORS))


def _calculate(node: ast.expr, parts: Parts) -> float | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name):
        return parts.get(node.id)
    if isinstance(node, ast.UnaryOp):
        inner = _calculate(node.operand, parts)
        return None if inner is None else -inner
    if isinstance(node, ast.BinOp):
        left, right = _calculate(node.left, parts), _calculate(node.right, parts)
        if left is None or right is None or (isinstance(node.op, ast.Div) and right == 0):
            return None
        return _OPERATORS[type(node.op)](left, right)
    message = f"a checked formula holds {ast.dump(node)}"
    raise TypeError(message)
