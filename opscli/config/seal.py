"""A seal over everything that the verdict "this configuration is good" rests on; while it holds, nothing has changed.

It covers path, inode, size, mtime and ctime of every file under configs/ and jobs/ (ctime betrays an edit that keeps
the size and sets the old mtime), the program's own files, Python, and the packages that are installed beside it.
`.env` is not in it: it decides nothing about the files, and what it says is read at use.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from opscli.kinds import PACKAGE_FOLDER

_TICK, _COARSE_TICK = 0.05, 2.0
"""Seconds within which two edits may bear the same time stamps; the second on disks that count whole seconds."""
_SECOND = 1_000_000_000
_PACKAGES = ("site-packages", "dist-packages")


@dataclass(frozen=True, slots=True)
class Seal:
    """`settled` is False right after an edit, when a second one could still hide behind the same time stamps."""

    digest: str
    settled: bool


def take_seal(root: Path) -> Seal:
    """The seal of the project as it is now; one taken before the files are read is compared with one after."""
    lines = [sys.version, str(root)]
    stamps: list[int] = []
    for folder in ("configs", "jobs"):
        for path, status in _entries(str(root / folder)):
            lines.append(_line(path, status))
            if status and stat.S_ISREG(status.st_mode):
                stamps.append(status.st_ctime_ns)
    lines += [_line(path, status) for path, status in _entries(str(PACKAGE_FOLDER))]
    # Installing, upgrading or removing a package renames its *.dist-info, and so touches the folder.
    lines += [f"{path} {Path(path).stat().st_mtime_ns}" for path in sys.path if path.endswith(_PACKAGES)]
    coarse = all(stamp % _SECOND == 0 for stamp in stamps)
    age = time.time() - max(stamps, default=0) / _SECOND
    digest = hashlib.sha256("\0".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
    return Seal(digest, settled=age > (_COARSE_TICK if coarse else _TICK))


def _entries(folder: str) -> Iterator[tuple[str, os.stat_result | None]]:
    """Every entry below a folder, in a fixed order, links followed; a link that leads nowhere has no status."""
    if not os.path.isdir(folder):  # noqa: PTH112  pathlib costs more than the whole walk
        return
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.name == "__pycache__":
            continue
        try:
            yield entry.path, entry.stat()
        except OSError:
            yield entry.path, None
        if entry.is_dir(follow_symlinks=False):
            yield from _entries(entry.path)


def _line(path: str, status: os.stat_result | None) -> str:
    """What is sealed of an entry; of a folder only that it is there, as editors touch it with drafts of their own."""
    if status is None or stat.S_ISDIR(status.st_mode):
        return f"{path} {status is None}"
    return f"{path} {status.st_ino} {status.st_mode} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"
