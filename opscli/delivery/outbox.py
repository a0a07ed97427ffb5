"""The outbox's state machine. Every transition is one function here, with its event; stages only call `enqueue`.

    planned → pending → claimed → sending → sent
    planned → held; held → pending | cancelled | expired
    pending → suppressed | cancelled | expired
    claimed → pending                 the lease ran out: nothing was sent
    sending → pending | deferred | failed | unknown
    deferred → pending | expired      at its next attempt time
    unknown → sent | failed           by evidence or by a person; → pending only by policy

A state that does not say that bytes may have left (all but `sending` and `unknown`) is always safe to take up again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, update

from opscli.errors import UsageError
from opscli.ids import key_of
from opscli.phrases import say
from opscli.state import bulk
from opscli.state.tables import contexts, message_events, outbox, suppressions, templates

OPEN = ("planned", "pending", "held", "claimed", "sending", "deferred")
FINAL = ("sent", "failed", "suppressed", "cancelled", "expired", "unknown")


def message_key(origin: str, occurrence: str, step: str, customer_id: str, channel: str) -> str:
    """Key of an outbox row: the same effect has the same key, however often it is planned."""
    return key_of(origin, occurrence, step, customer_id, channel)


def enqueue(connection: Connection, rows: Iterable[Mapping[str, Any]], texts: Mapping[str, str]) -> int:
    """Insert outbox rows (columns of `outbox` and `context`, JSON text); rows that are new.

    A row whose key, or whose address within the same origin, occurrence, step and channel, is there already is left
    alone, so replaying is harmless. `texts` are the template contents by version.
    """
    batch = [dict(row) for row in rows]
    if not batch:
        return 0
    stored = {(row["template"], row["template_version"]): row["queued_at"] for row in batch if row.get("template")}
    bulk.insert(
        connection,
        templates,
        [
            {"template": name, "version": version, "content": texts[version], "stored_at": at}
            for (name, version), at in stored.items()
        ],
        conflict="ignore",
    )
    fields = {column.name for column in outbox.columns} - {"seq"}
    written = bulk.insert(
        connection, outbox, [{k: v for k, v in row.items() if k in fields} for row in batch], conflict="ignore"
    )
    mine = _mine(connection, batch)
    kept = [row for row in batch if row["message_key"] in mine]
    bulk.insert(
        connection,
        contexts,
        [{"message_key": r["message_key"], "context": r["context"], "stored_at": r["queued_at"]} for r in kept],
        conflict="ignore",
    )
    record_events(connection, [r["message_key"] for r in kept], "queued", batch[0]["queued_at"])
    return written


def _mine(connection: Connection, batch: Sequence[Mapping[str, Any]]) -> set[str]:
    """Keys of the batch that are in the outbox: a row refused by the address guard is not."""
    keys = [row["message_key"] for row in batch]
    found: set[str] = set()
    for chunk in bulk.chunks(keys):
        found.update(connection.execute(select(outbox.c.message_key).where(outbox.c.message_key.in_(chunk))).scalars())
    return found


def release(connection: Connection, now: datetime) -> int:
    """Held and deferred rows whose time has come, and claims whose lease ran out, back to pending."""
    due = and_(outbox.c.status.in_(("held", "deferred")), outbox.c.not_before.is_not(None), outbox.c.not_before <= now)
    return connection.execute(update(outbox).where(due).values(status="pending", reason="", updated_at=now)).rowcount


def free_claims(connection: Connection, now: datetime) -> int:
    """Claims of processes that are gone: nothing was sent, so they are pending again. Call under the sender's lock."""
    freed = update(outbox).where(outbox.c.status == "claimed")
    return connection.execute(
        freed.values(status="pending", claimed_by=None, lease_until=None, updated_at=now)
    ).rowcount


def late(now: datetime) -> Any:
    """Condition: the time until which a message makes sense is over."""
    return and_(outbox.c.not_after.is_not(None), outbox.c.not_after <= now)


