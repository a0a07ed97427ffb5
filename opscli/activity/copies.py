"""What is copied from the state: one query per event table, with the columns of the warehouse table of that name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Select, func, literal, select

from opscli.state.tables import (
    alert_events,
    enrolment_events,
    message_events,
    outbox,
    runs,
    steps,
    task_events,
    tasks,
    ticket_events,
    tickets,
)

UNFINISHED = ("running", "interrupted")
"""A step in one of these states may still change: the copy stops before it."""

Window = tuple[int, int]
"""Event ids (after, up to]."""


def _message_events(window: Window) -> Select[Any]:
    e, o = message_events.c, outbox.c
    joined = message_events.outerjoin(outbox, o.message_key == e.message_key)
    columns = (e.event_id, e.message_key, o.origin.label("campaign"), o.customer_id, o.channel, e.kind, e.occurred_at)
    return _within(select(*columns, e.details, e.machine).select_from(joined), e.event_id, window)


def _enrolment_events(window: Window) -> Select[Any]:
    e = enrolment_events.c
    columns = (e.event_id, e.enrolment_id, e.campaign, e.customer_id, e.step, e.kind, e.reason, e.occurred_at)
    return _within(select(*columns, e.details, e.run_id), e.event_id, window)


def _task_events(window: Window) -> Select[Any]:
    e = task_events.c
    joined = task_events.outerjoin(tasks, tasks.c.task_id == e.task_id)
    columns = (e.event_id, e.task_id, tasks.c.customer_id, e.kind, e.actor, e.occurred_at, e.details)
    return _within(select(*columns).select_from(joined), e.event_id, window)


def _ticket_events(window: Window) -> Select[Any]:
    e = ticket_events.c
    joined = ticket_events.outerjoin(tickets, tickets.c.ticket_id == e.ticket_id)
    columns = (e.event_id, e.ticket_id, tickets.c.customer_id, e.kind, e.actor, e.occurred_at, e.details)
    return _within(select(*columns).select_from(joined), e.event_id, window)


def _alert_events(window: Window) -> Select[Any]:
    e = alert_events.c
    columns = (e.event_id, e.alert_key, e.source, e.customer_id, e.kind, e.severity, e.occurred_at, e.details)
    return _within(select(*columns), e.event_id, window)


def _run_steps(window: Window) -> Select[Any]:
    s, r = steps.c, runs.c
    columns = (s.run_id, s.attempt, r.job, r.slot, r.as_of, s.step, s.status, s.started_at, s.finished_at)
    counts = (s.rows_in, s.rows_out, s.rejected, s.changed)
    return _within(select(*columns, *counts).select_from(steps.join(runs, r.run_id == s.run_id)), s.event_id, window)


def messages(window: Window) -> Select[Any]:
    """The newest state of every message that an event of the window is about."""
    o, e = outbox.c, message_events.c
    touched = select(e.message_key).where(e.event_id > window[0], e.event_id <= window[1])
    names = ("status", "reason", "arm", "queued_at", "sent_at", "run_id")
    return select(
        o.message_key,
        o.origin.label("campaign"),
        *(o[name] for name in ("step", "customer_id", "channel", "template", "topic", "brand")),
        *(o[name] for name in names),
    ).where(o.message_key.in_(touched))


def _within(query: Select[Any], number: Any, window: Window) -> Select[Any]:
    return query.where(number > window[0], number <= window[1]).order_by(number)


COPIES: Mapping[str, Callable[[Window], Select[Any]]] = {
    "message_events": _message_events,
    "enrolment_events": _enrolment_events,
    "task_events": _task_events,
    "ticket_events": _ticket_events,
    "alert_events": _alert_events,
    "run_steps": _run_steps,
}
"""Warehouse table → the query that fills it; each has its own cursor."""

_NUMBERS = {
    "message_events": message_events.c.event_id,
    "enrolment_events": enrolment_events.c.event_id,
    "task_events": task_events.c.event_id,
    "ticket_events": ticket_events.c.event_id,
    "alert_events": alert_events.c.event_id,
    "run_steps": steps.c.event_id,
}


def newest(table: str) -> Select[Any]:
    """The highest event id that may be copied; steps that are not over yet, and all after them, wait."""
    number = _NUMBERS[table]
    if table != "run_steps":
        return select(func.coalesce(func.max(number), 0))
    open_step = select(func.min(number)).where(steps.c.status.in_(UNFINISHED)).scalar_subquery()
    return select(func.coalesce(open_step - literal(1), func.max(number), 0))
