"""One JSON document: a list of records, or an object that holds one; each record is read as a line of JSON lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

from opscli.engine.warehouse import Session
from opscli.errors import DataUnusable
from opscli.phrases import say
from opscli.sources.formats import jsonl
from opscli.sources.formats.encoding import as_utf8
from opscli.sources.formats.mended import note_mended
from opscli.sources.formats.rows import FileFormat, ReadRequest, Rows
from opscli.sources.web import documents
from opscli.sources.web.requests import Ask

SUFFIXES = ("json",)
_CHUNK = 1 << 20
_LONGEST_RECORD = 1 << 24
"""Characters; a longer one is no record but a document of another kind."""
_LARGEST_OBJECT = 1 << 28
"""Bytes of a document that is an object: it is held in memory as a whole, a list is not."""
_BLANK = re.compile(r"[ \t\r\n]*")
_BETWEEN = re.compile(r"[ \t\r\n]*,[ \t\r\n]*")


def read(request: ReadRequest, session: Session) -> Rows:
    """Stage one document; the number of a record is its place in the list, from 1. A list of any length streams."""
    text = as_utf8(request.path, request.format.encoding, request.workbench, request.label)
    lines = request.workbench / "records.jsonl"
    with text.path.open(encoding="utf-8", newline="") as file, lines.open("w", encoding="utf-8", newline="\n") as out:
        try:
            is_list = not request.format.records and _begins(file) == "["
            out.writelines(_of_list(file, request) if is_list else _of_object(text.path, request))
        except RecursionError as error:
            raise _refused(request, "json_too_deep") from error
    plain = replace(request, path=lines, format=FileFormat(type="jsonl", encoding="utf-8"), first_line=1)
    rows = jsonl.read(plain, session)
    return replace(rows, repairs={**rows.repairs, **note_mended(session, request, text)})


def _begins(file: IO[str]) -> str:
    """The first character that is no blank; the file stands at its start again."""
    head = file.read(_CHUNK).lstrip(" \t\r\n")
    file.seek(0)
    return head[:1]


def _of_list(file: IO[str], request: ReadRequest) -> Iterator[str]:
    """The records of a list, one after the other, as they are written but on one line."""
    decoder = documents.decoder()
    window = _Window(file, request)
    window.skip(_BLANK)
    window.take("[")
    window.skip(_BLANK)
    if window.at("]"):
        return
    while True:
        yield window.record(decoder).replace("\r", " ").replace("\n", " ") + "\n"
        if not window.skip(_BETWEEN):
            break
    window.skip(_BLANK)
    window.take("]")
    window.skip(_BLANK)
    if not window.is_at_end():
        raise window.broken("json_more")


class _Window:
    """The part of a document that is being looked at, and where it stands."""

    def __init__(self, file: IO[str], request: ReadRequest) -> None:
        self._file = file
        self._request = request
        self._text = ""
        self._place = 0
        self._before = 0
        self._line = 1
        self._ended = False

    def skip(self, pattern: re.Pattern[str]) -> bool:
        """Pass over what matches, also beyond the window; whether anything did."""
        while (match := pattern.match(self._text, self._place)) is None or match.end() == len(self._text):
            if not self._more():
                break
        match = pattern.match(self._text, self._place)
        moved = match is not None and match.end() > self._place
        self._place = match.end() if match else self._place
        return moved

    def at(self, mark: str) -> bool:
        """The next character is this one."""
        return self._text.startswith(mark, self._place)

    def take(self, mark: str) -> None:
        """Pass over a character that must be there."""
        if not self.at(mark):
            raise self.broken("json_broken" if not self.is_at_end() else "json_cut_off")
        self._place += 1

    def is_at_end(self) -> bool:
        """Nothing is left."""
        return self._place >= len(self._text) and not self._more()

    def record(self, decoder: json.JSONDecoder) -> str:
        """The text of the next value."""
        while True:
            try:
                _, end = decoder.raw_decode(self._text, self._place)
            except ValueError as error:
                # A value that goes on behind the window, or none at all: only more of the text can tell.
                if len(self._text) - self._place < _LONGEST_RECORD and self._more():
                    continue
                place = error.pos if isinstance(error, json.JSONDecodeError) else self._place
                cut = self._ended and place >= len(self._text.rstrip())
                raise self.broken("json_cut_off" if cut else "json_broken", place) from error
            if end == len(self._text) and self._more():  # a number may go on
                continue
            found = self._text[self._place : end]
            self._place = end
            return found

    def broken(self, key: str, place: int | None = None) -> DataUnusable:
        """The refusal, with line and character of the place."""
        at = self._place if place is None else place
        line = self._line + self._text.count("\n", 0, at)
        return _refused(self._request, key, line=line, at=self._before + at)

    def _more(self) -> bool:
        chunk = self._file.read(_CHUNK)
        self._ended = not chunk
        if self._place > _CHUNK:
            self._line += self._text.count("\n", 0, self._place)
            self._before += self._place
            self._text, self._place = self._text[self._place :], 0
        self._text += chunk
        return bool(chunk)


def _of_object(path: Path, request: ReadRequest) -> Iterator[str]:
    """The records of a document that is read as a whole."""
    if path.stat().st_size > _LARGEST_OBJECT:
        raise _refused(request, "json_too_large")
    text = path.read_text(encoding="utf-8")
    if not text.strip():
        return
    try:
        document = documents.decoder().decode(text)
    except ValueError as error:
        place = error.pos if isinstance(error, json.JSONDecodeError) else 0
        key = "json_cut_off" if place >= len(text.rstrip()) else "json_broken"
        raise _refused(request, key, line=1 + text.count("\n", 0, place), at=place) from error
    records = documents.Records(stated=request.format.records).of(document, Ask(what=request.label, url=""))
    yield from (line.decode() for line in documents.lines(records))


def _refused(request: ReadRequest, key: str, **values: int) -> DataUnusable:
    told: dict[str, object] = {"file": request.label, **values}
    return DataUnusable(say(f"sources.{key}", "", **told), remedy=say(f"sources.{key}_how"))
