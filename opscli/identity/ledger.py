"""What identity remembers in state: which id stands for which (`customer_aliases`), and every merge and split."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, delete, or_, select, update

from opscli.engine.warehouse import Session
from opscli.stage import Context
from opscli.state import bulk
from opscli.state.store import State
from opscli.state.tables import customer_aliases, field_overrides, identity_ledger


def load(session: Session, state: State, now: datetime) -> None:
    """Aliases and the overrides in force at `now` into scratch: `identity_aliases`, `identity_set_values`."""
    aliases = select(customer_aliases.c.alias, customer_aliases.c.customer_id)
    o = field_overrides.c
    values = select(o.customer_id, o.field, o.value, o.set_at).where(
        o.set_at <= now, or_(o.until.is_(None), o.until > now)
    )
    session.create("scratch.identity_aliases", {"alias": "text", "customer_id": "text"})
    session.create(
        "scratch.identity_set_values", {"customer_id": "text", "field": "text", "value": "text", "set_at": "timestamp"}
    )
    with state.read() as connection:
        for table, query in (("identity_aliases", aliases), ("identity_set_values", values)):
            session.insert_arrow(f"scratch.{table}", bulk.to_arrow(connection, query))


def resolve_former(session: Session) -> None:
    """`identity_former` (alias, customer_id): every id that is nobody's after this run, and whose rows those are now.

    An alias that is a customer's id again leads nowhere; a merge of this run leads on from those of before.
    """
    session.execute(
        "CREATE OR REPLACE TABLE scratch.identity_former AS SELECT alias, customer_id FROM scratch.identity_merged "
        "UNION ALL SELECT a.alias, COALESCE(m.customer_id, a.customer_id) FROM scratch.identity_aliases AS a "
        "LEFT JOIN scratch.identity_merged AS m ON m.alias = a.customer_id "
        "WHERE a.alias NOT IN (SELECT alias FROM scratch.identity_merged) "
        "AND a.alias NOT IN (SELECT customer_id FROM scratch.identity_ids)"
    )


def resolve_overrides(session: Session) -> None:
    """`identity_overrides`: one value per customer and field, those of former ids at the survivor; the newest wins."""
    session.execute(
        "CREATE OR REPLACE TABLE scratch.identity_overrides AS SELECT customer_id, field, value FROM ("
        "SELECT COALESCE(f.customer_id, o.customer_id) AS customer_id, o.field, o.value, "
        "ROW_NUMBER() OVER (PARTITION BY COALESCE(f.customer_id, o.customer_id), o.field "
        "ORDER BY o.set_at DESC, o.customer_id) AS place FROM scratch.identity_set_values AS o "
        "LEFT JOIN scratch.identity_former AS f ON f.alias = o.customer_id) AS ranked WHERE place = 1"
    )


def read_changes(session: Session) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[str]]:
    """Merges and splits as ledger rows with the records that moved, and aliases that are customers again."""
    merged = session.dicts(
        "SELECT 'merged' AS kind, g.customer_id, g.alias AS other_id, m.source, m.source_id "
        "FROM scratch.identity_merged AS g "
        "JOIN scratch.identity_members AS m ON m.old_id = g.alias "
        "LEFT JOIN scratch.identity_aliases AS a ON a.alias = g.alias AND a.customer_id = g.customer_id "
        "WHERE a.alias IS NULL ORDER BY g.alias, m.rec"
    )
    parted = session.dicts(
        "SELECT 'split' AS kind, p.old_id AS customer_id, p.customer_id AS other_id, m.source, m.source_id "
        "FROM scratch.identity_parted AS p JOIN scratch.identity_members AS m "
        "ON m.old_id = p.old_id AND m.customer_id = p.customer_id ORDER BY p.old_id, p.customer_id, m.rec"
    )
    alive = session.rows(
        "SELECT a.alias FROM scratch.identity_aliases AS a JOIN scratch.identity_ids AS i ON i.customer_id = "
        "a.alias ORDER BY 1"
    )
    return list(_with_records(merged)), list(_with_records(parted)), [str(row[0]) for row in alive]


def _with_records(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for (kind, customer_id, other_id), group in groupby(rows, lambda r: (r["kind"], r["customer_id"], r["other_id"])):
        records = [[row["source"], row["source_id"]] for row in group]
        details = json.dumps({"records": records}, ensure_ascii=False, sort_keys=True)
        yield {"kind": kind, "customer_id": customer_id, "other_id": other_id, "details": details}


def write(
    ctx: Context, merged: Sequence[Mapping[str, Any]], parted: Sequence[Mapping[str, Any]], alive: Sequence[str]
) -> None:
    """Aliases and ledger rows in one transaction; harmless when a killed run had come this far already."""
    with ctx.state.begin() as connection:
        done = _written(connection, ctx.run_id)
        rows = [row for row in (*merged, *parted) if (row["kind"], row["customer_id"], row["other_id"]) not in done]
        _forget_aliases(connection, alive)
        stamp = {"run_id": ctx.run_id, "since": ctx.as_of, "reason": "merged"}
        aliases = ({"alias": row["other_id"], "customer_id": row["customer_id"], **stamp} for row in merged)
        bulk.insert(connection, customer_aliases, aliases, conflict="replace")
        _shorten_chains(connection)
        bulk.insert(
            connection, identity_ledger, ({**row, "occurred_at": ctx.as_of, "run_id": ctx.run_id} for row in rows)
        )


def _written(connection: Connection, run_id: str) -> set[tuple[str, str, str | None]]:
    c = identity_ledger.c
    found = connection.execute(select(c.kind, c.customer_id, c.other_id).where(c.run_id == run_id))
    return {(row.kind, row.customer_id, row.other_id) for row in found}


def _forget_aliases(connection: Connection, aliases: Sequence[str]) -> None:
    for chunk in bulk.chunks(aliases):
        connection.execute(delete(customer_aliases).where(customer_aliases.c.alias.in_(chunk)))


def _shorten_chains(connection: Connection) -> None:
    """An alias of an alias points at the survivor itself, so that every lookup is one step."""
    survivor = customer_aliases.alias("survivor")
    target = select(survivor.c.customer_id).where(survivor.c.alias == customer_aliases.c.customer_id).scalar_subquery()
    shorten = update(customer_aliases).where(customer_aliases.c.customer_id.in_(select(survivor.c.alias)))
    while connection.execute(shorten.values(customer_id=target)).rowcount > 0:
        continue


def erase(connection: Connection, ids: Sequence[str]) -> int:
    """Remove aliases of these customers and the record ids in their ledger rows; rows touched."""
    touched = 0
    for chunk in bulk.chunks(ids):
        a, c = customer_aliases.c, identity_ledger.c
        gone = delete(customer_aliases).where(or_(a.alias.in_(chunk), a.customer_id.in_(chunk)))
        emptied = update(identity_ledger).where(or_(c.customer_id.in_(chunk), c.other_id.in_(chunk)), c.details != "{}")
        touched += connection.execute(gone).rowcount + connection.execute(emptied.values(details="{}")).rowcount
    return touched


def history(state: State, *, customer: str | None, limit: int) -> list[dict[str, Any]]:
    """The newest ledger rows, of one customer when given."""
    c = identity_ledger.c
    query = select(c.event_id, c.occurred_at, c.kind, c.customer_id, c.other_id, c.run_id, c.details)
    if customer:
        query = query.where(or_(c.customer_id == customer, c.other_id == customer))
    with state.read() as connection:
        found = connection.execute(query.order_by(c.event_id.desc()).limit(limit)).mappings().all()
    return [{**{k: v for k, v in row.items() if k != "details"}, "records": _count(row["details"])} for row in found]


def _count(details: str) -> int:
    return len(json.loads(details).get("records", ()))
