"""YAML text → plain data with the line and column of every node.

Scalars follow YAML 1.2's core schema, so `NO`, `on`, `12:30` and `2026-05-04` are text. Two refinements keep values as
they look: digits with a leading zero (`0123`, a postcode) are text, and `1.10` is a number that still prints as `1.10`.
Duplicate keys are problems, anchors are allowed up to a cap of expanded nodes, and no tag makes an object.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from opscli.config.document import Place
from opscli.config.position import mark_of
from opscli.config.syntax import syntax_issue
from opscli.outcome import Issue
from opscli.phrases import say

MAX_CHARACTERS = 1_000_000
MAX_NODES = 50_000
MAX_DEPTH = 40
KEY = "#key"
"""Last part of the place that holds a key's own position: marks[("tags", KEY)] is where the word `tags` stands."""

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,300})|0o[0-7]{1,300}|0x[0-9a-fA-F]{1,300}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    ".inf": float("inf"), "+.inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan"),
}  # fmt: skip
_PLAIN_TAGS = {
    "ScalarEvent": ("!", "tag:yaml.org,2002:str"),
    "SequenceStartEvent": ("!", "tag:yaml.org,2002:seq"),
    "MappingStartEvent": ("!", "tag:yaml.org,2002:map"),
}
"""Tags that say what a value is anyway; all others, such as those that make objects, are refused."""


