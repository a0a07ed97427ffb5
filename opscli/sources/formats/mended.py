"""Lines whose encoding is not that of their file, or not certain, told among the repairs."""

from __future__ import annotations

from collections.abc import Iterator

from opscli.engine.warehouse import Session
from opscli.phrases import say
from opscli.sources.formats.encoding import TextFile
from opscli.sources.formats.rows import ReadRequest, Repair, insert_repairs

KIND, GUESSED = "mixed_encoding", "guessed_encoding"
_LONGEST = 1 << 16


def note_mended(session: Session, request: ReadRequest, text: TextFile) -> dict[str, int]:
    """List the lines that were read in another encoding, the first of them at least; how many there are, by kind.

    Where the encoding of the whole file is a guess, the first line that depends on it is listed.
    """
    listed = [Repair(line.line_no, KIND, line.raw, line.read_as) for line in text.mended]
    guessed = list(_guessed(text))
    insert_repairs(session, request, [*listed, *guessed])
    counts = {KIND: text.mended_count, GUESSED: len(guessed)}
    return {kind: count for kind, count in counts.items() if count}


def doubts(text: TextFile) -> tuple[str, ...]:
    """What people should know of the encoding."""
    if not text.doubt:
        return ()
    return (say("sources.encoding_guessed", encoding=text.encoding, other=text.doubt),)


def _guessed(text: TextFile) -> Iterator[Repair]:
    if not text.doubt:
        return
    number = 1
    with text.path.open(encoding="utf-8", newline=text.newline) as file:
        while piece := file.readline(_LONGEST):
            if not piece.isascii():
                read_as = piece.rstrip("\r\n")
                raw = read_as.encode(text.encoding).decode("ascii", "backslashreplace")
                yield Repair(number, GUESSED, raw, read_as)
                return
            number += piece.endswith(text.newline)
