"""A project that was found good is kept in `.opscli/checked.json`, and opened from there while nothing has changed.

Cron asks more often than there is work, and people check more often than they edit. Under an unbroken seal
(`config.seal`) the documents need not be read, validated and cross-checked again: their data, marks and texts, the
compiled entities and the catalog are kept as JSON, each part on a line of its own that is read when it is asked for.
The first line is the hash of all others. A file that is torn, foreign or older than the program is passed over in
silence; one that somebody else may have written is never read.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from opscli.config.document import Document, Place
from opscli.config.files import private_folder
from opscli.config.later import LaterMapping, LaterSequence
from opscli.config.load import LoadedConfig
from opscli.config.project import ProjectSpec
from opscli.config.reader import Written
from opscli.config.seal import Seal, take_seal
from opscli.engine import entity as entity_kind
from opscli.engine.entity import Entity
from opscli.kinds import load_config_kind
from opscli.stage import Catalog, ConfigKind, Provided

FOLDER = ".opscli"
FILE = "checked.json"
_OTHERS_MAY_WRITE = 0o022
_BY_PLACE = ("marks", "files")
"""Fields of a document whose keys are places, which are no keys of JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A project without problems, before any secret was read: what `config check` needs on a machine without them."""

    loaded: LoadedConfig
    settings: ProjectSpec
    specs: Mapping[str, Mapping[str, object]]
    catalog: Catalog


def keep(checked: Checked, seal: Seal) -> None:
    """Write the project down under the seal that was taken before it was read."""
    root = checked.loaded.root
    if not seal.settled or take_seal(root).digest != seal.digest:
        return  # a file changed while it was read, or one more change could not be told from the last
    parts = dict(_parts(checked))
    head = {
        "seal": seal.digest,
        "version": checked.loaded.version,
        "files": len(checked.loaded.texts),
        "documents": {kind: len(parts[f"documents {kind}"]) for kind in _kinds(checked)},
        "parts": list(parts),
    }
    _write(root, [json.dumps(line).encode() for line in (head, *parts.values())])


def keep_tests(root: Path, seal: Seal) -> None:
    """Note that the tests beside the kept project were found in order too, under the seal taken before they were read.

    Any edit of a test breaks the seal, so the note goes with the project that it stands in.
    """
    lines = _read(root)
    head = json.loads(lines[0]) if lines else {}
    if head.get("seal") == seal.digest == take_seal(root).digest and not head.get("tests"):
        _write(root, [json.dumps({**head, "tests": True}).encode(), *lines[1:]])


def recall(root: Path, environment: str, *, with_tests: bool = False) -> Checked | None:
    """The kept project while its seal holds, else None; `with_tests` = only if its tests were in order too."""
    lines = _read(root)
    try:
        head = json.loads(lines[0]) if lines else {}
        if not lines or head["seal"] != take_seal(root).digest or (with_tests and not head.get("tests")):
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return _opened(root, environment, _Kept(head=head, lines=lines))


def _read(root: Path) -> list[bytes]:
    """The lines of the kept file; none when it is not there, torn, or another account could have written it."""
    path = root / FOLDER / FILE
    try:
        status = path.stat()
        if status.st_uid != os.geteuid() or status.st_mode & _OTHERS_MAY_WRITE:
            return []
        digest, _, body = path.read_bytes().partition(b"\n")
    except OSError:
        return []
    return body.split(b"\n") if hashlib.sha256(body).hexdigest().encode() == digest else []


def _write(root: Path, lines: Sequence[bytes]) -> None:
    """Replace the kept file in one move; a folder that cannot be written costs only the shortcut."""
    folder, body = root / FOLDER, b"\n".join(lines)
    draft = folder / f"{FILE}.{os.getpid()}"
    try:
        private_folder(folder)
        draft.touch(mode=0o600)
        draft.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
        draft.replace(folder / FILE)
    except OSError:
        with suppress(OSError):  # half a draft on a full disk
            draft.unlink()


def _kinds(checked: Checked) -> list[str]:
    return sorted({document.kind for document in checked.loaded.documents})


def _parts(checked: Checked) -> Iterator[tuple[str, Any]]:
    """Name and content of every line after the head."""
    for kind in _kinds(checked):
        documents = [document for document in checked.loaded.documents if document.kind == kind]
        yield f"documents {kind}", [_row(document) for document in documents]
        yield f"marks {kind}", [_marks_row(document) for document in documents]
    entities = checked.catalog.entities.values()
    yield "entities", [_entity_row(entity) for entity in entities]
    yield "marks of entities", [_marks_row(entity.document) for entity in entities]
    for category, entries in checked.catalog.entries.items():
        yield f"entries {category}", [[item.name, item.type, item.file, item.line] for item in entries.values()]
    yield "texts", dict(checked.loaded.texts)


def _row(document: Document) -> dict[str, Any]:
    facts = {item.name: getattr(document, item.name) for item in fields(document) if item.name not in _BY_PLACE}
    files = [[file, *place] for place, file in document.files.items()]
    return {**facts, "files": files, "written": list(_written((), document.data))}


def _written(place: Place, value: Any) -> Iterator[tuple[Place, str]]:
    """Numbers that remember how they were written, which JSON would forget, with their places."""
    if isinstance(value, Written):
        yield place, value.text
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _written((*place, key), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _written((*place, index), item)


def _marks_row(document: Document) -> list[list[Any]]:
    return [[line, column, *place] for place, (line, column) in document.marks.items()]


def _entity_row(entity: Entity) -> list[Any]:
    """A compiled entity as one document that extends nothing, so that its presets need not be read again."""
    whole = {"key": entity.key, "time": entity.time, "customer": entity.customer, "schema": entity.schema}
    stated = {name: value for name, value in whole.items() if value is not None}
    return [_row(entity.document), stated, entity.extends]


@dataclass(frozen=True, slots=True)
class _Kept:
    """The file's lines; each part is decoded when it is asked for."""

    head: Mapping[str, Any]
    lines: Sequence[bytes]

    def part(self, name: str) -> Any:
        return json.loads(self.lines[self.head["parts"].index(name) + 1])

    def documents(self, kind: str) -> list[Document]:
        rows = self.part(f"documents {kind}")
        return list(map(_document, rows, self._marks(f"marks {kind}", len(rows))))

    def _marks(self, name: str, size: int) -> Iterator[Mapping[Place, tuple[int, int]]]:
        """The marks of each document; the first that is asked for decodes those of all."""
        rows = LaterSequence[Any](partial(self.part, name), size)
        return (LaterMapping(partial(_marks, rows, index)) for index in range(size))

    def entities(self) -> dict[str, Entity]:
        found, rows = {}, self.part("entities")
        for (row, stated, extends), marks in zip(rows, self._marks("marks of entities", len(rows)), strict=True):
            document = _document(row, marks)
            whole = {key: value for key, value in document.data.items() if key != "extends"} | stated
            entity = entity_kind.parse(replace(document, data=whole))
            found[entity.name] = replace(entity, document=document, extends=extends)
        return found

    def entries(self, category: str) -> dict[str, Provided]:
        rows = self.part(f"entries {category}")
        return {
            name: Provided(category=category, name=name, type=type_, file=file, line=line)
            for name, type_, file, line in rows
        }


