"""The 360° view: find a customer by anything known, list those who meet a condition, show all about one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select

from opscli.clock import END_OF_TIME
from opscli.engine.former import every_id
from opscli.engine.versions import literal as timestamp_literal
from opscli.engine.warehouse import Session
from opscli.errors import DataUnusable, UsageError
from opscli.phrases import listed, say
from opscli.rules import audience
from opscli.rules.scope import of_customers
from opscli.rules.sql import render
from opscli.rules.tree import RuleInvalid
from opscli.stage import Context
from opscli.state.tables import customer_aliases, tasks

NEWEST = 10
"""How many orders, messages and interactions the view shows."""
_SEARCHED_NAMES = ("full_name", "first_name", "last_name")
_LEAST_PHONE_DIGITS = 6
_OWN = {"customer_id", "as_of"}
_OPEN = timestamp_literal(END_OF_TIME)
"""known_to of open versions, left_at of open memberships."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of the view: rows, and which columns hold personal data."""

    name: str
    rows: Sequence[Mapping[str, Any]]
    personal: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Customers of a list: chosen columns, and which of them hold personal data."""

    rows: Sequence[Mapping[str, Any]]
    columns: tuple[str, ...]
    personal: frozenset[str]


def count(ctx: Context, where: str | None) -> int:
    """How many customers meet a condition; all of them without one."""
    with ctx.warehouse.read() as session:
        _need_profiles(session)
        return int(session.value(f"SELECT COUNT(*) FROM {audience.FROM}{_where(ctx, session, where)}"))


def listing(ctx: Context, where: str | None, columns: Sequence[str], limit: int | None) -> Listing:
    """Customers who meet a condition, by id; `columns` are traits or fields. Raises UsageError for an unknown one."""
    names = of_customers(ctx.project.catalog).names
    unknown = [name for name in columns if name not in {*names, *_OWN}]
    if unknown:
        raise UsageError(
            say("profiles.no_column", names=listed(unknown)),
            remedy=say("profiles.columns_are", names=listed(sorted(names))),
        )
    chosen = tuple(dict.fromkeys(("customer_id", *columns)))
    with ctx.warehouse.read() as session:
        _need_profiles(session)
        quote = session.dialect.quote
        parts = ", ".join(
            f"{f'p.{quote(name)}' if name in _OWN else audience.column(name, ctx.project.catalog, session.dialect)} "
            f"AS {quote(name)}"
            for name in chosen
        )
        bound = "" if limit is None else f" LIMIT {int(limit)}"
        where_sql = _where(ctx, session, where)
        rows = session.dicts(f"SELECT {parts} FROM {audience.FROM}{where_sql} ORDER BY p.customer_id{bound}")
    return Listing(rows=rows, columns=chosen, personal=_personal(ctx))


def find(ctx: Context, text: str, limit: int) -> Listing:
    """Customers behind an id (old ones too), a source's id, an email, a phone number or a name."""
    needle = text.strip()
    if not needle:
        raise UsageError(say("profiles.empty_text"), remedy=say("profiles.empty_text_how"))
    digits = "".join(letter for letter in needle if letter.isdigit()).lstrip("0")
    names = " OR ".join(f"c.{name} ILIKE $name ESCAPE '!'" for name in _SEARCHED_NAMES)
    phone = "OR (l.ns = 'phone' AND l.ref LIKE $phone)" if len(digits) >= _LEAST_PHONE_DIGITS else ""
    values = {"id": _current_id(ctx, needle), "ref": needle, "lower": needle.lower(), "name": f"%{_literal(needle)}%"}
    if phone:
        values["phone"] = f"%{digits}"
    columns = ("customer_id", "first_name", "last_name", "email", "phone", "city")
    sql = (
        f"SELECT {', '.join(f'c.{name}' for name in columns)} FROM customers c WHERE c.customer_id = $id OR {names} OR "
        "c.customer_id IN (SELECT l.customer_id FROM links l WHERE l.ref = $ref OR "
        f"(l.ns = 'email' AND l.ref = $lower) {phone}) ORDER BY c.customer_id LIMIT {int(limit)}"
    )
    with ctx.warehouse.read() as session:
        _need_customers(session)
        rows = session.dicts(sql, values)
    return Listing(rows=rows, columns=columns, personal=_personal(ctx))


