"""From records to components: normal forms, guards, rules, clusters. All of it in scratch; nothing is decided twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from opscli.engine.entity import Entity
from opscli.engine.tables import VERSION_COLUMNS
from opscli.engine.warehouse import Session
from opscli.identity import cluster, guard, prepare, rules
from opscli.identity.identity import IdentitySpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """How many records and components there are, and which records were held back for which reason."""

    records: int
    customers: int
    held_back: Mapping[str, int]


def match(session: Session, spec: IdentitySpec, entity: Entity, *, region: str) -> Matched:
    """`scratch.identity_records`, `…_normal`, `…_keys`, `…_hubs`, `…_edges` and `…_components` (rec, label)."""
    if "records" in session.tables():
        records = prepare.number_records(session)
    else:
        columns = {column.name: column.type for column in (*entity.columns, *VERSION_COLUMNS)}
        session.create("scratch.identity_records", {"rec": "integer", **columns})
        records = 0
    _widen(session, entity)
    prepare.attach_normal_forms(session, region=region, guards=spec.guards, rules=spec.match)
    hubs = guard.learn_hubs(session, spec.guards)
    guard.drop_hubs(session)
    rules.find_agreements(session, spec.match)
    cut = cluster.cluster(session, records, spec.guards.max_cluster)
    for number, rule in enumerate(spec.match):
        if rule.sole and rules.attach_to_sole_person(session, rule, number):
            cut = max(cut, cluster.cluster(session, records, spec.guards.max_cluster))
    held_back = guard.unusable(session)
    held_back |= {reason: count for reason, count in (("shared_values", hubs), ("cluster_too_large", cut)) if count}
    customers = int(session.value("SELECT COUNT(*) FROM scratch.identity_components WHERE rec = label"))
    return Matched(records=records, customers=customers, held_back=held_back)


def _widen(session: Session, entity: Entity) -> None:
    """Give the numbered records the columns that the entity has gained since the last import, empty."""
    standing = session.columns("scratch.identity_records")
    for column in entity.columns:
        if column.name not in standing:
            added = f"{session.dialect.quote(column.name)} {session.dialect.type(column.type)}"
            session.execute(f"ALTER TABLE scratch.identity_records ADD COLUMN {added}")
