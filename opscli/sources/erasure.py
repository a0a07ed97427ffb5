"""Remove customers from what was imported: their records, the rows that refer to them, and rejects that name them."""

from __future__ import annotations

from collections.abc import Sequence

from opscli.engine.warehouse import Session
from opscli.stage import Context

_REFERENCES = "scratch.import_erased"
_SHORTEST_NEEDLE = 4
"""Shorter references would match rejects of others by chance."""


def erase(ids: Sequence[str], ctx: Context) -> int:
    """Delete by `links`; call before identity erases those. Rows removed."""
    entities = [entity for entity in ctx.project.entities.values() if entity.customer or entity.name == "customers"]
    removed = 0
    with ctx.warehouse.read() as session:
        _note_references(session, ids)
    with ctx.warehouse.write(*(entity.versions_table for entity in entities), "rejects") as session:
        for entity in entities:
            table = session.dialect.quote(entity.versions_table)
            if not session.columns(entity.versions_table):
                continue
            if entity.name == "customers":
                match = "v.source = e.ns AND v.source_id = e.ref"
            else:
                match = f"v.customer_ns = e.ns AND v.{session.dialect.quote(str(entity.customer))} = e.ref"
            removed += session.execute(f"DELETE FROM {table} AS v USING {_REFERENCES} AS e WHERE {match}")
        removed += session.execute(
            f"DELETE FROM rejects AS r USING {_REFERENCES} AS e "
            f"WHERE length(e.ref) >= {_SHORTEST_NEEDLE} AND contains(lower(r.raw), lower(e.ref))"
        )
    return removed


def _note_references(session: Session, ids: Sequence[str]) -> None:
    """Every reference that leads to these customers."""
    import pyarrow as pa

    session.create("scratch.import_erased_ids", {"customer_id": "text"})
    session.insert_arrow("scratch.import_erased_ids", pa.table({"customer_id": pa.array(list(ids), pa.string())}))
    session.execute(
        f"CREATE OR REPLACE TABLE {_REFERENCES} AS SELECT l.ns, l.ref FROM links AS l "
        "JOIN scratch.import_erased_ids AS i ON i.customer_id = l.customer_id"
    )
