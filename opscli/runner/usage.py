"""Where columns of an entity are used: by the sources that fill them, and wherever config writes `entity.column`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from opscli.config.document import Document
from opscli.engine.entity import Entity


def used_by(entity: Entity, documents: Iterable[Document]) -> dict[str, list[str]]:
    """Column → the config that reads or fills it, as `kind name`, in the order of the files."""
    mentioned = re.compile(rf"\b{re.escape(entity.name)}\.([a-z][a-z0-9_]*)")
    found: dict[str, list[str]] = {column.name: [] for column in entity.columns}
    for document in documents:
        columns = set(_filled(entity, document)) if document.kind == "source" else set()
        if document.kind != "entity":
            columns |= {name for text in _texts(document.data) for name in mentioned.findall(text)}
        for name in columns & set(found):
            found[name].append(f"{document.kind} {document.name}")
    return found


def _filled(entity: Entity, document: Document) -> Iterable[str]:
    """Columns that a source fills; without a map, all of them."""
    if document.data.get("entity") != entity.name:
        return ()
    stated = document.data.get("map")
    return tuple(stated) if isinstance(stated, Mapping) else tuple(column.name for column in entity.columns)


def _texts(node: Any) -> Iterator[str]:
    """Every text in a document, keys too."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield str(key)
            yield from _texts(value)
    elif isinstance(node, list):
        for item in node:
            yield from _texts(item)
