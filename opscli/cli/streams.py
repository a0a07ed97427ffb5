"""stdout and stderr as every command may rely on them."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO

from opscli.config.hidden import hide


class Guarded(io.TextIOWrapper):
    """A stream on which no secret that was read is ever shown, whoever writes: commands, libraries, tracebacks."""

    behind: TextIO

    def write(self, text: str, /) -> int:
        """Write the text with `***` in place of secrets."""
        return super().write(hide(text))


def prepare() -> None:
    """Give a closed stdout or stderr (`>&-`) the null device; let a Latin-1 or ASCII terminal escape what it lacks;

    and let no secret through.
    """
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  a stream for the whole process
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  as above
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower().replace("-", "") != "utf8":
            stream.reconfigure(errors="backslashreplace")
    sys.stdout, sys.stderr = _guarded(sys.stdout), _guarded(sys.stderr)


def _guarded(stream: TextIO) -> TextIO:
    """The same stream with the guard; what a test or a program put in its place stays as it is."""
    if type(stream) is not io.TextIOWrapper:
        return stream
    stream.flush()
    guarded = Guarded(
        stream.buffer,
        encoding=stream.encoding,
        errors=stream.errors,
        newline="\n",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
    guarded.behind = stream  # were it collected, it would close the buffer that both write to
    return guarded
