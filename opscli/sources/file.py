"""Source type `file`: which files a path means, and which of them hold something new."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from opscli.config.document import Document
from opscli.errors import DataUnusable, NotPermitted
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.sources.formats.choice import endings, format_named
from opscli.sources.formats.rows import FileFormat
from opscli.sources.gathering import Asked, Found, Gathered, Mark

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSettings:
    """Settings of a file source."""

    path: str
    required: bool = True
    format: FileFormat = field(default_factory=FileFormat)


def settings(data: Mapping[str, Any]) -> FileSettings:
    """Settings of a schema-valid document."""
    return FileSettings(
        path=str(data["path"]),
        required=bool(data.get("required", True)),
        format=read_format(data.get("format", {})),
    )


def read_format(stated: Mapping[str, Any]) -> FileFormat:
    """The `format:` block of a document."""
    return FileFormat(**{name: _as_text(value) for name, value in stated.items()})


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def check(spec: FileSettings, document: Document) -> Iterable[Issue]:
    """A path outside the project, or a name whose ending is no known format."""
    path = PurePosixPath(spec.path)
    if path.is_absolute() or ".." in path.parts:
        yield document.issue(
            ("path",),
            say("sources.outside_project", path=spec.path),
            why=say("sources.outside_project_why"),
            how=say("sources.outside_project_how"),
        )
    if spec.format.type == "auto" and format_named(path.name) is None:
        yield document.issue(
            ("path",), say("sources.no_format", file=path.name), how=say("sources.formats_are", endings=endings())
        )


def place(spec: FileSettings) -> str:
    """The path."""
    return spec.path


def gather(spec: FileSettings, asked: Asked) -> Gathered:
    """The files whose content differs from what was loaded, in name order; time and size decide who is hashed.

    For a snapshot these are all files as soon as one changed, came or went; without any file there is no snapshot.
    Raises DataUnusable when there are none and one is required.
    """
    files = tuple(_matching(spec, asked))
    if not files and spec.required and not asked.may_lack:
        raise DataUnusable(
            say("sources.no_input", source=asked.source, path=asked.root / spec.path),
            remedy=say("sources.no_input_how", source=asked.source),
        )
    known = {} if asked.since else asked.known  # what happened since then may stand in a file that was loaded
    changed, marks = [], {}
    for file in files:
        seen = _seen(file.path)
        last = known.get(file.label, {})
        if seen == {name: last.get(name) for name in seen}:
            continue
        digest = sha256_of(file.path)
        marks[file.label] = {**seen, "sha256": digest}
        if digest != last.get("sha256"):
            changed.append(file)
    gone = sorted(known.keys() - {file.label for file in files}) if asked.snapshot and files else []
    if asked.snapshot and (changed or gone):
        changed = list(files)
    return Gathered(
        files=tuple(changed),
        marks=marks,
        gone=tuple(gone),
        unsifted=True,
        skipped=len(files) - len(changed),
        complete=bool(files) and len(changed) == len(files),
    )


def sha256_of(path: Path) -> str:
    """Hash of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _matching(spec: FileSettings, asked: Asked) -> Iterator[Found]:
    for path in sorted(path for path in asked.root.glob(spec.path) if path.is_file()):
        if not path.resolve().is_relative_to(asked.root.resolve()):
            raise NotPermitted(say("sources.leads_outside", path=path), remedy=say("sources.leads_outside_how"))
        label = path.relative_to(asked.root).as_posix()
        yield Found(path=path, label=label, size=path.stat().st_size, format=spec.format)


def _seen(path: Path) -> Mark:
    status = path.stat()
    return {"mtime_ns": status.st_mtime_ns, "size": status.st_size}
