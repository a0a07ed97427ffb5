"""`opscli task`: list, show, done."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opscli.cli import report, session
from opscli.phrases import listed, say

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

app = typer.Typer(help="Tasks for people.")


@app.command(
    "list", epilog="Examples:  opscli task list  |  opscli task list --owner S012 --overdue  |  opscli task list --json"
)
def list_(
    owner: Annotated[str | None, typer.Option(help="Only tasks of this person (staff id).")] = None,
    status: Annotated[str, typer.Option(help="open, done, cancelled, or any.")] = "open",
    priority: Annotated[str | None, typer.Option(help="high, normal or low.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those whose due time has passed.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
) -> None:
    """Tasks, soonest due first."""
    from opscli.assignment.tasks import PRIORITIES, TaskFilter, listing
    from opscli.errors import UsageError

    if priority is not None and priority not in PRIORITIES:
        raise UsageError(
            say("cli.no_priority", priority=priority), remedy=say("cli.priorities_are", names=listed(PRIORITIES))
        )
    with session.opened() as ctx:
        wanted = TaskFilter(
            status=None if status == "any" else status,
            owner=owner,
            priority=priority,
            overdue_at=ctx.as_of if overdue else None,
            limit=limit,
        )
        with ctx.state.read() as connection:
            rows = listing(connection, wanted)
        lines = [_line(row, ctx.as_of, ctx.project.zone) for row in rows]
    if not lines and report.chosen_format() == "table":
        report.note(say("cli.no_tasks"))
        return
    report.show(lines, title=say("cli.tasks", count=len(lines)))


@app.command(epilog="Examples:  opscli task show t_3fa9  |  opscli task show t_3fa9 --json")
def show(task: Annotated[str, typer.Argument(help="Id of the task, or how it begins.")]) -> None:
    """One task with its reasons and its history."""
    from opscli.assignment.tasks import find, history

    with session.opened() as ctx, ctx.state.read() as connection:
        found = find(connection, task)
        events = history(connection, found["task_id"])
        due = _local(found["due_at"], ctx.project.zone)
    lines = [f"{found['title']}  [{found['priority']}, {found['status']}]", "", found["body"], ""]
    lines += [
        *report.fields(
            {
                "customer": found["customer_id"] or "-",
                "owner": f"{found['owner'] or '-'} ({found['owner_reason'] or say('cli.owner_as_stated')})",
                "due": f"{report.cell(due)} {ctx.project.zone}",
                "origin": f"{found['origin']} {found['origin_name']}, run {found['run_id'] or '-'}",
            }
        ),
        "",
        *(f"{report.cell(event['occurred_at'])} UTC  {event['kind']}{_by(event)}" for event in events),
    ]
    report.show_one({**found, "events": [dict(event) for event in events]}, "\n".join(lines))


@app.command(
    epilog="Examples:  opscli task done t_3fa9 --outcome saved  |  opscli task done t_3fa9 --outcome false_alarm"
)
def done(
    task: Annotated[str, typer.Argument(help="Id of the task, or how it begins.")],
    outcome: Annotated[str | None, typer.Option(help="How it ended: saved, lost or false_alarm.")] = None,
) -> None:
    """Mark a task as done."""
    from opscli.assignment.tasks import OUTCOMES, Closing, close
    from opscli.errors import UsageError

    if outcome is not None and outcome not in OUTCOMES:
        raise UsageError(say("cli.no_outcome", outcome=outcome), remedy=say("cli.outcomes_are", names=listed(OUTCOMES)))
    with session.opened() as ctx, ctx.state.begin() as connection:
        closed = close(connection, task, Closing(outcome=outcome, actor=getpass.getuser(), at=ctx.as_of))
    report.done(say("cli.task_done", task_id=closed["task_id"], title=closed["title"]), closed)


def _line(row: Mapping[str, Any], now: datetime, zone: str) -> dict[str, Any]:
    """What a list shows; due times are local, as the owner's day runs. JSON gets the instant."""
    due = row["due_at"]
    shown = due if report.chosen_format() in ("json", "jsonl") else _local(due, zone)
    line = {"task_id": row["task_id"], "due": shown, "title": row["title"], "owner": row["owner"]}
    line |= {"priority": row["priority"], "customer_id": row["customer_id"]}
    if row["status"] != "open":
        line |= {"status": row["status"], "outcome": row["outcome"]}
    elif due is not None and due < now:
        line["title"] = say("cli.overdue", title=row["title"])
    return line


def _local(moment: datetime | None, zone: str) -> datetime | None:
    """A naive UTC instant as naive local time of the zone."""
    from datetime import UTC
    from zoneinfo import ZoneInfo

    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) if moment else None


def _by(event: Mapping[str, Any]) -> str:
    outcome = event["details"].get("outcome")
    by = say("cli.by_whom", actor=event["actor"]) if event["actor"] else ""
    return by + (f" ({outcome})" if outcome else "")
