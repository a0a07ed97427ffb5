"""Presets: documents that ship with the program and hold below the project's own (`extends: shop@1`).

A preset is the folder `presets/<name>/<version>/`, laid out like configs/. A released version never changes. A document
of the project replaces the shipped one of its kind and name; one that itself says `extends: shop@1` is laid over it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from opscli.config.document import Document, Place
from opscli.config.guide import guide
from opscli.config.items import identity
from opscli.config.reader import KEY, read_yaml
from opscli.config.schemas import assemble, folder_of
from opscli.config.validate import did_you_mean
from opscli.config.versions import step
from opscli.errors import ConfigInvalid
from opscli.kinds import PACKAGE_FOLDER, config_kinds
from opscli.outcome import Issue
from opscli.phrases import say

FOLDER = PACKAGE_FOLDER / "presets"


@cache
def presets() -> tuple[str, ...]:
    """Every preset with its version, such as `shop@1`."""
    found = (path for path in FOLDER.glob("*/*") if path.name.isdigit())
    return tuple(f"{path.parent.name}@{path.name}" for path in sorted(found))


def is_shipped(file: str) -> bool:
    """Whether a file is one of a preset: `shop@1/tags/value.yaml`."""
    return "@" in file.partition("/")[0]


@cache
def shipped(preset: str) -> tuple[Document, ...]:
    """The documents of a preset, as they were written. Raises KeyError for an unknown one."""
    if preset not in presets():
        raise KeyError(preset)
    folder = FOLDER.joinpath(*preset.split("@"))
    kinds = {folder_of(kind): kind for kind in config_kinds() if extendable(kind)}
    found = []
    for path in sorted(folder.glob("*/*.yaml")):
        file = f"{preset}/{path.relative_to(folder).as_posix()}"
        tree, issues = read_yaml(path.read_text(encoding="utf-8"), file)
        if tree is None or issues:
            raise ConfigInvalid(issues)
        name = tree.data.get("name", path.stem)
        data = {**tree.data, "name": name}
        kind = kinds[path.parent.name]
        version = tree.data["version"]
        found.append(
            Document(kind=kind, version=version, name=name, file=file, data=data, marks=tree.marks, preset=preset)
        )
    return tuple(found)


def extendable(kind: str) -> bool:
    """Whether presets may ship documents of a kind."""
    return bool(assemble(kind).get("x-presets"))


def with_presets(documents: Sequence[Document], issues: list[Issue]) -> list[Document]:
    """The documents with the shipped ones below them, by kind and name. What cannot be extended is left out."""
    own = [merged for document in documents if (merged := _extended(document, issues)) is not None]
    taken = {(document.kind, document.name) for document in documents}
    project = next((document for document in own if document.kind == "project"), None)
    preset = project.data.get("extends") if project else None
    if project is not None and isinstance(preset, str) and _is_known(preset, project, issues):
        own += [document for document in shipped(preset) if (document.kind, document.name) not in taken]
    return sorted(own, key=lambda item: (item.kind, item.name, item.file))


def without(document: Document, places: Collection[Place]) -> Document | None:
    """The document without the nodes at these places; None when it, or the block that held them, is empty then."""
    if () in places:
        return None
    copy = _Copy(document, left_out=frozenset(places))
    data = copy.take(_Node(document, document.data), ())
    if any(not _at(data, place[:-1]) for place in places):
        return None
    files = {place: file for place, file in copy.files.items() if file != document.file}
    return replace(document, data=data, marks=copy.marks, files=files)


def _extended(document: Document, issues: list[Issue]) -> Document | None:
    """The document laid over the shipped one that it extends; itself when it extends none."""
    preset = document.data.get("extends")
    if not isinstance(preset, str) or not extendable(document.kind):
        return document
    if not _is_known(preset, document, issues):
        return None
    named = {item.name: item for item in shipped(preset) if item.kind == document.kind}
    place: Place = ("extends",)
    if document.name not in named:
        what = say("presets.no_document", preset=preset, kind=document.kind, name=document.name)
        issues.append(document.issue(place, what, how=did_you_mean(document.name, named)))
        return None
    base = named[document.name]
    if base.version > document.version:
        what = say("presets.older_form", preset=preset, version=base.version)
        issues.append(document.issue(("version",), what, how=say("config.write_version", version=base.version)))
        return None
    while base.version < document.version:
        base = replace(base, data=step(base.kind, base.version, base.data), version=base.version + 1)
    copy = _Copy(base, left_out=frozenset(_unwanted(base, document, issues)))
    data = copy.lay(_Node(base, base.data), _Node(document, document.data), ())
    return replace(document, data=data, marks=copy.marks, files=copy.files)


def _is_known(preset: str, document: Document, issues: list[Issue]) -> bool:
    if preset in presets():
        return True
    what = say("presets.unknown", preset=preset)
    issues.append(document.issue(("extends",), what, how=did_you_mean(preset, presets())))
    return False


def _unwanted(base: Document, own: Document, issues: list[Issue]) -> Iterable[Place]:
    """Places in the shipped document of the items that `without` names."""
    names = own.data.get("without", ())
    items: dict[str, list[Place]] = {}
    for key, value in base.data.items():
        if isinstance(value, list):
            for index, item in enumerate(value):
                items.setdefault(identity(item), []).append((key, index))
        elif isinstance(value, Mapping) and guide(base.kind).child(key, base.data).is_map:
            for name in value:
                items.setdefault(str(name), []).append((key, name))
    for index, name in enumerate(names if isinstance(names, list) else ()):
        if str(name) not in items:
            what = say("presets.no_item", file=base.file, name=name)
            issues.append(own.issue(("without", index), what, how=did_you_mean(str(name), items)))
        yield from items.get(str(name), ())


@dataclass(frozen=True, slots=True)
class _Node:
    """A node of a document: its value and its place there."""

    document: Document
    value: Any
    place: Place = ()

    def children(self) -> Mapping[str | int, _Node] | None:
        """By key, or by name in a list of named items; None for anything else."""
        if isinstance(self.value, Mapping):
            return {key: _Node(self.document, item, (*self.place, key)) for key, item in self.value.items()}
        if isinstance(self.value, list) and all(isinstance(item, Mapping) and "name" in item for item in self.value):
            places = [(*self.place, index) for index in range(len(self.value))]
            nodes = [_Node(self.document, item, place) for item, place in zip(self.value, places, strict=True)]
            named: dict[str | int, _Node] = {str(node.value["name"]): node for node in nodes}
            return named if len(named) == len(nodes) else None
        return None


@dataclass(slots=True)
class _Copy:
    """Copies nodes with their positions to new places, but for those of `source` at the places `left_out`."""

    source: Document
    left_out: frozenset[Place] = frozenset()
    marks: dict[Place, tuple[int, int]] = field(default_factory=dict)
    files: dict[Place, str] = field(default_factory=dict)

    def take(self, node: _Node, new: Place) -> Any:
        """A node with all below it."""
        self._mark(node, new)
        document, value, place = node.document, node.value, node.place
        if isinstance(value, Mapping):
            found = {key: _Node(document, item, (*place, key)) for key, item in value.items()}
            return {key: self.take(child, (*new, key)) for key, child in found.items() if self._holds(child)}
        if isinstance(value, list):
            items = [_Node(document, item, (*place, index)) for index, item in enumerate(value)]
            return [self.take(child, (*new, index)) for index, child in enumerate(filter(self._holds, items))]
        return value

    def lay(self, base: _Node | None, own: _Node | None, new: Place) -> Any:
        """The own node over the base: blocks key by key, lists of named items by name, else the own value holds."""
        node = own or base
        if node is None:
            message = f"nothing stands at {new}"
            raise ValueError(message)
        first, second = base.children() if base else None, own.children() if own else None
        if first is None or second is None:
            return self.take(node, new)
        self._mark(node, new)
        first = {name: child for name, child in first.items() if self._holds(child)}
        names = _order(list(first), list(second))
        if isinstance(node.value, Mapping):
            return {name: self.lay(first.get(name), second.get(name), (*new, name)) for name in names}
        return [self.lay(first.get(name), second.get(name), (*new, index)) for index, name in enumerate(names)]

    def _holds(self, node: _Node) -> bool:
        return node.document is not self.source or node.place not in self.left_out

    def _mark(self, node: _Node, new: Place) -> None:
        for tail in ((), (KEY,)):
            before, after = (*node.place, *tail), (*new, *tail)
            if before in node.document.marks:
                self.marks[after] = node.document.marks[before]
                if node.document.is_shipped(before):
                    self.files[after] = node.document.file_of(before)


def _order(shipped_names: list[str | int], own: list[str | int]) -> list[str | int]:
    """The shipped order; a new name stands before the shipped one that follows it in the own list, else at the end."""
    found = list(shipped_names)
    end = len(found)
    for name in reversed(own):
        if name in found:
            end = found.index(name)
        else:
            found.insert(end, name)
    return found


def _at(data: Any, place: Place) -> Any:
    for key in place:
        data = data[key]
    return data