class Written(float):
    """A number that remembers how it was written, because `1.10` may be a version or an amount."""

    text: str

    def __new__(cls, text: str) -> Self:
        self = super().__new__(cls, text)
        self.text = text
        return self

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Tree:
    """Data of one YAML document; `marks` maps a place to (line, column), from 1."""

    data: Any
    marks: dict[Place, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Anchored:
    value: Any
    marks: tuple[tuple[Place, tuple[int, int]], ...]
    nodes: int


class _RefusedError(Exception):
    """Reading stops here: going on would not be safe or would only repeat the problem."""

    def __init__(self, mark: Any, what: str, why: str, how: str) -> None:
        super().__init__(what)
        self.position = (mark.line + 1, mark.column + 1)
        self.what, self.why, self.how = what, why, how


def read_yaml(text: str, file: str) -> tuple[Tree | None, tuple[Issue, ...]]:
    """The tree of the one document in `text`, and every problem; no tree when the text cannot be read at all."""
    import yaml

    if len(text) > MAX_CHARACTERS:
        why = say("config.file_too_long_why", most=MAX_CHARACTERS, count=len(text))
        return None, (
            Issue(file=file, line=1, column=1, what=say("config.file_too_long"), why=why, how=say("config.split_it")),
        )
    text = text.removeprefix("\ufeff")
    builder = _Builder(events=_events(text), file=file, text=text)
    try:
        tree = builder.document()
    except _RefusedError as error:
        line, column = error.position
        stop = Issue(file=file, line=line, column=column, what=error.what, why=error.why, how=error.how)
        return None, (*builder.issues, stop)
    except yaml.YAMLError as error:
        return None, (*builder.issues, syntax_issue(error, text, file))
    return tree, tuple(builder.issues)


def _events(text: str) -> Iterator[Any]:
    import yaml

    # libyaml is ten times faster; wheels carry it, a build from source may not.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return iter(yaml.parse(text, Loader=loader))


@dataclass(slots=True)
class _Builder:
    """Builds data straight from parser events, so that depth and size are refused before they are spent."""

    events: Iterator[Any]
    file: str
    text: str
    issues: list[Issue] = field(default_factory=list)
    marks: dict[Place, tuple[int, int]] = field(default_factory=dict)
    trail: list[tuple[Place, tuple[int, int]]] = field(default_factory=list)
    anchors: dict[str, _Anchored] = field(default_factory=dict)
    nodes: int = 0

    def document(self) -> Tree | None:
        """The only document of the stream, or None when there is none."""
        import yaml

        next(self.events)
        start = next(self.events)
        if isinstance(start, yaml.StreamEndEvent):
            self._report((1, 1), say("config.file_empty"), "", say("config.start_with"))
            return None
        if start.version not in (None, (1, 2)) or start.tags:
            why, how = say("config.yaml_directive_why"), say("config.yaml_directive_how")
            raise _RefusedError(start.start_mark, say("config.yaml_directive"), why, how)
        data = self._node(next(self.events), ())
        next(self.events)
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise _RefusedError(
                after.start_mark,
                say("config.second_document"),
                say("config.second_document_why"),
                say("config.second_document_how"),
            )
        return Tree(data, self.marks)

    def _node(self, event: Any, place: Place) -> Any:
        import yaml

        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, place)
        self._count(1, event)
        if len(place) > MAX_DEPTH:
            raise _RefusedError(
                event.start_mark,
                say("config.too_deep"),
                say("config.too_deep_why", most=MAX_DEPTH),
                say("config.flatten_it"),
            )
        nodes, start = self.nodes, len(self.trail)
        self._mark(place, mark_of(event, self.text))
        value = self._value(event, place)
        if event.anchor:
            inner = tuple((path[len(place) :], mark) for path, mark in self.trail[start:])
            self.anchors[event.anchor] = _Anchored(value, inner, self.nodes - nodes + 1)
        return value

    def _mark(self, place: Place, position: tuple[int, int]) -> None:
        self.marks[place] = position
        self.trail.append((place, position))

    def _value(self, event: Any, place: Place) -> Any:
        import yaml

        if event.tag not in (None, *_PLAIN_TAGS[type(event).__name__]):
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            raise _RefusedError(
                event.start_mark,
                say("config.yaml_tag", tag=tag),
                say("config.yaml_tag_why"),
                say("config.yaml_tag_how"),
            )
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(place)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(item := next(self.events), yaml.SequenceEndEvent):
                items.append(self._node(item, (*place, len(items))))
            return items
        return resolve(event.value) if event.implicit[0] else event.value

    def _mapping(self, place: Place) -> dict[str, Any]:
        import yaml

        result: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._key(event)
            here = (event.start_mark.line + 1, event.start_mark.column + 1)
            if key in result:
                line, _ = self.marks[(*place, key, KEY)]
                why = say("config.duplicate_key_why", line=line)
                self._report(here, say("config.duplicate_key", key=key), why, say("config.duplicate_key_how"))
            self._mark((*place, key, KEY), here)
            result[key] = self._node(next(self.events), (*place, key))
        return result

    def _key(self, event: Any) -> str:
        import yaml

        if not isinstance(event, yaml.ScalarEvent):
            raise _RefusedError(event.start_mark, say("config.key_no_word"), "", say("config.key_no_word_how"))
        if event.value == "<<" and event.implicit[0]:
            raise _RefusedError(
                event.start_mark,
                say("config.merge_keys"),
                say("config.merge_keys_why"),
                say("config.merge_keys_how"),
            )
        key: str = event.value
        return key

    def _alias(self, event: Any, place: Place) -> Any:
        found = self.anchors.get(event.anchor)
        if found is None:
            why = say("config.anchor_why")
            raise _RefusedError(
                event.start_mark,
                say("config.anchor_unknown", anchor=event.anchor),
                why,
                say("config.anchor_how", anchor=event.anchor),
            )
        self._count(found.nodes, event)
        for path, mark in found.marks:
            if len(place) + len(path) > 2 * MAX_DEPTH:
                raise _RefusedError(
                    event.start_mark, say("config.too_deep"), say("config.aliases_add_up"), say("config.flatten_it")
                )
            self._mark(place + path, mark)
        return found.value

    def _count(self, nodes: int, event: Any) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            why = say("config.too_many_nodes_why", most=MAX_NODES)
            raise _RefusedError(event.start_mark, say("config.too_many_nodes"), why, say("config.too_many_nodes_how"))

    def _report(self, position: tuple[int, int], what: str, why: str, how: str) -> None:
        line, column = position
        self.issues.append(Issue(file=self.file, line=line, column=column, what=what, why=why, how=how))


def resolve(text: str) -> Any:
    """Value of a plain scalar by YAML 1.2's core schema, with the two refinements of this module."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if number in (float("inf"), float("-inf")):
            return text
        return number if str(number) == text else Written(text)
    return text
