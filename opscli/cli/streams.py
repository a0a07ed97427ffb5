"""stdout and stderr as every command may rely on them."""

from __future__ import annotations

import io
import os
import sys


def prepare() -> None:
    """Give a closed stdout or stderr (`>&-`) the null device; let a Latin-1 or ASCII terminal escape what it lacks."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  a stream for the whole process
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  as above
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower().replace("-", "") != "utf8":
            stream.reconfigure(errors="backslashreplace")
