"""Conditions of campaigns as SQL over customers `c` and profiles `p`."""

from __future__ import annotations

from opscli.campaigns.campaign import expression
from opscli.engine.versions import literal
from opscli.engine.warehouse import Session
from opscli.rules.sql import literal as sql_literal
from opscli.rules.sql import render
from opscli.rules.target import Target
from opscli.stage import Context


def people(session: Session) -> str:
    """FROM clause: everybody, with their profile where profiles exist."""
    profile = " LEFT JOIN profiles AS p ON p.customer_id = c.customer_id" if "profiles" in session.tables() else ""
    return f"customers AS c{profile}"


def condition_sql(text: str, session: Session, ctx: Context) -> str:
    """A condition over `c` and `p`; unknown counts as no."""
    quote, traits = session.dialect.quote, ctx.project.catalog.types("trait")

    def column(name: str) -> str:
        return f"{'p' if name in traits else 'c'}.{quote(name)}"

    target = Target(
        dialect=session.dialect,
        as_of=ctx.as_of,
        columns=column,
        has_tag=lambda name: _has_tag(name, ctx),
        identity="c.customer_id",
    )
    return f"COALESCE({render(expression(text, ctx.project.catalog), target)}, FALSE)"


def _has_tag(name: str, ctx: Context) -> str:
    moment = literal(ctx.as_of)
    return (
        f"EXISTS (SELECT 1 FROM tag_history AS t WHERE t.customer_id = c.customer_id AND t.tag = {sql_literal(name)} "
        f"AND t.entered_at <= {moment} AND t.left_at > {moment})"
    )
