"""Counts over a whole file that prove what the engine's reader does not check, not even in its strict mode.

It takes a quote inside an unquoted cell for a character, and a delimiter too many at the end of a line for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from opscli.sources.formats.encoding import TextFile
from opscli.sources.formats.records import Shape
from opscli.sources.formats.survey import WATCHED, chunks

_CHUNK_BYTES = 1 << 22
_APOSTROPHE = "'"


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
    """Count over all lines but the first `skipped`."""
    mark, end = shape.delimiter.encode(), file.newline.encode()
    with file.path.open(encoding="utf-8", newline=file.newline) as text:
        before = "".join(islice(text, skipped)).encode()
    quotes, curious = _holds(file, shape.quote), shape.quote != _APOSTROPHE and _holds(file, _APOSTROPHE)
    delimiters, ending, apostrophes = -before.count(mark), [0] * (shape.width - 1), False
    by_line = quotes or curious or len(mark) > 1
    if not by_line and file.marks[0] == mark:  # counted on the way
        return Tally(quotes=False, delimiters=delimiters + file.marks[1], ending=tuple(ending), apostrophes=False)
    for lines in _lines(file.path, end) if by_line else chunks(file.path):
        apostrophes = apostrophes or (curious and _has_apostrophe(lines, end))
        if quotes:
            _count_ends(lines, mark, end, ending)
        else:
            delimiters += lines.count(mark)
    for line in before.splitlines(keepends=True) if quotes else ():
        _count_ends(line, mark, end, ending, step=-1)
    return Tally(quotes=quotes, delimiters=0 if quotes else delimiters, ending=tuple(ending), apostrophes=apostrophes)


def _holds(file: TextFile, sign: str) -> bool:
    """Whether a character stands anywhere in a file."""
    if sign in WATCHED:
        return sign in file.seen
    wanted = sign.encode()
    return bool(sign) and any(wanted in chunk for chunk in chunks(file.path))


def _count_ends(lines: bytes, mark: bytes, end: bytes, ending: list[int], step: int = 1) -> None:
    """Add the lines that end in one delimiter, in two, and so on, until there are none."""
    import numpy as np

    text = np.frombuffer(lines, dtype=np.uint8)
    at = np.flatnonzero(text == end[-1]) - len(end) + 1
    for place in range(len(ending)):
        at -= len(mark)
        at = at[at >= 0]
        for offset, byte in enumerate(mark):
            at = at[text[at + offset] == byte]
        if not len(at):
            return
        ending[place] += step * len(at)


def _has_apostrophe(lines: bytes, end: bytes) -> bool:
    """Whether a line begins with one."""
    mark = _APOSTROPHE.encode()
    return mark in lines and (lines.startswith(mark) or end + mark in lines)


def _lines(path: Path, end: bytes) -> Iterator[bytes]:
    """The file in portions of whole lines."""
    kept = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            cut = chunk.rfind(end) + len(end)
            if cut < len(end):
                kept += chunk
                continue
            yield kept + chunk[:cut]
            kept = chunk[cut:]
    yield kept
