"""Text → typed tree. sqlglot settles precedence only: it sees numbered stand-ins, and what it gives back is converted
node by node; a node, an argument or a flag that is not on the list here is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from opscli.config.validate import did_you_mean
from opscli.rules.build import Builder, literal
from opscli.rules.operators import FUNCTIONS
from opscli.rules.scan import CONSTANTS, Word, scan
from opscli.rules.tree import TYPES, UNTYPED, Expression, Node, RuleInvalid

MAX_DEPTH = 60

_COMPARISONS = {"EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}
_ARITHMETIC = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/"}
_MATCHES = {"Like": "like", "ILike": "ilike"}
_HARMLESS = {"Div": {"typed", "safe"}}
"""Flags of sqlglot nodes that say how a dialect divides; ours is fixed."""


def parse(text: str, names: Mapping[str, str], *, tags: frozenset[str] | None = None, zone: str = "UTC") -> Expression:
    """A condition or calculation over `names` (name → rule type, or `any` for raw text read as what the place needs).

    `tags` are those that has_tag may ask for; None = has_tag has no meaning here. Times without offset are local in
    `zone`. Raises RuleInvalid.
    """
    words = scan(text)
    for word in words:
        _check_word(word, names)
    root = _Converter(words, names, tags, Builder(zone)).convert(_parse_stand_ins(words), 0)
    if root.type == "null":
        raise RuleInvalid("null alone is no condition", how="compare something", offset=root.at)
    return Expression(text, root)


def condition(
    text: str, names: Mapping[str, str], *, tags: frozenset[str] | None = None, zone: str = "UTC"
) -> Expression:
    """`parse` for places that need true or false. Raises RuleInvalid when it gives another type."""
    expression = parse(text, names, tags=tags, zone=zone)
    if expression.type not in {"boolean", UNTYPED}:
        raise RuleInvalid(
            f"this gives {expression.type}, a condition gives true or false", how="compare it with something"
        )
    return expression


def mentions(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Names, and tags asked for with has_tag, that a text mentions; what cannot be read has none."""
    try:
        words = scan(text)
    except RuleInvalid:
        return frozenset(), frozenset()
    names = frozenset(word.text for word in words if word.kind == "name" and word.text not in CONSTANTS)
    calls = [index for index, word in enumerate(words) if word.kind == "function" and word.text == "has_tag"]
    asked = (words[index + 2] for index in calls if index + 2 < len(words))
    return names, frozenset(word.text for word in asked if word.kind == "text")


def _check_word(word: Word, names: Mapping[str, str]) -> None:
    if word.kind == "function" and word.text not in FUNCTIONS:
        raise RuleInvalid(
            f'unknown function "{word.text}" in a condition',
            why=f"functions are {', '.join(sorted(FUNCTIONS))}",
            how=did_you_mean(word.text, FUNCTIONS, otherwise="use one of these"),
            offset=word.at,
        )
    if word.kind == "name" and word.text not in names and word.text not in CONSTANTS:
        raise RuleInvalid(
            f'unknown name "{word.text}" in a condition',
            why="nothing that can be used here has this name",
            how=did_you_mean(word.text, names, otherwise=f"names here: {', '.join(sorted(names)[:12])}"),
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
        raise RuleInvalid(
            f'the condition cannot be read at "{near.text}"', how="see docs/rules.md", offset=near.at
        ) from error


@dataclass(frozen=True)
class _Converter:
    """From sqlglot's nodes to ours."""

    words: tuple[Word, ...]
    names: Mapping[str, str]
    tags: frozenset[str] | None
    builder: Builder = field(default_factory=Builder)

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
            raise RuleInvalid(
                "a condition that is nested too deeply", why=f"at most {MAX_DEPTH} levels", how="split it"
            )
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
        word = self._word(node.name)
        if word.text in CONSTANTS and word.text not in self.names:
            if word.text == "null":
                return Node("literal", "null", at=word.at)
            return Node("literal", "boolean", value=word.text == "true", at=word.at)
        type_ = self.names[word.text]
        if type_ not in {*TYPES, UNTYPED}:
            raise RuleInvalid(f'"{word.text}" is {type_} and cannot be used in a condition', offset=word.at)
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
        call = self.builder.call(word.text, tuple(self.convert(item, depth) for item in node.expressions), word.at)
        if word.text == "has_tag":
            self._check_tag(call)
        return call

    def _check_tag(self, call: Node) -> None:
        tag, at = str(call.parts[0].value), call.parts[0].at
        if self.tags is None:
            raise RuleInvalid(
                "has_tag has no meaning here", why="tags belong to customers", how="remove it", offset=call.at
            )
        if tag not in self.tags:
            how = did_you_mean(tag, self.tags, otherwise="define it in configs/tags/")
            raise RuleInvalid(f'unknown tag "{tag}"', why="no tags file defines it", how=how, offset=at)

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
            f'the condition has a form that is not allowed, near "{word.text}"',
            why="it may hold comparisons, in, between, like, is null, + - * /, and or not, and the listed functions",
            how="see docs/rules.md",
            offset=word.at,
        )
