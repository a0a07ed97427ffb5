"""`opscli history`."""

from __future__ import annotations

from typing import Annotated

import typer

from opscli.cli import report, session
from opscli.phrases import say

app = typer.Typer()


@app.command(epilog="Examples:  opscli history  |  opscli history --job nightly --json  |  opscli history RUN")
def history(
    run: Annotated[str | None, typer.Argument(help="A run's id: shows its steps.")] = None,
    job: Annotated[str | None, typer.Option(help="Only runs of this job.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", help="How many runs.", min=1)] = 20,
) -> None:
    """Past runs, newest first; with a run's id, its steps and counts."""
    from opscli.errors import UsageError
    from opscli.runner import ledger

    with session.opened() as ctx:
        if run is None:
            rows = ledger.latest(ctx.state, job=job, limit=limit)
            names = ("run_id", "status", "slot", "attempt", "started_at", "finished_at", "exit_code", "config_version")
            shown = [{name: row[name] for name in names} for row in rows]
            for row in shown:
                row["config_version"] = row["config_version"][:12]
        else:
            rows = ledger.steps_of(ctx.state, run)
            if not rows:
                raise UsageError(say("cli.no_run", run=run), remedy=say("cli.history_lists"))
            names = ("attempt", "step", "status", "rows_in", "changed", "rejected", "started_at", "summary")
            shown = [{name: row[name] for name in names} for row in rows]
    report.show(shown, columns=names)
