"""Source type `file`: which files a path means, and which of them hold something new."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any

from opscli.config.document import Document
from opscli.errors import DataUnusable, NotPermitted
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.sources.formats import csv, jsonl, parquet

_FORMATS: tuple[ModuleType, ...] = (csv, jsonl, parquet)
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """How text files are written; `auto` = found out."""

    encoding: str = "auto"
    delimiter: str = "auto"
    header: str = "auto"
    """auto, true or false."""
    decimal: str = "."


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSettings:
    """Settings of a file source."""

    path: str
    required: bool = True
    format: FileFormat = FileFormat()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A file's state when it was looked at; `sha256` is empty until somebody needed it."""

    mtime_ns: int
    size: int
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One input file; `label` is its path relative to the project."""

    path: Path
    label: str
    seen: Seen


def settings(data: Mapping[str, Any]) -> FileSettings:
    """Settings of a schema-valid document."""
    stated = data.get("format", {})
    return FileSettings(
        path=str(data["path"]),
        required=bool(data.get("required", True)),
        format=FileFormat(
            encoding=str(stated.get("encoding", "auto")),
            delimiter=str(stated.get("delimiter", "auto")),
            header=str(stated.get("header", "auto")).lower(),
            decimal=str(stated.get("decimal", ".")),
        ),
    )


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
    if _format_of(path.name) is None:
        yield document.issue(
            ("path",), say("sources.no_format", file=path.name), how=say("sources.formats_are", endings=_endings())
        )


def discover(spec: FileSettings, root: Path, source: str) -> tuple[Found, ...]:
    """The files of a source, in name order. Raises DataUnusable when there are none and one is required."""
    paths = sorted(path for path in root.glob(spec.path) if path.is_file())
    if not paths and spec.required:
        raise DataUnusable(
            say("sources.no_input", source=source, path=root / spec.path),
            remedy=say("sources.no_input_how", source=source),
        )
    return tuple(_found(path, root) for path in paths)


def format_of(found: Found) -> Any:
    """The format module of a file. Raises DataUnusable for an unknown ending."""
    module = _format_of(found.path.name)
    if module is None:
        raise DataUnusable(
            say("sources.no_format", file=found.label), remedy=say("sources.formats_are", endings=_endings())
        )
    return module


def sha256_of(path: Path) -> str:
    """Hash of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _found(path: Path, root: Path) -> Found:
    if not path.resolve().is_relative_to(root.resolve()):
        raise NotPermitted(say("sources.leads_outside", path=path), remedy=say("sources.leads_outside_how"))
    status = path.stat()
    return Found(
        path=path, label=path.relative_to(root).as_posix(), seen=Seen(mtime_ns=status.st_mtime_ns, size=status.st_size)
    )


def _format_of(name: str) -> ModuleType | None:
    ending = PurePosixPath(name.removesuffix(".gz")).suffix.removeprefix(".").lower()
    return next((module for module in _FORMATS if ending in module.SUFFIXES), None)


def _endings() -> str:
    return ", ".join(_all_suffixes())


def _all_suffixes() -> Iterator[str]:
    for module in _FORMATS:
        yield from (f".{suffix}" for suffix in module.SUFFIXES)
