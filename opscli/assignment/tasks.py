"""Tasks: work that a person has to do, in the state tables `tasks` and `task_events`.

A task is unique by (origin, origin_name, episode, customer); its id is the hash of these, so creating it again does
nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, case, delete, func, insert, literal, null, or_, select, update

from opscli.errors import UsageError
from opscli.ids import key_of
from opscli.phrases import say
from opscli.state import bulk
from opscli.state.tables import customer_aliases, task_events, tasks

PRIORITIES = ("high", "normal", "low")
OUTCOMES = ("saved", "lost", "false_alarm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What made a task: the stage and its document, in a run."""

    origin: str
    name: str
    run_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFilter:
    """Which tasks to list; `overdue_at` keeps those due before it. None = any."""

    status: str | None = "open"
    owner: str | None = None
    priority: str | None = None
    customer_id: str | None = None
    overdue_at: datetime | None = None
    limit: int | None = None


def task_id(origin: str, name: str, episode: str, customer_id: str | None) -> str:
    """Id of a task: `t_` and 16 hex digits of its unique key."""
    return "t_" + key_of(origin, name, episode, customer_id)[:16]


def create(connection: Connection, origin: Origin, drafts: Iterable[Mapping[str, Any]]) -> int:
    """Create tasks and their `created` events in the transaction of `connection`; tasks really created.

    A draft has episode, customer_id, title, body, priority, owner, owner_reason, due_at. One that exists is left alone.
    """
    created = bulk.insert(connection, tasks, _rows(origin, drafts), conflict="ignore")
    if created:
        _log_created(connection, origin)
    return created


def _rows(origin: Origin, drafts: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    fields = ("episode", "customer_id", "title", "body", "priority", "owner", "owner_reason", "due_at")
    for draft in drafts:
        row = {name: draft[name] for name in fields}
        row["task_id"] = task_id(origin.origin, origin.name, row["episode"], row["customer_id"])
        row |= {"origin": origin.origin, "origin_name": origin.name, "status": "open"}
        yield row | {"created_at": origin.at, "run_id": origin.run_id}


def _log_created(connection: Connection, origin: Origin) -> None:
    """One `created` event for each task of this run that has none yet."""
    logged = select(task_events.c.task_id).where(task_events.c.task_id == tasks.c.task_id)
    fresh = select(tasks.c.task_id, literal("created"), null(), tasks.c.created_at, literal("{}")).where(
        tasks.c.run_id == origin.run_id,
        tasks.c.origin == origin.origin,
        tasks.c.origin_name == origin.name,
        ~logged.exists(),
    )
    columns = ("task_id", "kind", "actor", "occurred_at", "details")
    connection.execute(insert(task_events).from_select(columns, fresh.order_by(tasks.c.task_id)))


def query_of_origin(origin: str, name: str) -> Select[Any]:
    """Every task of an origin, its customer resolved through aliases: customer_id, episode, status, created_at."""
    current = func.coalesce(customer_aliases.c.customer_id, tasks.c.customer_id).label("customer_id")
    joined = tasks.outerjoin(customer_aliases, customer_aliases.c.alias == tasks.c.customer_id)
    columns = (current, tasks.c.episode, tasks.c.status, tasks.c.created_at)
    return select(*columns).select_from(joined).where(tasks.c.origin == origin, tasks.c.origin_name == name)


def listing(connection: Connection, wanted: TaskFilter) -> list[dict[str, Any]]:
    """Tasks as mappings, soonest due first, then by priority and id."""
    conditions = [
        column == value
        for column, value in (
            (tasks.c.status, wanted.status),
            (tasks.c.owner, wanted.owner),
            (tasks.c.priority, wanted.priority),
            (tasks.c.customer_id, wanted.customer_id),
        )
        if value is not None
    ]
    if wanted.overdue_at is not None:
        conditions.append(tasks.c.due_at < wanted.overdue_at)
    undated = case((tasks.c.due_at.is_(None), 1), else_=0)
    urgency = case({name: rank for rank, name in enumerate(PRIORITIES)}, value=tasks.c.priority, else_=len(PRIORITIES))
    query = select(tasks).where(and_(True, *conditions)).order_by(undated, tasks.c.due_at, urgency, tasks.c.task_id)
    return [dict(row) for row in connection.execute(query.limit(wanted.limit)).mappings()]


def find(connection: Connection, prefix: str) -> dict[str, Any]:
    """The one task whose id is or starts with `prefix`. Raises UsageError when there is none, or more than one."""
    escaped = tasks.c.task_id.startswith(prefix, autoescape=True)
    found = [dict(row) for row in connection.execute(select(tasks).where(escaped).limit(2)).mappings()]
    if len(found) == 1:
        return found[0]
    what = say("assignment.several_tasks", prefix=prefix) if found else say("assignment.no_task", prefix=prefix)
    raise UsageError(what, remedy=say("assignment.see_ids"))


def history(connection: Connection, task: str) -> list[dict[str, Any]]:
    """Events of a task in their order."""
    query = select(task_events).where(task_events.c.task_id == task).order_by(task_events.c.event_id)
    return [dict(row) | {"details": json.loads(row["details"])} for row in connection.execute(query).mappings()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How a task ended: one of OUTCOMES or None, who said so, when."""

    outcome: str | None
    actor: str | None
    at: datetime


def close(connection: Connection, task: str, closing: Closing) -> dict[str, Any]:
    """Mark a task as done, with an event. Raises UsageError for an unknown task or one that is closed already."""
    found = find(connection, task)
    if found["status"] not in {"open", "snoozed"}:
        raise UsageError(
            say("assignment.closed_already", task=found["task_id"], status=found["status"]), remedy="opscli task list"
        )
    changed = {"status": "done", "outcome": closing.outcome, "closed_at": closing.at}
    connection.execute(update(tasks).where(tasks.c.task_id == found["task_id"]).values(**changed))
    event = {"task_id": found["task_id"], "kind": "done", "actor": closing.actor, "occurred_at": closing.at}
    details = json.dumps({"outcome": closing.outcome}, sort_keys=True)
    connection.execute(insert(task_events).values(**event, details=details))
    return found | changed


def loads(now: datetime) -> Select[Any]:
    """Open tasks per owner, for staff lists: staff_id, open_items, last_assigned_at (none later than `now`)."""
    open_ = func.sum(case((tasks.c.status == "open", 1), else_=0)).label("open_items")
    latest = func.max(tasks.c.created_at).label("last_assigned_at")
    query = select(tasks.c.owner.label("staff_id"), open_, latest)
    return query.where(tasks.c.owner.is_not(None), tasks.c.created_at <= now).group_by(tasks.c.owner)


def erase(connection: Connection, customers: Sequence[str]) -> int:
    """Remove the tasks of these customers, also those under their former ids, with the events; rows removed."""
    removed = 0
    for batch in bulk.chunks(customers):
        former = select(customer_aliases.c.alias).where(customer_aliases.c.customer_id.in_(batch))
        theirs = or_(tasks.c.customer_id.in_(batch), tasks.c.customer_id.in_(former))
        ids = select(tasks.c.task_id).where(theirs)
        removed += connection.execute(delete(task_events).where(task_events.c.task_id.in_(ids))).rowcount
        removed += connection.execute(delete(tasks).where(theirs)).rowcount
    return removed
