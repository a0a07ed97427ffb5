"""The part of the outbox's state machine that a sender walks: claimed → sending → what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, false, func, literal, or_, select, true, update

from opscli.delivery.channel import ChannelSpec
from opscli.delivery.outbox import record_events, sweep
from opscli.delivery.receipt import Receipt
from opscli.state import bulk
from opscli.state.tables import attempts, contexts, holds, outbox, suppressions, templates

LEASE = timedelta(minutes=15)
"""How long a claim holds when its process says nothing."""

_RETRY_AFTER = (60, 300, 900, 3600, 4 * 3600, 12 * 3600)
"""Seconds to the next attempt after a temporary refusal, by attempt; the last one repeats until `not_after`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of one message: its receipt, and which attempt it was."""

    key: str
    attempt: int
    receipt: Receipt


def held_scopes(connection: Connection) -> frozenset[str]:
    """What people hold back at this moment: `all`, `campaign:X`, `channel:Y`."""
    return frozenset(connection.execute(select(holds.c.scope)).scalars())


def due(channel: str, now: datetime, held: frozenset[str], *, waking: bool = False) -> Any:
    """Condition of rows that may be claimed; `waking` counts in what `free_claims` and `release` will set free."""
    if "all" in held or f"channel:{channel}" in held:
        return false()
    campaigns = sorted(scope.removeprefix("campaign:") for scope in held if scope.startswith("campaign:"))
    ready = outbox.c.status == "pending"
    if waking:
        asleep = and_(outbox.c.status.in_(("held", "deferred")), outbox.c.not_before.is_not(None))
        ready = or_(ready, outbox.c.status == "claimed", asleep)
    return and_(
        outbox.c.channel == channel,
        ready,
        or_(outbox.c.not_before.is_(None), outbox.c.not_before <= now),
        outbox.c.origin.not_in(campaigns),
    )


def rate_left(connection: Connection, spec: ChannelSpec, now: datetime) -> int:
    """Messages that the channel's rate has left, counted from the attempts within its window."""
    if spec.rate is None:
        message = f"channel {spec.name} has no rate"
        raise ValueError(message)
    query = (
        select(func.count())
        .select_from(attempts.join(outbox, outbox.c.message_key == attempts.c.message_key))
        .where(outbox.c.channel == spec.name, attempts.c.occurred_at > now - spec.rate.within)
    )
    return max(0, spec.rate.max - int(connection.execute(query).scalar_one()))


def claim(connection: Connection, channel: str, worker: str, now: datetime, limit: int) -> list[dict[str, Any]]:
    """Take up to `limit` pending rows of a channel for `worker`, most urgent first, with context and template text."""
    order = (outbox.c.priority.desc(), outbox.c.seq)
    chosen = select(outbox.c.seq).where(due(channel, now, held_scopes(connection))).order_by(*order).limit(limit)
    keys = list(connection.execute(chosen).scalars())
    if not keys:
        return []
    taken = update(outbox).where(outbox.c.seq == bindparam("wanted"), outbox.c.status == "pending")
    values = {"status": "claimed", "claimed_by": worker, "lease_until": now + LEASE, "updated_at": now}
    connection.execute(taken.values(**values), [{"wanted": seq} for seq in keys])
    rows = (
        select(outbox, contexts.c.context, templates.c.content)
        .outerjoin(contexts, contexts.c.message_key == outbox.c.message_key)
        .outerjoin(
            templates,
            and_(templates.c.template == outbox.c.template, templates.c.version == outbox.c.template_version),
        )
        .where(outbox.c.claimed_by == worker, outbox.c.status == "claimed", outbox.c.channel == channel)
        .order_by(*order)
    )
    return [dict(row) for row in connection.execute(rows).mappings()]


