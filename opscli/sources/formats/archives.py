"""Packed bytes, read with care: what comes out is counted, and what headers say about sizes is not believed."""

from __future__ import annotations

import errno
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from opscli.errors import DataUnusable
from opscli.phrases import say

PIECE_BYTES = 1 << 20
MOST_RATIO = 100
_SMALL = 1 << 20
"""Bytes that came out: up to here any ratio will do."""
_GROWN = 16 << 20
"""From here on the ratio is watched on the way, below only at the end: a file may begin with what packs well."""
_MOST_MEMBERS = 10_000
_MOST_DIRECTORY = 4 << 20
"""Limits of a zip file's list of files, which is held in memory."""
_DIRECTORY_END = b"PK\x05\x06"
_DIRECTORY_END_BYTES = 22
_LONGEST_COMMENT = 1 << 16
_ENCRYPTED = 1
_UNREADABLE = (
    gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError,
)  # fmt: skip


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes, none at the end."""
        ...


@dataclass(slots=True)
class Growth:
    """Bytes that come out of a file called `label`, beside those that went in (`packed` tells them)."""

    label: str
    packed: Callable[[], int]
    limit: int
    """Bytes that may come out at all."""
    size: int = 0

    def add(self, count: int) -> None:
        """Raises DataUnusable when it is more than the limit, or far more than can come of honest data."""
        self.size += count
        if self.size > self.limit:
            raise DataUnusable(
                say("sources.unpacks_too_big", file=self.label, limit=self.limit >> 20),
                remedy=say("sources.unpacks_too_big_how"),
            )
        if self.size > _GROWN:
            self._compare()

    def end(self) -> None:
        """Raises DataUnusable for what stayed small, but began far smaller."""
        if self.size > _SMALL:
            self._compare()

    def _compare(self) -> None:
        if self.size > MOST_RATIO * max(self.packed(), 1):
            raise DataUnusable(
                say("sources.unpacks_too_far", file=self.label, ratio=MOST_RATIO),
                remedy=say("sources.unpacks_too_far_how"),
            )


def pieces(stream: Readable, growth: Growth) -> Iterator[bytes]:
    """What a packed stream holds. Raises DataUnusable when it is torn, damaged, or grows out of all proportion."""
    while piece := _piece(stream, growth.label):
        growth.add(len(piece))
        yield piece
    growth.end()


def _piece(stream: Readable, label: str) -> bytes:
    try:
        return stream.read(PIECE_BYTES)
    except _UNREADABLE as error:
        raise damaged(label, error) from error


def damaged(label: str, error: Exception) -> DataUnusable:
    """The error of an archive that cannot be read to its end."""
    return DataUnusable(say("sources.bad_archive", file=label, error=error), remedy=say("sources.bad_archive_how"))


@contextmanager
def open_zip(path: Path, label: str) -> Iterator[tuple[zipfile.ZipFile, IO[bytes]]]:
    """A zip file and the file below it. Raises DataUnusable when it is none, or its list of files is oversized."""
    with path.open("rb") as raw:
        _check_directory(raw, label)
        try:
            archive = zipfile.ZipFile(raw)
        except (*_UNREADABLE, ValueError) as error:
            raise damaged(label, error) from error
        with archive:
            yield archive, raw


@contextmanager
def open_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, label: str) -> Iterator[IO[bytes]]:
    """One file of a zip file. Raises DataUnusable when it is encrypted or packed in an unknown way."""
    if member.flag_bits & _ENCRYPTED:
        raise DataUnusable(say("sources.encrypted", file=label), remedy=say("sources.encrypted_how"))
    try:
        stream = archive.open(member)
    except _UNREADABLE as error:
        raise damaged(label, error) from error
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise damaged(label, error) from error  # it is said to begin before the file does
    with stream:
        yield stream


def _check_directory(raw: IO[bytes], label: str) -> None:
    """The list of files is read at once when a zip file is opened, so its size is looked at before."""
    size = raw.seek(0, 2)
    raw.seek(max(0, size - _DIRECTORY_END_BYTES - _LONGEST_COMMENT))
    tail = raw.read()
    raw.seek(0)
    place = tail.rfind(_DIRECTORY_END)
    end = tail[place : place + _DIRECTORY_END_BYTES] if place >= 0 else b""
    if len(end) < _DIRECTORY_END_BYTES:
        raise damaged(label, zipfile.BadZipFile(say("sources.zip_torn")))
    count, directory = int.from_bytes(end[10:12], "little"), int.from_bytes(end[12:16], "little")
    if count > _MOST_MEMBERS or directory > _MOST_DIRECTORY:
        raise DataUnusable(
            say("sources.zip_crowded", file=label, limit=_MOST_MEMBERS), remedy=say("sources.one_file_how")
        )
