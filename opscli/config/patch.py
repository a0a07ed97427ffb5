"""A YAML text changed so that it reads as other data, with every byte kept that the change does not touch.

Comments, blank lines, quotes, anchors, indents, line ends: all stay, because only the words that differ are replaced.
Libraries that load, change and write a tree were tried first; they drop the comments inside `{ … }` over several lines
and re-indent lists, so the text itself is the tree here: the parser's events say where each value begins and ends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from opscli.config.reader import Written, resolve
from opscli.config.versions import paired

_ANCHOR = re.compile(r"&\S+\s+")
_PLAIN = re.compile(r"\w(?:[\w ./%-]*[\w%])?")
_COMMA = re.compile(r"\s*,[ \t]*")
_LETTER = re.compile(r"[^\W\d_]|%")
_OTHERWISE = ("y", "n", "yes", "no", "on", "off")
"""Texts here, but truth values for readers of YAML 1.1; in quotes they are texts for everybody."""
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*", re.MULTILINE)
_ALL = "..."
"""Stands for the whole text in an error."""


class CannotPatchError(ValueError):
    """The change cannot be made in this text without losing something; a person has to do it."""


@dataclass(slots=True)
class Node:
    """One value in the text, from `start` to `end`. `anchor` is its name where it has one, or the one it refers to."""

    start: int
    end: int
    style: str = ""
    alias: bool = False
    anchor: str = ""
    flow: bool = False
    entries: list[tuple[Node, Node]] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Edit:
    """Text from `start` to `end` becomes `text`."""

    start: int
    end: int
    text: str


def patched(text: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """`text`, which reads as `before`, changed to read as `after`. Raises CannotPatchError where that is not possible.

    Whoever calls must read the result and compare: only that proves the change.
    """
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    body = text.removeprefix(mark)
    root = _tree(body)
    patcher = _Patcher(text=body, blanked=_blanked(body, root), newline="\r\n" if "\r\n" in body else "\n")
    patcher.change(root, before, after)
    result = body
    for edit in sorted(patcher.edits, key=lambda item: (item.start, item.end), reverse=True):
        result = result[: edit.start] + edit.text + result[edit.end :]
    return mark + result


def comments(text: str) -> list[str]:
    """Every comment of a YAML text, in order."""
    body = text.removeprefix("\ufeff")
    return _comments(_blanked(body, _tree(body)))


@dataclass(slots=True)
class _Patcher:
    text: str
    blanked: str
    newline: str
    edits: list[Edit] = field(default_factory=list)
    anchored: dict[str, Any] = field(default_factory=dict)

    def change(self, node: Node, before: Any, after: Any) -> None:
        """Note the edits that turn one value into another."""
        if node.alias:
            if not _same(self.anchored.get(node.anchor), after):
                self._replace(node, after)
            return
        if node.anchor:
            self.anchored[node.anchor] = after
        if isinstance(before, Mapping) and isinstance(after, Mapping) and before and after:
            self._mapping(node, before, after)
        elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
            for item, was, now in zip(node.items, before, after, strict=True):
                self.change(item, was, now)
        elif not _same(before, after):
            self._replace(node, after)

    def _mapping(self, node: Node, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        old_keys, new_keys = list(before), list(after)
        previous: Node | None = None
        waiting: list[str] = []
        for was, now in paired(old_keys, new_keys):
            if was is None and now is not None:
                waiting.append(f"{scalar(new_keys[now])}: {flow(after[new_keys[now]])}")
                continue
            assert was is not None  # noqa: S101  a pair has at least one side
            key, value = node.entries[was]
            if now is None:
                self._remove(node, was)
                continue
            self._insert(node, previous, key, waiting)
            waiting = []
            if old_keys[was] != new_keys[now]:
                self.edits.append(Edit(key.start, key.end, scalar(new_keys[now], key.style)))
            self.change(value, before[old_keys[was]], after[new_keys[now]])
            previous = value
        self._insert(node, previous, None, waiting)

    def _insert(self, node: Node, previous: Node | None, following: Node | None, added: list[str]) -> None:
        """New entries after `previous`, or before `following` when nothing stands before."""
        if not added:
            return
        indent = " " * self._column(node.entries[0][0].start)
        between = ", " if node.flow else self.newline + indent
        if previous is None:
            if following is None:
                raise CannotPatchError(_ALL)
            self.edits.append(Edit(following.start, following.start, between.join(added) + between))
        elif node.flow:
            self.edits.append(Edit(previous.end, previous.end, "".join(between + entry for entry in added)))
        else:
            end = self._line_end(previous.end)
            self.edits.append(Edit(end, end, "".join(between + entry for entry in added)))

    def _remove(self, node: Node, index: int) -> None:
        """Take an entry out; comments inside and behind it stay, in lines of their own."""
        key, value = node.entries[index]
        if node.flow:
            start, end = key.start, value.end
            if behind := _COMMA.match(self.text, end):
                end = behind.end()
            self._refuse_comments(start, end)
            self.edits.append(Edit(start, end, ""))
            return
        line = self.text.rfind("\n", 0, key.start) + 1
        if self.text[line : key.start].strip():
            raise CannotPatchError(self.text[key.start : key.end])  # the first entry of a list item: `- key: value`
        end = min(self._line_end(value.end) + len(self.newline), len(self.text))
        indent = self.text[line : key.start]
        kept = (f"{indent}{comment}{self.newline}" for comment in _comments(self.blanked[line:end]))
        self.edits.append(Edit(line, end, "".join(kept)))

    def _replace(self, node: Node, value: Any) -> None:
        anchor = _ANCHOR.match(self.text, node.start)
        start = anchor.end() if anchor and anchor.end() <= node.end else node.start
        self._refuse_comments(node.start, node.end)
        text = scalar(value, node.style) if isinstance(value, str) else flow(value)
        tail = self.newline if self.text[start : node.end].endswith("\n") else ""  # a block text ends with its line
        self.edits.append(Edit(start, node.end, text + tail))

    def _refuse_comments(self, start: int, end: int) -> None:
        if _comments(self.blanked[start:end]):
            raise CannotPatchError(self.text[start:end])

    def _column(self, position: int) -> int:
        return position - (self.text.rfind("\n", 0, position) + 1)

    def _line_end(self, position: int) -> int:
        """End of the line of a position, without its line end."""
        if position and self.text[position - 1] == "\n":  # a block text ends behind its last line
            position -= len(self.newline)
        end = self.text.find("\n", position)
        end = len(self.text) if end < 0 else end
        return end - 1 if end and self.text[end - 1 : end] == "\r" else end


def flow(value: Any) -> str:
    """A value on one line, as YAML."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        return scalar(value)
    return value.text if isinstance(value, Written) else json.dumps(value)


