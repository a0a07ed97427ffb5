"""`opscli unsubscribe EMAIL [--topic]`."""

from __future__ import annotations

from typing import Annotated

import typer

from opscli.cli import report, session
from opscli.phrases import listed, say

app = typer.Typer()


@app.command(epilog="Examples:  opscli unsubscribe jo@example.com  |  opscli unsubscribe jo@example.com --topic offers")
def unsubscribe(
    email: Annotated[str, typer.Argument(help="The address.")],
    topic: Annotated[str | None, typer.Option(help="Only this topic; everything when left out.")] = None,
) -> None:
    """Take an address off a topic, or off everything: it is suppressed, and the customer's consent says no."""
    from opscli.delivery.topic import TopicSpec
    from opscli.delivery.views import Suppression, find_customer, record_consents, suppress
    from opscli.errors import UsageError

    with session.opened() as ctx:
        if topic is not None and ctx.project.one("topic", topic, TopicSpec) is None:
            names = listed(ctx.project.catalog.names("topic"))
            raise UsageError(say("cli.no_topic", topic=topic), remedy=say("cli.topics_are", names=names))
        with ctx.warehouse.read() as warehouse:
            try:
                customer = find_customer(warehouse, email) if "customers" in warehouse.tables() else None
            except UsageError:  # nobody, or several, have it: the address itself is suppressed all the same
                customer = None
        stream = topic or "all"
        word = {"customer_id": customer, "channel": "all", "topic": stream, "status": "denied", "source": "unsubscribe",
                "evidence": "by hand", "occurred_at": ctx.as_of}  # fmt: skip
        with ctx.state.begin() as connection:
            entry = Suppression(address=email, reason="unsubscribed", source="by hand", since=ctx.as_of, stream=stream)
            suppress(connection, entry)
            record_consents(connection, [word] if customer else [])
    said = say("cli.off_topic", topic=topic) if topic else say("cli.off_everything")
    report.done(said, {"customer_id": customer, "stream": stream})
