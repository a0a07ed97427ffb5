"""A document as it holds, defaults written in, and where each value comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from opscli.config.document import Document, Place
from opscli.config.guide import Guide, guide

DEFAULT, FILE_NAME = "default", "file name"
_CHOSEN = "environment"
"""Chosen by the call, not by a file."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Data, and by place of a value where it comes from, with its line (0 = no line): "" is the file itself, else
    DEFAULT, FILE_NAME, the name of an environment, or the file of a preset.
    """

    data: Mapping[str, Any]
    origins: Mapping[Place, tuple[str, int]]


def resolved(document: Document) -> Shown:
    """A document with the defaults of its schema."""
    origins: dict[Place, tuple[str, int]] = {}
    data = _filled(guide(document.kind), document.data, (), lambda place: _told(document, place), origins)
    if ("name",) not in document.marks:
        origins["name",] = FILE_NAME, 0
    return Shown(data, origins)


def settings(document: Document, holding: Mapping[str, Any], environment: str) -> Shown:
    """What holds in an environment, `holding`: from the environment, else from the file, else by default."""
    own = document.data.get("environments", {}).get(environment, {})
    origins: dict[Place, tuple[str, int]] = {}
    for place in leaves(holding):
        if place == (_CHOSEN,):
            continue
        if _has(own, place):
            origins[place] = environment, document.mark(("environments", environment, *place))[0]
        elif _has(document.data, place):
            origins[place] = "", document.mark(place)[0]
        else:
            origins[place] = DEFAULT, 0
    return Shown(holding, origins)


def leaves(data: Any, place: Place = ()) -> Iterator[Place]:
    """Places of the values that hold no others."""
    inner: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(data, Mapping):
        inner = iter(data.items())
    elif isinstance(data, list | tuple):
        inner = enumerate(data)
    empty = True
    for key, value in inner:
        empty = False
        yield from leaves(value, (*place, key))
    if empty and place:
        yield place


def _filled(
    here: Guide,
    value: Any,
    place: Place,
    told: Callable[[Place], tuple[str, int]],
    origins: dict[Place, tuple[str, int]],
) -> Any:
    """The value with defaults in its blocks; notes where each part comes from."""
    origins[place] = told(place)
    if isinstance(value, list | tuple):
        item = here.item(value)
        return [_filled(item, part, (*place, index), told, origins) for index, part in enumerate(value)]
    if not isinstance(value, Mapping) or here.form:
        origins |= dict.fromkeys(leaves(value, place), origins[place])
        return value
    found = {key: _filled(here.child(key, value), part, (*place, key), told, origins) for key, part in value.items()}
    for key in here.keys(value) if not here.is_map else ():
        default = here.child(key, value).default
        if key not in found and default is not None:
            found[key] = default
            origins |= dict.fromkeys(leaves(default, (*place, key)), (DEFAULT, 0))
    return found


def _told(document: Document, place: Place) -> tuple[str, int]:
    """The line of a value, and the preset's file where it is not the document's own."""
    file = document.file_of(place)
    return "" if file == document.file else file, document.mark(place)[0]


def _has(data: Any, place: Place) -> bool:
    """Whether there is something at a place."""
    for key in place:
        inside = isinstance(data, Mapping) or (isinstance(data, list) and isinstance(key, int) and key < len(data))
        if not inside or (isinstance(data, Mapping) and key not in data):
            return False
        data = data[key]
    return True
