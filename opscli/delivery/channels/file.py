"""Write each message as an .eml file into a folder: the channel of demos, previews, tests and environments not live."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from opscli.delivery.message import Message
from opscli.delivery.receipt import Place, Receipt
from opscli.errors import CannotCreate
from opscli.phrases import say

BATCH = 250
PEOPLE_FACING = False

_FLUSHERS = 16
"""Threads that wait for the disk; they compute nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSettings:
    """`folder` is relative to the project."""

    folder: str


@dataclass(slots=True)
class Session:
    """An open folder and the files written since the last `settle`."""

    folder: Path
    fresh: list[Path] = field(default_factory=list)


def parse(settings: Mapping[str, Any]) -> FileSettings:
    """Settings with the default folder filled in."""
    return FileSettings(folder=settings.get("folder", "outbox"))


def open_channel(settings: FileSettings, place: Place) -> Session:
    """Make the folder; raises CannotCreate when that is impossible."""
    folder = place.root / settings.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotCreate(
            say("delivery.no_folder", folder=settings.folder, error=error.strerror),
            remedy=say("delivery.no_folder_how"),
        ) from error
    return Session(folder)


def send(session: Session, message: Message, body: bytes) -> Receipt:
    """Write `<folder>/<key>.eml` atomically, so that a reader never sees half a mail."""
    path = session.folder / f"{message.key}.eml"
    scratch = session.folder / f".{message.key}.part"
    try:
        scratch.write_bytes(body)
        scratch.replace(path)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        return Receipt(state="deferred", reason=f"not written: {error.strerror}", code=str(error.errno or ""))
    session.fresh.append(path)
    return Receipt.sent(remote_id=path.name)


def lookup(session: Session, key: str, body_hash: str) -> str | None:
    """Whether the file is there with exactly these bytes; another content cannot be told."""
    path = session.folder / f"{key}.eml"
    if not path.exists():
        return "absent"
    return "sent" if hashlib.sha256(path.read_bytes()).hexdigest() == body_hash else None


def settle(session: Session) -> None:
    """Flush files and folder to the disk; side by side, so that the file system commits many together."""
    if not session.fresh:
        return
    with ThreadPoolExecutor(_FLUSHERS) as pool:
        list(pool.map(_flush, session.fresh))
    _flush(session.folder)
    session.fresh.clear()


def close(session: Session) -> None:
    """Nothing is open between two messages."""
    session.fresh.clear()


def _flush(path: Path) -> None:
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:  # moved away by a reader: its bytes are that reader's affair now
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
