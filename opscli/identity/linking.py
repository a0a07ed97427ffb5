"""Who a reference is: record links, the addresses, numbers and ids that lead to exactly one customer, former ids."""

from __future__ import annotations

from collections.abc import Sequence

from opscli.engine.former import FORMER
from opscli.engine.warehouse import Session
from opscli.identity.identity import Rule

ALONE = "alone"
"""Rule of a record that agrees with no other."""
IDENTIFIER = "identifier"
"""Rule of a derived row: the value is found at one customer only."""
MERGED = "merged"
"""Rule of a former id: what was written under it is the survivor's."""


def build_links(session: Session, rules: Sequence[Rule]) -> None:
    """`scratch.identity_links`, columns of `links` without run and time."""
    names = " ".join(f"WHEN {number} THEN '{rule.name}'" for number, rule in enumerate(rules))
    session.execute(
        "CREATE OR REPLACE TABLE scratch.identity_links AS "
        "SELECT m.source AS ns, m.source_id AS ref, m.customer_id, m.source, m.source_id, "
        f"COALESCE(CASE e.rule {names} END, '{ALONE}') AS rule FROM scratch.identity_members AS m LEFT JOIN ("
        "SELECT rec, MIN(rule) AS rule FROM (SELECT a AS rec, rule FROM scratch.identity_edges "
        "UNION ALL SELECT b, rule FROM scratch.identity_edges) AS ends GROUP BY rec) AS e ON e.rec = m.rec"
    )
    columns = session.columns("scratch.identity_records")
    as_written = (
        "UNION SELECT LOWER(TRIM(r.email)), m.customer_id FROM members AS m JOIN scratch.identity_records AS r "
        "ON r.rec = m.rec WHERE r.email IS NOT NULL AND m.standing <> 'junk'"
    )
    raw = as_written if "email" in columns else ""
    session.execute(
        "CREATE OR REPLACE TABLE scratch.identity_addresses AS WITH members AS (SELECT m.rec, m.customer_id, "
        "n.mail, n.address, "
        "n.standing, n.e164 FROM scratch.identity_members AS m JOIN scratch.identity_normal AS n ON n.rec = m.rec) "
        "SELECT mail AS ref, customer_id FROM members WHERE mail IS NOT NULL AND standing <> 'junk' "
        f"UNION SELECT address, customer_id FROM members WHERE address IS NOT NULL AND standing <> 'junk' {raw}"
    )
    phones = (
        "SELECT n.e164 AS ref, m.customer_id FROM scratch.identity_members AS m "
        "JOIN scratch.identity_normal AS n ON n.rec = m.rec WHERE n.e164 IS NOT NULL"
    )
    anything = (
        "SELECT source_id AS ref, customer_id FROM scratch.identity_members "
        "UNION SELECT ref, customer_id FROM scratch.identity_addresses"
    )
    for ns, references in (("email", "SELECT * FROM scratch.identity_addresses"), ("phone", phones), ("any", anything)):
        session.execute(
            f"INSERT INTO scratch.identity_links SELECT '{ns}', ref, MIN(customer_id), NULL, NULL, '{IDENTIFIER}' "
            f"FROM ({references}) AS found GROUP BY ref HAVING COUNT(DISTINCT customer_id) = 1"
        )
    session.execute(
        f"INSERT INTO scratch.identity_links SELECT '{FORMER}', alias, customer_id, NULL, NULL, '{MERGED}' "
        "FROM scratch.identity_former"
    )


def build_review(session: Session) -> int:
    """`scratch.identity_review`: customers apart that share an address or number and a last name, and whose first names
    start alike: a typing error, or a relative. One pair per two customers; how many.
    """
    pairs = " UNION ALL ".join(
        f"SELECT '{key}' AS shared, k.{key} AS value, k.family, substr(k.given, 1, 1) AS start, m.customer_id, "
        "MIN(k.rec) AS rec "
        "FROM scratch.identity_keys AS k JOIN scratch.identity_members AS m ON m.rec = k.rec "
        f"WHERE k.{key} IS NOT NULL AND k.family IS NOT NULL AND k.given IS NOT NULL "
        f"GROUP BY k.{key}, k.family, substr(k.given, 1, 1), m.customer_id"
        for key in ("email", "phone")
    )
    session.execute(
        "CREATE OR REPLACE TABLE scratch.identity_review AS SELECT a.source AS source_a, a.source_id AS source_id_a, "
        "b.source AS source_b, b.source_id AS source_id_b, CASE MIN(pair.shared) WHEN 'email' THEN "
        "'same_email_and_last_name' "
        "ELSE 'same_phone_and_last_name' END AS reason FROM ("
        f"WITH people AS ({pairs}) SELECT x.shared, x.rec AS first, y.rec AS second FROM people AS x JOIN people AS y "
        "ON y.shared = x.shared AND y.value = x.value AND y.family = x.family AND y.start = x.start "
        "AND y.customer_id <> x.customer_id AND x.rec < y.rec) AS pair "
        "JOIN scratch.identity_records AS a ON a.rec = pair.first JOIN scratch.identity_records AS b ON b.rec = "
        "pair.second "
        "LEFT JOIN review_pairs AS d ON d.source_a = a.source AND d.source_id_a = a.source_id AND d.source_b = "
        "b.source "
        "AND d.source_id_b = b.source_id AND d.status <> 'open' WHERE d.status IS NULL "
        "GROUP BY a.source, a.source_id, b.source, b.source_id"
    )
    return int(session.value("SELECT COUNT(*) FROM scratch.identity_review"))
