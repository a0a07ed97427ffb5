"""Standard input as a source's only file: `opscli import NAME -`, and sources of type stdin."""

from __future__ import annotations

import shutil
import sys

from opscli.errors import UsageError
from opscli.phrases import say
from opscli.sources.formats.rows import FileFormat
from opscli.sources.gathering import Asked, Found, Gathered

LABEL = "stdin"
_CHUNK_BYTES = 1 << 20


def gather(stated: FileFormat, asked: Asked) -> Gathered:
    """Copy standard input to the workbench; without marks, since it is never seen again.

    Raises UsageError when a terminal stands there and nobody would know what to type.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError(say("sources.no_pipe"), remedy=say("sources.no_pipe_how", source=asked.source))
    path = asked.workbench / LABEL
    with path.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file, _CHUNK_BYTES)
    found = Found(path=path, label=LABEL, size=path.stat().st_size, format=stated)
    return Gathered(files=(found,), unsifted=True)
