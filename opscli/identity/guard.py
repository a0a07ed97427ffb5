"""Shared values lose their role as keys: a switchboard or a family mailbox must not weld people together."""

from __future__ import annotations

from opscli.engine.warehouse import Session
from opscli.identity.identity import Guards


def learn_hubs(session: Session, guards: Guards) -> int:
    """`scratch.identity_hubs`: e-mail addresses and phone numbers on too many records of too many names; how many."""
    session.create("scratch.identity_hubs", {"key": "text", "value": "text", "records": "integer", "names": "integer"})
    for key in ("email", "phone"):
        session.execute(
            f"INSERT INTO scratch.identity_hubs SELECT '{key}', {key}, COUNT(*), COUNT(DISTINCT COALESCE(pair, "
            "given, family)) "
            f"FROM scratch.identity_normal WHERE {key} IS NOT NULL GROUP BY {key} "
            "HAVING COUNT(*) > ? AND COUNT(DISTINCT COALESCE(pair, given, family)) > ?",
            (guards.hub_records, guards.hub_names),
        )
    return int(session.value("SELECT COUNT(*) FROM scratch.identity_hubs") or 0)


def drop_hubs(session: Session) -> None:
    """`scratch.identity_keys`: the normal forms, with hub values no longer keys."""
    kept = (name for name in session.columns("scratch.identity_normal") if name not in ("email", "phone"))
    columns = ", ".join(f"k.{session.dialect.quote(name)}" for name in kept)
    session.execute(
        f"CREATE OR REPLACE TABLE scratch.identity_keys AS SELECT {columns}, "
        "CASE WHEN he.value IS NULL THEN k.email END AS email, CASE WHEN hp.value IS NULL THEN k.phone END AS phone "
        "FROM scratch.identity_normal AS k "
        "LEFT JOIN scratch.identity_hubs AS he ON he.key = 'email' AND he.value = k.email "
        "LEFT JOIN scratch.identity_hubs AS hp ON hp.key = 'phone' AND hp.value = k.phone"
    )


def unusable(session: Session) -> dict[str, int]:
    """How many records hold a value that is no key, by reason."""
    row = session.rows(
        "SELECT COUNT(CASE WHEN n.standing = 'shared' THEN 1 END), COUNT(CASE WHEN n.standing = 'junk' THEN 1 END), "
        "COUNT(CASE WHEN (n.email IS NOT NULL AND k.email IS NULL) OR (n.phone IS NOT NULL AND k.phone IS NULL) "
        "THEN 1 END), "
        "COUNT(CASE WHEN k.email IS NULL AND k.phone IS NULL THEN 1 END) "
        "FROM scratch.identity_normal AS n JOIN scratch.identity_keys AS k ON k.rec = n.rec"
    )[0]
    reasons = ("role_mailbox", "unusable_email", "shared_by_many_names", "without_any_key")
    return {reason: int(count) for reason, count in zip(reasons, row, strict=True) if count}
