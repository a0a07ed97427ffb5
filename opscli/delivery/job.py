"""Stage `delivery`, step `send`: hand over what is due in the outbox, channel by channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select

from opscli.delivery import handover, outbox
from opscli.delivery.channel import ChannelSpec
from opscli.delivery.outbox import late, listed
from opscli.delivery.sending import Sender, Tally, sole_sender
from opscli.delivery.transport import choose
from opscli.errors import ServiceUnavailable
from opscli.faults import faultpoint
from opscli.outcome import Outcome
from opscli.phrases import counted, say
from opscli.phrases import listed as joined
from opscli.stage import Context, Preview
from opscli.state import bulk
from opscli.state.tables import attempts, consents, contexts, field_overrides, message_events
from opscli.state.tables import outbox as outbox_table

READS: tuple[str, ...] = ()
WRITES = ("outbox",)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPlan:
    """Messages that are due, by channel; `hold` says why none may go."""

    due: Mapping[str, int]
    hold: str
    preview: Preview


def plan(ctx: Context) -> SendPlan:
    """How many messages would be handed over, and what would be closed instead."""
    hold = ctx.state.send_hold()
    channels = [spec.name for spec in ctx.project.all("channel", ChannelSpec)]
    with ctx.state.read() as connection:
        due = {} if hold else {name: _count_due(connection, name, ctx) for name in channels}
        closing = _count_closing(connection, ctx)
        open_rows = sum(outbox.counts(connection).get(state, 0) for state in outbox.OPEN)
    limit = ctx.options.get("limit")
    number = sum(due.values()) if limit is None else min(sum(due.values()), int(limit))
    headline = say("delivery.due", count=number) if not hold else say("delivery.nothing_out", reason=hold)
    waiting = open_rows - sum(due.values()) - sum(closing.values())
    return SendPlan(
        due=due,
        hold=hold,
        preview=Preview(
            headline=headline,
            counts={"would_send": number},
            skipped={**closing, **({"waiting": waiting} if waiting else {})},
        ),
    )


def run(plan: SendPlan, ctx: Context) -> Outcome:
    """Send what is due. Messages of unknown fate, and those that a hold keeps back, are leftovers (exit 3).

    Raises TryLater (75) when another process sends from this outbox, ServiceUnavailable (69) when a channel could not
    be opened, after the others have sent.
    """
    tally = Tally()
    down: list[ServiceUnavailable] = []
    with sole_sender(ctx):
        with ctx.state.begin() as connection:
            outbox.free_claims(connection, ctx.as_of)
            outbox.release(connection, ctx.as_of)
            outbox.sweep(connection, ctx.as_of)
        faultpoint("send.swept")
        if not plan.hold:
            left = ctx.options.get("limit")
            for name in sorted(plan.due):
                taken = _send_channel(ctx, name, None if left is None else int(left) - tally.handed, tally, down)
                ctx.progress.advance("messages", taken, taken)
        with ctx.state.read() as connection:
            line = outbox.integrity(connection)
    if down:
        raise down[0]
    return _outcome(plan, tally, line)


def erase(ids: Sequence[str], ctx: Context) -> int:
    """Remove customers from the outbox, its log and the consents; the suppressed addresses stay, as hashes."""
    removed = 0
    with ctx.state.begin() as connection:
        for chunk in bulk.chunks(ids):
            theirs = select(outbox_table.c.message_key).where(outbox_table.c.customer_id.in_(chunk))
            for table in (contexts, attempts, message_events):
                removed += connection.execute(delete(table).where(table.c.message_key.in_(theirs))).rowcount
        return removed + bulk.delete_customers(connection, (outbox_table, consents, field_overrides), ids)


def _send_channel(ctx: Context, name: str, limit: int | None, tally: Tally, down: list[ServiceUnavailable]) -> int:
    """Recover and send one channel; a service that is down is noted, so that the other channels still send."""
    spec = ctx.project.one("channel", name, ChannelSpec)
    if spec is None or (limit is not None and limit <= 0):
        return 0
    sender = Sender(ctx, choose(ctx, spec), tally)
    try:
        if not ctx.dry:
            sender.recover()
        return sender.send_due(limit)
    except ServiceUnavailable as error:
        down.append(error)
        return 0


def _count_due(connection: Connection, name: str, ctx: Context) -> int:
    """Rows that the sender would take: due, not too late, not suppressed."""
    condition = handover.due(name, ctx.as_of, handover.held_scopes(connection), waking=True)
    query = select(func.count()).select_from(outbox_table).where(condition, ~late(ctx.as_of), ~listed(ctx.as_of))
    number = int(connection.execute(query).scalar_one())
    spec = ctx.project.one("channel", name, ChannelSpec)
    if spec is not None and spec.rate is not None:
        number = min(number, handover.rate_left(connection, spec, ctx.as_of))
    return number


def _count_closing(connection: Connection, ctx: Context) -> dict[str, int]:
    waiting = outbox_table.c.status.in_(("pending", "held", "deferred", "claimed"))
    expired = select(func.count()).select_from(outbox_table).where(waiting, late(ctx.as_of))
    suppressed = select(func.count()).select_from(outbox_table).where(waiting, ~late(ctx.as_of), listed(ctx.as_of))
    found = {
        "too_late": int(connection.execute(expired).scalar_one()),
        "suppressed": int(connection.execute(suppressed).scalar_one()),
    }
    return {reason: number for reason, number in found.items() if number}


def _outcome(plan: SendPlan, tally: Tally, line: Mapping[str, int]) -> Outcome:
    sent, unknown = tally.states.get("sent", 0), line["unknown"]
    parts = [say("delivery.handed_over", count=tally.handed)]
    parts += [counted(number, state) for state, number in sorted(tally.states.items()) if number]
    if tally.recovered:
        parts.append(say("delivery.looked_up", count=tally.recovered))
    summary = say("delivery.nothing_out_how", reason=plan.hold) if plan.hold else joined(parts)
    return Outcome(
        summary=summary,
        rows_in=tally.handed,
        rows_out=sent,
        changed=sum(tally.states.values()),
        leftovers=unknown + (line["open"] if plan.hold else 0),
        details={
            "counts": {"would_send": tally.handed - tally.requeued},
            "states": dict(tally.states),
            "integrity": dict(line),
        },
    )
