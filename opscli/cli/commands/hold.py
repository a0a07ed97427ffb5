"""`opscli hold`: the kill switch."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from opscli.cli import report, session
from opscli.phrases import say

app = typer.Typer()


@app.command(epilog='Examples:  opscli hold all --reason "wrong prices"  |  opscli hold campaign:winback --reason test')
def hold(
    scope: Annotated[str, typer.Argument(help="all, campaign:NAME or channel:NAME.")] = "all",
    reason: Annotated[str, typer.Option(help="Why; shown to whoever wonders.")] = "",
) -> None:
    """Stop sending at once: the switch is read just before each message."""
    from opscli.cli.holds import checked_scope
    from opscli.errors import UsageError
    from opscli.state import bulk
    from opscli.state.tables import holds

    if not reason:
        raise UsageError(say("cli.hold_needs_reason"), remedy=f'opscli hold {scope} --reason "…"')
    with session.opened() as ctx:
        row = {"scope": checked_scope(ctx, scope), "reason": reason, "held_by": getpass.getuser(), "held_at": ctx.as_of}
        with ctx.state.begin() as connection:
            bulk.insert(connection, holds, [row], conflict="replace")
    report.done(say("cli.held", scope=scope), row)
