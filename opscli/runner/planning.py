"""Plan a job: the same stages, the same code, on copies of the stores that are thrown away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from opscli.errors import GuardStopped, OpscliError
from opscli.outcome import Outcome
from opscli.runner import ledger
from opscli.runner.execute import Observer, Quiet, Request, chosen_steps, context_of, times
from opscli.runner.stages import load_stage
from opscli.runner.stores import Stores, overlay
from opscli.stage import Preview, Project


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPlan:
    """What one step would do; `stopped` tells which guard would stop it."""

    step: str
    preview: Preview
    outcome: Outcome | None
    stopped: str = ""
    error: OpscliError | None = None
    """What the run would raise, unless it is a guard's stop."""


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
    slot, as_of = times(project, request)
    key = ledger.RunKey(job=request.job.name, slot=slot, params=request.params)
    watch = observer or Quiet()
    with overlay(project) as stores:
        earlier = ledger.find(stores.state, key)
        done = earlier is not None and earlier.status in ledger.DONE and not request.force
        run = ledger.begin(stores.state, project, key, earlier.as_of if earlier else as_of)
        finished = ledger.steps_done(stores.state, run) if earlier and not request.force else set()
        planned = [] if done else _plan_steps(project, request, stores, run, finished, watch)
        return JobPlan(
            job=run.job, slot=run.slot, as_of=run.as_of, run_id=run.run_id, already_done=done,
            config_version=project.version, steps=tuple(planned),
        )  # fmt: skip


def _plan_steps(
    project: Project, request: Request, stores: Stores, run: ledger.Run, finished: set[str], watch: Observer
) -> list[StepPlan]:
    planned: list[StepPlan] = []
    for position, step in enumerate(chosen_steps(request)):
        if step.id in finished:
            continue
        watch.step_started(step.id)
        stage = load_stage(step.uses)
        ctx = context_of(project, stores, run, request, step).at(dry=True, progress=watch)
        ledger.begin_step(stores.state, run, position, step.id, step.uses)
        try:
            plan = stage.plan(ctx)
            outcome = stage.run(plan, ctx)
        except GuardStopped as stop:
            nothing = Preview(headline=stop.what)
            planned.append(StepPlan(step=step.id, preview=nothing, outcome=None, stopped=stop.what))
            continue
        except OpscliError as error:
            nothing = Preview(headline=error.what)
            planned.append(StepPlan(step=step.id, preview=nothing, outcome=None, stopped=error.what, error=error))
            break
        ledger.finish_step(stores.state, run, step.id, "ok", outcome)
        watch.step_ended(step.id, "ok", outcome, 0.0)
        planned.append(StepPlan(step=step.id, preview=plan.preview, outcome=outcome))
    return planned
