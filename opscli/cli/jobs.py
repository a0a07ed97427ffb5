"""What `run`, `plan` and `job` share: find a job, build a request, show steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from opscli.cli import session
from opscli.errors import UsageError
from opscli.phrases import listed, say

if TYPE_CHECKING:
    from opscli.runner.execute import Request, RunResult
    from opscli.runner.job import JobSpec
    from opscli.stage import Project

StepRow = dict[str, Any]


def find_job(project: Project, name: str) -> JobSpec:
    """The job of that name. Raises UsageError with the nearest name."""
    from opscli.config.validate import did_you_mean
    from opscli.runner.job import JobSpec

    found = project.one("job", name, JobSpec)
    if found is not None:
        return found
    known = sorted(project.specs.get("job", {}))
    jobs = say("cli.jobs_are", known=listed(known) or say("cli.no_jobs_yet"))
    raise UsageError(say("cli.no_job", name=name), remedy=did_you_mean(name, known, otherwise=jobs))


def parse_params(pairs: Sequence[str]) -> dict[str, str]:
    """`name=value` pairs. Raises UsageError for anything else."""
    params = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise UsageError(say("cli.param_form", pair=pair))
        params[name] = value
    return params


def request_of(project: Project, job: JobSpec, **given: Any) -> Request:
    """A request from the options of the command line."""
    from opscli.runner.execute import Request

    slot = session.instant(project, given.pop("slot", None), "--slot")
    as_of = session.instant(project, given.pop("as_of", None))
    return Request(job=job, now=session.now(project), slot=slot, as_of=as_of, **given)


def step_rows(result: RunResult) -> list[StepRow]:
    """One row per step."""
    return [
        {
            "step": step.step,
            "status": step.status,
            "rows_in": step.outcome.rows_in,
            "changed": step.outcome.changed,
            "rejected": step.outcome.rejected,
            "seconds": round(step.seconds, 1),
            "summary": step.outcome.summary,
            "counts": _counts(step.outcome.details),
        }
        for step in result.steps
    ]


def _counts(details: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = details.get("counts", {})
    return found
