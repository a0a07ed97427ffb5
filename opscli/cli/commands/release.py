"""`opscli release`."""

from __future__ import annotations

from typing import Annotated

import typer

from opscli.cli import report, session
from opscli.phrases import say

app = typer.Typer()


@app.command(epilog="Examples:  opscli release all  |  opscli release campaign:winback")
def release(scope: Annotated[str, typer.Argument(help="all, campaign:NAME or channel:NAME.")] = "all") -> None:
    """Let what was held be sent. `all` also ends the hold of a copied or restored state."""
    from sqlalchemy import delete

    from opscli.cli.holds import checked_scope
    from opscli.errors import UsageError
    from opscli.state.tables import holds

    with session.opened() as ctx:
        name = checked_scope(ctx, scope)
        restored = ctx.state.send_hold() if name == "all" else ""
        with ctx.state.begin() as connection:
            found = connection.execute(delete(holds).where(holds.c.scope == name)).rowcount
        if restored:
            ctx.state.release_send_hold()
    if not found and not restored:
        raise UsageError(say("cli.not_held", scope=scope), remedy=say("cli.status_shows_holds"))
    report.done(say("cli.released", scope=scope), {"scope": scope, "was_restored": bool(restored)})
