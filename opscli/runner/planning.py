"""Plan a job: the same stages, the same code, on copies of the stores that are thrown away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from opscli.errors import OpscliError
from opscli.outcome import Outcome
from opscli.phrases import say
from opscli.runner import ledger
from opscli.runner.execute import Request, chosen_steps, context_of, continues_after, times
from opscli.runner.job import StepSpec
from opscli.runner.observer import Observer, Quiet
from opscli.runner.stages import load_stage
from opscli.runner.stores import overlay
from opscli.stage import Context, Preview, Project


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPlan:
    """What one step would do, or what would stop it, and whether that ends the job."""

    step: str
    preview: Preview
    outcome: Outcome | None
    stopped: str = ""
    error: OpscliError | None = None
    ends_the_job: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPlan:
    """What a job would do."""

    job: str
    slot: datetime
    as_of: datetime
    run_id: str
    already_done: bool
    config_version: str
    steps: tuple[StepPlan, ...]

    @property
    def has_changes(self) -> bool:
        """Whether the run would change anything at all."""
        return any(step.outcome is not None and step.outcome.changed for step in self.steps)


def plan_job(project: Project, request: Request, observer: Observer | None = None) -> JobPlan:
    """Every step's preview, each step seeing what the steps before it would have written."""
    slot, as_of = times(project.zone, request)
    key = ledger.RunKey(job=request.job.name, slot=slot, params=request.params)
    watch = observer or Quiet()
    with overlay(project) as stores:
        earlier = ledger.find(stores.state, key)
        done = earlier is not None and earlier.status in ledger.DONE and not request.force
        run = ledger.begin(stores.state, project, key, earlier.as_of if earlier else as_of)
        finished = ledger.steps_done(stores.state, run) if earlier and not request.force else set()
        planned: list[StepPlan] = []
        for position, step in enumerate(() if done else chosen_steps(request)):
            if step.id in finished:
                continue
            ledger.begin_step(stores.state, run, position, step.id, step.uses)
            planned.append(_plan_step(step, context_of(project, stores, run, request, step), watch))
            if planned[-1].ends_the_job:
                break
            ledger.finish_step(
                stores.state, run, step.id, "ok", planned[-1].outcome or Outcome(summary=say("runner.step_stopped"))
            )
        return JobPlan(
            job=run.job, slot=run.slot, as_of=run.as_of, run_id=run.run_id, already_done=done,
            config_version=project.version, steps=tuple(planned),
        )  # fmt: skip


def _plan_step(step: StepSpec, ctx: Context, watch: Observer) -> StepPlan:
    """Plan a step and apply it to the overlay, so that the next step sees what it would have written."""
    stage = load_stage(step.uses)
    watch.step_started(step.id)
    dry = ctx.at(dry=True, progress=watch)
    try:
        plan = stage.plan(dry)
        outcome = stage.run(plan, dry)
    except OpscliError as error:
        goes_on = continues_after(step, error)
        return StepPlan(
            step=step.id, preview=Preview(headline=error.what), outcome=None, stopped=error.what, error=error,
            ends_the_job=not goes_on,
        )  # fmt: skip
    watch.step_ended(step.id, "ok", outcome, 0.0)
    return StepPlan(step=step.id, preview=plan.preview, outcome=outcome)