def scalar(text: str, style: str = "") -> str:
    """A text in the quotes it had, or plain where it stays a text."""
    if style == "'":
        return "'" + text.replace("'", "''") + "'"
    plain = not style and _PLAIN.fullmatch(text) and _LETTER.search(text) and isinstance(resolve(text), str)
    plain = plain and text.lower() not in _OTHERWISE
    return text if plain else json.dumps(text, ensure_ascii=False)


def _same(left: Any, right: Any) -> bool:
    """Equal also in how numbers are written: 1, 1.0 and true are three things."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return list(left) == list(right) and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return type(left) is type(right) and str(left) == str(right)


def _tree(text: str) -> Node:
    """The one document of a text that could be read."""
    import yaml

    events = iter(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    next(events)
    next(events)
    return _node(next(events), events)


def _node(event: Any, events: Iterator[Any]) -> Node:
    import yaml

    start, end = event.start_mark.index, event.end_mark.index
    node = Node(start, end, anchor=event.anchor or "", alias=isinstance(event, yaml.AliasEvent))
    if isinstance(event, yaml.ScalarEvent):
        node.style = event.style or ""
    elif isinstance(event, yaml.CollectionStartEvent):
        node.flow = bool(event.flow_style)
        _fill(node, event, events)
    return node


def _fill(node: Node, event: Any, events: Iterator[Any]) -> None:
    import yaml

    while not isinstance(inner := next(events), yaml.CollectionEndEvent):
        child = _node(inner, events)
        if isinstance(event, yaml.MappingStartEvent):
            node.entries.append((child, _node(next(events), events)))
        else:
            node.items.append(child)
    children = [*node.items, *(value for _, value in node.entries)]
    # A block's end event stands before the next word, behind comments that are not its own.
    closing: Any = inner
    node.end = closing.end_mark.index if node.flow or not children else children[-1].end


def _blanked(text: str, root: Node) -> str:
    """The text with every scalar made of x, so that a # in what is left begins a comment."""
    letters = list(text)
    for node in _scalars(root):
        letters[node.start : node.end] = re.sub(r"[^\r\n]", "x", text[node.start : node.end])
    return "".join(letters)


def _comments(blanked: str) -> list[str]:
    return [found.group().rstrip() for found in _COMMENT.finditer(blanked)]


def _scalars(node: Node) -> Iterator[Node]:
    if not (node.items or node.entries):
        yield node
    for item in node.items:
        yield from _scalars(item)
    for key, value in node.entries:
        yield key
        yield from _scalars(value)
