"""`opscli job list|show`."""

from __future__ import annotations

from typing import Annotated

import typer

from opscli.cli import report, session
from opscli.cli.jobs import find_job

app = typer.Typer(help="The jobs of this project.", no_args_is_help=True)


@app.command("list", epilog="Examples:  opscli job list  |  opscli job list --json")
def list_jobs() -> None:
    """Every job with its schedule and its next scheduled time (UTC)."""
    from opscli.runner.job import JobSpec
    from opscli.runner.slots import next_due

    project = session.open_project()
    rows = []
    for spec in project.all("job", JobSpec):
        schedule = spec.schedule
        zone = (schedule.zone or project.zone) if schedule else ""
        following = next_due(schedule.cron, zone, session.now(project), 1)[0] if schedule else None
        cron = schedule.cron if schedule else None
        rows.append({"job": spec.name, "schedule": cron, "zone": zone, "next": following, "steps": len(spec.steps)})
    report.show(rows, columns=("job", "schedule", "zone", "next", "steps"))


@app.command(epilog="Examples:  opscli job show nightly")
def show(job: Annotated[str, typer.Argument(help="Name of the job.")]) -> None:
    """The steps of a job with what each reads and writes."""
    from opscli.runner.stages import STAGES, load_stage

    project = session.open_project()
    spec = find_job(project, job)
    rows = []
    for step in spec.steps:
        stage = load_stage(step.uses)
        rows.append(
            {
                "step": step.id,
                "stage": STAGES[step.uses],
                "reads": ", ".join(stage.READS),
                "writes": ", ".join(stage.WRITES),
                "options": dict(step.options),
            }
        )
    report.show(rows, columns=("step", "stage", "reads", "writes", "options"), title=spec.name)
