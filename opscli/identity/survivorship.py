"""The golden record: for each field the record whose value wins, and a lineage row that names it.

Per customer the records get a rank for each way of choosing; the winner of a field is the smallest rank with a usable
value. Fields that choose alike share one rank, so the whole table takes a few sorts, not one per field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from opscli.engine.dialect import text_literal
from opscli.engine.entity import Entity
from opscli.engine.tables import Column
from opscli.engine.versions import literal
from opscli.engine.warehouse import Session
from opscli.identity.identity import Survivorship

Order = tuple[tuple[str, bool], ...]
"""ORDER BY: expressions, each with whether it is descending."""
OVERRIDE = "override"
"""Lineage rule and source of a value that a person set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Fields that come from one record together, and how that record is chosen."""

    fields: tuple[str, ...]
    method: str
    order: Order
    """How the records of one customer are ranked; the first with a usable value wins."""


def choices(entity: Entity, survivorship: Survivorship) -> list[Choice]:
    """Every column of customers in exactly one choice."""
    names = [column.name for column in entity.columns]
    grouped = {name: group for group in survivorship.groups for name in group if name in names}
    found: list[Choice] = []
    for name in names:
        fields = tuple(n for n in grouped.get(name, (name,)) if n in names)
        if name == fields[0]:
            method = survivorship.fields.get(name) or _shipped_method(entity, name, survivorship.default)
            found.append(Choice(fields=fields, method=method, order=_order(name, method)))
    return found


def _shipped_method(entity: Entity, name: str, default: str) -> str:
    if entity.type_of(name) == "boolean":
        return "all_true"  # consent: the most restrictive record wins
    return "earliest" if name == entity.time else default


def _order(name: str, method: str) -> Order:
    value = f"r.{_quote(name)}"
    recent: Order = (("r.known_from", True), ("t.trust", False), ("r.rec", False))
    # A team's mailbox is shown only where the customer has no address of their own.
    own: Order = (("CASE WHEN k.standing = 'shared' THEN 1 ELSE 0 END", False),) if name == "email" else ()
    first: dict[str, Order] = {
        "most_recent": (),
        "source_trust": (("t.trust", False),),
        "most_frequent": ((f"COUNT(*) OVER (PARTITION BY m.label, {value})", True),),
        "longest": ((f"LENGTH(CAST({value} AS VARCHAR))", True),),
        "earliest": ((value, False),),
        "latest": ((value, True),),
        "any_true": ((f"CASE WHEN {value} THEN 0 ELSE 1 END", False),),
        "all_true": ((f"CASE WHEN {value} THEN 1 ELSE 0 END", False),),
    }
    return (*own, *first[method], *recent)


def build_golden(session: Session, entity: Entity, survivorship: Survivorship, *, now: datetime) -> None:
    """`scratch.identity_golden` (as `customers`) and `scratch.identity_lineage` (as `lineage`, without run)."""
    chosen = choices(entity, survivorship)
    trust = {source: place for place, source in enumerate(survivorship.trust)}
    _rank(session, entity, chosen, trust)
    _pick(session, chosen)
    _golden(session, entity, chosen, now)
    _lineage(session, chosen)


def _rank(session: Session, entity: Entity, chosen: Sequence[Choice], trust: Mapping[str, int]) -> None:
    """`identity_ranked`: the shown values of every record, and its rank in each order."""
    orders = _orders(chosen)
    session.create("scratch.identity_trust", {"source": "text", "place": "integer"})
    for source, place in trust.items():
        session.execute("INSERT INTO scratch.identity_trust VALUES (?, ?)", (source, place))
    shown = ", ".join(f"{_shown(column, session)} AS {_quote(column.name)}" for column in entity.columns)
    names = ", ".join(_quote(column.name) for column in entity.columns)
    # The expressions get names of their own first: a rank may order by a window function, which cannot be nested.
    keys = ", ".join(f"{part} AS o{i}_{j}" for i, order in enumerate(orders) for j, (part, _) in enumerate(order))
    session.execute(
        f"CREATE OR REPLACE TABLE scratch.identity_ranked AS SELECT customer_id, source, source_id, {names}, "
        f"{', '.join(_rank_sql(number, order) for number, order in enumerate(orders))} FROM ("
        f"SELECT m.customer_id, m.label, m.source, m.source_id, {shown}, {keys} "
        "FROM scratch.identity_members AS m JOIN scratch.identity_records AS r ON r.rec = m.rec "
        "JOIN scratch.identity_normal AS k ON k.rec = m.rec "
        f"JOIN (SELECT rec, COALESCE(place, {len(trust)}) AS trust FROM scratch.identity_records AS s "
        "LEFT JOIN scratch.identity_trust AS p ON p.source = s.source) AS t ON t.rec = m.rec) AS records_of_customer"
    )


def _rank_sql(number: int, order: Order) -> str:
    keys = ", ".join(
        f"o{number}_{j}{' DESC' if descending else ''} NULLS LAST" for j, (_, descending) in enumerate(order)
    )
    return f"ROW_NUMBER() OVER (PARTITION BY label ORDER BY {keys}) AS rank{number}"


def _orders(chosen: Sequence[Choice]) -> list[Order]:
    return list(dict.fromkeys(choice.order for choice in chosen))


def _shown(column: Column, session: Session) -> str:
    """A record's value as a customer may show it: cleaned addresses and numbers, no blanks, no junk."""
    if column.name == "email":
        return "CASE WHEN k.standing <> 'junk' THEN k.mail END"
    if column.name == "phone":
        return "k.e164"
    value = f"CAST(r.{_quote(column.name)} AS {session.dialect.type(column.type)})"
    return f"NULLIF(TRIM({value}), '')" if column.type == "text" else value


