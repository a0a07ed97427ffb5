"""What people look up and decide about messages: the outbox, consent, suppression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from opscli.delivery.addresses import address_hash, normalised_sql
from opscli.delivery.message import MessageRefused, checked_address, normalise_address
from opscli.engine.warehouse import Session
from opscli.errors import UsageError
from opscli.phrases import say
from opscli.state import bulk
from opscli.state.tables import attempts, consents, message_events, outbox, suppressions

_LISTED = (
    "message_key", "origin", "step", "customer_id", "channel", "address", "status", "reason", "attempts", "queued_at",
    "sent_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which messages to list; None = any."""

    status: str | None = None
    origin: str | None = None
    customer_id: str | None = None
    limit: int = 50


def messages(connection: Connection, wanted: Wanted) -> list[dict[str, Any]]:
    """Messages, the newest first."""
    query = select(*(outbox.c[name] for name in _LISTED)).order_by(outbox.c.seq.desc()).limit(wanted.limit)
    for column, value in (("status", wanted.status), ("origin", wanted.origin), ("customer_id", wanted.customer_id)):
        if value is not None:
            query = query.where(outbox.c[column] == value)
    return [dict(row) for row in connection.execute(query).mappings()]


def message(connection: Connection, prefix: str) -> dict[str, Any]:
    """One message by the beginning of its key, with attempts and events. Raises UsageError unless exactly one fits."""
    query = select(outbox).where(outbox.c.message_key.startswith(prefix, autoescape=True)).limit(2)
    found = [dict(row) for row in connection.execute(query).mappings()]
    if len(found) != 1:
        what = say("delivery.several_messages", prefix=prefix) if found else say("delivery.no_message", prefix=prefix)
        raise UsageError(what, remedy="opscli outbox list")
    key = found[0]["message_key"]
    tried = select(attempts.c.attempt, attempts.c.occurred_at, attempts.c.result, attempts.c.code, attempts.c.detail)
    seen = select(message_events.c.kind, message_events.c.occurred_at)
    rows = connection.execute(tried.where(attempts.c.message_key == key).order_by(attempts.c.event_id))
    events = connection.execute(seen.where(message_events.c.message_key == key).order_by(message_events.c.event_id))
    return found[0] | {
        "tried": [dict(row) for row in rows.mappings()],
        "events": [dict(row) for row in events.mappings()],
    }


def find_customer(session: Session, text: str) -> str:
    """The customer with this id or e-mail address. Raises UsageError when there is none, or more than one."""
    rows = session.rows(
        f"SELECT customer_id FROM customers WHERE customer_id = ? OR {normalised_sql('email')} = ? LIMIT 2",
        (text, normalise_address(text)),
    )
    if len(rows) != 1:
        what = say("delivery.several_customers", text=text) if rows else say("delivery.no_customer", text=text)
        raise UsageError(what, remedy=say("delivery.find_customer"))
    return str(rows[0][0])


def consent_words(connection: Connection, customer: str | None, limit: int) -> list[dict[str, Any]]:
    """The consent ledger, the newest word first."""
    c = consents.c
    columns = (c.customer_id, c.channel, c.topic, c.status, c.source, c.evidence, c.occurred_at)
    query = select(*columns).order_by(c.occurred_at.desc(), c.event_id.desc()).limit(limit)
    if customer is not None:
        query = query.where(c.customer_id == customer)
    return [dict(row) for row in connection.execute(query).mappings()]


def record_consents(connection: Connection, words: Sequence[Mapping[str, Any]]) -> int:
    """Append to the ledger (customer_id, channel, topic, status, source, evidence, occurred_at); words that are new."""
    return bulk.insert(connection, consents, words, conflict="ignore") if words else 0


def suppressed(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """The suppression list, the newest first; addresses are hashes."""
    query = select(suppressions).order_by(suppressions.c.since.desc(), suppressions.c.address_hash).limit(limit)
    return [dict(row) for row in connection.execute(query).mappings()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """Who gets nothing: on which channel, of which stream (`all` or a topic), why, and until when."""

    address: str
    reason: str
    source: str
    since: datetime
    channel: str = "all"
    stream: str = "all"
    until: datetime | None = None
    brand: str = "main"


def suppress(connection: Connection, entry: Suppression) -> bool:
    """Put an address on the list, or change why and until when it is there; False when it said the same already."""
    row = {
        "brand": entry.brand,
        "channel": entry.channel,
        "address_hash": _hash_of(entry.address),
        "stream": entry.stream,
        "reason": entry.reason,
        "source": entry.source,
        "since": entry.since,
        "until": entry.until,
    }
    return bool(bulk.insert(connection, suppressions, [row], conflict="replace"))


def lift(connection: Connection, address: str, stream: str | None) -> int:
    """Take an address off the list (of one stream, or of all); entries removed."""
    here = suppressions.c.address_hash == _hash_of(address)
    if stream is not None:
        here = here & (suppressions.c.stream == stream)
    return connection.execute(delete(suppressions).where(here)).rowcount


def _hash_of(address: str) -> str:
    try:
        return address_hash(checked_address(normalise_address(address)))
    except MessageRefused as refusal:
        raise UsageError(
            say("delivery.no_mail_address", address=address), remedy=say("delivery.no_mail_address_how")
        ) from refusal
