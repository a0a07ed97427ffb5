"""Stage `profiles`: one row per customer, one column per trait, as known at the run's as_of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from opscli.engine.erasure import delete_customers
from opscli.engine.warehouse import Session
from opscli.errors import DataUnusable, TryLater
from opscli.outcome import Outcome
from opscli.phrases import listed, say
from opscli.stage import Context, Preview
from opscli.traits.compile import Cut, profile_sql
from opscli.traits.model import Resolved, TraitSpec
from opscli.traits.resolve import resolve

READS = ("records", "customers", "links", "entities")
WRITES = ("profiles",)

_NEW = "scratch.profiles_new"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfilesPlan:
    """The new profiles lie in scratch; `load_seq` is the state of the warehouse that they were computed from."""

    as_of: datetime
    load_seq: int
    traits: int
    preview: Preview = field(default_factory=lambda: Preview(headline=""))


def plan(ctx: Context) -> ProfilesPlan:
    """Compute the profiles at `ctx.as_of` into scratch. Raises DataUnusable when there are no customers yet."""
    load_seq = ctx.warehouse.load_seq()
    with ctx.warehouse.read() as session:
        traits = compute(ctx, session, _NEW)
        counts = _counts(session, known="profiles" in session.tables())
    preview = Preview(
        headline=say("profiles.headline", profiles=counts["profiles"], traits=len(traits), as_of=ctx.as_of),
        counts=counts,
    )
    return ProfilesPlan(as_of=ctx.as_of, load_seq=load_seq, traits=len(traits), preview=preview)


def compute(ctx: Context, session: Session, table: str) -> tuple[Resolved, ...]:
    """Write the profiles at `ctx.as_of`, as known at `ctx.known_at`, into a scratch table; their traits.

    Raises DataUnusable when there are no customers yet.
    """
    project = ctx.project
    traits = resolve(project.all("traits", TraitSpec), project.entities, project.zone)
    present = frozenset(session.tables())
    if not {"customers", "records"} <= present:
        raise DataUnusable(say("data.no_customers"), remedy=say("data.no_customers_how"))
    _check_columns(traits, session)
    cut = Cut(
        dialect=session.dialect,
        entities=project.entities,
        as_of=ctx.as_of,
        known_at=ctx.known_at,
        present=present,
    )
    session.execute(profile_sql(traits, cut).into(table))
    return traits


def run(plan: ProfilesPlan, ctx: Context) -> Outcome:
    """Replace `profiles` in one transaction. Raises TryLater when the warehouse has moved since the plan."""
    with ctx.warehouse.write("profiles") as session:
        if int(session.value("SELECT load_seq FROM warehouse_info")) != plan.load_seq:
            raise TryLater(say("profiles.warehouse_moved"), remedy=say("data.run_again"))
        session.execute(f'CREATE OR REPLACE TABLE profiles AS SELECT * FROM {_NEW} ORDER BY "customer_id"')
    counts = plan.preview.counts
    return Outcome(
        summary=plan.preview.headline,
        rows_in=counts["profiles"],
        rows_out=counts["profiles"],
        changed=counts["profiles"],
        details={"counts": dict(counts), "as_of": plan.as_of.isoformat(), "traits": plan.traits},
    )


def erase(ids: Sequence[str], ctx: Context) -> int:
    """Remove these customers' profiles."""
    with ctx.warehouse.read() as session:
        if "profiles" not in session.tables():
            return 0
    with ctx.warehouse.write("profiles") as session:
        return delete_customers(session, ("profiles",), ids)


def _counts(session: Session, *, known: bool) -> Mapping[str, int]:
    """Profiles written, and how many customers come and go against the profiles that stand."""
    total = int(session.value(f"SELECT COUNT(*) FROM {_NEW}"))
    if not known:
        return {"profiles": total, "new": total, "gone": 0}
    missing = "SELECT COUNT(*) FROM {0} a LEFT JOIN {1} b ON a.customer_id = b.customer_id WHERE b.customer_id IS NULL"
    new = int(session.value(missing.format(_NEW, "profiles")))
    gone = int(session.value(missing.format("profiles", _NEW)))
    return {"profiles": total, "new": new, "gone": gone}


def _check_columns(traits: Sequence[Resolved], session: Session) -> None:
    """Fields of customers that config defines but the golden table does not have yet."""
    fields = {trait.trait.column.partition(".")[2] for trait in traits if trait.trait.kind == "field"}
    missing = sorted(fields - set(session.columns("customers")))
    if missing:
        raise DataUnusable(
            say("profiles.no_column_yet", names=listed(missing)),
            remedy=say("profiles.no_column_yet_how"),
        )
