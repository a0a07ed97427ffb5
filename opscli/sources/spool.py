"""Source type `spool`: folders of JSON lines that webhooks write to. Files only grow or appear whole; each line is
read once, and nothing there is ever moved or deleted.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from opscli.config.document import Document
from opscli.errors import NotPermitted
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.sources.file import sha256_of
from opscli.sources.formats.rows import FileFormat
from opscli.sources.gathering import Asked, Found, Gathered, Mark

_PATTERNS = ("*.jsonl", "*.ndjson", "*.jsonl.gz", "*.ndjson.gz")
_PACKED = ".gz"
_HEAD_BYTES = 4096
_CHUNK_BYTES = 1 << 20
_LONGEST_BYTES = 1 << 20
"""A last line that is longer waits for its end without being looked at."""
_FORMAT = FileFormat(type="jsonl", encoding="utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolSettings:
    """Settings of a spool."""

    path: str


def settings(data: Mapping[str, Any]) -> SpoolSettings:
    """Settings of a schema-valid document."""
    return SpoolSettings(path=str(data["path"]))


def check(spec: SpoolSettings, document: Document) -> Iterable[Issue]:
    """A path outside the project."""
    path = PurePosixPath(spec.path)
    if path.is_absolute() or ".." in path.parts:
        yield document.issue(
            ("path",),
            say("sources.outside_project", path=spec.path),
            why=say("sources.outside_project_why"),
            how=say("sources.spool_path_how"),
        )


def place(spec: SpoolSettings) -> str:
    """The folder or pattern."""
    return spec.path


def gather(spec: SpoolSettings, asked: Asked) -> Gathered:
    """The whole lines that stand behind each file's mark. Raises NotPermitted for a link out of the project."""
    taking = _Taking(asked=asked)
    for path in _matching(spec, asked.root):
        try:
            taking.take(path)
        except FileNotFoundError:  # rotated away meanwhile: what it still held was there to be read, or comes back
            continue
    return Gathered(
        files=tuple(taking.files),
        marks=taking.marks if asked.limit is None else {},
        skipped=taking.skipped,
        notes=tuple(taking.notes),
    )


def _matching(spec: SpoolSettings, root: Path) -> Iterator[Path]:
    folder = root / spec.path
    patterns = [f"{spec.path.rstrip('/')}/{name}" for name in _PATTERNS] if folder.is_dir() else [spec.path]
    for path in sorted({path for pattern in patterns for path in root.glob(pattern) if path.is_file()}):
        if not path.resolve().is_relative_to(root.resolve()):
            raise NotPermitted(say("sources.leads_outside", path=path), remedy=say("sources.leads_outside_how"))
        yield path


