"""Source type `file`: which files a path means, and which of them hold something new."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from opscli.clock import parse_duration, wall_now
from opscli.config.document import Document
from opscli.errors import DataUnusable, NotPermitted, TryLater
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.sources.formats.choice import endings, is_hopeless
from opscli.sources.formats.rows import AUTO, FileFormat
from opscli.sources.gathering import Asked, Found, Gathered, Mark

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSettings:
    """Settings of a file source."""

    path: str
    required: bool = True
    stable_for: timedelta = timedelta()
    done_marker: str = ""
    """Ending of the marker file beside each input file, such as .done; empty = none is awaited."""
    allow_paths: tuple[str, ...] = ()
    """Folders outside the project that may be read."""
    format: FileFormat = field(default_factory=FileFormat)


def settings(data: Mapping[str, Any]) -> FileSettings:
    """Settings of a schema-valid document."""
    return FileSettings(
        path=str(data["path"]),
        required=bool(data.get("required", True)),
        stable_for=parse_duration(data.get("stable_for", "0s")),
        done_marker=_marker(data.get("done_marker", False)),
        allow_paths=tuple(data.get("allow_paths", ())),
        format=read_format(data.get("format", {})),
    )


def _marker(stated: bool | str) -> str:
    return (".done" if stated else "") if isinstance(stated, bool) else stated


def read_format(stated: Mapping[str, Any]) -> FileFormat:
    """The `format:` block of a document."""
    return FileFormat(**{name: _as_text(value) for name, value in stated.items()})


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def check(spec: FileSettings, document: Document) -> Iterable[Issue]:
    """A path outside the project, or a name whose ending is that of no table."""
    path = PurePosixPath(spec.path)
    foreign = path.is_absolute() and not any(path.is_relative_to(place) for place in spec.allow_paths)
    if foreign or ".." in path.parts:
        yield document.issue(
            ("path",),
            say("sources.outside_project", path=spec.path),
            why=say("sources.outside_project_why"),
            how=say("sources.outside_project_how"),
        )
    if spec.format.type == AUTO and is_hopeless(path.name):
        yield document.issue(
            ("path",), say("sources.no_format", file=path.name), how=say("sources.formats_are", endings=endings())
        )


def place(spec: FileSettings) -> str:
    """The path."""
    return spec.path


def gather(spec: FileSettings, asked: Asked) -> Gathered:
    """The files whose content differs from what was loaded, in name order; time and size decide who is hashed.

    For a snapshot these are all files as soon as one changed, came or went; without any file there is no snapshot, and
    with one that is not ready nothing counts as gone. Raises DataUnusable when there are none and one is required,
    TryLater when none is ready.
    """
    files = tuple(_matching(spec, asked))
    if not files and spec.required and not asked.may_lack:
        raise DataUnusable(
            say("sources.no_input", source=asked.source, path=asked.root / spec.path),
            remedy=say("sources.no_input_how", source=asked.source),
        )
    known = {} if asked.since else asked.known  # what happened since then may stand in a file that was loaded
    fresh = [file for file in files if not _same(file, known.get(file.label, {}))]
    waiting = {file.label: reason for file in fresh if (reason := _unready(spec, file))}
    if files and len(waiting) == len(files) and spec.required and not asked.may_lack:
        raise TryLater(
            say("sources.none_ready", source=asked.source),
            remedy=say("data.run_again"),
            details=list(waiting.values()),
        )
    ready = [file for file in fresh if file.label not in waiting]
    later = _hashed_meanwhile([file for file in ready if "sha256" not in known.get(file.label, {})])
    changed, marks = _changed(ready, known, later)
    gone = sorted(known.keys() - {file.label for file in files}) if asked.snapshot and files and not waiting else []
    if asked.snapshot and (changed or gone) and not waiting:
        changed = list(files)
    return Gathered(
        files=tuple(changed),
        marks=marks,
        later=later,
        gone=tuple(gone),
        unsifted=True,
        skipped=len(files) - len(changed) - len(waiting),
        complete=bool(files) and len(changed) == len(files),
        notes=tuple(waiting.values()),
    )


def _hashed_meanwhile(files: Sequence[Found]) -> dict[str, Future[Mark]]:
    """Hashes of files that are new whatever they hold: they are read while a thread works those out."""
    if not files:
        return {}
    worker = ThreadPoolExecutor(max_workers=1)
    found = {file.label: worker.submit(_hash_mark, file.path) for file in files}
    worker.shutdown(wait=False)
    return found


def _changed(
    files: Iterable[Found], known: Mapping[str, Mark], later: Collection[str]
) -> tuple[list[Found], dict[str, Mark]]:
    """The files whose content is new, and the marks of all of these."""
    changed: list[Found] = []
    marks: dict[str, Mark] = {}
    for file in files:
        marks[file.label] = _stamp(file)
        if file.label in later:
            changed.append(file)
            continue
        digest = sha256_of(file.path)
        marks[file.label] = {**_stamp(file), "sha256": digest}
        if digest != known.get(file.label, {}).get("sha256"):
            changed.append(file)
    return changed, marks


def _same(file: Found, last: Mark) -> bool:
    stamp = _stamp(file)
    return stamp == {name: last.get(name) for name in stamp}


def _stamp(file: Found) -> dict[str, int | None]:
    return {"mtime_ns": file.mtime_ns, "size": file.size}


def _unready(spec: FileSettings, file: Found) -> str:
    """Why a file is left out for now, or empty: it may still be written."""
    if spec.done_marker and not Path(f"{file.path}{spec.done_marker}").exists():
        return say("sources.no_marker", file=file.label, marker=f"{file.path.name}{spec.done_marker}")
    written = datetime.fromtimestamp((file.mtime_ns or 0) / 1e9, UTC).replace(tzinfo=None)
    if spec.stable_for and wall_now() - written < spec.stable_for:
        return say("sources.too_young", file=file.label, seconds=round(spec.stable_for.total_seconds()))
    return ""


def _hash_mark(path: Path) -> Mark:
    return {"sha256": sha256_of(path)}


def sha256_of(path: Path) -> str:
    """Hash of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _matching(spec: FileSettings, asked: Asked) -> Iterator[Found]:
    places = (asked.root, *map(Path, spec.allow_paths))
    allowed = [place.resolve() for place in places]
    # A pattern is relative to a folder; joined to one, an absolute path stays as it is.
    base = next(place for place in places if (asked.root / spec.path).is_relative_to(place))
    pattern = str((asked.root / spec.path).relative_to(base))
    for path in sorted(path for path in base.glob(pattern) if path.is_file()):
        if spec.done_marker and path.name.endswith(spec.done_marker):
            continue
        if not any(path.resolve().is_relative_to(place) for place in allowed):
            raise NotPermitted(say("sources.leads_outside", path=path), remedy=say("sources.leads_outside_how"))
        within = path.is_relative_to(asked.root)
        status = path.stat()
        yield Found(
            path=path,
            label=path.relative_to(asked.root).as_posix() if within else path.as_posix(),
            size=status.st_size,
            mtime_ns=status.st_mtime_ns,
            format=spec.format,
        )
