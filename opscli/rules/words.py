"""Typed tree → a sentence in English or Chinese, for `explain` and the handbook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from opscli.rules.operators import FUNCTIONS
from opscli.rules.text import duration
from opscli.rules.tree import Expression, Node

LOCALES = ("en", "zh")

_TEMPLATES = {
    "en": {
        "=": "{0} is {1}",
        "<>": "{0} is not {1}",
        "<": "{0} is less than {1}",
        "<=": "{0} is at most {1}",
        ">": "{0} is more than {1}",
        ">=": "{0} is at least {1}",
        "time <": "{0} is before {1}",
        "time <=": "{0} is at or before {1}",
        "time >": "{0} is after {1}",
        "time >=": "{0} is at or after {1}",
        "in": "{0} is one of {rest}",
        "not =": "{0} is not {1}",
        "not in": "{0} is none of {rest}",
        "between": "{0} is between {1} and {2}",
        "not between": "{0} is not between {1} and {2}",
        "like": "{0} looks like {1}",
        "not like": "{0} does not look like {1}",
        "ilike": "{0} looks like {1} in any case",
        "not ilike": "{0} does not look like {1} in any case",
        "is null": "{0} is unknown",
        "not is null": "{0} is known",
        "is true": "{0} holds",
        "not is true": "{0} does not hold",
        "is false": "{0} is known not to hold",
        "not is false": "{0} holds or is unknown",
        "not": "not: {0}",
        "negative": "minus {0}",
        "and": " and ",
        "or": " or ",
        "list": ", ",
    },
    "zh": {
        "=": "{0}为{1}",
        "<>": "{0}不为{1}",
        "<": "{0}小于{1}",
        "<=": "{0}不大于{1}",
        ">": "{0}大于{1}",
        ">=": "{0}不小于{1}",
        "time <": "{0}早于{1}",
        "time <=": "{0}不晚于{1}",
        "time >": "{0}晚于{1}",
        "time >=": "{0}不早于{1}",
        "in": "{0}为{rest}之一",
        "not =": "{0}不为{1}",
        "not in": "{0}不是{rest}中的任何一个",
        "between": "{0}在{1}与{2}之间",
        "not between": "{0}不在{1}与{2}之间",
        "like": "{0}形如{1}",
        "not like": "{0}不形如{1}",
        "ilike": "{0}形如{1}(不分大小写)",
        "not ilike": "{0}不形如{1}(不分大小写)",
        "is null": "{0}未知",
        "not is null": "{0}已知",
        "is true": "{0}成立",
        "not is true": "{0}不成立",
        "is false": "{0}确知不成立",
        "not is false": "{0}成立或未知",
        "not": "并非:{0}",
        "negative": "负{0}",
        "and": "且",
        "or": "或",
        "list": "、",
    },
}
_UNITS = {
    "en": {"d": "days", "h": "hours", "min": "minutes", "s": "seconds"},
    "zh": {"d": "天", "h": "小时", "min": "分钟", "s": "秒"},
}


def describe(expression: Expression | Node, locale: str = "en", labels: Mapping[str, str] | None = None) -> str:
    """The condition in words; `labels` maps names and tags to what people call them. Another locale is English."""
    node = expression.root if isinstance(expression, Expression) else expression
    return _Speaker(locale if locale in LOCALES else "en", labels or {}).say(node)


@dataclass(frozen=True, slots=True)
class _Speaker:
    locale: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def say(self, node: Node) -> str:
        if node.op in {"name", "literal"}:
            return self._leaf(node)
        if node.op == "as":
            return self.say(node.parts[0])
        if node.op in {"and", "or"}:
            return self._template(node.op).join(self._inside(part, node) for part in node.parts)
        if node.op == "not":
            return self._negated(node.parts[0])
        return self._operation(node)

    def _operation(self, node: Node) -> str:
        if node.op == "call":
            return self._fill(FUNCTIONS[str(node.value)].words[self.locale], node)
        if node.op in {"+", "-", "*", "/"}:
            return f" {node.op} ".join(f"({self.say(p)})" if p.op in {"+", "-"} else self.say(p) for p in node.parts)
        timed = f"time {node.op}"
        key = timed if node.parts[0].family == "time" and timed in _TEMPLATES[self.locale] else node.op
        return self._fill(self._template(key), node)

    def _negated(self, inner: Node) -> str:
        function = FUNCTIONS.get(str(inner.value)) if inner.op == "call" else None
        if function and function.negated:
            return self._fill(function.negated[self.locale], inner)
        template = _TEMPLATES[self.locale].get(f"not {inner.op}")
        if template:
            return self._fill(template, inner)
        return self._template("not").format(f"({self.say(inner)})")

    def _fill(self, template: str, node: Node) -> str:
        said = [self.say(part) for part in node.parts]
        separator = self._template("list")
        return template.format(*said, rest=separator.join(said[1:]), all=separator.join(said))

    def _inside(self, part: Node, around: Node) -> str:
        text = self.say(part)
        return f"({text})" if part.op in {"and", "or"} and part.op != around.op else text

    def _leaf(self, node: Node) -> str:
        value = node.value
        if node.op == "name" or (isinstance(value, str) and value in self.labels):
            return self.labels.get(str(value), str(value))
        if isinstance(value, bool):
            return {"en": ("no", "yes"), "zh": ("否", "是")}[self.locale][value]
        if isinstance(value, timedelta):
            text = duration(value)
            unit = text.lstrip("0123456789")
            space = " " if self.locale == "en" else ""
            return f"{text.removesuffix(unit)}{space}{_UNITS[self.locale][unit]}"
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d}" if value.time().isoformat() == "00:00:00" else f"{value:%Y-%m-%d %H:%M:%S} UTC"
        return str(value)

    def _template(self, key: str) -> str:
        return _TEMPLATES[self.locale][key]
