"""Text → typed tree. sqlglot settles precedence only: it sees numbered stand-ins, and what it gives back is converted
node by node; a node, an argument or a flag that is not on the list here is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from opscli.config.validate import did_you_mean
from opscli.phrases import say
from opscli.rules import numbers, sugar
from opscli.rules.build import Builder, literal
from opscli.rules.operators import FUNCTIONS
from opscli.rules.scan import CONSTANTS, Word, scan, too_deep
from opscli.rules.scope import Scope, scope_of
from opscli.rules.sugar import Written
from opscli.rules.text import source
from opscli.rules.tree import PRESENT_TAGS, TYPES, UNTYPED, Expression, Node, RuleInvalid

MAX_DEPTH = 60

_COMPARISONS = {"EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}
_ARITHMETIC = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/"}
_MATCHES = {"Like": "like", "ILike": "ilike"}
_HARMLESS = {"Div": {"typed", "safe"}}
"""Flags of sqlglot nodes that say how a dialect divides; ours is fixed."""
_NAMES_SHOWN = 12


def parse(written: Written, names: Scope | Mapping[str, str]) -> Expression:
    """A condition or calculation in a scope (a bare mapping of names to types is one). Raises RuleInvalid."""
    builder = Builder(scope_of(names))
    if isinstance(written, str):
        root = _read(written, builder)
        if root.type == "null":
            raise RuleInvalid(say("rules.null_alone"), how=say("rules.compare"), offset=root.at)
        return Expression(written, root)
    root = sugar.read(written, lambda text: _decides(_read(text, builder)), builder.logical)
    return Expression(source(root), root)


def condition(written: Written, names: Scope | Mapping[str, str]) -> Expression:
    """`parse` for places that need true or false. Raises RuleInvalid when it gives another type."""
    expression = parse(written, names)
    _decides(expression.root)
    return expression


def mentions(written: Written) -> tuple[frozenset[str], frozenset[str]]:
    """Names, and tags whose present is asked for, that a condition mentions; what cannot be read has none."""
    names: set[str] = set()
    tags: set[str] = set()
    try:
        texts = [text for _, text in sugar.texts(written)]
        for words in map(scan, texts):
            names |= {word.text for word in words if word.kind == "name" and word.text not in CONSTANTS}
            calls = [index for index, word in enumerate(words) if word.kind == "function" and word.text in PRESENT_TAGS]
            asked = (words[index + 2] for index in calls if index + 2 < len(words))
            tags |= {word.text for word in asked if word.kind == "text"}
    except RuleInvalid:
        return frozenset(), frozenset()
    return frozenset(names), frozenset(tags)


def _decides(root: Node) -> Node:
    if root.type not in {"boolean", UNTYPED}:
        raise RuleInvalid(say("rules.no_decision", type=root.type), how=say("rules.compare"))
    return root


def _read(text: str, builder: Builder) -> Node:
    words = scan(text)
    for word in words:
        _check_word(word, builder.scope)
    root = _Converter(words, builder).convert(_parse_stand_ins(words), 0)
    numbers.check(root)
    return root


def _check_word(word: Word, scope: Scope) -> None:
    if word.kind == "function" and word.text not in FUNCTIONS:
        raise RuleInvalid(
            say("rules.unknown_function", name=word.text),
            why=say("rules.functions", names=", ".join(sorted(FUNCTIONS))),
            how=did_you_mean(word.text, FUNCTIONS, otherwise=say("rules.use_one")),
            offset=word.at,
        )
    if word.kind == "parameter" and word.text not in scope.params:
        given = ", ".join(sorted(scope.params))
        raise RuleInvalid(
            say("rules.unknown_parameter", name=word.text),
            why=say("rules.parameters", names=given) if given else say("rules.no_parameters"),
            how=did_you_mean(word.text, scope.params, otherwise=say("rules.write_parameter")),
            offset=word.at,
        )
    if word.kind == "name" and word.text not in scope.names and word.text not in CONSTANTS:
        shown = ", ".join(sorted(scope.names)[:_NAMES_SHOWN])
        raise RuleInvalid(
            say("rules.unknown_name", name=word.text),
            why=say("rules.nothing_named_so"),
            how=did_you_mean(word.text, scope.names, otherwise=say("rules.names_here", names=shown)),
            offset=word.at,
        )


def _parse_stand_ins(words: tuple[Word, ...]) -> Any:
    import sqlglot
    from sqlglot.errors import ParseError, TokenError

    offsets, pieces, length = [], [], 0
    for index, word in enumerate(words):
        piece = word.stand_in(index)
        offsets.append(length)
        pieces.append(piece)
        length += len(piece) + 1
    try:
        return sqlglot.parse_one(" ".join(pieces))
    except (ParseError, TokenError, RecursionError) as error:
        found = [item for item in getattr(error, "errors", ()) if item.get("col")]
        end = int(found[0]["col"]) if found else length  # sqlglot's column is the end of the word in question
        index = max((i for i, start in enumerate(offsets) if start < end), default=0)
        near = words[index]
        raise RuleInvalid(say("rules.unreadable", near=near.text), how=say("rules.see_page"), offset=near.at) from error


@dataclass(frozen=True)
class _Converter:
    """From sqlglot's nodes to ours."""

    words: tuple[Word, ...]
    builder: Builder

    @cached_property
    def _special(self) -> dict[str, Callable[[Any, int], Node]]:
        return {
            "Column": self._name,
            "Literal": self._literal,
            "Not": lambda node, depth: self.builder.logical("not", (self.convert(node.this, depth),)),
            "Neg": lambda node, depth: self.builder.arithmetic("negative", (self.convert(node.this, depth),)),
            "In": self._in,
            "Between": self._between,
            "Is": self._is,
            "Anonymous": self._call,
        }

    def convert(self, node: Any, depth: int) -> Node:
        """Our node of a sqlglot node. Raises RuleInvalid for any that is not on the list."""
        kind = type(node).__name__
        if kind == "Paren":
            self._only(node, {"this"})
            return self.convert(node.this, depth)
        if depth > MAX_DEPTH:
            raise too_deep(0)
        if kind in {"And", "Or"}:
            return self.builder.logical(
                kind.lower(), tuple(self.convert(item, depth + 1) for item in self._chain(node, kind))
            )
        if kind in _COMPARISONS:
            return self.builder.compare(_COMPARISONS[kind], self._pair(node, depth))
        if kind in _ARITHMETIC:
            return self.builder.arithmetic(_ARITHMETIC[kind], self._pair(node, depth))
        if kind in _MATCHES:
            return self._match(node, kind, depth)
        if kind not in self._special:
            raise self._refuse(node)
        return self._special[kind](node, depth + 1)

    def _chain(self, node: Any, kind: str) -> list[Any]:
        """Items of `a and b and c`, which sqlglot nests to the left."""
        items: list[Any] = []
        while type(node).__name__ == kind:
            self._only(node, {"this", "expression"})
            items.append(node.expression)
            node = node.this
        return [node, *reversed(items)]

    def _pair(self, node: Any, depth: int) -> tuple[Node, Node]:
        self._only(node, {"this", "expression"})
        return self.convert(node.this, depth + 1), self.convert(node.expression, depth + 1)

    def _name(self, node: Any, _depth: int) -> Node:
        self._only(node, {"this"})
        if not re.fullmatch(r"n\d+", node.name):  # a keyword out of place, which the parser takes for a column
            raise self._refuse(node)
        word, scope = self._word(node.name), self.builder.scope
        if word.kind == "parameter":
            return Node("param", scope.params[word.text], value=word.text, at=word.at)
        if word.text in CONSTANTS and word.text not in scope.names:
            if word.text == "null":
                return Node("literal", "null", at=word.at)
            return Node("literal", "boolean", value=word.text == "true", at=word.at)
        type_ = scope.names[word.text]
        if type_ not in {*TYPES, UNTYPED}:
            raise RuleInvalid(say("rules.unusable_type", name=word.text, type=type_), offset=word.at)
        return Node("name", type_, value=word.text, at=word.at)

    def _literal(self, node: Any, _depth: int) -> Node:
        self._only(node, {"this", "is_string"})
        word = self._word(f"n{node.name}")
        return literal(word.text, word.kind, word.at)

    def _match(self, node: Any, kind: str, depth: int) -> Node:
        self._only(node, {"this", "expression", "negate"})
        parts = self.convert(node.this, depth + 1), self.convert(node.expression, depth + 1)
        found = self.builder.match(_MATCHES[kind], parts)
        return self.builder.logical("not", (found,)) if node.args.get("negate") else found

    def _in(self, node: Any, depth: int) -> Node:
        self._only(node, {"this", "expressions"})
        if not node.expressions:
            raise self._refuse(node)
        return self.builder.compare("in", tuple(self.convert(item, depth) for item in (node.this, *node.expressions)))

    def _between(self, node: Any, depth: int) -> Node:
        self._only(node, {"this", "low", "high"})
        parts = (node.this, node.args["low"], node.args["high"])
        return self.builder.compare("between", tuple(self.convert(item, depth) for item in parts))

    def _is(self, node: Any, depth: int) -> Node:
        self._only(node, {"this", "expression"})
        item, state = self.convert(node.this, depth), node.expression
        if type(state).__name__ == "Null":
            return self.builder.state("is null", item)
        if type(state).__name__ == "Boolean":
            return self.builder.state("is true" if state.this else "is false", item)
        raise self._refuse(node)

    def _call(self, node: Any, depth: int) -> Node:
        self._only(node, {"this", "expressions"})
        if not re.fullmatch(r"f\d+", str(node.this)):
            raise self._refuse(node)
        word = self._word(str(node.this))
        return self.builder.call(word.text, tuple(self.convert(item, depth) for item in node.expressions), word.at)

    def _word(self, stand_in: str) -> Word:
        return self.words[int(stand_in[1:])]

    def _only(self, node: Any, allowed: set[str]) -> None:
        """Refuse a node with an argument that we would drop in silence."""
        extra = {key for key, value in node.args.items() if value} - allowed - _HARMLESS.get(type(node).__name__, set())
        if extra:
            raise self._refuse(node)

    def _refuse(self, node: Any) -> RuleInvalid:
        found = re.search(r"[nf](\d+)", node.sql()) if hasattr(node, "sql") else None
        word = self.words[int(found[1])] if found else self.words[0]
        return RuleInvalid(
            say("rules.form", near=word.text),
            why=say("rules.may_hold_forms"),
            how=say("rules.see_page"),
            offset=word.at,
        )
