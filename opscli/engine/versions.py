"""The two cuts of a versioned entity: what had happened, and what was known."""

from __future__ import annotations

from datetime import datetime

from opscli.engine.entity import Entity


def literal(moment: datetime) -> str:
    """A naive UTC instant as a SQL literal, the same on every engine."""
    return f"TIMESTAMP '{moment.isoformat(sep=' ')}'"


def visible(entity: Entity, *, as_of: datetime, known_at: datetime) -> str:
    """Parenthesised SELECT of the rows with event time < as_of in the version known at `known_at`.

    Entities without an event time (products, staff) are cut by knowledge alone.
    """
    known = f"known_from <= {literal(known_at)} AND known_to > {literal(known_at)}"
    happened = f' AND "{entity.time}" < {literal(as_of)}' if entity.time else ""
    return (
        f"(SELECT * FROM {entity.versions_table} WHERE {known}{happened})"  # both sides are schema names and instants
    )
