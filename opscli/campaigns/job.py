"""Stage `campaigns`: who enters, who goes a step further, what goes to the outbox; decided as sets, applied at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select

from opscli.campaigns import entry, work
from opscli.campaigns.apply import apply
from opscli.campaigns.audience import condition_sql, people
from opscli.campaigns.campaign import STEPS, CampaignSpec
from opscli.clock import iso
from opscli.delivery import gate, lists
from opscli.engine.warehouse import Session
from opscli.errors import DataUnusable, GuardStopped, TryLater, UsageError
from opscli.kinds import load_kind
from opscli.outcome import Outcome
from opscli.phrases import say
from opscli.rules import audience
from opscli.stage import Context, Preview
from opscli.state import bulk
from opscli.state.tables import assignments, customer_aliases, enrolment_events, enrolments

READS = (*audience.READS, "entities")
WRITES = ("enrolments", "outbox")

PROFILES_MAX_AGE = timedelta(hours=24)
"""Campaigns may run more often than profiles are made; quiet hours and caps are judged at the run's own time."""
_SAMPLE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignsPlan:
    """What a run applies: the scratch tables of `work`, the cursors as they were read, the warehouse's state."""

    campaigns: tuple[CampaignSpec, ...]
    cursors: Mapping[str, entry.Cursor]
    load_seq: int
    messages: Mapping[str, int]
    preview: Preview


def plan(ctx: Context) -> CampaignsPlan:
    """Who would enter, be sent to, be held out and be skipped, in order of priority; nothing is written."""
    chosen = _chosen(ctx)
    load_seq = ctx.warehouse.load_seq()
    found: dict[str, entry.Cursor] = {}
    with ctx.warehouse.read() as session, ctx.state.read() as connection:
        _check_inputs(session, ctx)
        work.create_tables(session)
        lists.load(session, connection, ctx.as_of)
        entry.load_past(session, connection)
        gate.find_buyers(session, ctx.project.entities.get("orders"), as_of=ctx.as_of, known_at=ctx.known_at)
        for spec in chosen:
            found[spec.name] = entry.read_cursor(connection, spec, load_seq)
            _plan_one(ctx, session, connection, spec, found[spec.name])
        preview = _preview(session, chosen)
        messages = dict(session.rows(f"SELECT campaign, COUNT(*) FROM {work.MESSAGES} GROUP BY campaign"))
    return CampaignsPlan(campaigns=chosen, cursors=found, load_seq=load_seq, messages=messages, preview=preview)


def run(plan: CampaignsPlan, ctx: Context) -> Outcome:
    """Apply the plan in one transaction of the state. Raises GuardStopped above the recipients' limit."""
    _guard(plan, ctx)
    if ctx.warehouse.load_seq() != plan.load_seq:
        raise TryLater(say("campaigns.data_moved"), remedy=say("data.run_again"))
    counts = apply(plan.campaigns, plan.cursors, ctx)
    if counts != dict(plan.preview.counts):
        message = f"the run did {counts}, the plan said {dict(plan.preview.counts)}"
        raise RuntimeError(message)
    return Outcome(
        summary=plan.preview.headline,
        rows_in=counts["entered"],
        rows_out=counts["would_send"],
        changed=counts["entered"] + counts["would_send"],
        details={"counts": counts, "skipped": dict(plan.preview.skipped)},
    )


def erase(ids: Sequence[str], ctx: Context) -> int:
    """Remove customers from enrolments, their events and assignments."""
    with ctx.state.begin() as connection:
        return bulk.delete_customers(connection, (enrolment_events, assignments, enrolments), ids)


