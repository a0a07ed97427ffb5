"""Files to start from: the smallest legal one of a kind, and the full one with every key, each under its description.

The full form is made from the schema: a key's first example, else its default, else the simplest value that fits.
Where keys exclude each other, those of the schema's last example stand there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from opscli.config import meaning
from opscli.config.patch import flow, scalar
from opscli.config.reference import resolved
from opscli.config.schemas import assemble, smallest_example
from opscli.phrases import say
from opscli.phrases.lines import wrapped

WIDTH = 100
_SELF_EVIDENT = ("kind", "version")
_OUTLINE = ("kind", "version", "name", "type")
Node = Mapping[str, Any]


def small(kind: str) -> dict[str, Any]:
    """The smallest legal document of a kind."""
    return dict(_copy(smallest_example(kind)))


def full(kind: str) -> dict[str, Any]:
    """A document of a kind with every key that can stand beside the others."""
    schema = assemble(kind)
    shown = schema["examples"][-1]
    made = _object(_branch(schema, shown), schema, shown)
    return made | {key: shown[key] for key in _OUTLINE if key in shown}


def commented(kind: str, data: Mapping[str, Any], *, others: bool = False) -> str:
    """Data of a kind as YAML: what the kind is, then every key under what it means.

    With `others`, the keys that cannot stand beside these are named at the end.
    """
    schema = assemble(kind)
    node = _branch(schema, data)
    lines = [*_comment(meaning.about(schema) or kind, 0)]
    lines += _comment(say("config.reference_by", command=f"opscli config explain {kind}"), 0)
    lines += [f"{key}: {data[key]}" for key in _SELF_EVIDENT]
    for key, value in data.items():
        if key not in _SELF_EVIDENT:
            lines += ["", *_Writer(root=schema, said=set()).block({key: value}, node, 0)]
    missing = [key for key in node["properties"] if key not in data] if others else []
    if missing:
        lines += ["", *_comment(say("config.instead"), 0)]
        lines += (
            line
            for key in missing
            for line in _comment(
                say("config.key_means", key=key, words=meaning.description(_child(node, key, schema))), 0
            )
        )
    return "\n".join(lines) + "\n"


def texts(kind: str, data: Mapping[str, Any]) -> dict[str, str]:
    """For a kind that is a folder of texts: file name to text."""
    files: Mapping[str, str] = assemble(kind).get("x-files", {})
    return {file: str(data[key]).rstrip("\n") + "\n" for key, file in files.items() if key in data}


def _branch(schema: Node, data: Mapping[str, Any]) -> Node:
    """The schema with the keys of the document's own type."""
    properties = dict(schema.get("properties", {}))
    for branch in schema.get("allOf", ()):
        stated = branch.get("if", {}).get("properties", {})
        for key, word in stated.items():
            if data.get(key, properties.get(key, {}).get("default")) == word.get("const"):
                own = branch["then"].get("properties", {})
                properties |= {name: node for name, node in own.items() if isinstance(node, Mapping)}
    return {**schema, "properties": properties}


def _object(node: Node, root: Node, shown: Mapping[str, Any]) -> dict[str, Any]:
    left_out = set(_excluded(node, shown))
    whole = {key: child for key, child in node.get("properties", {}).items() if "x-instead" not in child}
    keys = [key for key in whole if key not in left_out][: node.get("maxProperties")]
    return {key: _value(node["properties"][key], root) for key in keys}


def _excluded(node: Node, shown: Mapping[str, Any]) -> Iterator[str]:
    """Keys that cannot stand beside those of the example (of the first choice, where it has none)."""
    for rule in (node, *node.get("allOf", ())):
        options = (*rule.get("oneOf", ()), *rule.get("anyOf", ()))
        choices = [option["required"] for option in options if set(option) == {"required"}]
        if choices:
            chosen = [choice for choice in choices if set(choice) <= set(shown)] or choices[:1]
            kept = {key for choice in chosen for key in choice}
            # One key less is enough to make a choice not hold: `audience` may stand beside a trigger without `at`.
            yield from (next(key for key in choice if key not in kept) for choice in choices if not set(choice) <= kept)


