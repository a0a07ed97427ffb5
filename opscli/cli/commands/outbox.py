"""`opscli outbox`: list, show, send, resolve, cancel."""

from __future__ import annotations

from typing import Annotated

import typer

from opscli.cli import report, session
from opscli.cli.masking import masked, masked_rows
from opscli.phrases import listed, named, say

app = typer.Typer(help="Messages on their way: list, send, resolve.")

_KEY_SHOWN = 12


@app.command(
    "list", epilog="Examples:  opscli outbox list  |  opscli outbox list --status unknown  |  opscli outbox list --json"
)
def list_(
    status: Annotated[str | None, typer.Option(help="Only this state: pending, sent, failed, unknown, …")] = None,
    campaign: Annotated[str | None, typer.Option(help="Only messages of this campaign.")] = None,
    customer: Annotated[str | None, typer.Option(help="Only messages to this customer (id).")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
) -> None:
    """Messages, the newest first."""
    from opscli.delivery.outbox import FINAL, OPEN
    from opscli.delivery.views import Wanted, messages
    from opscli.errors import UsageError

    if status is not None and status not in (*OPEN, *FINAL):
        raise UsageError(
            say("cli.no_message_state", status=status), remedy=say("cli.states_are", names=listed((*OPEN, *FINAL)))
        )
    wanted = Wanted(status=status, origin=campaign, customer_id=customer, limit=limit)
    with session.opened() as ctx, ctx.state.read() as connection:
        rows = masked_rows(messages(connection, wanted), "address")
    if report.chosen_format() == "table":
        rows = [{**row, "message_key": row["message_key"][:_KEY_SHOWN]} for row in rows]
        if not rows:
            report.note(say("cli.no_messages"))
            return
    report.show(rows, title=say("cli.messages", count=len(rows)))


@app.command(epilog="Examples:  opscli outbox show 3fa9  |  opscli outbox show 3fa9 --json")
def show(key: Annotated[str, typer.Argument(help="Key of the message, or how it begins.")]) -> None:
    """One message with every attempt and event."""
    from opscli.delivery.views import message

    with session.opened() as ctx, ctx.state.read() as connection:
        found = message(connection, key)
    found["address"] = masked(found["address"])
    lines = [f"{name:<18} {report.cell(value)}" for name, value in found.items() if not isinstance(value, list)]
    lines += [f"{report.cell(row['occurred_at'])}  {row['kind']}" for row in found["events"]]
    for row in found["tried"]:
        what = f"{row['result']} {row['code'] or ''} {row['detail'] or ''}"
        attempt = say("cli.attempt", attempt=row["attempt"], what=what)
        lines.append(f"{report.cell(row['occurred_at'])}  {attempt}")
    report.show_one(found, "\n".join(line.rstrip() for line in lines))


@app.command(epilog="Examples:  opscli outbox send  |  opscli outbox send --limit 100  |  opscli outbox send --dry-run")
def send(
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many messages.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go out; nothing does.")] = False,
) -> int:
    """Send what is due."""
    options = {} if limit is None else {"limit": limit}
    if dry_run:
        preview = session.plan_stage("send", options=options)
        data = {"headline": preview.headline, **preview.counts}
        held = {say("cli.not_sent", why=named(why)): number for why, number in preview.skipped.items()}
        counts = {named(name): number for name, number in preview.counts.items()}
        report.show_one(
            {**data, **{f"not sent: {why}": number for why, number in preview.skipped.items()}},
            "\n".join([preview.headline, *report.fields(counts | held)]),
        )
        return 0
    from opscli.cli.commands.run import tell

    result = session.run_stage("send", options=options)
    tell(result, session.root())
    return result.exit_code


@app.command(epilog='Examples:  opscli outbox resolve 3fa9 --as sent --reason "in the relay log"')
def resolve(
    key: Annotated[str, typer.Argument(help="Key of the message, or how it begins.")],
    verdict: Annotated[str, typer.Option("--as", help="sent, failed, or pending (send it again).")],
    reason: Annotated[str, typer.Option(help="How you know.")] = "",
) -> None:
    """Say what became of a message of unknown fate."""
    from opscli.delivery import outbox
    from opscli.delivery.views import message
    from opscli.errors import UsageError

    if verdict not in ("sent", "failed", "pending") or not reason:
        raise UsageError(
            say("cli.verdict_needs"),
            remedy=f'opscli outbox resolve {key} --as sent --reason "…"',
        )
    with session.opened() as ctx, ctx.state.begin() as connection:
        found = message(connection, key)["message_key"]
        outbox.resolve(connection, found, verdict, reason=reason, now=ctx.as_of)
    report.done(
        say("cli.message_resolved", found=found[:_KEY_SHOWN], verdict=verdict),
        {"message_key": found, "status": verdict},
    )


@app.command(epilog="Examples:  opscli outbox cancel --campaign winback  |  opscli outbox cancel 3fa9")
def cancel(
    key: Annotated[str | None, typer.Argument(help="Key of one message, or how it begins.")] = None,
    campaign: Annotated[str | None, typer.Option(help="Everything of this campaign that waits.")] = None,
) -> None:
    """Drop what is queued; what is under way or gone stays."""
    from opscli.delivery import outbox
    from opscli.delivery.views import message
    from opscli.errors import UsageError

    if (key is None) == (campaign is None):
        raise UsageError(say("cli.key_or_campaign"), remedy="opscli outbox list")
    with session.opened() as ctx, ctx.state.begin() as connection:
        keys = [message(connection, key)["message_key"]] if key is not None else []
        number = outbox.cancel(connection, campaign, keys, ctx.as_of)
    if key is not None and number == 0:
        raise UsageError(say("cli.not_waiting"), remedy=f"opscli outbox show {key}")
    report.done(say("cli.messages_cancelled", count=number), {"cancelled": number})
