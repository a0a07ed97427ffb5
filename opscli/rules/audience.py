"""Conditions over customers: what they may name, and where that lies in SQL. A trait hides the field of its name."""

from __future__ import annotations

from datetime import datetime

from opscli.engine.dialect import Dialect
from opscli.engine.versions import literal as timestamp_literal
from opscli.engine.warehouse import Session
from opscli.rules.language import condition as parse_condition
from opscli.rules.sql import literal
from opscli.rules.target import Target
from opscli.rules.tree import Expression
from opscli.stage import Catalog

FROM = "profiles p LEFT JOIN customers c ON c.customer_id = p.customer_id"
"""The rows that `target` stands on."""


def names(catalog: Catalog) -> dict[str, str]:
    """Fields of customers and traits, with their rule types."""
    customers = catalog.entities.get("customers")
    fields = {column.name: column.type for column in customers.columns} if customers else {}
    return {**fields, **catalog.types("trait")}


def standing(session: Session) -> datetime | None:
    """as_of of the profiles that stand, at which conditions over them are judged; None before the first."""
    return session.value("SELECT MAX(as_of) FROM profiles") if "profiles" in session.tables() else None


def column(name: str, catalog: Catalog, dialect: Dialect) -> str:
    """SQL of a name over `FROM`."""
    return f"{'p' if name in catalog.entries.get('trait', {}) else 'c'}.{dialect.quote(name)}"


def condition(text: str, catalog: Catalog) -> Expression:
    """A condition over customers that may ask for any tag. Raises RuleInvalid."""
    return parse_condition(text, names(catalog), tags=frozenset(catalog.names("tag")), zone=catalog.zone)


def target(catalog: Catalog, dialect: Dialect, as_of: datetime) -> Target:
    """Where a condition is printed for: over `FROM`, tags as they stood in the history at `as_of`."""
    now = timestamp_literal(as_of)

    def has_tag(tag: str) -> str:
        return (
            "EXISTS (SELECT 1 FROM tag_history h WHERE h.customer_id = p.customer_id "
            f"AND h.tag = {literal(tag)} AND h.entered_at <= {now} AND h.left_at > {now})"
        )

    return Target(
        dialect=dialect,
        as_of=as_of,
        columns=lambda name: column(name, catalog, dialect),
        has_tag=has_tag,
        identity="p.customer_id",
    )