def _quote(name: str) -> str:
    """Standard SQL on every engine; the names are the schema's."""
    return '"' + name.replace('"', '""') + '"'


def _pick(session: Session, chosen: Sequence[Choice]) -> None:
    """`identity_winners`: per customer the winning rank of each choice."""
    orders = _orders(chosen)
    winners = []
    for number, choice in enumerate(chosen):
        usable = " OR ".join(f"{_quote(name)} IS NOT NULL" for name in choice.fields)
        winners.append(f"MIN(CASE WHEN {usable} THEN rank{orders.index(choice.order)} END) AS win{number}")
    session.execute(
        f"CREATE OR REPLACE TABLE scratch.identity_winners AS SELECT customer_id, {', '.join(winners)} "
        "FROM scratch.identity_ranked GROUP BY customer_id"
    )


def _golden(session: Session, entity: Entity, chosen: Sequence[Choice], now: datetime) -> None:
    orders = _orders(chosen)
    of_field = {
        name: (number, orders.index(choice.order)) for number, choice in enumerate(chosen) for name in choice.fields
    }
    values = []
    for column in entity.columns:
        number, rank = of_field[column.name]
        name = _quote(column.name)
        flag = column.type == "boolean"  # not every engine has MAX of booleans
        value = f"CASE WHEN {name} THEN 1 WHEN NOT {name} THEN 0 END" if flag else name
        picked = f"MAX(CASE WHEN r.rank{rank} = w.win{number} THEN {value} END)"
        values.append(f"{picked}{' = 1' if flag else ''} AS {name}")
    seen = "c.first_seen" if "customers" in session.tables() else "NULL"
    known = "LEFT JOIN customers AS c ON c.customer_id = g.customer_id" if "customers" in session.tables() else ""
    session.execute(
        f"CREATE OR REPLACE TABLE scratch.identity_golden AS SELECT g.*, COALESCE({seen}, {literal(now)}) "
        f"AS first_seen, {literal(now)} AS updated_at FROM ("
        f"SELECT r.customer_id, {', '.join(values)}, COUNT(*) AS merged_records "
        "FROM scratch.identity_ranked AS r JOIN scratch.identity_winners AS w ON w.customer_id = r.customer_id "
        f"GROUP BY r.customer_id) AS g {known}"
    )


def _lineage(session: Session, chosen: Sequence[Choice]) -> None:
    orders = _orders(chosen)
    parts = [
        f"SELECT r.customer_id, {text_literal(name)} AS field, r.source, r.source_id, '{choice.method}' AS rule "
        "FROM scratch.identity_ranked AS r JOIN scratch.identity_winners AS w ON w.customer_id = r.customer_id "
        f"AND r.rank{orders.index(choice.order)} = w.win{number} WHERE r.{_quote(name)} IS NOT NULL"
        for number, choice in enumerate(chosen)
        for name in choice.fields
    ]
    session.execute(f"CREATE OR REPLACE TABLE scratch.identity_lineage AS {' UNION ALL '.join(parts)}")


def apply_overrides(session: Session, entity: Entity) -> None:
    """Values that people set win over every record; needs `scratch.identity_overrides` (customer_id, field, value)."""
    for (name,) in session.rows("SELECT DISTINCT field FROM scratch.identity_overrides ORDER BY field"):
        kind = entity.type_of(str(name))
        if kind is None:
            continue  # the column is gone from the entity; the override waits in case it returns
        quoted = _quote(str(name))
        session.execute(
            f"UPDATE scratch.identity_golden SET {quoted} = (SELECT TRY_CAST(o.value AS {session.dialect.type(kind)}) "
            "FROM scratch.identity_overrides AS o WHERE o.field = ? AND o.customer_id = identity_golden.customer_id) "
            "WHERE customer_id IN (SELECT customer_id FROM scratch.identity_overrides WHERE field = ?)",
            (name, name),
        )
    shown = "SELECT customer_id FROM scratch.identity_golden"
    known = ", ".join(text_literal(column.name) for column in entity.columns)
    session.execute(
        "DELETE FROM scratch.identity_lineage WHERE EXISTS (SELECT 1 FROM scratch.identity_overrides AS o "
        "WHERE o.customer_id = identity_lineage.customer_id AND o.field = identity_lineage.field)"
    )
    session.execute(
        f"INSERT INTO scratch.identity_lineage SELECT customer_id, field, '{OVERRIDE}', '', '{OVERRIDE}' "
        f"FROM scratch.identity_overrides WHERE customer_id IN ({shown}) AND field IN ({known})"
    )
