"""The lists of records of one JSON document, each written as JSON lines while the document is read once, in pieces."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from opscli.outcome import printable
from opscli.sources.formats.json_window import Window

_DEEPEST = 4
"""Lists within so many objects may be the records; what is deeper belongs to one."""
_PLAIN_KEY = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_STEP = re.compile(r"""\.([A-Za-z_]\w*)|\[(?:'([^'"\\]*)'|"([^'"\\]*)")\]""", re.ASCII)

Keys = tuple[str, ...]


@dataclass(slots=True)
class Found:
    """A list: the keys that lead to it, its elements as lines of a file, and how many of them are objects."""

    keys: Keys
    lines: Path
    count: int = 0
    objects: int = 0

    @property
    def path(self) -> str:
        """As JSONPath."""
        steps = (f".{key}" if _PLAIN_KEY.fullmatch(key) else f"[{json.dumps(printable(key, 40))}]" for key in self.keys)
        return "$" + "".join(steps)


@dataclass(slots=True)
class Lists:
    """Walks through a document; with `wanted` keys only the list there is written."""

    window: Window
    folder: Path
    wanted: Keys | None = None
    found: list[Found] = field(default_factory=list)

    def read(self) -> list[Found]:
        """All lists; an empty document is an empty one. Raises DataUnusable, with the place, for what is no JSON."""
        if not self.window.next():
            self._begin(())
            return self.found
        self._value(())
        if self.window.next():
            raise self.window.broken("json_more")
        return self.found

    def _value(self, keys: Keys) -> None:
        begin = self.window.next()
        if begin == "[" and len(keys) <= _DEEPEST:
            self._list(keys)
        elif begin == "{" and len(keys) < _DEEPEST:
            self._object(keys)
        elif self.window.value()[0] is None and keys == self.wanted:
            self._begin(keys)

    def _object(self, keys: Keys) -> None:
        self.window.take("{")
        if self.window.takes("}"):
            return
        seen: set[str] = set()
        while True:
            key = self._key()
            if key in seen:
                raise self.window.broken("json_twice", name=printable(key, 40))
            seen.add(key)
            self.window.take(":")
            self._value((*keys, key))
            if not self.window.takes(","):
                break
        self.window.take("}")

    def _key(self) -> str:
        if self.window.next() != '"':
            self.window.take('"')
        return str(self.window.value()[0])

    def _begin(self, keys: Keys) -> Found:
        found = Found(keys, self.folder / f"records-{len(self.found)}.jsonl")
        found.lines.touch()
        self.found.append(found)
        return found

    def _list(self, keys: Keys) -> None:
        found = self._begin(keys)
        with found.lines.open("w", encoding="utf-8", newline="\n") as out:
            out.writelines(self._elements(found))

    def _elements(self, found: Found) -> Iterator[str]:
        self.window.take("[")
        if self.window.takes("]"):
            return
        while True:
            value, text = self.window.value()
            found.count += 1
            found.objects += isinstance(value, dict)
            if self.wanted is None or found.keys == self.wanted:
                yield text.replace("\r", " ").replace("\n", " ") + "\n"
            if not self.window.takes(","):
                break
        self.window.take("]")


def keys_of(path: str) -> Keys | None:
    """The keys of a plain JSONPath such as `$.data.orders`; None for one that does more than follow keys."""
    rest = path.removeprefix("$").removesuffix("[*]")
    steps = _STEP.findall(rest)
    if not path.startswith("$") or _STEP.sub("", rest) or len(steps) > _DEEPEST:
        return None
    return tuple(next(filter(None, step), "") for step in steps)
