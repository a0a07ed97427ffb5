"""Locks between processes: shared and exclusive, with a turnstile, so that a waiting writer is not starved.

An OS lock (flock) is the truth: it is gone when its process dies, whatever the way. The text inside the file names the
holder for people and decides nothing. Everybody passes the turnstile before asking for the lock; a writer stands in it
while it waits, so readers that come later queue behind it.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from opscli.clock import iso, wall_now
from opscli.errors import TryLater
from opscli.phrases import say

_POLL_SECONDS = 0.02


@contextmanager
def hold(folder: Path, name: str, *, exclusive: bool, wait: float) -> Iterator[None]:
    """Hold the lock `name` in `folder`, waiting up to `wait` seconds. Raises TryLater (75) naming the holder."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    deadline = time.monotonic() + wait
    with ExitStack() as stack:
        turnstile = stack.enter_context(_open(folder / f"{name}.turnstile"))
        lock = stack.enter_context(_open(folder / f"{name}.lock"))
        if not (
            _acquire(turnstile, fcntl.LOCK_EX, deadline)
            and _acquire(lock, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH, deadline)
        ):
            raise TryLater(
                say("engine.in_use", name=name, holder=holder(folder / f"{name}.lock")),
                remedy=say("engine.in_use_how"),
            )
        fcntl.flock(turnstile, fcntl.LOCK_UN)
        if exclusive:
            _sign(lock)
        yield


def is_free(folder: Path, name: str) -> bool:
    """True when nobody holds the lock at this moment."""
    path = folder / f"{name}.lock"
    if not path.exists():
        return True
    with _open(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def holder(path: Path) -> str:
    """Who signed the lock file last, in words; "another process" when the text is empty or torn."""
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
        return say("engine.holder", pid=note["pid"], host=note["host"], since=note["since"])
    except (OSError, ValueError, KeyError, TypeError):
        return say("engine.another_process")


def _open(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b", buffering=0)


def _acquire(file: IO[bytes], mode: int, deadline: float) -> bool:
    """True when locked, False when the deadline passed."""
    while True:
        try:
            fcntl.flock(file, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)
        else:
            return True


def _sign(lock: IO[bytes]) -> None:
    note = {"pid": os.getpid(), "host": socket.gethostname(), "since": iso(wall_now().replace(microsecond=0))}
    lock.seek(0)
    lock.truncate()
    lock.write(json.dumps(note).encode())
