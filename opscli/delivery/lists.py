"""The state's lists that the gate asks about, copied into scratch tables as Arrow, with merged customers resolved."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Table, func, or_, select

from opscli.engine.warehouse import Session
from opscli.state import bulk
from opscli.state.tables import assignments, consents, customer_aliases, outbox, suppressions


def load(session: Session, connection: Connection, now: datetime) -> None:
    """`scratch.gate_suppressions`, `gate_consents`, `gate_outbox` and `gate_arms` as of `now`."""
    s = suppressions.c
    active = select(s.brand, s.channel, s.address_hash, s.stream).where(
        s.since <= now, or_(s.until.is_(None), s.until > now)
    )
    _copy(session, connection, "gate_suppressions", active)
    c = consents.c
    merged = (c.customer_id.label("given_as"), customer_aliases.c.since.label("merged_at"))
    words = _resolved(consents, *merged, c.brand, c.channel, c.topic, c.status, c.occurred_at)
    words = words.where(c.occurred_at <= now)
    _copy(session, connection, "gate_consents", words)
    o = outbox.c
    queued = _resolved(outbox, o.brand, o.origin, o.occurrence, o.step, o.channel, o["class"], o.status, o.queued_at)
    _copy(session, connection, "gate_outbox", queued)
    a = assignments.c
    _copy(session, connection, "gate_arms", _resolved(assignments, a.experiment, a.arm))


def _resolved(table: Table, *columns: Any) -> Select[Any]:
    """Columns of a table with the customer that its id leads to today."""
    customer = func.coalesce(customer_aliases.c.customer_id, table.c.customer_id).label("customer_id")
    joined = table.outerjoin(customer_aliases, customer_aliases.c.alias == table.c.customer_id)
    return select(customer, *columns).select_from(joined)


def _copy(session: Session, connection: Connection, name: str, query: Select[Any]) -> None:
    data = bulk.to_arrow(connection, query)
    kinds = {"timestamp[us]": "timestamp", "int64": "integer", "bool": "boolean", "double": "float"}
    session.create(f"scratch.{name}", {field.name: kinds.get(str(field.type), "text") for field in data.schema})
    session.insert_arrow(f"scratch.{name}", data)