def _document(row: dict[str, Any], marks: Mapping[Place, tuple[int, int]]) -> Document:
    for place, text in row.pop("written"):
        *path, last = place
        node = row["data"]
        for part in path:
            node = node[part]
        node[last] = Written(text)
    files: dict[Place, str] = {tuple(place): file for file, *place in row.pop("files")}
    return Document(marks=marks, files=files, **row)


def _marks(rows: Sequence[list[list[Any]]], index: int) -> dict[Place, tuple[int, int]]:
    return {tuple(place): (line, column) for line, column, *place in rows[index]}


def _opened(root: Path, environment: str, kept: _Kept) -> Checked:
    """The project, of which nothing but its settings is decoded yet."""
    head = kept.head
    documents = {kind: LaterSequence(partial(kept.documents, kind), size) for kind, size in head["documents"].items()}
    entities = LaterMapping(kept.entities)
    specs: dict[str, Mapping[str, object]] = {
        kind: LaterMapping(partial(_specs, kind, own, entities), len(own)) for kind, own in documents.items()
    }
    (project,) = documents["project"]
    settings = cast("ProjectSpec", specs["project"][project.name])
    categories = [name.removeprefix("entries ") for name in head["parts"] if name.startswith("entries ")]
    loaded = LoadedConfig(
        root=root,
        project=project,
        environment=environment,
        documents=LaterSequence(partial(_chained, documents), sum(head["documents"].values())),
        version=head["version"],
        texts=LaterMapping(partial(kept.part, "texts"), head["files"]),
    )
    entries = {category: LaterMapping(partial(kept.entries, category)) for category in categories}
    catalog = Catalog(entries=entries, entities=entities, zone=settings.timezone)
    return Checked(loaded=loaded, settings=settings, specs=specs, catalog=catalog)


def _chained(documents: Mapping[str, Sequence[Document]]) -> list[Document]:
    return [document for own in documents.values() for document in own]


def _specs(kind: str, documents: Sequence[Document], entities: Mapping[str, Entity]) -> dict[str, object]:
    if kind == "entity":
        return {document.name: entities[document.name] for document in documents}
    module = cast("ConfigKind", load_config_kind(kind))
    return {document.name: module.parse(document) for document in documents}
