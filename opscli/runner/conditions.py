"""Conditions of any document of any configuration, read without knowing what its names stand for.

A stored configuration cannot be compiled again (its entities may be gone), so names that nothing is known about are
read as what the operator around them needs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from opscli.config.document import Document
from opscli.config.guide import Guide, guide
from opscli.phrases import current
from opscli.rules.language import mentions, parse
from opscli.rules.scope import Scope
from opscli.rules.text import source
from opscli.rules.tree import UNTYPED, Expression, RuleInvalid
from opscli.rules.words import describe

_PARAMETER = re.compile(r":([^\W\d]\w*)")


class _Any(frozenset[str]):
    """Holds every name: whether a tag exists is not what is asked here."""

    def __contains__(self, item: object) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Conditions:
    """How conditions are read: the types of the names that are known, and what people call names."""

    types: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def canonical(self, written: Any) -> str:
        """The one text that all ways to write the same condition have in common."""
        expression = self._read(written)
        return source(expression) if expression else _plain(written)

    def words(self, written: Any) -> str:
        """The condition as a sentence; as it was written where it cannot be read."""
        expression = self._read(written)
        return describe(expression, current(), self.labels) if expression else _plain(written)

    def _read(self, written: Any) -> Expression | None:
        names = mentions(written)[0]
        params = dict.fromkeys(_PARAMETER.findall(_plain(written)), UNTYPED)
        known = dict.fromkeys(("tag", "campaign", "message"), _Any())
        for types in (self.types, {}):
            scope = Scope(names={name: types.get(name, UNTYPED) for name in names}, params=params, known=known)
            try:
                return parse(written, scope)
            except RuleInvalid:
                continue
        return None


def _plain(written: Any) -> str:
    """What was written, on one line."""
    return " ".join((written if isinstance(written, str) else json.dumps(written, ensure_ascii=False)).split())


def labels_of(documents: Iterable[Document], locale: str) -> dict[str, str]:
    """Name → what people call it, for the items that are names in conditions (traits, tags)."""
    found = {}
    for name, item in named_items(documents):
        label = item.get("label") if isinstance(item, Mapping) else None
        words = label.get(locale) or next(iter(label.values()), "") if isinstance(label, Mapping) else label
        if words:
            found[name] = str(words)
    return found


def named_items(documents: Iterable[Document]) -> Iterator[tuple[str, Any]]:
    """Items with names of their own in the project: the traits and tags of their files."""
    for document in documents:
        start = guide(document.kind)
        if not start.node.get("x-container"):
            continue
        for key, value in document.data.items():
            if isinstance(value, Mapping) and start.child(key, document.data).is_map:
                yield from value.items()
            elif isinstance(value, list | tuple):
                yield from ((str(item["name"]), item) for item in value if isinstance(item, Mapping) and "name" in item)


def words_in(here: Guide, data: Any, *, reach_only: bool = False, reached: bool = False) -> Iterator[str]:
    """Every name that data mention: those in conditions, and texts as they are; `reach_only` = only below x-reach."""
    reached = reached or here.reach
    if here.form == "condition":
        if reached or not reach_only:
            yield from asked_for(data)
        return
    if isinstance(data, str) and (reached or not reach_only):
        yield data
    for child, value in below(here, data):
        yield from words_in(child, value, reach_only=reach_only, reached=reached)


def asked_in(here: Guide, data: Any) -> Iterator[str]:
    """Every trait, field and tag that the conditions in data ask for."""
    if here.form == "condition":
        yield from asked_for(data)
        return
    for child, value in below(here, data):
        yield from asked_in(child, value)


def asked_for(written: Any) -> frozenset[str]:
    """Names and tags of one condition."""
    names, tags = mentions(written)
    return names | tags


def below(here: Guide, data: Any) -> Iterator[tuple[Guide, Any]]:
    """What a block or a list holds, with its guides."""
    if isinstance(data, Mapping):
        yield from ((here.child(str(key), data), value) for key, value in data.items())
    elif isinstance(data, list | tuple):
        yield from ((here.item(data), item) for item in data)
