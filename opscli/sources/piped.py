"""Standard input as a source's only file: `opscli import NAME -`, and sources of type stdin."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from opscli.errors import UsageError
from opscli.phrases import say
from opscli.sources.formats.rows import AUTO, FileFormat
from opscli.sources.gathering import Asked, Found, Gathered

LABEL = "stdin"
_CHUNK_BYTES = 1 << 20
_HEAD_BYTES = 1 << 16
_PACKED = {b"\x1f\x8b": ".gz", b"\x28\xb5\x2f\xfd": ".zst", b"PK\x03\x04": ".zip"}
_PARQUET = b"PAR1"
_MARK = b"\xef\xbb\xbf"


def gather(stated: FileFormat, asked: Asked) -> Gathered:
    """Copy standard input to the workbench; without marks, since it is never seen again.

    Raises UsageError when a terminal stands there and nobody would know what to type.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError(say("sources.no_pipe"), remedy=say("sources.no_pipe_how", source=asked.source))
    path = asked.workbench / LABEL
    with path.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file, _CHUNK_BYTES)
    kind, packed = recognised(path) if stated.type == AUTO else (stated.type, _packing(_head(path)))
    path = path.rename(path.with_name(f"{LABEL}.{kind}{'' if kind == 'xlsx' else packed}"))
    found = Found(path=path, label=LABEL, size=path.stat().st_size, format=replace(stated, type=kind))
    return Gathered(files=(found,), unsifted=True)


def recognised(path: Path) -> tuple[str, str]:
    """(format, ending of its compression or empty) by a file's first bytes; text that is no JSON is CSV."""
    head = _head(path)
    packed = _packing(head)
    if packed == ".gz":
        return _format(zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, _HEAD_BYTES)), packed
    if packed == ".zip":
        return _zipped(path), packed
    return _format(head) if not packed else "csv", packed


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


def _packing(head: bytes) -> str:
    return next((ending for magic, ending in _PACKED.items() if head.startswith(magic)), "")


def _zipped(path: Path) -> str:
    """A workbook is a zip file of a known layout; of others the first member decides."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if "xl/workbook.xml" in names or not names:
                return "xlsx"
            with archive.open(names[0]) as member:
                return _format(member.read(_HEAD_BYTES))
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError):  # cut off, encrypted, packed in another way
        return "csv"


def _format(head: bytes) -> str:
    if head.startswith(_PARQUET):
        return "parquet"
    text = head.removeprefix(_MARK).lstrip()
    if text.startswith(b"["):
        return "json"
    return ("jsonl" if _is_record(text.split(b"\n", 1)) else "json") if text.startswith(b"{") else "csv"


def _is_record(lines: list[bytes]) -> bool:
    """Whether the first line is a whole object; one that goes on behind the bytes at hand is taken for one."""
    if len(lines) == 1 and len(lines[0]) >= _HEAD_BYTES:
        return True
    try:
        found: Any = json.loads(lines[0])
    except ValueError:
        return False
    return isinstance(found, dict)
