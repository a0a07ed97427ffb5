"""Run a job: steps in order, locked, planned and applied, noted in the ledger; the same slot twice is a no-op."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from opscli.clock import iso
from opscli.errors import EXIT_LEFTOVERS, ConfigInvalid, GuardStopped, OpscliError, UsageError
from opscli.faults import faultpoint
from opscli.outcome import Outcome
from opscli.phrases import listed, say
from opscli.runner import ledger
from opscli.runner.job import JobSpec, StepSpec
from opscli.runner.journal import Journal
from opscli.runner.observer import Observer, Quiet
from opscli.runner.resume import require_same_config
from opscli.runner.slots import latest_due
from opscli.runner.stages import FOUNDATIONS, STAGES, claims_of, load_stage
from opscli.runner.stores import Stores, claimed, job_lock, live_state, step_locks, with_warehouse
from opscli.stage import Context, Preview, Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked of a run."""

    job: JobSpec
    now: datetime
    slot: datetime | None = None
    as_of: datetime | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    only: Sequence[str] = ()
    start_at: str = ""
    force: bool = False
    approve: bool = False
    accept_config: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """How one step ended."""

    step: str
    status: str
    outcome: Outcome
    seconds: float
    error: OpscliError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """How a run ended. `noop` = it had been done before."""

    run_id: str
    job: str
    slot: datetime
    as_of: datetime
    status: str
    exit_code: int
    attempt: int
    steps: tuple[StepResult, ...] = ()
    noop: bool = False


def run_job(project: Project, request: Request, observer: Observer | None = None) -> RunResult:
    """Run or resume a job. Raises TryLater (75) at once when a run of the same job is going on."""
    slot, as_of = times(project.zone, request)
    key = ledger.RunKey(job=request.job.name, slot=slot, params=request.params)
    with job_lock(project, request.job.name), live_state(project) as state:
        ledger.abandon(state, request.job.name)
        earlier = ledger.find(state, key)
        if earlier is not None and earlier.status in ledger.DONE and not (request.force or request.only):
            return noop(earlier)
        if earlier is not None and not (request.force or request.only or request.accept_config):
            require_same_config(project, state, earlier)
        done = ledger.steps_done(state, earlier) if earlier and not request.force else set()
        done -= set(request.only)  # what is asked for by name is done again
        with with_warehouse(project, state) as stores:
            run = ledger.begin(state, project, key, earlier.as_of if earlier else as_of)
            return _Execution(project, request, stores, run, observer or Quiet()).go(done)


def times(zone: str, request: Request) -> tuple[datetime, datetime]:
    """Slot and as_of: as given, else the latest due slot, else (no schedule) the moment of the call."""
    if request.slot is not None:
        return request.slot, request.as_of or request.slot
    if request.as_of is not None:
        return request.as_of, request.as_of
    schedule = request.job.schedule
    if schedule is not None:
        slot = latest_due(schedule.cron, schedule.zone or zone, request.now)
        return slot, slot
    return request.now, request.now


def chosen_steps(request: Request) -> tuple[StepSpec, ...]:
    """The job's steps that were asked for. Raises UsageError for a name that the job does not have."""
    known = [step.id for step in request.job.steps]
    for name in (*request.only, *([request.start_at] if request.start_at else [])):
        if name not in known:
            raise UsageError(
                say("runner.no_step_in_job", job=request.job.name, name=name),
                remedy=say("runner.steps_of_job", known=listed(known)),
            )
    steps = request.job.steps[known.index(request.start_at) if request.start_at else 0 :]
    return tuple(step for step in steps if not request.only or step.id in request.only)


def context_of(project: Project, stores: Stores, run: ledger.Run, request: Request, step: StepSpec) -> Context:
    """What a step of a run is given."""
    return Context(
        project=project,
        warehouse=stores.warehouse,
        state=stores.state,
        as_of=run.as_of,
        known_at=run.known_at,
        run_id=run.run_id,
        job=run.job,
        step=step.id,
        approve=request.approve,
        options=dict(step.options),
    )


def run_step(step: StepSpec, ctx: Context) -> tuple[Preview, Outcome]:
    """Plan a step under its locks and apply exactly that plan."""
    stage = load_stage(step.uses)
    with claimed(ctx.project, claims_of(stage, ctx)), step_locks(ctx.project, stage.READS, stage.WRITES):
        faultpoint(f"step.{step.uses}.locked")
        plan = stage.plan(ctx)
        faultpoint(f"step.{step.uses}.planned")
        outcome = stage.run(plan, ctx)
        faultpoint(f"step.{step.uses}.done")
    return plan.preview, outcome


def continues_after(step: StepSpec, error: OpscliError) -> bool:
    """Whether the job goes on without this step: it says so, or a guard stopped something that nothing builds on."""
    guarded = isinstance(error, GuardStopped) and STAGES[step.uses] not in FOUNDATIONS
    return step.on_failure == "continue" or guarded


