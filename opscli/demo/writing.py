"""From a query to a file: COPY, re-encoded where old programs would, and left alone when nothing changed."""

from __future__ import annotations

import codecs
import filecmp
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from opscli.demo.datasets import Format, Part
from opscli.errors import CannotCreate
from opscli.phrases import say

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_CHUNK = 1 << 20
_COPY_OPTIONS: dict[Format, str] = {
    "parquet": "FORMAT parquet, COMPRESSION zstd",
    "jsonl": "FORMAT json",
    "csv": "FORMAT csv, HEADER",
    "csv_bom": "FORMAT csv, HEADER",
    "csv_latin1": "FORMAT csv, HEADER, DELIMITER ';'",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenFile:
    """One file of the demo; `changed` is false when it already had this content and was not touched."""

    path: str
    group: str
    rows: int
    bytes: int
    seconds: float
    changed: bool


def write_part(connection: DuckDBPyConnection, part: Part, folder: Path) -> WrittenFile:
    """Write one file. A reader never sees half of it, and its mtime moves only with its content."""
    started = time.perf_counter()
    target = folder / part.path
    draft = target.with_name(f".{target.name}.draft")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        quoted = str(draft).replace("'", "''")
        copied = connection.execute(f"COPY ({part.select}) TO '{quoted}' ({_COPY_OPTIONS[part.format]})").fetchone()
        _encode(draft, part.format)
        changed = settle(draft, target)
        size = target.stat().st_size
    except OSError as error:
        raise CannotCreate(
            say("demo.not_written", folder=target, error=error.strerror), remedy=say("demo.other_out")
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    seconds = round(time.perf_counter() - started, 3)
    rows = int(copied[0]) if copied else 0
    return WrittenFile(path=part.path, group=part.group, rows=rows, bytes=size, seconds=seconds, changed=changed)


def settle(draft: Path, target: Path) -> bool:
    """Move `draft` to `target` unless that already has the same bytes; whether it was moved."""
    if target.is_file() and filecmp.cmp(draft, target, shallow=False):
        return False
    draft.replace(target)
    return True


def _encode(path: Path, form: Format) -> None:
    """Turn the UTF-8 of COPY into what the channel's program would have written, in pieces of 1 MiB."""
    encoding = {"csv_bom": "utf-8-sig", "csv_latin1": "latin-1"}.get(form)
    if encoding is None:
        return
    other = path.with_name(path.name + ".encoded")
    encoder = codecs.getincrementalencoder(encoding)()
    with path.open(encoding="utf-8", newline="") as source, other.open("wb") as sink:
        while piece := source.read(_CHUNK):
            sink.write(encoder.encode(piece))
    other.replace(path)
