"""`opscli status`."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import typer

from opscli.cli import report, session
from opscli.phrases import listed, named, say

if TYPE_CHECKING:
    from opscli.stage import Context

app = typer.Typer()


@app.command(epilog="Examples:  opscli status  |  opscli status --json")
def status() -> None:
    """What runs now, what ran last, and what waits for somebody."""
    with session.opened() as ctx:
        facts = gather(ctx)
    if report.chosen_format() in ("json", "jsonl"):
        sys.stdout.write(report.envelope(facts))
        return
    sys.stdout.write(_text(facts))


def gather(ctx: Context) -> dict[str, Any]:
    """The facts of `status`: per job the last run and whether one runs now; holds; open work."""
    from opscli.cli.waiting import counted
    from opscli.runner import ledger
    from opscli.runner.job import JobSpec
    from opscli.runner.stores import job_is_running

    jobs = []
    for spec in ctx.project.all("job", JobSpec):
        last = next(iter(ledger.latest(ctx.state, job=spec.name, limit=1)), None)
        jobs.append(
            {
                "job": spec.name,
                "running": job_is_running(ctx.project, spec.name),
                "last_run": last["run_id"] if last else None,
                "scheduled_time": last["slot"] if last else None,
                "status": _status(last, running=job_is_running(ctx.project, spec.name)),
            }
        )
    return {
        "project": ctx.project.name,
        "environment": ctx.project.environment,
        "live": ctx.project.live,
        "config_version": ctx.project.version,
        "jobs": jobs,
        "send_hold": ctx.state.send_hold(),
        "not_set_up": counted(ctx.project.catalog)[0],
        **_waiting(ctx),
    }


def _status(last: dict[str, Any] | None, *, running: bool) -> str:
    """A run whose process is gone is never "running": the lock tells."""
    if last is None:
        return "never ran"
    return "abandoned" if last["status"] == "running" and not running else str(last["status"])


def _waiting(ctx: Context) -> dict[str, Any]:
    from sqlalchemy import func, select

    from opscli.state.tables import holds, outbox, tasks

    with ctx.state.read() as connection:
        messages = Counter(
            {
                str(row.status): int(row.number)
                for row in connection.execute(
                    select(outbox.c.status, func.count().label("number")).group_by(outbox.c.status)
                )
            }
        )
        held = [dict(row) for row in connection.execute(select(holds)).mappings()]
        open_tasks = connection.execute(select(func.count()).where(tasks.c.status == "open")).scalar_one()
    return {"messages": dict(sorted(messages.items())), "holds": held, "open_tasks": open_tasks}


def _text(facts: dict[str, Any]) -> str:
    environment = facts["environment"] + ("" if facts["live"] else say("cli.not_live"))
    lines = [
        say("cli.status_title", project=facts["project"], environment=environment, version=facts["config_version"][:12])
    ]
    for job in facts["jobs"]:
        state = say("cli.running_now") if job["running"] else named(job["status"].replace(" ", "_"))
        when = (
            say("cli.status_run", slot=report.cell(job["scheduled_time"]), run=job["last_run"])
            if job["last_run"]
            else ""
        )
        lines.append(f"  {job['job']:<12} {state}{when}")
    messages = listed(f"{count:,} {named(name)}" for name, count in facts["messages"].items()) or say("cli.none")
    lines.append(_line(say("cli.status_messages"), messages))
    tasks = say("cli.open_tasks", number=facts["open_tasks"])
    lines.append(_line(say("cli.status_tasks"), tasks, "opscli task list" if facts["open_tasks"] else ""))
    for hold in facts["holds"]:
        what = f"{hold['scope']}: {hold['reason']}"
        lines.append(_line(say("cli.status_held"), what, f"opscli release {hold['scope']}"))
    if facts["send_hold"]:
        what = say("cli.all_sending", reason=facts["send_hold"])
        lines.append(_line(say("cli.status_held"), what, "opscli release all"))
    if waits := facts["not_set_up"]["count"]:
        entities = listed(facts["not_set_up"]["entities"])
        what = say("cli.waiting", count=waits, entities=entities)
        lines.append(_line(say("cli.status_setup"), what, "opscli config show tags"))
    return "\n".join(lines) + "\n"


def _line(head: str, what: str, command: str = "") -> str:
    """A line of facts below its heading, with the command that shows more or resolves it."""
    from opscli.charts.width import pad

    return f"  {pad(head, 12)} {what}" + (f"  ({command})" if command else "")
