"""`opscli logs`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from opscli.cli import report, session
from opscli.phrases import say

app = typer.Typer()


@app.command(epilog="Examples:  opscli logs  |  opscli logs nightly-20260504T013000-1f3a9c --format jsonl")
def logs(run: Annotated[str | None, typer.Argument(help="A run's id; the newest run when absent.")] = None) -> None:
    """The log of a run: one line per event, ids and counts only."""
    from opscli.errors import UsageError
    from opscli.runner import journal, ledger

    with session.opened() as ctx:
        newest = ledger.latest(ctx.state, limit=1)
        if run is None and not newest:
            raise UsageError(say("cli.nothing_ran"), remedy="opscli run JOB")
        events = list(journal.read(ctx.project, run or str(newest[0]["run_id"])))
    if not events:
        raise UsageError(say("cli.no_log", run=run), remedy=say("cli.history_lists_runs"))
    if report.chosen_format() != "table":
        names = dict.fromkeys(name for event in events for name in event)
        report.show(events, columns=list(names))
        return
    for event in events:
        facts = {key: value for key, value in event.items() if key not in ("at", "run", "event") and value != ""}
        words = "  ".join(f"{key}={value}" for key, value in facts.items())
        sys.stdout.write(f"{event['at'][:19]}Z  {event['event']:<13} {words}\n")
