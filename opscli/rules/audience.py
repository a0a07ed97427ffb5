"""Conditions over customers: what they may name, and where that lies in SQL. A trait hides the field of its name."""

from __future__ import annotations

from datetime import datetime

from opscli.engine.dialect import Dialect
from opscli.engine.warehouse import Session
from opscli.rules import past
from opscli.rules.language import condition as parse_condition
from opscli.rules.scope import of_customers
from opscli.rules.sugar import Written
from opscli.rules.target import Target
from opscli.rules.tree import Expression
from opscli.stage import Catalog

READS = ("customers", "profiles", *past.TABLES)
"""Tables that a condition over customers may look into, for the locks of those who judge one."""


def over(profiles: str) -> str:
    """The rows that `target` stands on, with the profiles of a table."""
    return f"{profiles} p LEFT JOIN customers c ON c.customer_id = p.customer_id"


FROM = over("profiles")
"""The same with the profiles that stand."""


def standing(session: Session) -> datetime | None:
    """as_of of the profiles that stand, at which conditions over them are judged; None before the first."""
    return session.value("SELECT MAX(as_of) FROM profiles") if "profiles" in session.tables() else None


def column(name: str, catalog: Catalog, dialect: Dialect) -> str:
    """SQL of a name over `FROM`."""
    return f"{'p' if name in catalog.entries.get('trait', {}) else 'c'}.{dialect.quote(name)}"


def condition(written: Written, catalog: Catalog) -> Expression:
    """A condition over customers that may ask for any tag, message and campaign. Raises RuleInvalid."""
    return parse_condition(written, of_customers(catalog))


def target(catalog: Catalog, dialect: Dialect, as_of: datetime, *, person: str = "p") -> Target:
    """Where a condition is printed for: over `FROM`, tags as they stood in the history at `as_of`.

    `person` is the alias whose customer_id says who a row is, where not everybody has a profile.
    """
    return Target(
        dialect=dialect,
        as_of=as_of,
        columns=lambda name: column(name, catalog, dialect),
        identity=f"{person}.customer_id",
    )
