"""Files that are UTF-8 but for some lines: pasted together from exports of several systems."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from opscli.sources.formats import charset

_WORD = re.compile(rb"[\x40-\xff]*[\x80-\xff][\x40-\xff]*")
"""Letters as any encoding writes them: delimiters, digits and spaces are below."""
_MOST_WORDS = 1500
_LONGEST = charset.LONGEST_WORD
_LISTED = 1000
_LONGEST_RAW = 1 << 16
_LONGEST_LINE = 1 << 24
"""Bytes without a line end that are decoded at once."""


@dataclass(frozen=True, slots=True)
class Mended:
    """A line that was not UTF-8: its number from 1, its bytes with the strange ones as escapes, and as it was read."""

    line_no: int
    raw: str
    read_as: str


@dataclass(slots=True)
class Words:
    """Different words with bytes above 0x7F, the first so many of a file: those in UTF-8, the others, and counts."""

    utf8: dict[bytes, None] = field(default_factory=dict)
    foreign: dict[bytes, None] = field(default_factory=dict)
    utf8_count: int = 0
    foreign_count: int = 0


def words(chunks: Iterable[bytes]) -> Words:
    """Look through a whole file: the few names that tell its encoding may stand anywhere."""
    found = Words()
    held = b""
    for chunk in chunks:
        data = held + chunk
        # A word may go on in the next chunk.
        cut = len(data) if len(data) > _LONGEST_LINE else max(data.rfind(b"\n"), data.rfind(b","), data.rfind(b" ")) + 1
        held = data[cut:]
        _sort(data[:cut], found)
    _sort(held, found)
    return found


def _sort(data: bytes, found: Words) -> None:
    for match in _WORD.finditer(data):
        word = match[0][:_LONGEST]
        try:
            codecs.utf_8_decode(word, "strict", len(word) < _LONGEST)
        except UnicodeDecodeError:
            found.foreign_count += 1
            if len(found.foreign) < _MOST_WORDS:
                found.foreign[word] = None
        else:
            found.utf8_count += 1
            if len(found.utf8) < _MOST_WORDS:
                found.utf8[word] = None


class Reading:
    """Decodes a file as UTF-8, and what is none in its lines as `legacy`."""

    def __init__(self, legacy: str, newline: str) -> None:
        self._legacy = legacy
        single = "cp1252" if charset.is_multibyte(legacy) else legacy
        self._by_byte = f"opscli.{single}"
        codecs.register_error(self._by_byte, partial(_as_legacy, single))
        self._end = b"\r" if newline == "\r" else b"\n"
        self._line = 0
        self.mended: list[Mended] = []
        self.count = 0

    def texts(self, chunks: Iterable[bytes]) -> Iterator[str]:
        """The text, piece by piece."""
        held = b""
        for chunk in chunks:
            data = held + chunk
            cut = data.rfind(self._end) + 1 or (len(data) if len(data) > _LONGEST_LINE else 0)
            held = data[cut:]
            yield from self._pieces(data[:cut])
        yield from self._pieces(held)

    def _pieces(self, data: bytes) -> Iterator[str]:
        try:
            yield data.decode()
        except UnicodeDecodeError:
            start = 0
            while start < len(data):
                end = data.find(self._end, start) + 1 or len(data)
                self._line += data.endswith(self._end, start, end)
                yield self._decoded(data[start:end], self._line + (not data.endswith(self._end, start, end)))
                start = end
        else:
            self._line += data.count(self._end)

    def _decoded(self, line: bytes, number: int) -> str:
        with suppress(UnicodeDecodeError):
            return line.decode()
        text = self._mended(line)
        self.count += 1
        if len(self.mended) < _LISTED:
            raw = line[:_LONGEST_RAW].decode("utf-8", "backslashreplace").rstrip("\r\n")
            self.mended.append(Mended(number, raw, text[:_LONGEST_RAW].rstrip("\r\n")))
        return text

    def _mended(self, line: bytes) -> str:
        """As a whole in an encoding of several bytes; else byte by byte, so that words in UTF-8 stay what they are."""
        if charset.is_multibyte(self._legacy):
            with suppress(UnicodeDecodeError):
                return line.decode(self._legacy)
        return line.decode("utf-8", self._by_byte)


def _as_legacy(legacy: str, error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    with suppress(UnicodeDecodeError):
        return bad.decode(legacy), error.end
    return bad.decode("latin-1"), error.end
