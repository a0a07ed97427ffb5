"""A kind's schema as a guide through its data: what stands at a key, what it is called, what kind of value it is.

The annotations that lead through data beside the usual keywords:
`x-label` {en, zh}  what people call the kind, the key, or an item of the list or map
`x-condition`       the value is a condition (a `$ref` to the shared `condition` says the same)
`x-reach`           a change here can change who is written to, or how often
`x-order`           in which order items stand has a meaning: true, or {"when": key beside it, "en": why, "zh": why}
`x-container`       the items of this kind have names of their own in the project; the file's name says nothing
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from opscli.config import meaning
from opscli.config.schemas import assemble
from opscli.kinds import config_kinds

FORMS = ("duration", "share", "label", "secret", "condition", "url_or_secret")
"""Shared definitions whose value is one value, however it is written."""
_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (Mapping,),
    "array": (list, tuple),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}


@dataclass(frozen=True, slots=True)
class Guide:
    """One node of a schema, references followed; `form` is one of FORMS or "". An unknown place has an empty node."""

    node: Mapping[str, Any] = field(default_factory=dict)
    root: Mapping[str, Any] = field(default_factory=dict)
    form: str = ""

    @property
    def labels(self) -> Mapping[str, str]:
        """What people call it, by language; empty where the schema does not say."""
        found: Mapping[str, str] = self.node.get("x-label", {})
        return found

    @property
    def reach(self) -> bool:
        """Whether a change here can change who is written to."""
        return bool(self.node.get("x-reach"))

    @property
    def default(self) -> Any:
        """The value when the key is left out; None where the schema states none."""
        return self.node.get("default")

    @property
    def is_map(self) -> bool:
        """Whether the keys are names that people give."""
        return any(isinstance(node.get("additionalProperties"), Mapping) for node in self._nodes({}))

    def keys(self, data: Any) -> tuple[str, ...]:
        """Keys that the schema knows for such data, in its order."""
        return tuple(dict.fromkeys(key for node in self._nodes(data) for key in node.get("properties", {})))

    def child(self, key: str, data: Any) -> Guide:
        """The guide of a key of `data`."""
        nodes = list(self._nodes(data))
        for node in nodes:
            stated = node.get("properties", {}).get(key)
            if isinstance(stated, Mapping):
                return _guide(stated, self.root)
        for node in nodes:
            if isinstance(node.get("additionalProperties"), Mapping):
                return _guide(node["additionalProperties"], self.root)
        return Guide(root=self.root)

    def item(self, data: Any) -> Guide:
        """The guide of an item of the list `data`."""
        for node in self._nodes(data):
            if isinstance(node.get("items"), Mapping):
                return _guide(node["items"], self.root)
        return Guide(root=self.root)

    def order(self, data: Any, around: Any) -> Mapping[str, str] | None:
        """Why the order of the list `data` matters ({} = it does, no reason stated), or None when it does not."""
        found = [node for node in self._nodes(data) if "x-order" in node or node.get("uniqueItems")]
        stated = found[0].get("x-order", False) if found else True
        if not isinstance(stated, Mapping):
            return {} if stated else None
        if "when" in stated and not (isinstance(around, Mapping) and around.get(stated["when"])):
            return None
        return {key: value for key, value in stated.items() if key != "when"}

    def _nodes(self, data: Any) -> Iterator[Mapping[str, Any]]:
        """The node and its branches that can hold for such data."""
        waiting = [self.node]
        while waiting:
            node = waiting.pop(0)
            if not _fits(node, data):
                continue
            yield node
            branches = [*node.get("anyOf", ()), *node.get("oneOf", ())]
            branches += [_branch(part, data) for part in node.get("allOf", ())]
            waiting += [_resolved(part, self.root)[0] for part in branches if isinstance(part, Mapping)]


def guide(kind: str) -> Guide:
    """The guide of a kind's documents; of a kind that this program does not know, one that knows nothing."""
    if kind not in config_kinds():
        return Guide()
    schema = assemble(kind)
    return Guide(schema, schema)


def _guide(node: Mapping[str, Any], root: Mapping[str, Any]) -> Guide:
    resolved, form = _resolved(node, root)
    return Guide(resolved, root, form)


def _resolved(node: Mapping[str, Any], root: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """The node with its reference followed, and the form that the reference names; words beside it win."""
    form = "condition" if node.get("x-condition") else "secret" if node.get("x-secret") else ""
    while reference := _reference(node):
        name = reference.rsplit("/", 1)[-1]
        form = form or (name if name in FORMS else "")
        target: Any = root
        for part in reference[2:].split("/"):
            target = target[part]
        node = meaning.beside(target, node)
    return node, form


def _reference(node: Mapping[str, Any]) -> str:
    """Where a node points: `$ref`, or the only member of `allOf`."""
    parts = node.get("allOf", ())
    alone = parts[0] if len(parts) == 1 and isinstance(parts[0], Mapping) else {}
    return str(node.get("$ref") or alone.get("$ref") or "")


def _branch(part: Any, data: Any) -> Any:
    """What a member of `allOf` adds for such data: its `then` where its `if` holds, else itself."""
    condition = part.get("if") if isinstance(part, Mapping) else None
    if condition is None:
        return part
    stated = data if isinstance(data, Mapping) else {}
    holds = all(
        stated.get(key) == node["const"] if key in stated else key not in condition.get("required", ())
        for key, node in condition.get("properties", {}).items()
        if "const" in node
    )
    return part.get("then") if holds else part.get("else")


def _fits(node: Mapping[str, Any], data: Any) -> bool:
    """Whether such data can be meant by the node: its type, and the keys that must be there."""
    types = node.get("type")
    names = [types] if isinstance(types, str) else types or ()
    if data is not None and names and not isinstance(data, tuple(kind for name in names for kind in _TYPES[name])):
        return False
    needed = node.get("required", ())
    branch = "properties" in node and "kind" not in node["properties"]
    return not (branch and isinstance(data, Mapping) and data and any(key not in data for key in needed))