def start(connection: Connection, hashes: Mapping[str, str], worker: str, now: datetime) -> set[str]:
    """`claimed → sending`, to be committed before the first byte; keys that may really go out.

    `hashes` are the bodies' SHA-256 by key. A row that was cancelled, suppressed or held back since its claim stays.
    """
    if not hashes:
        return set()
    sweep(connection, now, worker)
    _yield_held(connection, worker, now)
    begun = (
        update(outbox)
        .where(outbox.c.message_key == bindparam("wanted"), outbox.c.status == "claimed", outbox.c.claimed_by == worker)
        .values(
            status="sending",
            attempts=outbox.c.attempts + 1,
            first_attempt_at=func.coalesce(outbox.c.first_attempt_at, now),
            body_sha256=bindparam("digest"),
            updated_at=now,
        )
    )
    connection.execute(begun, [{"wanted": key, "digest": digest} for key, digest in hashes.items()])
    mine = select(outbox.c.message_key).where(outbox.c.status == "sending", outbox.c.claimed_by == worker)
    return set(connection.execute(mine).scalars()) & set(hashes)


def _yield_held(connection: Connection, worker: str, now: datetime) -> None:
    """Claims that a hold has hit meanwhile go back: the hold is a switch that works in the middle of a run."""
    held = held_scopes(connection)
    if not held:
        return
    mine = and_(outbox.c.status == "claimed", outbox.c.claimed_by == worker)
    names = sorted(held)
    hit = or_(
        true() if "all" in held else false(),
        (literal("channel:") + outbox.c.channel).in_(names),
        (literal("campaign:") + outbox.c.origin).in_(names),
    )
    connection.execute(
        update(outbox).where(mine, hit).values(status="pending", claimed_by=None, lease_until=None, updated_at=now)
    )


def settle(connection: Connection, results: Sequence[Settled], worker: str, now: datetime) -> None:
    """Record what became of messages: state, attempt, event; a dead address is suppressed."""
    if not results:
        return
    connection.execute(_SETTLE, [_settled_row(item, now) for item in results])
    bulk.insert(
        connection,
        attempts,
        [
            {
                "message_key": item.key,
                "attempt": item.attempt,
                "occurred_at": now,
                "phase": "hand_over",
                "result": item.receipt.state,
                "code": item.receipt.code,
                "detail": item.receipt.reason,
                "worker": worker,
            }
            for item in results
        ],
    )
    for status in sorted({item.receipt.state for item in results} - {"pending"}):
        some = [item for item in results if item.receipt.state == status]
        record_events(connection, [item.key for item in some], status, now, {item.key: item.attempt for item in some})
    for item in results:
        if item.receipt.suppress:
            _suppress_address(connection, item.key, item.receipt, now)


_SETTLE = (
    update(outbox)
    .where(outbox.c.message_key == bindparam("wanted"))
    .values(
        status=bindparam("to"),
        reason=bindparam("why"),
        remote_id=bindparam("remote"),
        sent_at=bindparam("sent"),
        not_before=func.coalesce(bindparam("again", type_=outbox.c.not_before.type), outbox.c.not_before),
        claimed_by=None,
        lease_until=None,
        updated_at=bindparam("now"),
    )
)


def next_attempt(attempt: int, now: datetime) -> datetime:
    """When a message that was refused for now may be tried again, after its attempt number `attempt`."""
    return now + timedelta(seconds=_RETRY_AFTER[min(max(attempt, 1), len(_RETRY_AFTER)) - 1])


def _settled_row(item: Settled, now: datetime) -> dict[str, Any]:
    receipt = item.receipt
    return {
        "wanted": item.key,
        "to": receipt.state,
        "why": receipt.reason,
        "remote": receipt.remote_id or None,
        "sent": now if receipt.state == "sent" else None,
        "again": next_attempt(item.attempt, now) if receipt.state == "deferred" else None,
        "now": now,
    }


def _suppress_address(connection: Connection, key: str, receipt: Receipt, now: datetime) -> None:
    row = connection.execute(
        select(outbox.c.brand, outbox.c.channel, outbox.c.address_hash).where(outbox.c.message_key == key)
    ).one()
    if row.address_hash is None:
        return
    entry = {
        "brand": row.brand,
        "channel": row.channel,
        "address_hash": row.address_hash,
        "stream": "all",
        "reason": receipt.reason,
        "source": f"reply {receipt.code}",
        "since": now,
        "until": None,
    }
    bulk.insert(connection, suppressions, [entry], conflict="ignore")