def _literal(text: str) -> str:
    """`text` for a LIKE pattern in which `!` escapes."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def resolve(ctx: Context, text: str) -> str:
    """The one customer behind an id, old id, source id, email or phone. Raises UsageError for none or several."""
    found = find(ctx, text, 2)
    if len(found.rows) == 1:
        return str(found.rows[0]["customer_id"])
    if not found.rows:
        raise UsageError(say("profiles.nobody_known", text=text), remedy=say("profiles.nobody_known_how"))
    raise UsageError(say("profiles.several", text=text), remedy=say("profiles.several_how", text=text))


def overview(ctx: Context, customer_id: str) -> tuple[Section, ...]:
    """All about one customer; `customer_id` comes from `resolve`."""
    with ctx.warehouse.read() as session:
        present = session.tables()
        sections = [
            _profile(ctx, session, customer_id),
            _identities(session, customer_id),
            _traits(session, customer_id, present),
            _tags(session, customer_id),
            *_history(ctx, session, customer_id),
            _messages(session, customer_id),
            _health(session, customer_id),
        ]
    return (*sections, _tasks(ctx, customer_id))


def _profile(ctx: Context, session: Session, customer_id: str) -> Section:
    rows = session.dicts("SELECT * FROM customers WHERE customer_id = ?", (customer_id,))
    return Section(name="profile", rows=rows, personal=_personal(ctx))


def _identities(session: Session, customer_id: str) -> Section:
    sql = "SELECT source, source_id, rule FROM links WHERE customer_id = ? AND ns = source ORDER BY source, source_id"
    return Section(name="identities", rows=session.dicts(sql, (customer_id,)))


def _traits(session: Session, customer_id: str, present: set[str]) -> Section:
    if "profiles" not in present:
        return Section(name="traits", rows=())
    return Section(name="traits", rows=session.dicts("SELECT * FROM profiles WHERE customer_id = ?", (customer_id,)))


def _tags(session: Session, customer_id: str) -> Section:
    sql = (
        "SELECT dimension, tag, entered_at, origin FROM tag_history "
        f"WHERE customer_id = ? AND left_at = {_OPEN} ORDER BY dimension, tag"
    )
    return Section(name="tags", rows=session.dicts(sql, (customer_id,)))


def _history(ctx: Context, session: Session, customer_id: str) -> list[Section]:
    """The newest rows of what customers do; entities that nothing was imported for are left out."""
    shown = {
        "orders": ("order_id", "ordered_at", "amount", "currency", "status", "channel"),
        "shipments": ("shipment_id", "updated_at", "status"),
        "interactions": ("interaction_id", "occurred_at", "channel", "kind", "direction", "staff_id"),
        "tickets": ("ticket_id", "created_at", "status", "priority", "type", "subject"),
        "feedback": ("feedback_id", "answered_at", "survey", "score", "comment"),
    }
    sections = []
    for name, wanted in shown.items():
        entity = ctx.project.entities[name]
        there = session.columns(entity.versions_table)
        columns = [column for column in wanted if column in there]
        if not columns or entity.time is None or entity.customer is None:
            continue
        quoted = ", ".join(f"e.{session.dialect.quote(column)}" for column in columns)
        time, reference = session.dialect.quote(entity.time), session.dialect.quote(entity.customer)
        rows = session.dicts(
            f"SELECT {quoted} FROM {entity.versions_table} e "
            f"JOIN links l ON l.ns = e.customer_ns AND l.ref = e.{reference} "
            f"WHERE l.customer_id = ? AND e.known_to = {_OPEN} ORDER BY e.{time} DESC LIMIT {NEWEST}",
            (customer_id,),
        )
        personal = frozenset(column.name for column in entity.columns if column.personal)
        sections.append(Section(name=name, rows=rows, personal=personal))
    return sections


def _messages(session: Session, customer_id: str) -> Section:
    sql = (
        "SELECT queued_at, campaign, step, channel, template, status, reason FROM messages "
        f"WHERE customer_id IN ({every_id('$customer')}) ORDER BY queued_at DESC, message_key LIMIT {NEWEST}"
    )
    return Section(name="messages", rows=session.dicts(sql, {"customer": customer_id}))


def _health(session: Session, customer_id: str) -> Section:
    """The newest score of each model."""
    sql = (
        "SELECT model, as_of, score, band, coverage, trend FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY model "
        "ORDER BY as_of DESC) AS place FROM health_scores WHERE customer_id = ?) s WHERE place = 1 ORDER BY model"
    )
    return Section(name="health", rows=session.dicts(sql, (customer_id,)))


def _tasks(ctx: Context, customer_id: str) -> Section:
    shown = (tasks.c.task_id, tasks.c.title, tasks.c.status, tasks.c.owner, tasks.c.due_at, tasks.c.created_at)
    a = customer_aliases.c
    former = select(a.alias).where(a.customer_id == customer_id)
    theirs = or_(tasks.c.customer_id == customer_id, tasks.c.customer_id.in_(former))
    query = select(*shown).where(theirs).order_by(tasks.c.created_at.desc()).limit(NEWEST)
    with ctx.state.read() as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    return Section(name="tasks", rows=rows, personal=frozenset({"title"}))


def _current_id(ctx: Context, text: str) -> str:
    """What an id that was merged away has become."""
    query = select(customer_aliases.c.customer_id).where(customer_aliases.c.alias == text)
    with ctx.state.read() as connection:
        return str(connection.execute(query).scalar_one_or_none() or text)


def _where(ctx: Context, session: Session, where: str | None) -> str:
    if where is None:
        return ""
    try:
        expression = audience.condition(where, ctx.project.catalog)
    except RuleInvalid as error:
        raise UsageError(
            say("profiles.where_at", character=error.offset + 1, what=error.what), remedy=error.how or error.why
        ) from error
    as_of = audience.standing(session) or ctx.as_of
    return f" WHERE {render(expression, audience.target(ctx.project.catalog, session.dialect, as_of))}"


def _personal(ctx: Context) -> frozenset[str]:
    return frozenset(column.name for column in ctx.project.entities["customers"].columns if column.personal)


def _need_customers(session: Session) -> None:
    if "customers" not in session.tables():
        raise DataUnusable(say("data.no_customers"), remedy=say("data.no_customers_how"))


def _need_profiles(session: Session) -> None:
    _need_customers(session)
    if "profiles" not in session.tables():
        raise DataUnusable(say("data.no_profiles"), remedy=say("data.no_profiles_how"))
