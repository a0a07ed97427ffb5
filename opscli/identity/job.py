"""The stage: records in, links and golden customers out. A plan works in scratch, a run writes what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opscli.config.document import Document
from opscli.engine.dialect import text_literal
from opscli.engine.entity import Entity, standard_entities
from opscli.engine.tables import TABLES
from opscli.engine.versions import literal
from opscli.engine.warehouse import Session
from opscli.errors import GuardStopped, TryLater
from opscli.identity import changes, identity, ledger, linking, matching, stable, survivorship
from opscli.identity.changes import Target
from opscli.identity.identity import IdentitySpec
from opscli.outcome import Outcome
from opscli.phrases import say
from opscli.stage import Context, Preview

READS = ("records", "links", "customers", "lineage", "review_pairs")
WRITES = ("links", "customers", "lineage", "review_pairs")

_REVIEW_COLUMNS = ("source_a", "source_id_a", "source_b", "source_id_b", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityPlan:
    """What a run does: the ledger rows, the tables that differ (their rows lie in scratch), and a guard's refusal."""

    preview: Preview
    load_seq: int
    targets: tuple[Target, ...]
    merged: tuple[Mapping[str, Any], ...]
    parted: tuple[Mapping[str, Any], ...]
    revived: tuple[str, ...]
    refusal: str
    columns: Mapping[str, str]
    """Columns of `customers` with their logical types."""

    @property
    def remembers(self) -> bool:
        """Is there something to write to the state?"""
        return bool(self.merged or self.parted or self.revived)


def spec_of(ctx: Context) -> IdentitySpec:
    """The project's identity.yaml, or the shipped standard where there is none."""
    found = ctx.project.all("identity", IdentitySpec)
    if found:
        return found[0]
    return identity.parse(
        Document(kind="identity", version=1, name="identity", file="identity.yaml", data={}, marks={})
    )


def entity_of(ctx: Context) -> Entity:
    """The entity customers of the project."""
    return ctx.project.entities.get("customers") or standard_entities()["customers"]


def plan(ctx: Context) -> IdentityPlan:
    """Who would be whom: matching, ids and golden records in scratch, and what differs from the tables that stand."""
    spec, entity = spec_of(ctx), entity_of(ctx)
    load_seq = ctx.warehouse.load_seq()
    with ctx.warehouse.read() as session:
        ledger.load(session, ctx.state, ctx.as_of)
        matched = matching.match(session, spec, entity, region=ctx.project.country)
        ids = stable.assign_ids(session, key=ctx.project.id_key)
        ledger.resolve_former(session)
        linking.build_links(session, spec.match)
        to_review = linking.build_review(session)
        survivorship.build_golden(session, entity, spec.survivorship, now=ctx.as_of)
        ledger.resolve_overrides(session)
        survivorship.apply_overrides(session, entity)
        targets = _targets(entity, ctx)
        changed = {target.table: changes.find(session, target) for target in targets}
        merged, parted, revived = ledger.read_changes(session)
    counts = {
        "records": matched.records,
        "customers": matched.customers,
        "new_customers": ids.minted,
        "merged": ids.merged,
        "split": ids.split,
        "changed_links": changed["links"],
        "changed_golden": changed["customers"],
    }
    refusal = _refusal(ids, _limit(spec, ctx))
    return IdentityPlan(
        preview=Preview(
            headline=_stops(_headline(counts), refusal),
            counts=counts,
            skipped={**matched.held_back, **({"to_review": to_review} if to_review else {})},
        ),
        load_seq=load_seq,
        targets=tuple(target for target in targets if changed[target.table]),
        merged=tuple(merged),
        parted=tuple(parted),
        revived=tuple(revived),
        refusal=refusal,
        columns=customer_columns(entity),
    )


def run(plan: IdentityPlan, ctx: Context) -> Outcome:
    """Apply `plan`: the state first, because aliases may be there early but never late, then one short write window.

    Raises GuardStopped when too many records would change customer, TryLater when new data came in since the plan.
    """
    if plan.refusal and not ctx.approve:
        raise GuardStopped(
            plan.refusal,
            remedy=say("identity.stopped_how"),
            details=[f"{name}: {count}" for name, count in plan.preview.counts.items()],
        )
    if ctx.warehouse.load_seq() != plan.load_seq:
        raise TryLater(say("identity.data_moved"), remedy=say("data.run_again"))
    if plan.remembers:
        ledger.write(ctx, plan.merged, plan.parted, plan.revived)
    if plan.targets:
        with ctx.warehouse.write(*(target.table for target in plan.targets)) as session:
            provide_customers(session, plan.columns)
            for target in plan.targets:
                changes.write(session, target)
    counts = plan.preview.counts
    return Outcome(
        summary=plan.preview.headline,
        rows_in=counts["records"],
        rows_out=counts["customers"],
        changed=counts["changed_links"] + counts["changed_golden"],
        details={"counts": dict(counts), "held_back": dict(plan.preview.skipped)},
    )