def _check_inputs(session: Session, ctx: Context) -> None:
    """Raises DataUnusable without customers, and when the project has traits but no profiles that are fresh enough."""
    if "customers" not in session.tables():
        raise DataUnusable(say("data.no_customers"), remedy=say("data.no_customers_how"))
    standing = audience.standing(session)
    if standing is None:
        if ctx.project.catalog.names("trait"):
            raise DataUnusable(say("data.no_profiles"), remedy=say("data.no_profiles_how"))
        return
    if not ctx.as_of - PROFILES_MAX_AGE <= standing <= ctx.as_of:
        raise DataUnusable(
            say("campaigns.other_instant", profiles=iso(standing), as_of=iso(ctx.as_of)),
            remedy=say("campaigns.other_instant_how"),
            details=(say("campaigns.profiles_max_age", hours=PROFILES_MAX_AGE // timedelta(hours=1)),),
        )


def _chosen(ctx: Context) -> tuple[CampaignSpec, ...]:
    """The campaigns to run, the most urgent first. Raises UsageError for a name that no file has."""
    known = {spec.name: spec for spec in ctx.project.all("campaign", CampaignSpec)}
    only: Iterable[str] = ctx.options.get("only") or known
    missing = sorted(set(only) - set(known))
    if missing:
        raise UsageError(say("campaigns.no_campaign", name=missing[0]), remedy="opscli campaign list")
    return tuple(sorted((known[name] for name in set(only)), key=lambda spec: (-spec.priority, spec.name)))


def _plan_one(ctx: Context, session: Session, connection: Connection, spec: CampaignSpec, cursor: entry.Cursor) -> None:
    work.begin(session)
    _wake(ctx, session, connection, spec)
    entry.enter(session, ctx, spec, cursor)
    entry.deal_arms(session, ctx, spec)
    for position, step in enumerate(spec.steps):
        at_step = work.StepWork(ctx=ctx, session=session, campaign=spec, step=step, position=position)
        _exit(at_step)
        load_kind(STEPS, step.kind).advance(at_step)
    last = len(spec.steps)
    session.execute(f"UPDATE {work.WORK} SET status = 'finished' WHERE status = 'active' AND position = {last}")
    finished = work.Event(kind="finished", place=work.END)
    work.record(session, spec.name, finished, f"{work.WORK} WHERE status = 'finished'")
    session.execute(
        f"INSERT INTO {work.ENROLMENTS} SELECT $campaign, w.* FROM {work.WORK} AS w", {"campaign": spec.name}
    )


def _wake(ctx: Context, session: Session, connection: Connection, spec: CampaignSpec) -> None:
    """Enrolments that have slept long enough stand at their step again; a step that is gone ends them."""
    e = enrolments.c
    customer = customer_aliases.c.customer_id
    due = (
        select(e.enrolment_id, e.customer_id, customer.label("today"), e.occurrence, e.step)
        .select_from(enrolments.outerjoin(customer_aliases, customer_aliases.c.alias == e.customer_id))
        .where(e.campaign == spec.name, e.status == "active", e.wake_at <= ctx.as_of)
    )
    session.create(
        "scratch.campaigns_due",
        {"enrolment_id": "text", "customer_id": "text", "today": "text", "occurrence": "text", "step": "text"},
    )
    session.insert_arrow("scratch.campaigns_due", bulk.to_arrow(connection, due))
    positions = " ".join(f"WHEN '{step.id}' THEN {index}" for index, step in enumerate(spec.steps))
    session.execute(
        f"INSERT INTO {work.WORK} SELECT enrolment_id, COALESCE(today, customer_id), occurrence, place, FALSE, "
        "CASE WHEN place IS NULL THEN 'exited' ELSE 'active' END, "
        "CASE WHEN place IS NULL THEN 'changed' ELSE '' END, NULL "
        f"FROM (SELECT *, CASE step {positions} END AS place FROM scratch.campaigns_due) AS d"
    )
    changed = work.Event(kind="exited", place=work.END, reason="reason")
    work.record(session, spec.name, changed, f"{work.WORK} WHERE status = 'exited'")


def _exit(at_step: work.StepWork) -> None:
    """End the campaign for those at a step for whom `exit_when` holds."""
    spec, session = at_step.campaign, at_step.session
    if spec.exit_when is None:
        return
    condition = condition_sql(spec.exit_when, session, at_step.ctx)
    leaving = f"{at_step.standing} AND customer_id IN (SELECT c.customer_id FROM {people(session)} WHERE {condition})"
    event = work.Event(kind="exited", place=at_step.position, step=at_step.step.id, reason="'exit_when'")
    work.record(session, spec.name, event, f"{work.WORK} WHERE {leaving}")
    session.execute(f"UPDATE {work.WORK} SET status = 'exited', reason = 'exit_when' WHERE {leaving}")


def _preview(session: Session, chosen: Sequence[CampaignSpec]) -> Preview:
    counts = {
        "entered": session.value(f"SELECT COUNT(*) FROM {work.EVENTS} WHERE kind = 'entered'"),
        "would_send": session.value(f"SELECT COUNT(*) FROM {work.MESSAGES}"),
        "held_out": session.value(f"SELECT COUNT(*) FROM {work.EVENTS} WHERE kind = 'held_out'"),
    }
    skipped = session.rows(
        f"SELECT reason, COUNT(*) FROM {work.EVENTS} WHERE kind = 'skipped' GROUP BY reason ORDER BY reason"
    )
    sample = session.dicts(
        f"SELECT campaign, step, customer_id, channel, address FROM {work.MESSAGES} "
        f"ORDER BY campaign, step, customer_id LIMIT {_SAMPLE}"
    )
    headline = say(
        "campaigns.headline",
        count=len(chosen),
        entered=counts["entered"],
        messages=counts["would_send"],
        held_out=counts["held_out"],
        skipped=sum(number for _, number in skipped),
    )
    return Preview(headline=headline, counts=counts, skipped=dict(skipped), sample=sample)


def _guard(plan: CampaignsPlan, ctx: Context) -> None:
    for spec in plan.campaigns:
        limit = spec.max_recipients or ctx.project.max_recipients
        number = plan.messages.get(spec.name, 0)
        if limit is not None and number > limit and not ctx.approve:
            raise GuardStopped(
                say("campaigns.too_many", campaign=spec.name, number=number, limit=limit),
                remedy=say("campaigns.too_many_how", campaign=spec.name),
            )


def sample_messages(session: Session, limit: int) -> list[dict[str, Any]]:
    """Some planned messages with their contexts, for previews; call while the plan's scratch tables are there."""
    return session.dicts(
        "SELECT campaign, step, occurrence, customer_id, channel, address, template, context "
        f"FROM {work.MESSAGES} ORDER BY campaign, step, customer_id LIMIT {int(limit)}"
    )
