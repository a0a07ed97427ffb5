"""Stage `health`: score every customer, and turn the alert of record into tasks for account owners.

A stale feed withholds the alert, never the scores: the step says so and counts it as a leftover (exit 3); asked for the
alert alone it is an error (exit 65). The circuit breaker stops the whole step before anything is written (exit 4).
Options: `part` = score or alert (default both), `only` = names of health models.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from opscli.assignment import tasks
from opscli.engine.erasure import delete_customers
from opscli.engine.versions import literal
from opscli.engine.warehouse import Session, next_load_seq
from opscli.errors import DataUnusable, GuardStopped, TryLater, UsageError
from opscli.health.health import HealthSpec
from opscli.health.planning import ModelPlan, Planner
from opscli.health.score import BANDS
from opscli.outcome import Outcome
from opscli.phrases import clauses, counted, listed, say
from opscli.rules import audience
from opscli.rules import sql as rules_sql
from opscli.stage import Context, Preview
from opscli.state import bulk
from opscli.state.tables import health_overrides

READS = (*audience.READS, "health_scores", "entities")
WRITES = ("health_scores", "tasks")

ORIGIN = "health"
"""`tasks.origin` of what this stage creates; the origin's name is the health model."""

_SAMPLE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthPlan:
    """What a run appends and creates. `load_seq` is the state of the warehouse that it was computed from."""

    as_of: datetime
    load_seq: int
    profiles: int
    models: tuple[ModelPlan, ...]
    preview: Preview


def plan(ctx: Context) -> HealthPlan:
    """Score and judge into scratch.

    Raises DataUnusable when profiles are missing or of another time, or a feed is stale and only the alert is wanted.
    """
    specs = _chosen(ctx)
    load_seq = ctx.warehouse.load_seq()
    known = {spec.name: _tasks_so_far(ctx, spec) for spec in specs}
    models: list[ModelPlan] = []
    sample: list[dict[str, Any]] = []
    with ctx.warehouse.read() as session:
        profiles = _check_profiles(session, ctx)
        for position, spec in enumerate(specs):
            planner = Planner(ctx=ctx, session=session, spec=spec, position=position)
            models.append(planner.plan(known[spec.name]))
            sample += planner.sample(models[-1].drafts)
    counts = _counts(models)
    skipped = {reason: sum(model.verdict.skipped.get(reason, 0) for model in models) for reason in _reasons(models)}
    preview = Preview(headline=_headline(models, counts), counts=counts, skipped=skipped, sample=sample[:_SAMPLE])
    return HealthPlan(as_of=ctx.as_of, load_seq=load_seq, profiles=profiles, models=tuple(models), preview=preview)


def run(plan: HealthPlan, ctx: Context) -> Outcome:
    """Append the scores in one transaction, then create the tasks in one; doing it again changes nothing.

    Raises GuardStopped when the breaker stops it (`ctx.approve` lets it pass), TryLater when the warehouse has moved.
    """
    stops = [model.stop for model in plan.models if model.stop]
    if stops and not ctx.approve:
        remedy = say("health.stopped_how")
        raise GuardStopped(stops[0], remedy=remedy, details=stops[1:])
    scores = _append_scores(plan, ctx)
    created = sum(_create_tasks(model, ctx) for model in plan.models if model.verdict.new)
    withheld = [f"{model.name}: {model.verdict.withheld}" for model in plan.models if model.verdict.withheld]
    off = [f"{model.name}: {model.verdict.off}" for model in plan.models if model.verdict.off]
    return Outcome(
        summary=plan.preview.headline,
        rows_in=plan.profiles,
        rows_out=scores,
        changed=scores + created,
        leftovers=len(withheld),
        details={
            "counts": dict(plan.preview.counts) | {"scored": scores, "tasks_created": created},
            "skipped": dict(plan.preview.skipped),
            "eligible": {model.name: model.verdict.eligible for model in plan.models},
            "alert_withheld": withheld,
            "alert_off": off,
        },
    )


def erase(ids: Sequence[str], ctx: Context) -> int:
    """Remove these customers' scores, overrides and tasks; rows removed."""
    with ctx.warehouse.write("health_scores") as session:
        removed = delete_customers(session, ("health_scores",), ids)
    with ctx.state.begin() as connection:
        removed += bulk.delete_customers(connection, (health_overrides,), ids)
        return removed + tasks.erase(connection, ids)


def _chosen(ctx: Context) -> tuple[HealthSpec, ...]:
    """The models that the options name, by default all. Raises UsageError for one that does not exist."""
    specs = ctx.project.all("health", HealthSpec)
    only = ctx.options.get("only")
    if not only:
        return specs
    known = {spec.name: spec for spec in specs}
    unknown = [name for name in only if name not in known]
    if unknown:
        raise UsageError(
            say("health.no_model", model=unknown[0]),
            remedy=say("health.models_are", names=listed(known) or say("health.none_defined")),
        )
    return tuple(known[name] for name in only)


