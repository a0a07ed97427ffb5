"""A text of JSON that is read value by value, however long it is, and says where it is broken."""

from __future__ import annotations

import json
import re
from typing import IO, Any

from opscli.errors import DataUnusable
from opscli.phrases import say
from opscli.sources.web import documents

_CHUNK = 1 << 20
_LONGEST_VALUE = 1 << 24
"""Characters; what is longer is no record but a document of another kind."""
_BLANK = re.compile(r"[ \t\r\n]*")


class Window:
    """The part of a document that is being looked at, and where it stands."""

    def __init__(self, file: IO[str], label: str, decoder: json.JSONDecoder | None = None) -> None:
        self._file = file
        self._label = label
        # Texts are what counts, so numbers need not be exact; of whole ones, Python reads no more than 4300 digits.
        self._decoder = decoder or json.JSONDecoder(parse_int=float, parse_constant=documents.no_constant)
        self._text = ""
        self._place = 0
        self._before = 0
        self._line = 1
        self._ended = False

    def next(self) -> str:
        """The next character that is no blank, which stays; empty at the end."""
        while True:
            match = _BLANK.match(self._text, self._place)
            self._place = match.end() if match else self._place
            if self._place < len(self._text):
                return self._text[self._place]
            if not self._more():
                return ""

    def take(self, mark: str) -> None:
        """Pass over a character that must come next."""
        found = self.next()
        if found != mark:
            raise self.broken("json_broken" if found else "json_cut_off")
        self._place += 1

    def takes(self, mark: str) -> bool:
        """Pass over a character if it comes next."""
        found = self.next() == mark
        self._place += found
        return found

    def value(self) -> tuple[Any, str]:
        """The next value, and its text."""
        self.next()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._place)
            except ValueError as error:
                # A value that goes on behind the window, or none at all: only more of the text can tell.
                if len(self._text) - self._place < _LONGEST_VALUE and self._more():
                    continue
                place = error.pos if isinstance(error, json.JSONDecodeError) else self._place
                cut = self._ended and place >= len(self._text.rstrip())
                raise self.broken("json_cut_off" if cut else "json_broken", place) from error
            except RecursionError as error:
                raise refused(self._label, "json_too_deep") from error
            if end == len(self._text) and self._more():  # a number may go on
                continue
            found = self._text[self._place : end]
            self._place = end
            return value, found

    def broken(self, key: str, place: int | None = None, **values: object) -> DataUnusable:
        """The refusal, with line and character of the place."""
        at = self._place if place is None else place
        line = self._line + self._text.count("\n", 0, at)
        return refused(self._label, key, line=line, at=self._before + at, **values)

    def _more(self) -> bool:
        chunk = self._file.read(_CHUNK)
        self._ended = not chunk
        if self._place > _CHUNK:
            self._line += self._text.count("\n", 0, self._place)
            self._before += self._place
            self._text, self._place = self._text[self._place :], 0
        self._text += chunk
        return bool(chunk)


def refused(label: str, key: str, **values: object) -> DataUnusable:
    """The error of a document, by its phrase."""
    told = {"file": label, **values}
    return DataUnusable(say(f"sources.{key}", "", **told), remedy=say(f"sources.{key}_how", "", **told))
