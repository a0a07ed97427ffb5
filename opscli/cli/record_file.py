"""Append one record to a CSV or JSON-lines file: all of it or nothing, and never a second row with the same key."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from opscli.engine.drafts import json_text
from opscli.engine.entity import Entity
from opscli.errors import CannotCreate, DataUnusable, UsageError
from opscli.phrases import say

SUFFIXES = (".csv", ".jsonl")
_DELIMITERS = ",;\t|"


def check_name(path: Path) -> None:
    """Raises UsageError for a file of neither kind, before anybody is asked anything."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(say("entity.output_kind", file=path), remedy=say("entity.output_kinds"))


def append(path: Path, entity: Entity, record: Mapping[str, Any]) -> None:
    """Add the record at the end; a new CSV begins with the entity's columns.

    Raises DataUnusable (65) where the file's columns are others, it cannot be read, or holds a row with this key, and
    CannotCreate (73) where it cannot be written.
    """
    try:
        before = path.read_bytes() if path.exists() else b""
        text = before.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataUnusable(say("entity.output_encoding", file=path), remedy=say("entity.save_as_utf8")) from error
    except OSError as error:
        raise CannotCreate(say("entity.output_unreadable", file=path, reason=error.strerror)) from error
    adding = _csv_row if path.suffix.lower() == ".csv" else _json_line
    line = adding(path, text, entity, record)
    newline = "\r\n" if "\r\n" in text else "\n"
    gap = newline if text and not text.endswith("\n") else ""
    _replace(path, before + (gap + line.replace("\n", newline)).encode())


def as_csv_header(entity: Entity) -> str:
    """The entity's columns, in the schema's order."""
    return _csv_text([[column.name for column in entity.columns]], ",")


def as_csv(entity: Entity, record: Mapping[str, Any]) -> str:
    """Header and the record's row."""
    return as_csv_header(entity) + _csv_text([_cells([column.name for column in entity.columns], record)], ",")


def _csv_row(path: Path, text: str, entity: Entity, record: Mapping[str, Any]) -> str:
    if not text:
        return as_csv(entity, record)
    delimiter = max(_DELIMITERS, key=text.split("\n", 1)[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = next(reader)
    known = [column.name for column in entity.columns]
    missing = [name for name in (*entity.key, *record) if name not in header]
    foreign = [name for name in header if name not in known]
    if missing or foreign or len(set(header)) < len(header):
        names = ", ".join(dict.fromkeys((*missing, *foreign)))
        raise DataUnusable(
            say("entity.output_header", file=path, entity=entity.name, names=names),
            remedy=say("entity.output_header_how", entity=entity.name),
        )
    rows = (
        (reader.line_num, {name: cell for name, cell in zip(header, row, strict=False) if cell != ""}) for row in reader
    )
    _refuse_twin(path, entity, record, rows)
    return _csv_text([_cells(header, record)], delimiter)


def _json_line(path: Path, text: str, entity: Entity, record: Mapping[str, Any]) -> str:
    _refuse_twin(path, entity, record, _json_rows(path, text))
    return json_text(record) + "\n"


def _json_rows(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                row = json.loads(line, parse_float=str)
            except ValueError as error:
                raise DataUnusable(
                    say("entity.output_no_json", file=path, line=number), remedy=say("entity.output_no_json_how")
                ) from error
            yield number, row if isinstance(row, Mapping) else {}


def _refuse_twin(
    path: Path, entity: Entity, record: Mapping[str, Any], rows: Iterator[tuple[int, Mapping[str, Any]]]
) -> None:
    key = tuple(_cell(record[name]) for name in entity.key)
    for line, row in rows:
        if tuple(_cell(row.get(name, "")) for name in entity.key) == key:
            raise DataUnusable(
                say("entity.output_twin", file=path, line=line, key=", ".join(key)),
                remedy=say("entity.output_twin_how"),
            )


def _cells(names: Sequence[str], record: Mapping[str, Any]) -> list[str]:
    return [_cell(record[name]) if name in record else "" for name in names]


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else json_text(value)


def _csv_text(rows: Sequence[Sequence[str]], delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _replace(path: Path, content: bytes) -> None:
    """Write beside the file, then take its place and its permissions: a reader never sees half a row."""
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise CannotCreate(say("entity.output_unwritable", file=path, reason=error.strerror)) from error
    except KeyboardInterrupt:
        Path(temporary).unlink(missing_ok=True)
        raise
