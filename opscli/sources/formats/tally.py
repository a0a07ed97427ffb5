"""Counts over a whole file that prove what the engine's reader does not check, not even in its strict mode.

It takes a quote inside an unquoted cell for a character, and a delimiter too many at the end of a line for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from opscli.sources.formats.encoding import TextFile
from opscli.sources.formats.records import Shape
from opscli.sources.formats.survey import WATCHED

_CHUNK_BYTES = 1 << 22
_APOSTROPHE = b"'"


@dataclass(frozen=True, slots=True)
class Tally:
    """From the first row on: whether any quote stands there, and the numbers that prove the rows then.

    Without quotes these are all `delimiters`; with them `ending`, lines that end in at least 1, 2, 3 … delimiters.
    `apostrophes`: a line begins with one where quotes are usual, so that its cells may stand between them.
    """

    quotes: bool
    delimiters: int
    ending: tuple[int, ...]
    apostrophes: bool


def tally(file: TextFile, shape: Shape, skipped: int) -> Tally:
    """Count; a file without empty cells at the ends of its lines is read once or twice."""
    path, newline = file.path, file.newline
    mark, quote, end = shape.delimiter.encode(), shape.quote.encode(), newline.encode()
    with path.open(encoding="utf-8", newline=newline) as text:
        before = [line.encode() for line in islice(text, skipped)]
    quotes = shape.quote in file.seen if shape.quote in tuple(WATCHED) else bool(quote) and quote in path.read_bytes()
    apostrophes = quote != _APOSTROPHE and _count(path, end + _APOSTROPHE) > 0
    if not quotes:
        delimiters = _count(path, mark) - sum(line.count(mark) for line in before)
        return Tally(quotes=False, delimiters=delimiters, ending=(), apostrophes=apostrophes)
    ending: list[int] = []
    while len(ending) < shape.width - 1 and (not ending or ending[-1]):
        wanted = mark * (len(ending) + 1) + end
        ending.append(_count(path, wanted) - sum(line.endswith(wanted) for line in before))
    return Tally(quotes=True, delimiters=0, ending=tuple(ending), apostrophes=apostrophes)


def _count(path: Path, wanted: bytes) -> int:
    """Occurrences in a file, also where two chunks meet."""
    found, kept = 0, b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            data = kept + chunk
            found += data.count(wanted)
            # What may be the beginning of one more; a whole one in it has been counted.
            kept = data[len(data) - len(wanted) + 1 :] if len(wanted) > 1 else b""
            if len(wanted) > 1 and data.endswith(wanted):
                kept = b""
    return found
