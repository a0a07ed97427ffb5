"""`opscli plan JOB`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opscli.cli import report, session
from opscli.cli.jobs import find_job, parse_params, request_of
from opscli.cli.watch import watching
from opscli.clock import iso
from opscli.phrases import listed, named, say

if TYPE_CHECKING:
    from opscli.runner.execute import Request
    from opscli.runner.planning import JobPlan, StepPlan
    from opscli.stage import Project

app = typer.Typer()

_PLAN_HAS_CHANGES = 6


@app.command(
    epilog="Examples:  opscli plan nightly   |   opscli plan nightly --format markdown   |   opscli plan nightly --json"
)
def plan(
    job: Annotated[str, typer.Argument(help="Name of the job (a file in jobs/).")],
    slot: Annotated[
        str | None, typer.Option(help="Scheduled time to plan for; the latest due one when absent.")
    ] = None,
    as_of: Annotated[str | None, typer.Option(help="See the world as it was known then.")] = None,
    param: Annotated[list[str] | None, typer.Option(help="A parameter, name=value; may be repeated.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only this step; may be repeated.")] = None,
    approve: Annotated[bool, typer.Option("--approve", help="Plan as if guards were approved.")] = False,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 6 when the run would change something.")
    ] = False,
) -> int:
    """Show what a job would do: nothing is written, nothing goes out."""
    project = session.open_project()
    request = request_of(
        project, find_job(project, job), slot=slot, as_of=as_of, params=parse_params(param or []), only=only or [],
        approve=approve,
    )  # fmt: skip
    return plan_and_show(project, request, detailed_exitcode=detailed_exitcode)


def plan_and_show(project: Project, request: Request, *, detailed_exitcode: bool = False) -> int:
    """Plan, print, and say by the exit code whether anything would change."""
    from opscli.runner.planning import plan_job

    with watching() as observer:
        result = plan_job(project, request, observer)
    kind = report.chosen_format()
    if kind in ("json", "jsonl"):
        sys.stdout.write(report.envelope(as_data(result)))
    else:
        sys.stdout.write(_as_text(result, markdown=kind == "markdown"))
    for step in result.steps:
        if step.ends_the_job and step.error is not None:
            raise step.error
    return _PLAN_HAS_CHANGES if detailed_exitcode and result.has_changes else 0


def as_data(plan: JobPlan) -> dict[str, Any]:
    """The plan as JSON-ready data."""
    return {
        "job": plan.job,
        "run": plan.run_id,
        "scheduled_time": plan.slot,
        "as_of": plan.as_of,
        "config_version": plan.config_version,
        "already_done": plan.already_done,
        "steps": [
            {
                "step": step.step,
                "headline": step.preview.headline,
                "counts": dict(step.preview.counts),
                "skipped": dict(step.preview.skipped),
                "sample": [dict(row) for row in step.preview.sample],
                "stopped": step.stopped,
            }
            for step in plan.steps
        ],
    }


def _as_text(plan: JobPlan, *, markdown: bool) -> str:
    title = say("cli.plan_title", job=plan.job, slot=iso(plan.slot), version=plan.config_version[:12])
    if plan.already_done:
        return f"{title}\n  {say('cli.slot_done', run=plan.run_id)}\n"
    lines = [f"## {title}", ""] if markdown else [title]
    for step in plan.steps:
        lines += _step_markdown(step) if markdown else _step_text(step)
    lines.append("" if markdown else say("cli.nothing_written"))
    return "\n".join(lines) + "\n"


def _step_text(step: StepPlan) -> list[str]:
    mark = "■" if step.stopped else "·"
    lines = [f"{mark} {step.step:<11} {step.preview.headline}"]
    counts = "  ".join(f"{named(name)} {value:,}" for name, value in step.preview.counts.items() if value)
    skipped = "  ".join(f"{named(name)} {value:,}" for name, value in step.preview.skipped.items() if value)
    lines += [f"              {counts}"] if counts else []
    lines += ["              " + say("cli.skipped", why=skipped)] if skipped else []
    return lines


def _step_markdown(step: StepPlan) -> list[str]:
    counts = listed(f"{named(name)} **{value:,}**" for name, value in step.preview.counts.items() if value)
    skipped = listed(f"{named(name)} {value:,}" for name, value in step.preview.skipped.items() if value)
    tail = f" — {counts}" if counts else ""
    return [
        f"- **{step.step}**: {step.preview.headline}{tail}"
        + (f" ({say('cli.skipped', why=skipped)})" if skipped else "")
    ]