def listed(now: datetime) -> Any:
    """Condition: the address is suppressed for this channel and topic."""
    return (
        select(suppressions.c.address_hash)
        .where(
            suppressions.c.brand == outbox.c.brand,
            suppressions.c.channel.in_((outbox.c.channel, "all")),
            suppressions.c.address_hash == outbox.c.address_hash,
            suppressions.c.stream.in_(("all", func.coalesce(outbox.c.topic, "all"))),
            suppressions.c.since <= now,
            or_(suppressions.c.until.is_(None), suppressions.c.until > now),
        )
        .exists()
    )


def sweep(connection: Connection, now: datetime, worker: str | None = None) -> dict[str, int]:
    """Close open rows that may not go out any more: too late, or suppressed since. Rows by new status.

    With a worker's name only what it has claimed: the last look before sending.
    """
    waiting: Any = outbox.c.status.in_(("pending", "held", "deferred", "claimed"))
    if worker is not None:
        waiting = and_(outbox.c.status == "claimed", outbox.c.claimed_by == worker)
    return {
        "expired": _close(connection, and_(waiting, late(now)), ("expired", "too_late"), now),
        "suppressed": _close(connection, and_(waiting, listed(now)), ("suppressed", "suppressed"), now),
    }


def _close(connection: Connection, condition: Any, outcome: tuple[str, str], now: datetime) -> int:
    """Move the rows of a condition to a final state, with an event for each."""
    status, reason = outcome
    keys = list(connection.execute(select(outbox.c.message_key).where(condition)).scalars())
    if not keys:
        return 0
    connection.execute(update(outbox).where(condition).values(status=status, reason=reason, updated_at=now))
    record_events(connection, keys, status, now)
    return len(keys)


def resolve(connection: Connection, key: str, status: str, *, reason: str, now: datetime) -> None:
    """A person says what became of an `unknown` message: sent, failed, or pending (send it again)."""
    known = and_(outbox.c.message_key == key, outbox.c.status == "unknown")
    sent = {"sent_at": now} if status == "sent" else {}
    changed = connection.execute(
        update(outbox).where(known).values(status=status, reason=reason, updated_at=now, **sent)
    )
    if not changed.rowcount:
        raise UsageError(say("delivery.not_unknown", key=key), remedy="opscli outbox list --status unknown")
    record_events(connection, [key], f"resolved_{status}", now)


def cancel(connection: Connection, origin: str | None, keys: Sequence[str], now: datetime) -> int:
    """Drop what is queued, of a campaign or by key; what is under way or gone stays."""
    waiting = outbox.c.status.in_(("planned", "pending", "held", "deferred"))
    chosen = outbox.c.origin == origin if origin else outbox.c.message_key.in_(keys)
    return _close(connection, and_(waiting, chosen), ("cancelled", "cancelled"), now)


def counts(connection: Connection) -> dict[str, int]:
    """Rows by state."""
    query = select(outbox.c.status, func.count()).group_by(outbox.c.status)
    return {str(status): int(number) for status, number in connection.execute(query)}


def integrity(connection: Connection) -> dict[str, int]:
    """The line that holds after every run: planned = sent + failed + suppressed + cancelled + expired + unknown + open.

    `planned` is counted from the events of queueing, the rest from the rows, so a lost row or a lost event shows.
    """
    states = counts(connection)
    queued = select(func.count()).select_from(message_events).where(message_events.c.kind == "queued")
    line = {"planned": int(connection.execute(queued).scalar_one())}
    line |= {name: states.get(name, 0) for name in FINAL}
    line["open"] = sum(states.get(name, 0) for name in OPEN)
    if line["planned"] != sum(line.values()) - line["planned"]:
        message = f"the outbox does not add up: {line}"
        raise RuntimeError(message)
    return line


def record_events(
    connection: Connection,
    keys: Sequence[str],
    kind: str,
    now: datetime,
    numbers: Mapping[str, int] | None = None,
) -> None:
    """One event a message; `numbers` (attempt by key) keep repeated kinds apart."""
    rows = [
        {
            "message_key": key,
            "kind": kind,
            "occurred_at": now,
            "external_id": str(numbers[key]) if numbers else "",
        }
        for key in keys
    ]
    bulk.insert(connection, message_events, rows, conflict="ignore")
