"""Which files were loaded, as they were then: the cursors of file sources, one row a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from opscli.sources.file import Found, Seen, sha256_of
from opscli.state import bulk
from opscli.state.store import State
from opscli.state.tables import cursors


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A file's state at its last load, under which config, and the warehouse's load_seq after it."""

    seen: Seen
    config: str
    position: int


def read_cursors(state: State, source: str) -> dict[str, Loaded]:
    """Cursor by file label."""
    query = select(cursors.c.name, cursors.c.position, cursors.c.value).where(cursors.c.scope == _scope(source))
    with state.read() as connection:
        rows = connection.execute(query).all()
    found = {}
    for row in rows:
        value = json.loads(row.value)
        seen = Seen(mtime_ns=value["mtime_ns"], size=value["size"], sha256=value["sha256"])
        found[str(row.name)] = Loaded(seen=seen, config=value["config"], position=row.position or 0)
    return found


def changed_files(
    files: Iterable[Found], known: Mapping[str, Loaded], *, config: str, load_seq: int
) -> tuple[tuple[Found, ...], tuple[Found, ...]]:
    """(files with new content, files that were only touched), hashed where time or size differ from the cursor.

    A cursor ahead of the warehouse belongs to one that is gone: its file is read again, which is harmless.
    """
    changed: list[Found] = []
    touched: list[Found] = []
    for file in files:
        last = known.get(file.label)
        usable = last is not None and last.config == config and last.position <= load_seq
        if last and usable and replace(last.seen, sha256="") == file.seen:
            continue
        hashed = replace(file, seen=replace(file.seen, sha256=sha256_of(file.path)))
        same = last is not None and usable and last.seen.sha256 == hashed.seen.sha256
        (touched if same else changed).append(hashed)
    return tuple(changed), tuple(touched)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What loaded the files: under which config, up to which load_seq, in which run, and when."""

    config: str
    load_seq: int
    run_id: str
    at: datetime


def move_cursors(state: State, source: str, files: Iterable[Found], load: Load) -> None:
    """Remember these files as loaded. Call after the warehouse has committed: a replay changes nothing there."""
    rows = [
        {
            "scope": _scope(source),
            "name": file.label,
            "position": load.load_seq,
            "value": json.dumps(
                {
                    "config": load.config,
                    "mtime_ns": file.seen.mtime_ns,
                    "sha256": file.seen.sha256,
                    "size": file.seen.size,
                },
                sort_keys=True,
            ),
            "run_id": load.run_id,
            "updated_at": load.at,
        }
        for file in files
    ]
    if rows:
        with state.begin() as connection:
            bulk.insert(connection, cursors, rows, conflict="replace")


def _scope(source: str) -> str:
    return f"source:{source}"