def _tasks_so_far(ctx: Context, spec: HealthSpec) -> Any:
    """This model's tasks as an Arrow table: customer_id (of today), episode, status, created_at."""
    with ctx.state.read() as connection:
        return bulk.to_arrow(connection, tasks.query_of_origin(ORIGIN, spec.name))


def _check_profiles(session: Session, ctx: Context) -> int:
    """How many profiles there are; they must be those of this very instant."""
    if "profiles" not in session.tables():
        raise DataUnusable(say("data.no_profiles"), remedy=say("data.no_profiles_how"))
    [(count, oldest, newest)] = session.rows("SELECT COUNT(*), MIN(as_of), MAX(as_of) FROM profiles")
    if count and (oldest, newest) != (ctx.as_of, ctx.as_of):
        raise DataUnusable(
            say("health.other_instant", newest=newest, as_of=ctx.as_of),
            remedy=say("health.other_instant_how"),
        )
    return int(count)


def profiles_instant(session: Session) -> datetime | None:
    """The time that the present profiles are as of; None when there are none."""
    known = "profiles" in session.tables()
    moment: datetime | None = session.value("SELECT MAX(as_of) FROM profiles") if known else None
    return moment


def _append_scores(plan: HealthPlan, ctx: Context) -> int:
    """Insert the new rows; rows inserted. Raises TryLater when the warehouse has moved since the plan."""
    if not any(model.scores for model in plan.models):
        _check_unmoved(plan, ctx.warehouse.load_seq())
        return 0
    with ctx.warehouse.write("health_scores") as session:
        _check_unmoved(plan, int(session.value("SELECT load_seq FROM warehouse_info")))
        load_seq = next_load_seq(session)
        return sum(_append(session, model, ctx, load_seq) for model in plan.models if model.scores)


def _append(session: Session, model: ModelPlan, ctx: Context, load_seq: int) -> int:
    name, as_of = rules_sql.literal(model.name), literal(ctx.as_of)
    values = f"{rules_sql.literal(ctx.project.version)}, {rules_sql.literal(ctx.run_id)}, {load_seq}"
    return session.execute(
        "INSERT INTO health_scores (customer_id, model, as_of, score, band, coverage, trend, drivers, "
        "config_version, run_id, load_seq) "
        f"SELECT n.customer_id, {name}, {as_of}, n.score, n.band, n.coverage, n.trend, n.drivers, {values} "
        f"FROM {model.scored} n LEFT JOIN health_scores h "
        f"ON h.customer_id = n.customer_id AND h.model = {name} AND h.as_of = {as_of} WHERE h.customer_id IS NULL "
        "ORDER BY n.customer_id"
    )


def _check_unmoved(plan: HealthPlan, load_seq: int) -> None:
    if load_seq != plan.load_seq:
        raise TryLater(say("health.warehouse_moved"), remedy=say("data.run_again"))


def _create_tasks(model: ModelPlan, ctx: Context) -> int:
    origin = tasks.Origin(origin=ORIGIN, name=model.name, run_id=ctx.run_id, at=ctx.as_of)
    with ctx.warehouse.read() as session, ctx.state.begin() as connection:
        return tasks.create(connection, origin, _drafts(session, model))


def _drafts(session: Session, model: ModelPlan) -> Iterator[Mapping[str, Any]]:
    """The drafts in batches, as the state takes them."""
    for batch in session.batches(f"SELECT * FROM {model.drafts} ORDER BY customer_id"):
        yield from batch.to_pylist()


def _counts(models: Sequence[ModelPlan]) -> dict[str, int]:
    new = sum(model.verdict.new for model in models)
    effects = {"scored": sum(model.scores for model in models), "alerts": new, "tasks_created": new}
    return effects | {band: sum(model.bands.get(band, 0) for model in models) for band in BANDS}


def _reasons(models: Sequence[ModelPlan]) -> list[str]:
    return sorted({reason for model in models for reason in model.verdict.skipped})


def _headline(models: Sequence[ModelPlan], counts: Mapping[str, int]) -> str:
    bands = listed(counted(counts[band], band) for band in BANDS if counts[band])
    number = counts["scored"]
    scores = say("health.new_scores", count=number)
    if bands:
        scores = say("health.new_scores_in", count=number, bands=bands)
    parts = [scores, say("health.alerts", count=counts["alerts"])]
    for model in models:
        verdict = model.verdict
        parts += [say("health.alert_withheld", model=model.name, why=verdict.withheld)] if verdict.withheld else []
        parts += [say("health.alert_off", model=model.name, why=verdict.off)] if verdict.off else []
        parts += [say("health.breaker", why=model.stop)] if model.stop else []
    return clauses(parts) if models else say("health.none_configured")
