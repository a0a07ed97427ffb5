"""Texts for people come from the catalogue: no English literal stands where somebody would read it."""

from __future__ import annotations

import ast
import inspect
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import opscli
from opscli import errors

PACKAGE = Path(opscli.__file__).parent

ERRORS = {name for name, _ in inspect.getmembers(errors, inspect.isclass)} | {"RuleInvalid", "BadParameter"}
FIRST_IS_READ = ERRORS | {"done", "note"}
SECOND_IS_READ = {"issue", "MessageRefused"}
READ_BY_NAME = {"what", "why", "how", "remedy", "summary", "headline"}
SPEAKERS = FIRST_IS_READ | SECOND_IS_READ | {"Issue", "Outcome", "Preview"}
TYPED = re.compile(r"(opscli|pip install|keyring set) [^,;:]*|[a-z_{}]+: (\S+|\{.*\})")
"""A command, or a line of config: what is typed is the same in every language."""

LEFT: dict[str, int] = {}
"""Literals that are still to be converted, by room. The numbers only ever fall."""


def _name(call: ast.Call) -> str:
    function = call.func
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _read(node: ast.AST) -> Iterator[ast.expr]:
    """Expressions at which somebody reads a text."""
    if isinstance(node, ast.Call) and _name(node) in SPEAKERS:
        name = _name(node)
        at = 0 if name in FIRST_IS_READ else 1 if name in SECOND_IS_READ else None
        if at is not None and len(node.args) > at:
            yield node.args[at]
        yield from (word.value for word in node.keywords if word.arg in READ_BY_NAME)
    elif isinstance(node, ast.Assign):
        yield from (text for name, text in _pairs(node.targets[0], node.value) if name in READ_BY_NAME)


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[str, ast.expr]]:
    """(name, value) of an assignment, also of `what, how = a, b`."""
    if isinstance(target, ast.Name):
        return [(target.id, value)]
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        return [pair for one, other in zip(target.elts, value.elts, strict=True) for pair in _pairs(one, other)]
    return []


def _literals(node: ast.expr) -> Iterator[str]:
    """Texts written out in an expression; what a call makes is not looked into."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    elif isinstance(node, ast.IfExp):
        yield from (*_literals(node.body), *_literals(node.orelse))
    elif isinstance(node, ast.BoolOp):
        yield from (text for value in node.values for text in _literals(value))
    elif isinstance(node, ast.BinOp):
        yield from (*_literals(node.left), *_literals(node.right))


def bare(tree: ast.Module) -> list[tuple[int, str]]:
    """(line, text) of each English text that a person would read."""
    found = [
        (place.lineno, text)
        for node in ast.walk(tree)
        for place in _read(node)
        for text in _literals(place)
        if re.search(r"[A-Za-z]{2}", text) and not TYPED.fullmatch(text)
    ]
    return sorted(found)


def test_no_room_has_more_bare_texts_than_are_left_to_convert() -> None:
    found = {
        f"{path.relative_to(PACKAGE)}:{line}": text
        for path in sorted(PACKAGE.rglob("*.py"))
        for line, text in bare(ast.parse(path.read_text(encoding="utf-8")))
    }
    counts = Counter(place.partition("/")[0].partition(":")[0].removesuffix(".py") for place in found)
    assert counts == LEFT, "\n".join(f"{place}  {text}" for place, text in found.items())


def test_the_check_sees_literals_and_not_what_is_said_or_typed() -> None:
    code = """
raise UsageError("no such thing", remedy=f"look in {place}")
yield document.issue(("name",), "twice" if again else say("a.b"), how="opscli config check")
what, how = f"{name} is odd", say("a.c")
raise UsageError(say("a.d"), remedy="opscli run JOB")
"""
    assert bare(ast.parse(code)) == [(2, "look in {}"), (2, "no such thing"), (3, "twice"), (4, "{} is odd")]
