"""Packed files (.gz, .zst, .zip) as plain ones in the workbench; workbooks are zip files that stay as they are."""

from __future__ import annotations

import gzip
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO, Any

from opscli.errors import DataUnusable
from opscli.phrases import listed, say
from opscli.sources.formats.archives import Growth, Readable, damaged, open_member, open_zip, pieces
from opscli.sources.formats.rows import ReadRequest

ENDINGS = (".gz", ".zst", ".zip")
_MAGIC = {b"\x1f\x8b": ".gz", b"\x28\xb5\x2f\xfd": ".zst", b"PK\x03\x04": ".zip", b"PK\x05\x06": ".zip"}
_MAGIC_BYTES = 4
_SHARE_OF_DISK = 0.5
"""An unpacked file may take so much of what is free on the workbench's disk."""
_NAMED = 10
_USUAL_ENDING = re.compile(r"[.][a-z0-9]{1,8}")


def packing(path: Path) -> str:
    """The ending of the compression that a file's first bytes show, whatever it is called; empty for none."""
    with path.open("rb") as file:
        head = file.read(_MAGIC_BYTES)
    return next((ending for magic, ending in _MAGIC.items() if head.startswith(magic)), "")


def unpacked(request: ReadRequest) -> ReadRequest:
    """The request for a plain file: the one at hand, or what is in it, in the workbench under a name with its ending.

    Raises DataUnusable for archives that are torn, encrypted, nested, hold several files, or grow out of proportion.
    """
    kind = packing(request.path)
    if not kind or _is_document(kind, request.path, request.label):
        return request
    named = PurePosixPath(request.path.name)
    stem = named.stem if named.suffix.lower() == kind else named.name
    limit = int(shutil.disk_usage(request.workbench).free * _SHARE_OF_DISK)
    with _opened(kind, request) as (stream, packed, ending):
        # The names within an archive are words of a stranger: no more of them than a plain ending is used.
        target = request.workbench / (f"{PurePosixPath(stem).stem}{ending}" if kind == ".zip" else stem)
        with target.open("wb") as out:
            out.writelines(pieces(stream, Growth(request.label, packed, limit)))
    inner = packing(target)
    if inner and not _is_document(inner, target, request.label):
        raise DataUnusable(say("sources.packed_twice", file=request.label), remedy=say("sources.one_file_how"))
    return replace(request, path=target)


def _is_document(kind: str, path: Path, label: str) -> bool:
    return kind == ".zip" and bool(document_kind(path, label))


def document_kind(path: Path, label: str) -> str:
    """What a zip file is, when it is a document of an office program: `xl`, `ods`, or another; empty for an archive."""
    with open_zip(path, label) as (archive, _):
        names = set(archive.namelist())
    if "[Content_Types].xml" in names:
        folders = {name.partition("/")[0] for name in names}
        return next((kind for kind in ("xl", "word", "ppt") if kind in folders), "")
    return "ods" if {"mimetype", "content.xml"} <= names else ""


@contextmanager
def _opened(kind: str, request: ReadRequest) -> Iterator[tuple[Readable, Callable[[], int], str]]:
    """The stream of what is packed, how many packed bytes were taken so far, and the ending of a member's name."""
    if kind == ".zip":
        with open_zip(request.path, request.label) as (archive, raw):
            member = _only_member(archive, request.label)
            with open_member(archive, member, request.label) as stream:
                yield stream, lambda: raw.tell() - member.header_offset, _ending(member.filename)
        return
    with request.path.open("rb") as raw:
        if kind == ".gz":
            with gzip.open(raw) as stream:
                yield stream, raw.tell, ""
        else:
            yield _ZstdStream(raw, request.label), raw.tell, ""


class _ZstdStream:
    """Zstandard through Arrow, whose errors are those of any file."""

    def __init__(self, raw: IO[bytes], label: str) -> None:
        import pyarrow as pa

        self._stream: Any = pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd")
        self._label = label

    def read(self, size: int) -> bytes:
        try:
            return bytes(self._stream.read(size))
        except OSError as error:
            raise damaged(self._label, error) from error


def _only_member(archive: zipfile.ZipFile, label: str) -> zipfile.ZipInfo:
    """The one file with data; what a Mac or a file manager adds is none."""
    found = [
        member
        for member in archive.infolist()
        if not member.is_dir()
        and not member.filename.startswith("__MACOSX/")
        and not PurePosixPath(member.filename).name.startswith(".")
        and PurePosixPath(member.filename).name.lower() not in ("thumbs.db", "desktop.ini")
    ]
    if not found:
        raise DataUnusable(say("sources.zip_empty", file=label), remedy=say("sources.one_file_how"))
    if len(found) > 1:
        names = [ascii(member.filename) for member in found[:_NAMED]] + ["…"] * (len(found) > _NAMED)
        raise DataUnusable(
            say("sources.zip_several", file=label, count=len(found), names=listed(names)),
            remedy=say("sources.one_file_how"),
        )
    return found[0]


def _ending(name: str) -> str:
    ending = PurePosixPath(name).suffix.lower()
    return ending if _USUAL_ENDING.fullmatch(ending) else ""
