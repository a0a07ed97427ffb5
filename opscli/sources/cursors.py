"""How far each source was read: one row of the state per input (a file, a query), with a mark of its type's own.

Marks of files tell which content was loaded; they stand when a load is undone, so that the same wrong file is not
loaded again. All others tell where to go on (a file source writes them with `#`) and go back with an undo.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from opscli.sources.gathering import Mark
from opscli.sources.source import SourceSpec
from opscli.state import bulk
from opscli.state.store import State
from opscli.state.tables import cursors


def read_marks(state: State, source: str, *, config: str, load_seq: int) -> dict[str, Mark]:
    """Marks by name, as far as they can be relied on.

    One that was made under another config says nothing about the columns of now, and one ahead of the warehouse
    belongs to a warehouse that is gone: such an input is read again, which is harmless.
    """
    query = select(cursors.c.name, cursors.c.position, cursors.c.value).where(cursors.c.scope == scope(source))
    with state.read() as connection:
        rows = connection.execute(query).all()
    found = {}
    for row in rows:
        value = json.loads(row.value)
        if value.get("config") == config and (row.position or 0) <= load_seq:
            found[str(row.name)] = value["mark"]
    return found


def read_mark(state: State, source: str, name: str) -> Mark | None:
    """One mark, under whatever config and load it was made."""
    query = select(cursors.c.value).where(cursors.c.scope == scope(source), cursors.c.name == name)
    with state.read() as connection:
        value = connection.execute(query).scalar_one_or_none()
    mark: Mark | None = json.loads(value)["mark"] if value else None
    return mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What loaded the inputs: under which config, up to which load_seq, in which run, and when."""

    config: str
    load_seq: int
    run_id: str
    at: datetime


def keep_marks(state: State, source: str, marks: Mapping[str, Mark], load: Load, gone: Sequence[str] = ()) -> None:
    """Remember these inputs as loaded, forget those that are gone. Call after the warehouse has committed: a replay
    changes nothing there.
    """
    rows = [
        {
            "scope": scope(source),
            "name": name,
            "position": load.load_seq,
            "value": _json(_value(mark, load)),
            "run_id": load.run_id,
            "updated_at": load.at,
        }
        for name, mark in marks.items()
    ]
    if rows or gone:
        with state.begin() as connection:
            bulk.insert(connection, cursors, rows, conflict="replace")
            mine = cursors.c.scope == scope(source)
            for name in gone:
                connection.execute(delete(cursors).where(mine, cursors.c.name == name))


def marks_after(state: State, spec: SourceSpec, marks: Mapping[str, Mark], load: Load) -> dict[str, Any]:
    """What an undo of later loads goes back to: the marks that move, as they stand after this load."""
    with state.read() as connection:
        rows = connection.execute(select(cursors).where(cursors.c.scope == scope(spec.name))).all()
    found = {str(row.name): {"position": row.position, "value": json.loads(row.value)} for row in rows}
    found |= {name: {"position": load.load_seq, "value": _value(mark, load)} for name, mark in marks.items()}
    return {name: mark for name, mark in found.items() if _moves(spec, name)}


def restore_marks(state: State, spec: SourceSpec, marks: Mapping[str, Any], *, run_id: str, at: datetime) -> None:
    """Put the marks that move back to what `marks_after` told then; those that came later go."""
    mine = cursors.c.scope == scope(spec.name)
    rows = [
        {"scope": scope(spec.name), "name": name, "position": mark["position"], "value": _json(mark["value"]),
         "run_id": run_id, "updated_at": at}
        for name, mark in marks.items()
    ]  # fmt: skip
    with state.begin() as connection:
        for (name,) in connection.execute(select(cursors.c.name).where(mine)).all():
            if _moves(spec, name):
                connection.execute(delete(cursors).where(mine, cursors.c.name == name))
        bulk.insert(connection, cursors, rows, conflict="replace")


def _moves(spec: SourceSpec, name: str) -> bool:
    """Whether a mark tells where to go on, not which file was loaded."""
    return spec.type != "file" or name.startswith("#")


def _value(mark: Mark, load: Load) -> dict[str, Any]:
    return {"config": load.config, "mark": mark}


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def scope(source: str) -> str:
    """The `cursors.scope` of a source."""
    return f"source:{source}"
