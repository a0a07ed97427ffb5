"""Deterministic rules as joins: which records agree on every key of a rule (`scratch.identity_edges`).

Agreement is an equality, so a group becomes a star around its smallest record: edges grow with records, not pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from opscli.engine.warehouse import Session
from opscli.identity.identity import Rule
from opscli.identity.prepare import PLAIN

SOLE, LOOSE, STRICT = 0, 1, 2
"""How much an edge rests on: the only person behind a value, a first name beside it, or the whole name beside it."""

_ALTERNATIVES = {
    # the same first name; both names in any order; the same last name and another spelling of the first
    "personal": (("given",), ("pair",), ("family", "alike")),
    "name": (("pair",),),
    "email": (("email",),),
    "phone": (("phone",),),
    "first_name": (("given",),),
    "last_name": (("family",),),
}


def find_agreements(session: Session, rules: Sequence[Rule]) -> None:
    """Edges of every rule that compares what both records know."""
    columns = {"a": "integer", "b": "integer", "rule": "integer", "strength": "integer"}
    session.create("scratch.identity_edges", columns)
    for number, rule in enumerate(rules):
        if not rule.sole:
            for columns_of_group in _groupings(rule):
                _star(session, columns_of_group, number)


def _groupings(rule: Rule) -> list[tuple[str, ...]]:
    choices = [_ALTERNATIVES.get(key, ((PLAIN + key,),)) for key in rule.all_of]
    return [tuple(column for choice in combination for column in choice) for combination in product(*choices)]


def _star(session: Session, columns: Sequence[str], rule: int) -> None:
    quoted = [session.dialect.quote(column) for column in columns]
    strength = STRICT if "pair" in columns else LOOSE
    session.execute(
        f"INSERT INTO scratch.identity_edges SELECT first, rec, {rule}, {strength} FROM ("
        f"SELECT rec, MIN(rec) OVER (PARTITION BY {', '.join(quoted)}) AS first FROM scratch.identity_keys "
        f"WHERE {' AND '.join(f'{column} IS NOT NULL' for column in quoted)}) AS grouped WHERE first <> rec"
    )


def attach_to_sole_person(session: Session, rule: Rule, number: int) -> int:
    """Edges from components that know no first name to the only person behind their key value; how many.

    A value that leads to two compatible people attaches nothing. Needs `scratch.identity_components` (rec, label).
    """
    key, other = ("email", "phone") if "email" in rule.all_of else ("phone", "email")
    _split_by_knowledge(session, key, other)
    added = session.execute(
        f"INSERT INTO scratch.identity_edges SELECT MIN(p_rec), MIN(n_rec), {number}, {SOLE} FROM "
        "scratch.identity_candidates "
        "GROUP BY p_label HAVING COUNT(DISTINCT n_label) = 1"
    )
    # No named person is near: records that know the same little are one person.
    added += session.execute(
        f"INSERT INTO scratch.identity_edges SELECT first, rec, {number}, {SOLE} FROM ("
        "SELECT rec, MIN(rec) OVER (PARTITION BY value, other, initial, family) AS first FROM scratch.identity_partial "
        "WHERE label NOT IN (SELECT p_label FROM scratch.identity_candidates)) AS grouped WHERE first <> rec"
    )
    return added


def _split_by_knowledge(session: Session, key: str, other: str) -> None:
    """Records without a first name, and the named people they could be: nothing that both know may differ."""
    session.execute(
        "CREATE OR REPLACE TABLE scratch.identity_known AS SELECT k.rec, c.label, "
        f"k.{key} AS value, k.{other} AS other, k.given, k.family, k.initial, "
        "MAX(k.given) OVER (PARTITION BY c.label) AS somebody, "
        f"MAX(k.{other}) OVER (PARTITION BY c.label) AS any_other "
        "FROM scratch.identity_keys AS k JOIN scratch.identity_components AS c ON c.rec = k.rec"
    )
    session.execute(
        "CREATE OR REPLACE TABLE scratch.identity_partial AS SELECT rec, label, value, COALESCE(other, '') AS other, "
        "COALESCE(initial, '') AS initial, COALESCE(family, '') AS family FROM scratch.identity_known "
        "WHERE somebody IS NULL AND value IS NOT NULL"
    )
    session.execute(
        "CREATE OR REPLACE TABLE scratch.identity_candidates AS "
        "SELECT p.label AS p_label, n.label AS n_label, MIN(p.rec) AS p_rec, MIN(n.rec) AS n_rec "
        "FROM scratch.identity_partial AS p JOIN ("
        "SELECT value, label, given, family, any_other, MIN(rec) AS rec FROM scratch.identity_known "
        "WHERE given IS NOT NULL AND value IS NOT NULL GROUP BY value, label, given, family, any_other) AS n "
        "ON n.value = p.value AND (p.family = '' OR n.family IS NULL OR n.family = p.family) "
        "AND (p.initial = '' OR substr(n.given, 1, 1) = p.initial) "
        "WHERE p.other = '' OR n.any_other IS NULL OR EXISTS "
        "(SELECT 1 FROM scratch.identity_known AS same WHERE same.label = n.label AND same.other = p.other) "
        "GROUP BY p.label, n.label"
    )
