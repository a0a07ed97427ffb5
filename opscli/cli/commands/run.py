"""`opscli run JOB`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opscli.cli import report, session
from opscli.cli.choices import CHOICES
from opscli.cli.jobs import StepRow, find_job, parse_params, request_of, step_rows
from opscli.cli.watch import watching
from opscli.phrases import say

if TYPE_CHECKING:
    from opscli.runner.execute import RunResult

app = typer.Typer()


@app.command(
    epilog="Examples:  opscli run nightly  |  opscli run nightly --slot 2026-05-04T02:30  |  opscli run nightly --json"
)
def run(
    job: Annotated[str, typer.Argument(help="Name of the job (a file in jobs/).")],
    slot: Annotated[str | None, typer.Option(help="Scheduled time to run for; the latest due one when absent.")] = None,
    as_of: Annotated[str | None, typer.Option(help="See the world as it was known then.")] = None,
    param: Annotated[list[str] | None, typer.Option(help="A parameter, name=value; may be repeated.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the last run that did not end well.")] = False,
    only: Annotated[list[str] | None, typer.Option(help="Only this step; may be repeated.")] = None,
    start_at: Annotated[str, typer.Option("--from", help="Start at this step.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Run again though this slot is done.")] = False,
    approve: Annotated[bool, typer.Option("--approve", help="Go on where a guard would stop.")] = False,
    accept_config: Annotated[bool, typer.Option("--accept-config", help="Resume with the present files.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="The same as opscli plan JOB.")] = False,
) -> int:
    """Run a job, once per scheduled time; a run that died is taken up where it stopped."""
    plain = not (resume or only or start_at or force or dry_run or as_of)
    parameters = parse_params(param or [])
    if plain and (known := session.done_already(job, slot, parameters)):
        tell(known, session.root())
        return 0
    from opscli.runner.execute import run_job

    project = session.open_project()
    spec = find_job(project, job)
    request = request_of(
        project, spec, slot=slot, as_of=as_of, params=parameters, only=only or [], start_at=start_at,
        force=force, approve=approve, accept_config=accept_config,
    )  # fmt: skip
    if resume:
        request = _resumed(project, request)
    if dry_run:
        from opscli.cli.commands.plan import plan_and_show

        return plan_and_show(project, request)
    with watching() as observer:
        result = run_job(project, request, observer)
    tell(result, project.root)
    return result.exit_code


def _resumed(project: Any, request: Any) -> Any:
    """The request for the newest run of the job that did not end well."""
    from dataclasses import replace

    from opscli.errors import UsageError
    from opscli.runner import ledger
    from opscli.runner.stores import live

    with live(project) as stores:
        rows = ledger.latest(stores.state, job=request.job.name, limit=50)
    for row in rows:
        if row["status"] not in ledger.DONE:
            return replace(request, slot=row["slot"], as_of=row["as_of"], params=json.loads(row["params"]))
    raise UsageError(
        say("cli.no_unfinished_run", job=request.job.name), remedy=f"opscli history --job {request.job.name}"
    )


def tell(result: RunResult, root: Any) -> None:
    """The result: JSON, or a table of steps on a terminal; in cron nothing unless something is left over."""
    import sys

    rows: list[StepRow] = step_rows(result)
    if report.chosen_format() in ("json", "jsonl"):
        sys.stdout.write(
            report.envelope(
                {"run": result.run_id, "job": result.job, "scheduled_time": result.slot, "as_of": result.as_of,
                 "status": result.status, "attempt": result.attempt, "already_done": result.noop, "steps": rows},
                code=result.exit_code,
            )
        )  # fmt: skip
        return
    if result.noop:
        report.note(say("cli.run_done_already", job=result.job, slot=report.cell(result.slot), run_id=result.run_id))
        return
    followed = sys.stderr.isatty() and not CHOICES.quiet  # the steps were shown while they ran
    if report.chosen_format() != "table" or ((sys.stdout.isatty() or result.exit_code) and not followed):
        report.show(rows, columns=("step", "status", "changed", "rejected", "seconds", "summary"), title=result.run_id)
    for step in result.steps:
        if step.error is not None:
            remedy = step.error.remedy or f"opscli logs {result.run_id}"
            report.note(f"{step.step}: {step.error.what}\n  → {remedy}")
    for step in result.steps:
        for text in step.outcome.details.get("warnings", ()):
            report.note(f"{step.step}: {text}")
    shown = [path for step in result.steps for path in step.outcome.details.get("files", ())]
    if sys.stdout.isatty():
        sys.stdout.writelines(f"  → {path}\n" for path in shown)
    if result.exit_code:
        report.note(say("cli.log_is", path=root / ".opscli" / "logs" / (result.run_id + ".jsonl")))
