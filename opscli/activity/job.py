"""Stage `activity`: append-only state events flow into the warehouse by cursor, so that rules, caps and KPIs see them.

Each table has a cursor on its event id. Warehouse first, cursor second: a process killed in between copies the same
events again, and rows that are there are left out, so every event arrives exactly once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from opscli.activity.copies import COPIES, messages, newest
from opscli.engine.erasure import delete_customers
from opscli.engine.tables import TABLES
from opscli.engine.warehouse import Session, next_load_seq
from opscli.errors import ConfigInvalid
from opscli.faults import faultpoint
from opscli.outcome import Issue, Outcome
from opscli.phrases import say
from opscli.stage import Context, Preview
from opscli.state import bulk
from opscli.state.tables import cursors

READS = ("outbox", "enrolments", "tasks")
WRITES = ("messages", *COPIES)

_SCOPE = "activity"
_EVENT_TABLES = tuple(name for name in COPIES if name != "run_steps")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityPlan:
    """New rows lie in `scratch.activity_<table>`; `windows` are the event ids that they span."""

    windows: Mapping[str, tuple[int, int]]
    preview: Preview


def plan(ctx: Context) -> ActivityPlan:
    """Copy what is new since the cursors into scratch, and count it."""
    windows: dict[str, tuple[int, int]] = {}
    counts: dict[str, int] = {}
    with ctx.warehouse.read() as session, ctx.state.read() as connection:
        for table, query in COPIES.items():
            windows[table] = _window(connection, table)
            _stage(session, connection, table, query(windows[table]))
            counts[table] = _new_rows(session, table)
        _stage(session, connection, "messages", messages(windows["message_events"]))
        counts["messages"] = int(session.value("SELECT COUNT(*) FROM scratch.activity_messages"))
    total = sum(counts.values())
    preview = Preview(headline=say("activity.would_copy", count=total), counts=counts)
    return ActivityPlan(windows=windows, preview=preview)


def run(plan: ActivityPlan, ctx: Context) -> Outcome:
    """Append the new rows in one transaction, then move the cursors."""
    counts: dict[str, int] = {}
    with ctx.warehouse.write(*WRITES) as session:
        sequence = next_load_seq(session) if sum(plan.preview.counts.values()) else 0
        for table in COPIES:
            counts[table] = _append(session, table, sequence)
        session.execute("DELETE FROM messages WHERE message_key IN (SELECT message_key FROM scratch.activity_messages)")
        counts["messages"] = _append(session, "messages", sequence)
    faultpoint("activity.before_cursor")
    with ctx.state.begin() as connection:
        moved = [
            {"scope": _SCOPE, "name": table, "position": window[1], "value": "{}", "run_id": ctx.run_id,
             "updated_at": ctx.as_of}
            for table, window in plan.windows.items()
        ]  # fmt: skip
        bulk.insert(connection, cursors, moved, conflict="replace")
    total = sum(counts.values())
    return Outcome(
        summary=say("activity.copied", count=total),
        rows_in=total,
        rows_out=total,
        changed=total,
        details={"counts": counts},
    )


def erase(ids: Sequence[str], ctx: Context) -> int:
    """Remove customers from every activity table that names them."""
    with ctx.warehouse.write(*WRITES) as session:
        return delete_customers(session, ("messages", *_EVENT_TABLES), ids)


def _window(connection: Connection, table: str) -> tuple[int, int]:
    """(last copied event, newest event). Raises ConfigInvalid (78) when the cursor is ahead of the events."""
    here = (cursors.c.scope == _SCOPE) & (cursors.c.name == table)
    position = int(connection.execute(select(cursors.c.position).where(here)).scalar() or 0)
    upto = int(connection.execute(newest(table)).scalar_one())
    if position > upto and table != "run_steps":
        issue = Issue(
            file="state",
            line=1,
            column=1,
            what=say("activity.copied_too_far", table=table, position=position, upto=upto),
            why=say("activity.copied_too_far_why"),
            how=say("activity.copied_too_far_how"),
        )
        raise ConfigInvalid([issue])
    return position, max(position, upto)


def _stage(session: Session, connection: Connection, table: str, query: Select[Any]) -> None:
    contract = TABLES[table]
    session.create(f"scratch.activity_{table}", {column.name: column.type for column in contract.columns})
    for batch in bulk.batches(connection, query):
        session.insert_arrow(f"scratch.activity_{table}", batch)


def _key_match(table: str) -> str:
    """Whether a staged row `n` is there already, as `o`: by event id, or by the key where there is none."""
    return " AND ".join(f"o.{name} = n.{name}" for name in TABLES[table].key)


def _new_rows(session: Session, table: str) -> int:
    sql = (
        f"SELECT COUNT(*) FROM scratch.activity_{table} AS n "
        f"WHERE NOT EXISTS (SELECT 1 FROM {table} AS o WHERE {_key_match(table)})"
    )
    return int(session.value(sql))


def _append(session: Session, table: str, sequence: int) -> int:
    columns = [name for name in TABLES[table].names() if name != "load_seq"]
    listed = ", ".join(f"n.{name}" for name in columns)
    return session.execute(
        f"INSERT INTO {table} ({', '.join(columns)}, load_seq) SELECT {listed}, {int(sequence)} "
        f"FROM scratch.activity_{table} AS n WHERE NOT EXISTS (SELECT 1 FROM {table} AS o WHERE {_key_match(table)})"
    )
