"""A validated config file: its data with the line and column of every node. `config/` knows no kind's meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from opscli.config.position import TextMark
from opscli.outcome import Issue

Place = tuple[str | int, ...]
"""Path of a node in a document: keys and list indexes from the root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document of one kind. `file` is relative to the project; `marks` maps a place to (line, column), from 1.

    `version` is that of `data`; `upgraded_from` the older one that the file states, when data were upgraded in memory.
    `preset` names the preset that ships the whole document, `files` the shipped file of each node that a document of
    the project took from there.
    """

    kind: str
    version: int
    name: str
    file: str
    data: Mapping[str, Any]
    marks: Mapping[Place, tuple[int, int]]
    upgraded_from: int | None = None
    preset: str = ""
    files: Mapping[Place, str] = field(default_factory=dict)

    def mark(self, place: Place) -> tuple[int, int]:
        """Line and column of a node, or of its nearest ancestor that is in the text."""
        return self.marks.get(self._marked(place), (1, 1))

    def file_of(self, place: Place) -> str:
        """The file that says what stands at a place."""
        return self.files.get(self._marked(place), self.file)

    def is_shipped(self, place: Place) -> bool:
        """Whether what stands at a place comes from a preset."""
        return bool(self.preset) or self.file_of(place) != self.file

    def issue(self, place: Place, what: str, *, why: str = "", how: str = "", offset: int | None = None) -> Issue:
        """A problem at a node, or at a character of a text value (`offset`, from 0: an expression's error position)."""
        line, column = self.mark(place)
        if offset is not None and place in self.marks:
            mark = self.marks[place]
            line, column = mark.at(offset) if isinstance(mark, TextMark) else (line, column + offset)
        return Issue(file=self.file_of(place), line=line, column=column, what=what, why=why, how=how)

    def _marked(self, place: Place) -> Place:
        while place not in self.marks and place:
            place = place[:-1]
        return place
