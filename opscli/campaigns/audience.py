"""Conditions of campaigns as SQL over customers `c` and profiles `p`."""

from __future__ import annotations

from opscli.engine.warehouse import Session
from opscli.rules import audience
from opscli.rules.sql import render
from opscli.rules.sugar import Written
from opscli.stage import Context


def people(session: Session) -> str:
    """FROM clause: everybody, with their profile where profiles exist."""
    profile = " LEFT JOIN profiles AS p ON p.customer_id = c.customer_id" if "profiles" in session.tables() else ""
    return f"customers AS c{profile}"


def condition_sql(written: Written, session: Session, ctx: Context) -> str:
    """A condition over `c` and `p`; unknown counts as no."""
    catalog = ctx.project.catalog
    target = audience.target(catalog, session.dialect, ctx.as_of, person="c")
    return f"COALESCE({render(audience.condition(written, catalog), target)}, FALSE)"
