"""Lines of another encoding than their file's, told among the repairs."""

from __future__ import annotations

from opscli.engine.warehouse import Session
from opscli.sources.formats.encoding import TextFile
from opscli.sources.formats.rows import ReadRequest, Repair, insert_repairs

KIND = "mixed_encoding"


def note_mended(session: Session, request: ReadRequest, text: TextFile) -> dict[str, int]:
    """List the lines that were read in another encoding, the first of them at least; how many there are, by kind."""
    listed = [Repair(line.line_no, KIND, line.raw, line.read_as) for line in text.mended]
    insert_repairs(session, request, listed)
    return {KIND: text.mended_count} if text.mended_count else {}
