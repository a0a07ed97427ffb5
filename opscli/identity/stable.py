"""Ids that stay: each component keeps the id its records had, or gets a new one minted from its smallest record."""

from __future__ import annotations

from dataclasses import dataclass

from opscli.clock import END_OF_TIME
from opscli.engine.dialect import customer_id_sql
from opscli.engine.versions import literal
from opscli.engine.warehouse import Session

_MANY_TRIES = 1_000
"""An id can be taken (its customer lives on elsewhere) a handful of times, never this often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdChanges:
    """What happened to ids: `moved` of the `linked` records, which had a customer before, belong to another now."""

    minted: int
    merged: int
    split: int
    moved: int
    linked: int


def assign_ids(session: Session, *, key: str) -> IdChanges:
    """`scratch.identity_members` (rec, label, old_id, customer_id), `identity_merged` and `identity_parted`.

    Needs `identity_records`, `identity_components`, and `identity_aliases` (alias) of ids that are no longer in use.
    An old id goes where most of its records are (tie: the smallest record); where several meet, the earliest minted
    survives (tie: by id).
    """
    _gather_old(session)
    _find_homes(session)
    minted = _mint(session, key)
    session.execute(
        "CREATE OR REPLACE TABLE scratch.identity_members AS SELECT o.rec, o.source, o.source_id, o.label, "
        "o.old_id, i.customer_id "
        "FROM scratch.identity_old AS o JOIN scratch.identity_ids AS i ON i.label = o.label"
    )
    session.execute(
        "CREATE OR REPLACE TABLE scratch.identity_merged AS SELECT h.old_id AS alias, i.customer_id "
        "FROM scratch.identity_homes AS h JOIN scratch.identity_ids AS i ON i.label = h.label WHERE h.old_id <> "
        "i.customer_id"
    )
    session.execute(
        "CREATE OR REPLACE TABLE scratch.identity_parted AS SELECT m.old_id, m.customer_id, COUNT(*) AS records "
        "FROM scratch.identity_members AS m JOIN scratch.identity_homes AS h ON h.old_id = m.old_id "
        "WHERE m.label <> h.label GROUP BY m.old_id, m.customer_id"
    )
    moved, linked = session.rows(
        "SELECT COUNT(CASE WHEN old_id <> customer_id THEN 1 END), COUNT(old_id) FROM scratch.identity_members"
    )[0]
    return IdChanges(
        minted=minted,
        merged=int(session.value("SELECT COUNT(*) FROM scratch.identity_merged")),
        split=int(session.value("SELECT COUNT(DISTINCT old_id) FROM scratch.identity_parted")),
        moved=int(moved),
        linked=int(linked),
    )


def _gather_old(session: Session) -> None:
    session.execute(
        "CREATE OR REPLACE TABLE scratch.identity_old AS SELECT r.rec, r.source, r.source_id, c.label, "
        "l.customer_id AS old_id "
        "FROM scratch.identity_records AS r JOIN scratch.identity_components AS c ON c.rec = r.rec "
        "LEFT JOIN links AS l ON l.ns = r.source AND l.ref = r.source_id AND l.source = l.ns"
    )


def _find_homes(session: Session) -> None:
    """Each old id with the component that holds most of its records; `identity_ids`: the id that survives in each."""
    minted_at = "c.first_seen" if "customers" in session.tables() else f"CAST({literal(END_OF_TIME)} AS TIMESTAMP)"
    join = "LEFT JOIN customers AS c ON c.customer_id = h.old_id" if "customers" in session.tables() else ""
    session.execute(
        "CREATE OR REPLACE TABLE scratch.identity_homes AS SELECT old_id, label FROM ("
        "SELECT old_id, label, ROW_NUMBER() OVER (PARTITION BY old_id ORDER BY COUNT(*) DESC, MIN(rec)) AS place "
        "FROM scratch.identity_old WHERE old_id IS NOT NULL GROUP BY old_id, label) AS ranked WHERE place = 1"
    )
    session.execute(
        "CREATE OR REPLACE TABLE scratch.identity_ids AS SELECT label, old_id AS customer_id FROM ("
        f"SELECT h.label, h.old_id, ROW_NUMBER() OVER (PARTITION BY h.label ORDER BY COALESCE({minted_at}, "
        f"{literal(END_OF_TIME)}), h.old_id) AS place FROM scratch.identity_homes AS h {join}) AS ranked WHERE "
        "place = 1"
    )


def _mint(session: Session, key: str) -> int:
    """Ids for components that have none, from their smallest record; a taken one gets a counter behind it."""
    session.execute(
        "CREATE OR REPLACE TABLE scratch.identity_taken AS SELECT customer_id AS id FROM links "
        "UNION SELECT alias FROM scratch.identity_aliases"
    )
    minted = 0
    for attempt in range(_MANY_TRIES):
        tail = "o.source_id" if attempt == 0 else f"o.source_id || '#{attempt}'"
        proposal = customer_id_sql("?", "o.source", tail)
        added = session.execute(
            "INSERT INTO scratch.identity_ids SELECT label, id FROM (SELECT label, id, ROW_NUMBER() OVER "
            f"(PARTITION BY id ORDER BY label) AS place FROM (SELECT o.label, {proposal} AS id FROM "
            "scratch.identity_old AS o "
            "WHERE o.rec = o.label AND NOT EXISTS (SELECT 1 FROM scratch.identity_ids AS i WHERE i.label = "
            "o.label)) AS wanted "
            "WHERE id NOT IN (SELECT id FROM scratch.identity_taken) "
            "AND id NOT IN (SELECT customer_id FROM scratch.identity_ids)) AS ranked WHERE place = 1",
            (key,),
        )
        minted += added
        missing = session.value(
            "SELECT COUNT(*) FROM scratch.identity_old AS o WHERE o.rec = o.label "
            "AND NOT EXISTS (SELECT 1 FROM scratch.identity_ids AS i WHERE i.label = o.label)"
        )
        if not missing:
            return minted
    message = f"no free customer id for {missing} components after {_MANY_TRIES} tries"
    raise RuntimeError(message)