class _Execution:
    """One attempt at one run."""

    def __init__(self, project: Project, request: Request, stores: Stores, run: ledger.Run, observer: Observer) -> None:
        self._project = project
        self._request = request
        self._stores = stores
        self._run = run
        self._observer = observer
        self._journal = Journal(project, run.run_id)
        self._results: list[StepResult] = []

    def go(self, done: set[str]) -> RunResult:
        """Every step; the attempt is closed in the ledger whatever happens."""
        self._journal.write("run_started", attempt=self._run.attempt, as_of=iso(self._run.as_of))
        try:
            for position, step in enumerate(chosen_steps(self._request)):
                if step.id in done:
                    self._note(step, "skipped", Outcome(summary=say("runner.done_earlier")), 0.0)
                elif blocked := self._blocked(step):
                    self._note(step, "skipped", Outcome(summary=blocked), 0.0)
                else:
                    self._step(position, step)
        except OpscliError as error:
            self._close("failed", error.exit_code, error.what)
            raise
        except BaseException as error:
            # A signal or a programming fault: the ledger must not say "running" for ever. A disk that cannot take the
            # note either leaves that to the next start, which finds the lock free.
            with suppress(OSError):
                self._close("failed" if isinstance(error, Exception) else "interrupted", 70, type(error).__name__)
            raise
        return self._finish()

    def _step(self, position: int, step: StepSpec) -> None:
        started = time.monotonic()
        ledger.begin_step(self._stores.state, self._run, position, step.id, STAGES[step.uses])
        self._observer.step_started(step.id)
        self._journal.write("step_started", step=step.id)
        try:
            _, outcome = self._with_retries(step)
        except OpscliError as error:
            self._failed(step, error, time.monotonic() - started)
            return
        status = "leftovers" if outcome.leftovers else "ok"
        ledger.finish_step(self._stores.state, self._run, step.id, status, outcome)
        faultpoint("ledger.step_finished")
        self._note(step, status, outcome, time.monotonic() - started)

    def _with_retries(self, step: StepSpec) -> tuple[Preview, Outcome]:
        ctx = context_of(self._project, self._stores, self._run, self._request, step).at(progress=self._observer)
        retries = self._request.job.retries
        for attempt in range(retries.max + 1):
            try:
                return run_step(step, ctx)
            except OpscliError as error:
                if not error.temporary or attempt == retries.max:
                    raise
                self._journal.write("step_retried", step=step.id, error=error.what)
                time.sleep(retries.delay.total_seconds() * 2**attempt)
        message = "unreachable: the loop returns or raises"
        raise AssertionError(message)

    def _failed(self, step: StepSpec, error: OpscliError, seconds: float) -> None:
        """Note the failure; raise it when the job cannot go on without this step."""
        status = "stopped" if isinstance(error, GuardStopped) else "failed"
        outcome = Outcome(summary=error.what)
        ledger.finish_step(self._stores.state, self._run, step.id, status, outcome)
        self._note(step, status, outcome, seconds, error)
        if not continues_after(step, error):
            remedy = error.remedy or f"opscli run {self._run.job} --slot {iso(self._run.slot)}"
            raise (
                type(error)(error.what, remedy=remedy, details=(*error.details, f"step {step.id} {status}"))
                if not (isinstance(error, ConfigInvalid))
                else error
            )

    def _blocked(self, step: StepSpec) -> str:
        """Why a step cannot run: a step that it needs did not."""
        bad = {result.step for result in self._results if result.status in ("failed", "stopped")}
        missing = sorted(bad.intersection(step.needs))
        return f"needs {', '.join(missing)}" if missing else ""

    def _note(
        self, step: StepSpec, status: str, outcome: Outcome, seconds: float, error: OpscliError | None = None
    ) -> None:
        result = StepResult(step=step.id, status=status, outcome=outcome, seconds=seconds, error=error)
        self._results.append(result)
        self._journal.write(
            "step_ended", step=step.id, status=status, seconds=round(seconds, 3), changed=outcome.changed,
            rejected=outcome.rejected, summary=outcome.summary,
        )  # fmt: skip
        self._observer.step_ended(step.id, status, outcome, seconds)

    def _finish(self) -> RunResult:
        errors = [result.error for result in self._results if result.error is not None]
        leftovers = any(result.status == "leftovers" for result in self._results)
        code = errors[0].exit_code if errors else EXIT_LEFTOVERS if leftovers else 0
        status = "failed" if errors else "leftovers" if leftovers else "ok"
        if not errors and self._steps_left():
            status = "partial"
        self._close(status, code, errors[0].what if errors else "")
        run = self._run
        return RunResult(
            run_id=run.run_id, job=run.job, slot=run.slot, as_of=run.as_of, status=status, exit_code=code,
            attempt=run.attempt, steps=tuple(self._results),
        )  # fmt: skip

    def _steps_left(self) -> bool:
        """Whether the job has steps that no attempt of this run has done: --only and --from leave some."""
        done = ledger.steps_done(self._stores.state, self._run)
        return any(step.id not in done for step in self._request.job.steps)

    def _close(self, status: str, code: int, error: str = "") -> None:
        ledger.finish(self._stores.state, self._run, status, code, error)
        self._journal.write("run_ended", status=status, exit_code=code, error=error)


def noop(run: ledger.Run) -> RunResult:
    """The result of asking for a run that was done before."""
    return RunResult(
        run_id=run.run_id, job=run.job, slot=run.slot, as_of=run.as_of, status=run.status, exit_code=0,
        attempt=run.attempt, noop=True,
    )  # fmt: skip
