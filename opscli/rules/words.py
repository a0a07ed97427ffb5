"""Typed tree → a sentence in English or Chinese, for `explain` and the handbook. Its words are `rules.words_…`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from opscli.phrases import LOCALES, catalogue, say
from opscli.rules.operators import FUNCTIONS
from opscli.rules.text import duration
from opscli.rules.tree import Expression, Node

_KEYS = {"=": "equal", "<>": "unequal", "<": "less", "<=": "at_most", ">": "more", ">=": "at_least"}


def describe(expression: Expression | Node, locale: str = "en", labels: Mapping[str, str] | None = None) -> str:
    """The condition in words; `labels` maps names and tags to what people call them. Another locale is English."""
    node = expression.root if isinstance(expression, Expression) else expression
    return _Speaker(locale if locale in LOCALES else "en", labels or {}).say(node)


def key_of(node: Node) -> str:
    """Name of a node's words, without `words_`."""
    if node.op == "call":
        return _call_key(node)
    key = _KEYS.get(node.op, node.op.replace(" ", "_"))
    timed = f"time_{key}"
    return timed if node.parts and node.parts[0].family == "time" and _known(timed) else key


def _call_key(node: Node) -> str:
    parts = [part for part in node.parts if part.type != "zone"]
    offset = parts[-1].value
    if node.value == "anniversary" and isinstance(offset, timedelta) and offset:
        return "call_anniversary_before" if offset < timedelta() else "call_anniversary_after"
    key = f"call_{node.value}"
    extra = f"{key}_{len(parts)}"
    return extra if FUNCTIONS[str(node.value)].optional and _known(extra) else key


def _known(key: str) -> bool:
    return f"words_{key}" in catalogue("rules")


@dataclass(frozen=True, slots=True)
class _Speaker:
    locale: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def say(self, node: Node) -> str:
        if node.op in {"name", "literal", "param"}:
            return self._leaf(node)
        if node.op == "as":
            return self.say(node.parts[0])
        if node.op in {"and", "or"}:
            return self._words(node.op).join(self._inside(part, node) for part in node.parts)
        if node.op == "not":
            return self._negated(node.parts[0])
        if node.op in {"+", "-", "*", "/"}:
            return f" {node.op} ".join(f"({self.say(p)})" if p.op in {"+", "-"} else self.say(p) for p in node.parts)
        return self._fill(key_of(node), node)

    def _negated(self, inner: Node) -> str:
        key = f"not_{key_of(inner)}"
        return self._fill(key, inner) if _known(key) else self._words("not", a=f"({self.say(inner)})")

    def _fill(self, key: str, node: Node) -> str:
        said = [self.say(part) for part in node.parts if part.type != "zone"]
        separator = self._words("list")
        named = dict(zip("abc", said, strict=False))
        return self._words(key, rest=separator.join(said[1:]), all=separator.join(said), **named)

    def _inside(self, part: Node, around: Node) -> str:
        text = self.say(part)
        return f"({text})" if part.op in {"and", "or"} and part.op != around.op else text

    def _leaf(self, node: Node) -> str:
        value = node.value
        if node.op == "param":
            return self._words("param", a=str(value))
        if node.op == "name" or (isinstance(value, str) and value in self.labels):
            return self.labels.get(str(value), str(value))
        if isinstance(value, bool):
            return self._words("yes" if value else "no")
        if isinstance(value, timedelta):
            return self._span(abs(value))
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d}" if value.time().isoformat() == "00:00:00" else f"{value:%Y-%m-%d %H:%M:%S} UTC"
        return value.isoformat() if isinstance(value, date) else str(value)

    def _span(self, span: timedelta) -> str:
        text = duration(span)
        unit = text.lstrip("0123456789")
        return say(f"rules.unit_{unit}", self.locale, count=int(text.removesuffix(unit)))

    def _words(self, key: str, **values: str) -> str:
        return say(f"rules.words_{key}", self.locale, **values)