@dataclass(slots=True, kw_only=True)
class _Taking:
    """What has been taken from the files so far."""

    asked: Asked
    files: list[Found] = field(default_factory=list)
    marks: dict[str, Mark] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    skipped: int = 0
    lines: int = 0

    def take(self, path: Path) -> None:
        """Copy what is new in a file."""
        label = path.relative_to(self.asked.root).as_posix()
        target = self.asked.workbench / f"{len(self.files)}{path.suffix}"
        known = {} if self.asked.full else self.asked.known.get(label, {})
        if self.asked.limit is not None and self.lines >= self.asked.limit:
            return
        if path.suffix == _PACKED:
            self._take_packed(path, label, target, known)
        else:
            self._take_lines(path, label, target, known)

    def _take_packed(self, path: Path, label: str, target: Path, known: Mark) -> None:
        status = path.stat()
        seen = {"size": status.st_size, "mtime_ns": status.st_mtime_ns}
        if seen == {name: known.get(name) for name in seen}:
            self.skipped += 1
            return
        shutil.copyfile(path, target)
        if not _is_whole(target):
            self.notes.append(say("sources.spool_packing", file=label))
            return
        digest = sha256_of(target)
        self.marks[label] = {**seen, "sha256": digest}
        if digest == known.get("sha256"):
            self.skipped += 1
            return
        if known:
            self.notes.append(say("sources.spool_anew", file=label))
        self.files.append(Found(path=target, label=label, size=target.stat().st_size, format=_FORMAT))

    def _take_lines(self, path: Path, label: str, target: Path, known: Mark) -> None:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            start = int(known.get("offset", 0))
            if known and (size < known["size"] or _head(file, start) != known["head"]):
                self.notes.append(say("sources.spool_anew", file=label))
                start = 0
            end = _end_of_lines(file, start, size)
            if end < size:
                self.notes.append(say("sources.spool_waits", file=label))
            if end == start:
                self.skipped += 1
                return
            # A line that was taken without its newline is still the last one: the newline follows.
            before = (int(known["lines"]) - (not _ends_line(file, start))) if start else 0
            file.seek(start)
            lines = self._copy(file, target, end - start)
            self.marks[label] = {"offset": end, "lines": before + lines, "size": size, "head": _head(file, end)}
        found = Found(path=target, label=label, size=target.stat().st_size, format=_FORMAT, first_line=before + 1)
        self.files.append(found)

    def _copy(self, file: BinaryIO, target: Path, count: int) -> int:
        """Copy bytes, or as many lines as are still wanted; lines copied, the last one also without a newline."""
        wanted = None if self.asked.limit is None else self.asked.limit - self.lines
        lines = 0
        with target.open("wb") as out:
            for block in _blocks(file, count, by_line=wanted is not None):
                if wanted is not None and lines >= wanted:
                    break
                out.write(_readable(block))
                lines += block.count(b"\n") + (not block.endswith(b"\n"))
        self.lines += lines
        return lines


def _head(file: BinaryIO, offset: int) -> str:
    """Hash of a file's first bytes, as far as they had been read."""
    file.seek(0)
    return hashlib.sha256(file.read(min(offset, _HEAD_BYTES))).hexdigest()


def _ends_line(file: BinaryIO, offset: int) -> bool:
    file.seek(offset - 1)
    return file.read(1) == b"\n"


def _end_of_lines(file: BinaryIO, start: int, end: int) -> int:
    """Where the last whole line ends: behind the last newline, or behind an object that lacks nothing but that.

    No part of an object is an object, so such a line is not a half-written one.
    """
    place = end
    while place > start:
        begin = max(start, place - _CHUNK_BYTES)
        file.seek(begin)
        found = file.read(place - begin).rfind(b"\n")
        if found >= 0:
            place = begin + found + 1
            break
        place = begin
    if 0 < end - place <= _LONGEST_BYTES:
        file.seek(place)
        return end if _is_object(file.read(end - place)) else place
    return place


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _blocks(file: BinaryIO, count: int, *, by_line: bool) -> Iterator[bytes]:
    """The next bytes in blocks of whole lines."""
    while count > 0:
        block = b"" if by_line else file.read(min(count, _CHUNK_BYTES))
        if not block.endswith(b"\n"):
            block += file.readline(count - len(block))
        if not block:
            return
        count -= len(block)
        yield block


def _readable(block: bytes) -> bytes:
    """The block; a line that is no UTF-8 becomes one that is no JSON, so that it alone is rejected."""
    try:
        block.decode()
    except UnicodeDecodeError:
        return b"".join(map(_spelt, block.splitlines(keepends=True)))
    return block


def _spelt(line: bytes) -> bytes:
    try:
        line.decode()
    except UnicodeDecodeError:
        return b"not UTF-8: " + line.decode(errors="backslashreplace").encode()
    return line


def _is_whole(path: Path) -> bool:
    """Whether a gzip file has its end; one that is none is left to the reader, which says so."""
    try:
        with gzip.open(path) as file:
            while file.read(_CHUNK_BYTES):
                pass
    except EOFError:
        return False
    except (gzip.BadGzipFile, zlib.error):
        return True
    return True
