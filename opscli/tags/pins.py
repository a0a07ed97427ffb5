"""Pins: a person's word about one customer's tag, which wins over the rule until it ends or is taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, or_, select

from opscli.engine.warehouse import Session
from opscli.state import bulk
from opscli.state.tables import customer_aliases, pins
from opscli.tags.compile import PINS
from opscli.tags.tags import TagSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One pin: `verdict` is add or remove; it ends at `until` (None = it stays)."""

    customer_id: str
    tag: str
    verdict: str
    reason: str
    set_by: str
    set_at: datetime
    until: datetime | None = None


def current(connection: Connection, as_of: datetime) -> Any:
    """The pins that hold at `as_of`, as an Arrow table: customer_id, tag, verdict, set_at.

    A pin is a decision about the present: one set after as_of holds in the next run too. Pins of customers that were
    merged hold for whom they became.
    """
    customer = func.coalesce(customer_aliases.c.customer_id, pins.c.customer_id)
    query = (
        select(customer.label("customer_id"), pins.c.tag, pins.c.verdict, pins.c.set_at)
        .select_from(pins.outerjoin(customer_aliases, customer_aliases.c.alias == pins.c.customer_id))
        .where(or_(pins.c.until.is_(None), pins.c.until > as_of))
    )
    return bulk.to_arrow(connection, query)


def stage(session: Session, held: Any, specs: Sequence[TagSpec]) -> dict[str, frozenset[str]]:
    """Put the pins into scratch, of several for one customer and tag the newest; the pinned tags of each dimension."""
    dimensions = {tag.name: spec.dimension for spec in specs for tag in spec.tags}
    session.create(f"{PINS}_all", {"customer_id": "text", "tag": "text", "verdict": "text", "set_at": "timestamp"})
    session.insert_arrow(f"{PINS}_all", held)
    session.execute(
        f"CREATE OR REPLACE TABLE {PINS} AS SELECT customer_id, tag, verdict FROM (SELECT *, ROW_NUMBER() OVER "
        f"(PARTITION BY customer_id, tag ORDER BY set_at DESC, verdict) AS place FROM {PINS}_all) p WHERE place = 1"
    )
    pinned: dict[str, set[str]] = {}
    for (tag,) in session.rows(f"SELECT DISTINCT tag FROM {PINS}"):
        if tag in dimensions:
            pinned.setdefault(dimensions[tag], set()).add(tag)
    return {dimension: frozenset(tags) for dimension, tags in pinned.items()}


def put(connection: Connection, pin: Pin) -> None:
    """Set a pin, in place of an earlier one of the same customer and tag."""
    row: Mapping[str, Any] = {name: getattr(pin, name) for name in Pin.__slots__}
    bulk.insert(connection, pins, [row], conflict="replace")


def drop(connection: Connection, customer_id: str, tag: str) -> bool:
    """Take a pin back; whether there was one."""
    where = (pins.c.customer_id == customer_id) & (pins.c.tag == tag)
    return bool(connection.execute(delete(pins).where(where)).rowcount)


def of_customer(connection: Connection, customer_id: str, as_of: datetime) -> list[dict[str, Any]]:
    """Pins that hold for a customer at `as_of`."""
    query = (
        select(pins)
        .where(pins.c.customer_id == customer_id, or_(pins.c.until.is_(None), pins.c.until > as_of))
        .order_by(pins.c.tag)
    )
    return [dict(row) for row in connection.execute(query).mappings()]
