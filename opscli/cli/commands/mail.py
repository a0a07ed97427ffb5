"""`opscli mail send-test`."""

from __future__ import annotations

from typing import Annotated

import typer

from opscli.cli import report, session

app = typer.Typer(help="The mail transport: send a test.")


@app.callback()
def mail() -> None:
    """The mail transport."""


@app.command("send-test", epilog="Examples:  opscli mail send-test --to me@example.com --channel email --env prod")
def send_test(
    to: Annotated[str, typer.Option(help="Your own address.")],
    channel: Annotated[str | None, typer.Option(help="Which channel; the only one when left out.")] = None,
) -> None:
    """Send one plain message through a channel, past the outbox, to see that the transport works."""
    from opscli.delivery.probe import send_probe

    with session.opened() as ctx:
        receipt = send_probe(ctx, channel, to)
    report.done(f"{receipt.state}: {receipt.remote_id or receipt.code}", {"state": receipt.state, "code": receipt.code})
