"""Run one stage from its own command (`opscli import`, `dedupe`, `tag apply`): a run of one step, in the ledger too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from opscli.ids import fingerprint
from opscli.outcome import Outcome
from opscli.runner.execute import Request, RunResult, run_job
from opscli.runner.job import JobSpec, Retries, StepSpec
from opscli.runner.observer import Observer
from opscli.runner.planning import JobPlan, plan_job
from opscli.stage import Preview, Project

_NAMED = 2
"""Up to so many parts are named in the name of a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCall:
    """A stage, its options, and when."""

    step: str
    now: datetime
    as_of: datetime | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    approve: bool = False


def run_stage(project: Project, call: StageCall, observer: Observer | None = None) -> RunResult:
    """Run it now; never a no-op, since a person asked."""
    return run_job(project, _request(call), observer)


def plan_stage(project: Project, call: StageCall) -> Preview:
    """What it would do, on an overlay. Raises what the run would raise."""
    plan: JobPlan = plan_job(project, _request(call))
    step = plan.steps[0]
    if step.error is not None:
        raise step.error
    return step.preview


def outcome_of(result: RunResult) -> Outcome:
    """The outcome of a run's only step."""
    return result.steps[-1].outcome


def _request(call: StageCall) -> Request:
    step = StepSpec(id=call.step, uses=call.step, options=dict(call.options), needs=(), on_failure="stop")
    retries = Retries(max=0, delay=timedelta())
    job = JobSpec.of_one_step(_name(call), step, retries)
    when = call.as_of or call.now
    return Request(
        job=job, now=call.now, slot=when, as_of=when, params=dict(call.options), force=True, approve=call.approve
    )


def _name(call: StageCall) -> str:
    """What the run is called: with the parts that were asked for, so that different ones may run side by side."""
    only = call.options.get("only") or ()
    names = [only] if isinstance(only, str) else sorted(only)
    part = "-".join(names) if len(names) <= _NAMED else fingerprint(names)[:8]
    return f"{call.step}-{part}-by-hand" if part else f"{call.step}-by-hand"
