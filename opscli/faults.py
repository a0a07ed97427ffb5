"""Fault points: places where a test may kill the process or make an I/O call fail. A no-op in real life.

`OPSCLI_FAULT="send.after_accept:kill:3"` kills the process with SIGKILL at the third time that the point is passed;
actions are kill, eio, enospc. Only with OPSCLI_TESTING set. `OPSCLI_FAULT_TRACE=FILE` appends every point passed.
"""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path

_passed: dict[str, int] = {}


def faultpoint(name: str) -> None:
    """Mark a boundary: after this line something has become durable, or is about to."""
    if "OPSCLI_TESTING" not in os.environ:
        return
    trace = os.environ.get("OPSCLI_FAULT_TRACE")
    if trace:
        with Path(trace).open("a", encoding="utf-8") as file:
            file.write(name + "\n")
    wanted, _, rest = os.environ.get("OPSCLI_FAULT", "").partition(":")
    if wanted == name:
        action, _, count = rest.partition(":")
        _passed[name] = _passed.get(name, 0) + 1
        if _passed[name] == int(count or 1):
            _strike(action or "kill", name)


def _strike(action: str, name: str) -> None:
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    code = {"eio": errno.EIO, "enospc": errno.ENOSPC}[action]
    raise OSError(code, os.strerror(code), f"faultpoint {name}")
