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


@dataclass(frozen=True, slots=True)
class Tally:
    """From the first row on: whether any quote stands there, how many delimiters, and how many that end a line."""

    quotes: bool
    delimiters: int
    ending: int


def tally(file: TextFile, shape: Shape, skipped: int) -> Tally:
    """Count; with quotes in the file only the delimiters before line ends, without them only all delimiters."""
    quotes = (
        shape.quote in file.seen
        if shape.quote in tuple(WATCHED)
        else bool(shape.quote and _count(file.path, shape.quote.encode()))
    )
    wanted = (shape.delimiter + (file.newline if quotes else "")).encode()
    with file.path.open(encoding="utf-8", newline=file.newline) as text:
        before = sum(line.encode().count(wanted) for line in islice(text, skipped))
    count = _count(file.path, wanted) - before
    return Tally(quotes=quotes, delimiters=0 if quotes else count, ending=count if quotes else 0)


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
