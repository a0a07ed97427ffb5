"""One pass over the bytes of a file: is it UTF-8, and how do its lines end?"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

CHUNK_BYTES = 1 << 21
_HEAD_BYTES = 1 << 16
_LAST_ASCII = 0x7F
_FEED = 0x0A
_SIGNS = b"\n\r\t,"
WATCHED = frozenset("\t\"'")
"""Characters of which it is known whether they stand anywhere in a file."""
_FEW_ZEROS = 0.02
_STRAY = 0.25
"""Shares of zero bytes: UTF-16 has more than the first in one half of its pairs, and far fewer in the other."""


@dataclass(slots=True)
class Ends:
    """Line ends, counted chunk by chunk; all bytes are those of an encoding that contains ASCII."""

    feeds: int = 0
    returns: int = 0
    pairs: int = 0
    has_nul: bool = False
    is_ascii: bool = True
    seen: set[str] = field(default_factory=set)
    """Those of WATCHED that stand anywhere."""
    mark: bytes = b""
    """The likeliest delimiter, by the first bytes."""
    marks: int = 0
    """How often it stands anywhere."""
    _last: bytes = b""

    def feed(self, chunk: bytes) -> None:
        """Count a further chunk."""
        if not chunk:
            return
        self.mark = self.mark or max((b",", b";", b"\t", b"|"), key=chunk[:_HEAD_BYTES].count)
        self.marks += chunk.count(self.mark)
        self.feeds += chunk.count(b"\n")
        if b"\r" in chunk:
            self.returns += chunk.count(b"\r")
            self.pairs += chunk.count(b"\r\n")
        if self._last.endswith(b"\r") and chunk.startswith(b"\n"):
            self.pairs += 1
        self.has_nul = self.has_nul or b"\0" in chunk
        self.is_ascii = self.is_ascii and chunk.isascii()
        self.seen.update(sign for sign in WATCHED if sign not in self.seen and sign.encode() in chunk)
        self._last = (self._last + chunk[-2:])[-2:]

    @property
    def newline(self) -> str:
        """The most frequent line end; LF where there is none."""
        found = {"\n": self.feeds - self.pairs, "\r\n": self.pairs, "\r": self.returns - self.pairs}
        return max(found, key=lambda end: found[end])

    @property
    def uniform(self) -> bool:
        """No other CR or LF stands anywhere."""
        newline = self.newline
        return self.feeds == (0 if newline == "\r" else self.pairs if newline == "\r\n" else self.feeds) and (
            self.returns == (self.returns if newline == "\r" else self.pairs if newline == "\r\n" else 0)
        )

    @property
    def lines(self) -> int:
        """Lines as one gets them by reading with `newline`, the last one also without an end."""
        ends = {"\n": self.feeds, "\r\n": self.pairs, "\r": self.returns}[self.newline]
        return ends + bool(self._last and not self._last.endswith(self.newline.encode()))


@dataclass(slots=True)
class Survey:
    """What the bytes of a file are. `bad` is the offset of the first one that is not UTF-8, with the reason."""

    head: bytes = b""
    size: int = 0
    first_high: int = -1
    """Offset of the first byte that is not ASCII; -1 = none."""
    bad: tuple[int, str] | None = None
    ends: Ends = field(default_factory=Ends)

    @property
    def is_ascii(self) -> bool:
        """No byte is above 0x7F."""
        return self.first_high < 0


def survey(path: Path) -> Survey:
    """Look at every byte once."""
    found = Survey()
    held = b""
    for chunk in chunks(path):
        found.head = found.head or chunk[:_HEAD_BYTES]
        found.ends.feed(chunk)
        if held or not chunk.isascii():
            if found.is_ascii:
                found.first_high = found.size + next(place for place, byte in enumerate(chunk) if byte > _LAST_ASCII)
            held = _checked(found, held, chunk)
        found.size += len(chunk)
    if held and found.bad is None:
        found.bad = (found.size - len(held), "unexpected end of data")
    return found


def _checked(found: Survey, held: bytes, chunk: bytes) -> bytes:
    """Check a chunk behind bytes that were held back; those at its end that begin a character."""
    if found.bad is not None:
        return b""
    data = held + chunk
    try:
        taken = codecs.utf_8_decode(data, "strict", False)[1]
    except UnicodeDecodeError as error:
        found.bad = (found.size - len(held) + error.start, error.reason)
        return b""
    return data[taken:]


def chunks(path: Path) -> Iterator[bytes]:
    """The bytes of a file."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def wide(head: bytes) -> str:
    """UTF-16 or UTF-32 without a mark: delimiters, digits and line ends have their zero bytes in fixed places."""
    if b"\0" not in head:
        return ""
    fours = head[: len(head) // 4 * 4]
    for name, empty in (("utf-32-le", 3), ("utf-32-be", 0)):
        if fours and not any(fours[empty::4]) and _reads_as_text(fours, name):
            return name
    low, high = head[::2], head[1::2]
    for name, filled, zeros in (("utf-16-le", low, high), ("utf-16-be", high, low)):
        # In an 8-bit file with stray zero bytes, line ends stand on either side, and few of them beside a zero.
        signs = [not zero for sign, zero in zip(filled, zeros, strict=False) if sign in _SIGNS]
        placed = not zeros.count(_FEED) and 2 * sum(signs) >= len(signs)
        many, few = (part.count(0) / len(part or b"x") for part in (zeros, filled))
        if placed and many >= _FEW_ZEROS and few <= many * _STRAY and _reads_as_text(head, name):
            return name
    return ""


def as_ascii(head: bytes) -> bytes:
    """The first bytes of a text as those who know only ASCII may look at them, also where it is UTF-16 or UTF-32."""
    if head.startswith(codecs.BOM_UTF8):
        return head.removeprefix(codecs.BOM_UTF8)
    marked = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    name = "utf-16" if marked else wide(head)
    return head.decode(name, "ignore").encode("ascii", "ignore") if name else head


def _reads_as_text(head: bytes, encoding: str) -> bool:
    """No control character is in it: an 8-bit file with stray zero bytes does not read like this."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return False
    return bool(text) and all(char.isprintable() or char.isspace() for char in text)
