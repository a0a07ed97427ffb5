"""Texts of several lines, such as those of templates: which lines changed, and in which file they stand."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from opscli.config.change import Change
from opscli.config.guide import guide
from opscli.config.sameness import MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line that went or came; `number` counts from 1 in its own text."""

    number: int
    text: str
    came: bool

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        return {"line": self.number, "operation": "added" if self.came else "removed", "text": self.text}


def _is_long(value: Any) -> bool:
    """Whether a text has several lines."""
    return isinstance(value, str) and "\n" in value.strip()


def changed_lines(change: Change) -> tuple[Line, ...]:
    """The lines that differ in a text of several lines, in the order of the text; of any other change none."""
    texts = [text for text in (change.before, change.after) if isinstance(text, str) and text != MISSING]
    if change.operation != "changed" or len(texts) < 2 or not any(map(_is_long, texts)):  # noqa: PLR2004  both sides
        return ()
    return tuple(_lines(*(text.splitlines() for text in texts)))


def count(lines: tuple[Line, ...]) -> int:
    """How many lines a reader would say have changed: one that was rewritten counts once."""
    came = sum(line.came for line in lines)
    return max(came, len(lines) - came)


def file_of(change: Change, file: str) -> str:
    """The file of a change: of a document that is a folder the one in which the text stands, else the document's."""
    files = guide(change.kind).node.get("x-files", {})
    own = files.get(change.trail[0].key) if change.trail else None
    return f"{file}/{own}" if own else file


def first_line(change: Change, lines: tuple[Line, ...]) -> int:
    """The line in a file of its own at which a change begins, in the newer text where it is still there; 0 = none."""
    if not change.trail or change.trail[0].key not in guide(change.kind).node.get("x-files", {}):
        return 0
    came = next((line.number for line in lines if line.came), 0)
    return came or next((line.number for line in lines), 1)


def _lines(before: list[str], after: list[str]) -> Iterator[Line]:
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from (Line(number=at + 1, text=before[at], came=False) for at in range(i1, i2))
            yield from (Line(number=at + 1, text=after[at], came=True) for at in range(j1, j2))