def erase(ids: Sequence[str], ctx: Context) -> int:
    """Remove these customers from every table here, their aliases and the details of their ledger; rows removed."""
    import pyarrow as pa

    with ctx.warehouse.read() as session:  # a write window writes the warehouse alone, so the list is laid out before
        session.create("scratch.identity_erased", {"customer_id": "text"})
        session.insert_arrow("scratch.identity_erased", pa.table({"customer_id": pa.array(ids, type=pa.string())}))
    with ctx.warehouse.write(*WRITES) as session:
        erased = "SELECT customer_id FROM scratch.identity_erased"
        record = f"SELECT 1 FROM links AS l WHERE l.source = l.ns AND l.customer_id IN ({erased})"
        removed = session.execute(
            f"DELETE FROM review_pairs AS p WHERE EXISTS ({record} AND l.ns = p.source_a AND l.ref = p.source_id_a) "
            f"OR EXISTS ({record} AND l.ns = p.source_b AND l.ref = p.source_id_b)"
        )
        for table in ("links", "lineage", "customers"):
            if table in session.tables():
                removed += session.execute(f"DELETE FROM {table} WHERE customer_id IN ({erased})")
    with ctx.state.begin() as connection:
        return removed + ledger.erase(connection, ids)


def _targets(entity: Entity, ctx: Context) -> tuple[Target, ...]:
    run_id = ("run_id", text_literal(ctx.run_id))
    golden = tuple(name for name in customer_columns(entity) if name != "updated_at")
    made = literal(ctx.as_of)
    links = tuple(name for name in TABLES["links"].names() if name not in ("run_id", "as_of"))
    lineage = tuple(name for name in TABLES["lineage"].names() if name != "run_id")
    return (
        Target(
            table="links",
            wanted="scratch.identity_links",
            key=("ns", "ref"),
            compared=links,
            stamped=(run_id, ("as_of", made)),
        ),
        Target(
            table="customers",
            wanted="scratch.identity_golden",
            key=("customer_id",),
            compared=golden,
            stamped=(("updated_at", made),),
        ),
        Target(
            table="lineage",
            wanted="scratch.identity_lineage",
            key=("customer_id", "field"),
            compared=lineage,
            stamped=(run_id,),
        ),
        Target(
            table="review_pairs",
            wanted="scratch.identity_review",
            key=_REVIEW_COLUMNS[:4],
            compared=_REVIEW_COLUMNS,
            stamped=(("status", "'open'"), ("evidence", "'{}'"), run_id),
            kept="status = 'open'",
        ),
    )


def customer_columns(entity: Entity) -> dict[str, str]:
    """Columns of the golden table with their logical types."""
    own = {column.name: column.type for column in entity.columns}
    return {
        "customer_id": "text",
        **own,
        "merged_records": "integer",
        "first_seen": "timestamp",
        "updated_at": "timestamp",
    }


def provide_customers(session: Session, columns: Mapping[str, str]) -> None:
    """Found the golden table, or widen it by properties that the entity has gained."""
    if "customers" not in session.tables():
        session.create("customers", columns)
    standing = session.columns("customers")
    for name, kind in columns.items():
        if name not in standing:
            added = f"{session.dialect.quote(name)} {session.dialect.type(kind)}"
            session.execute(f"ALTER TABLE customers ADD COLUMN {added}")


def _limit(spec: IdentitySpec, ctx: Context) -> float | None:
    return spec.guards.max_delta if spec.guards.delta_stated else ctx.project.max_delta


def _refusal(ids: stable.IdChanges, limit: float | None) -> str:
    """Why a guard stops the run, or ""; without earlier links there is no baseline to guard."""
    if limit is None or ids.linked == 0 or ids.moved / ids.linked <= limit:
        return ""
    return say("identity.too_many_moved", moved=ids.moved, linked=ids.linked, limit=limit)


def _stops(headline: str, refusal: str) -> str:
    return say("identity.stops", headline=headline, refusal=refusal) if refusal else headline


def _headline(counts: Mapping[str, int]) -> str:
    return say(
        "identity.headline",
        records=counts["records"],
        customers=counts["customers"],
        new=counts["new_customers"],
        merged=counts["merged"],
        split=counts["split"],
    )
