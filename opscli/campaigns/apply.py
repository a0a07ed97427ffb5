"""Apply a campaigns plan: every effect and the cursors in one transaction of the state, under unique keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from opscli.campaigns import entry, work
from opscli.campaigns.campaign import CampaignSpec
from opscli.campaigns.steps.send import channel_of, templates_used
from opscli.delivery import outbox
from opscli.engine.warehouse import Session
from opscli.errors import TryLater
from opscli.faults import faultpoint
from opscli.phrases import say
from opscli.stage import Context
from opscli.state import bulk
from opscli.state.tables import assignments, cursors, enrolment_events, enrolments

_BATCH = 10_000


def apply(campaigns: Sequence[CampaignSpec], read: Mapping[str, entry.Cursor], ctx: Context) -> dict[str, int]:
    """Insert arms, enrolments, events and outbox rows and move the cursors; what was really written."""
    known = {spec.name: spec for spec in campaigns}
    with ctx.warehouse.read() as session, ctx.state.begin() as connection:
        for spec in campaigns:
            if entry.consumes(spec, ctx):
                _move(connection, read[spec.name], ctx)
        _arms(session, connection, ctx)
        entered = _enrol(session, connection, ctx, known)
        faultpoint("campaigns.before_enqueue")
        queued = _enqueue(session, connection, ctx, known)
        held_out = _record(session, connection, ctx)
    return {"entered": entered, "would_send": queued, "held_out": held_out}


def _move(connection: Connection, cursor: entry.Cursor, ctx: Context) -> None:
    """Move a cursor from where the plan read it; raises TryLater when another run was here meanwhile."""
    here = (cursors.c.scope == cursor.scope) & (cursors.c.name == cursor.name)
    if connection.execute(select(cursors.c.position).where(here)).scalar() != cursor.position:
        raise TryLater(say("campaigns.run_elsewhere", scope=cursor.scope), remedy=say("data.run_again"))
    values = {"position": cursor.upto, "run_id": ctx.run_id, "updated_at": ctx.as_of}
    row = {"scope": cursor.scope, "name": cursor.name, "value": "{}", **values}
    bulk.insert(connection, cursors, [row], conflict="replace")


def _rows(session: Session, table: str, order: str) -> Iterator[Sequence[Mapping[str, Any]]]:
    for batch in session.batches(f"SELECT * FROM {table} ORDER BY {order}", size=_BATCH):
        yield batch.to_pylist()


def _arms(session: Session, connection: Connection, ctx: Context) -> None:
    for rows in _rows(session, work.ARMS, "experiment, customer_id"):
        stamped = ({**row, "assigned_at": ctx.as_of, "run_id": ctx.run_id} for row in rows)
        bulk.insert(connection, assignments, stamped, conflict="ignore")


def _enrol(session: Session, connection: Connection, ctx: Context, known: Mapping[str, CampaignSpec]) -> int:
    """New enrolments inserted, woken ones moved; how many are new."""
    entered = 0
    moved = (
        update(enrolments)
        .where(enrolments.c.enrolment_id == bindparam("wanted"))
        .values(
            status=bindparam("to"), step=bindparam("at"), wake_at=bindparam("wake"), ended_at=bindparam("ended"),
            exit_reason=bindparam("why"), run_id=ctx.run_id,
        )
    )  # fmt: skip
    for rows in _rows(session, work.ENROLMENTS, "campaign, enrolment_id"):
        new = [_new_enrolment(row, known[row["campaign"]], ctx) for row in rows if row["is_new"]]
        entered += bulk.insert(connection, enrolments, new, conflict="ignore")
        woken = [_moved(row, known[row["campaign"]], ctx) for row in rows if not row["is_new"]]
        if woken:
            connection.execute(moved, woken)
    return entered


def _new_enrolment(row: Mapping[str, Any], spec: CampaignSpec, ctx: Context) -> dict[str, Any]:
    return {
        "enrolment_id": row["enrolment_id"],
        "campaign": row["campaign"],
        "customer_id": row["customer_id"],
        "key": "",
        "occurrence": row["occurrence"],
        "config_version": ctx.project.version,
        "status": row["status"],
        "step": _step_at(spec, row["position"]),
        "entered_at": ctx.as_of,
        "wake_at": row["wake_at"],
        "ended_at": None if row["status"] == "active" else ctx.as_of,
        "exit_reason": row["reason"],
        "run_id": ctx.run_id,
    }


def _moved(row: Mapping[str, Any], spec: CampaignSpec, ctx: Context) -> dict[str, Any]:
    return {
        "wanted": row["enrolment_id"],
        "to": row["status"],
        "at": _step_at(spec, row["position"]),
        "wake": row["wake_at"],
        "ended": None if row["status"] == "active" else ctx.as_of,
        "why": row["reason"],
    }


def _step_at(spec: CampaignSpec, position: int | None) -> str:
    """Id of the step at a position, "" after the last one."""
    return spec.steps[position].id if position is not None and position < len(spec.steps) else ""


def _enqueue(session: Session, connection: Connection, ctx: Context, known: Mapping[str, CampaignSpec]) -> int:
    texts = dict(templates_used(ctx.project, known.values()))
    brands = {
        (spec.name, step.id): channel_of(ctx.project, step).brand
        for spec in known.values()
        for step in spec.steps
        if step.kind == "send"
    }
    queued = 0
    for rows in _rows(session, work.MESSAGES, "campaign, step, customer_id"):
        made = [_outbox_row(row, known[row["campaign"]], brands[row["campaign"], row["step"]], ctx) for row in rows]
        queued += outbox.enqueue(connection, made, texts)
    return queued


def _outbox_row(row: Mapping[str, Any], spec: CampaignSpec, brand: str, ctx: Context) -> dict[str, Any]:
    key = outbox.message_key(row["campaign"], row["occurrence"], row["step"], row["customer_id"], row["channel"])
    waits = row["not_before"] is not None
    copied = ("occurrence", "step", "customer_id", "channel", "class", "arm", "template", "template_version")
    return {
        **{name: row[name] for name in (*copied, "address", "address_hash", "not_before", "context")},
        "message_key": key,
        "brand": brand,
        "origin": row["campaign"],
        "topic": spec.topic,
        "status": "held" if waits else "pending",
        "reason": "quiet_hours" if waits else "",
        "priority": spec.priority,
        "queued_at": ctx.as_of,
        "not_after": ctx.as_of + spec.not_after,
        "updated_at": ctx.as_of,
        "run_id": ctx.run_id,
    }


def _record(session: Session, connection: Connection, ctx: Context) -> int:
    """Store the events; how many say that somebody was held out."""
    held_out = 0
    for rows in _rows(session, work.EVENTS, "campaign, enrolment_id, place, kind"):
        stamp = {"occurred_at": ctx.as_of, "run_id": ctx.run_id}
        stamped = [{**{key: value for key, value in row.items() if key != "place"}, **stamp} for row in rows]
        bulk.insert(connection, enrolment_events, stamped, conflict="ignore")
        held_out += sum(1 for row in rows if row["kind"] == "held_out")
    return held_out
