"""One JSON document: a list of records, or an object that holds one; each record is read as a line of JSON lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from opscli.engine.warehouse import Session
from opscli.outcome import printable
from opscli.phrases import listed
from opscli.sources.formats import jsonl
from opscli.sources.formats.encoding import as_utf8
from opscli.sources.formats.json_lists import Found, Lists, keys_of
from opscli.sources.formats.json_window import Window, refused
from opscli.sources.formats.mended import doubts, note_mended
from opscli.sources.formats.rows import FileFormat, ReadRequest, Rows
from opscli.sources.web import documents

SUFFIXES = ("json",)
_LARGEST_DOCUMENT = 1 << 25
"""Bytes of a document that is held in memory as a whole, for a path that does more than follow keys."""
_NAMED = 8


def read(request: ReadRequest, session: Session) -> Rows:
    """Stage one document; the number of a record is its place in the list, from 1. A document of any length streams."""
    text = as_utf8(request.path, request.format.encoding, request.workbench, request.label)
    stated = request.format.records
    keys = keys_of(stated) if stated else None
    if stated and keys is None:
        lines = _selected(text.path, request)
    else:
        with text.path.open(encoding="utf-8", newline="") as file:
            found = Lists(Window(file, request.label), request.workbench, keys).read()
        lines = _chosen(found, request, keys)
    plain = replace(request, path=lines, format=FileFormat(type="jsonl", encoding="utf-8"), first_line=1)
    rows = jsonl.read(plain, session)
    return replace(rows, repairs={**rows.repairs, **note_mended(session, request, text)}, notes=doubts(text))


def _chosen(found: Sequence[Found], request: ReadRequest, keys: tuple[str, ...] | None) -> Path:
    """The list that is stated, or the only one with objects. Raises DataUnusable with those that there are."""
    filled = [item for item in found if item.objects or not item.keys]
    if keys is not None:
        named = [item for item in found if item.keys == keys]
        if named:
            return named[0].lines
        raise _unclear(request, "json_not_there", filled, records=request.format.records)
    if len(filled) > 1:
        raise _unclear(request, "json_several", filled)
    if filled:
        return filled[0].lines
    if found and not any(item.count for item in found):
        return found[0].lines
    raise refused(request.label, "json_no_list")


def _unclear(request: ReadRequest, key: str, found: Sequence[Found], **values: object) -> Exception:
    paths = [f"{item.path} ({item.count})" for item in found[:_NAMED]]
    return refused(
        request.label,
        key if paths else "json_no_list",
        lists=listed(paths),
        first=found[0].path if found else "",
        **values,
    )


def _selected(path: Path, request: ReadRequest) -> Path:
    """The records of a path with wildcards or conditions, out of the whole document."""
    if path.stat().st_size > _LARGEST_DOCUMENT:
        raise refused(request.label, "json_too_large", records=request.format.records, limit=_LARGEST_DOCUMENT >> 20)
    with path.open(encoding="utf-8", newline="") as file:
        window = Window(file, request.label, documents.decoder(partial(_once, request.label)))
        document = window.value()[0]
        if window.next():
            raise window.broken("json_more")
    lines = request.workbench / "records.jsonl"
    try:
        found = documents.selected(request.format.records, document)
        lines.write_bytes(b"".join(documents.lines(found)))
    except RecursionError as error:
        raise refused(request.label, "json_too_deep") from error
    if not found:
        raise refused(request.label, "json_selects_nothing", records=request.format.records)
    return lines


def _once(label: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which every key stands once."""
    found = dict(pairs)
    if len(found) < len(pairs):
        counted = Counter(key for key, _ in pairs)
        raise refused(label, "json_key_twice", name=printable(counted.most_common(1)[0][0], 40))
    return found