def _value(node: Any, root: Node) -> Any:
    """A legal value: the first example, the default, or the simplest of the form."""
    if "default" in node and "examples" not in node:  # what is said here goes before what a reference leads to
        return _copy(node["default"])
    node = resolved(node, root)
    for keyword in ("examples", "const", "enum"):
        if keyword in node:
            return _copy(node[keyword] if keyword == "const" else node[keyword][0])
    if "properties" in node:
        return _object(node, root, {})
    options = [*node.get("oneOf", ()), *node.get("anyOf", ())]
    if options and "type" not in node:
        return _value(options[0], root)
    return [_value(node["items"], root)] if node.get("type") == "array" else _SIMPLEST[_type(node)]


_SIMPLEST: Mapping[str, Any] = {
    "integer": 1,
    "number": 1,
    "boolean": True,
    "string": "text",
    "object": {},
    "null": None,
}


def _type(node: Node) -> str:
    stated = node.get("type", "string")
    return str(stated[0] if isinstance(stated, list) else stated)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Lines of one top-level key. `said` are the comments so far: entries of one form are explained once."""

    root: Node
    said: set[str]

    def block(self, data: Mapping[str, Any], node: Node, indent: int) -> Iterator[str]:
        """A block of keys, each under its comment."""
        for key, value in data.items():
            child = _child(node, key, self.root)
            words = _words(child, value)
            if words not in self.said:
                yield from _comment(words, indent)
            self.said.add(words)
            yield from self._entry(key, value, child, indent)

    def _entry(self, key: str, value: Any, node: Node, indent: int) -> Iterator[str]:
        start = f"{' ' * indent}{scalar(key)}:"
        if isinstance(value, dict) and value and self._stands_open(value, node):
            yield start
            yield from self.block(value, node, indent + 2)
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            yield start
            yield from self._items(value, _item(node, self.root), indent + 2)
        else:
            yield f"{start} {flow(value)}"

    def _items(self, values: list[Any], node: Node, indent: int) -> Iterator[str]:
        """A list; the first item's keys are under their comments, the others stand on one line each."""
        for position, value in enumerate(values):
            line = f"{' ' * indent}- {flow(value)}"
            if not isinstance(value, dict) or (len(line) <= WIDTH if position else not self._stands_open(value, node)):
                yield line
                continue
            lines = list(self.block(value, node, indent + 2))
            first = next(index for index, line in enumerate(lines) if not line.lstrip().startswith("#"))
            yield from (line[2:] for line in lines[:first])
            yield f"{' ' * indent}- {lines[first].lstrip()}"
            yield from lines[first + 1 :]

    def _stands_open(self, value: Mapping[str, Any], node: Node) -> bool:
        """Whether comments inside say more than the one above, or one line has no room for the block."""
        inside = ((_child(node, key, self.root), item) for key, item in value.items())
        described = any(child.get("description") or isinstance(item, dict) for child, item in inside)
        return "x-form" not in node and (described or len(flow(value)) > WIDTH - 20)


def _comment(text: str, indent: int) -> list[str]:
    space = f"{' ' * indent}# "
    return [space + line for line in wrapped(text, WIDTH - len(space))]


def _words(node: Node, value: Any) -> str:
    words = meaning.description(node)
    if not words or "default" not in node:
        return words
    if node["default"] == value:
        return say("config.with_default", words=words)
    return say("config.other_default", words=words, default=flow(node["default"]))


def _child(node: Node, key: str, root: Node) -> Node:
    """The schema of a key: of the block itself, of any name, or of one of the alternatives."""
    node = resolved(node, root)
    stated = node.get("properties", {}).get(key)
    if isinstance(stated, Mapping):
        found: Node = resolved(stated, root)
        return found
    for option in (*node.get("anyOf", ()), *node.get("oneOf", ())):
        if found := _child(option, key, root):
            return found
    named = node.get("additionalProperties")
    return resolved(named, root) if isinstance(named, Mapping) else {}


def _item(node: Node, root: Node) -> Node:
    node = resolved(node, root)
    if isinstance(node.get("items"), Mapping):
        item: Node = resolved(node["items"], root)
        return item
    options = (_item(option, root) for option in (*node.get("anyOf", ()), *node.get("oneOf", ())))
    return next(filter(None, options), {})


def _copy(value: Any) -> Any:
    return json.loads(json.dumps(value))
