"""`opscli suppression`: add, lift, list."""

from __future__ import annotations

from typing import Annotated

import typer

from opscli.cli import report, session
from opscli.phrases import say

app = typer.Typer(help="Addresses that never get mail.")


@app.command(epilog='Examples:  opscli suppression add jo@example.com --reason "asked by phone"')
def add(
    address: Annotated[str, typer.Argument(help="E-mail address.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    topic: Annotated[str, typer.Option(help="Only this topic.")] = "all",
    channel: Annotated[str, typer.Option(help="Only this channel.")] = "all",
    until: Annotated[str | None, typer.Option(help="Until this time; for ever when left out.")] = None,
) -> None:
    """Put an address on the list; what is queued for it is dropped before it goes out."""
    from opscli.delivery.views import Suppression, suppress

    with session.opened() as ctx, ctx.state.begin() as connection:
        end = session.instant(ctx.project, until, "--until")
        entry = Suppression(
            address=address, reason=reason, source="by hand", since=ctx.as_of, channel=channel, stream=topic, until=end
        )
        suppress(connection, entry)
    report.done(say("cli.address_suppressed"), {"stream": topic, "channel": channel})


@app.command(epilog='Examples:  opscli suppression lift jo@example.com --reason "signed up again"')
def lift(
    address: Annotated[str, typer.Argument(help="E-mail address.")],
    reason: Annotated[str, typer.Option(help="Why it may get mail again; kept in the log of this command.")],
    topic: Annotated[str | None, typer.Option(help="Only this topic; every entry when left out.")] = None,
) -> None:
    """Take an address off the list."""
    from opscli.delivery.views import lift as take_off
    from opscli.errors import UsageError

    if not reason.strip():
        raise UsageError(say("cli.lift_needs_reason"), remedy='opscli suppression lift ADDRESS --reason "…"')
    with session.opened() as ctx, ctx.state.begin() as connection:
        number = take_off(connection, address, topic)
    if not number:
        raise UsageError(say("cli.address_not_listed"), remedy="opscli suppression list")
    report.done(say("cli.entries_lifted", count=number), {"lifted": number, "reason": reason})


@app.command("list", epilog="Examples:  opscli suppression list  |  opscli suppression list --format csv")
def list_(limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100) -> None:
    """The list, the newest first; addresses are kept as hashes only."""
    from opscli.delivery.views import suppressed

    with session.opened() as ctx, ctx.state.read() as connection:
        rows = suppressed(connection, limit)
    if not rows and report.chosen_format() == "table":
        report.note(say("cli.nobody_suppressed"))
        return
    report.show(rows, columns=("address_hash", "channel", "stream", "reason", "source", "since", "until"))
