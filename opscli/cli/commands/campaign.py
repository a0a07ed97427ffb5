"""`opscli campaign`: list, show, plan, run, preview, explain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from opscli.cli import report, session
from opscli.cli.masking import masked_rows
from opscli.phrases import named, say

app = typer.Typer(help="Campaigns: who would get what, who got it, and why.")

Name = Annotated[str, typer.Argument(help="Name of the campaign (a file in configs/campaigns/).")]


@app.command("list", epilog="Examples:  opscli campaign list  |  opscli campaign list --json")
def list_() -> None:
    """The campaigns, how they start, and what has come of them."""
    from opscli.campaigns.campaign import CampaignSpec
    from opscli.campaigns.views import overview

    with session.opened() as ctx, ctx.state.read() as connection:
        rows = overview(connection, ctx.project.all("campaign", CampaignSpec))
    if not rows and report.chosen_format() == "table":
        report.note(say("cli.no_campaigns"))
        return
    report.show(rows)


@app.command(epilog="Examples:  opscli campaign show winback")
def show(name: Name) -> None:
    """The steps of a campaign with the people at each."""
    from opscli.campaigns.views import find, flow

    with session.opened() as ctx, ctx.state.read() as connection:
        rows = flow(connection, find(ctx.project, name))
    report.show(rows, title=name)


@app.command(epilog="Examples:  opscli campaign plan winback  |  opscli campaign plan winback --json")
def plan(
    name: Name,
    as_of: Annotated[str | None, typer.Option(help="Do as if it were this instant.")] = None,
) -> None:
    """Who would enter, get a message, be held out or be skipped, and why; nothing is written."""
    preview = session.plan_stage("campaigns", as_of=as_of, options={"only": [name]})
    sample = masked_rows(preview.sample, "address")
    if report.chosen_format() in ("json", "jsonl"):
        report.show_one(
            {"headline": preview.headline, "counts": preview.counts, "skipped": preview.skipped, "sample": sample}
        )
        return
    rows = [{"what": named(what), "people": number} for what, number in preview.counts.items()]
    rows += [{"what": say("cli.skipped", why=named(why)), "people": number} for why, number in preview.skipped.items()]
    report.show(rows, columns=("what", "people"), title=preview.headline)
    if sample and report.chosen_format() == "table":
        report.show(sample, title=say("cli.some_messages"))


@app.command(epilog="Examples:  opscli campaign run winback  |  opscli campaign run winback --no-send")
def run(
    name: Name,
    approve: Annotated[bool, typer.Option("--approve", help="Go on above the limit of recipients.")] = False,
    no_send: Annotated[bool, typer.Option("--no-send", help="Only queue; opscli outbox send sends.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="The same as opscli campaign plan.")] = False,
    as_of: Annotated[str | None, typer.Option(help="Do as if it were this instant.")] = None,
) -> int:
    """Let customers enter and go on, queue their messages, and send what is due."""
    if dry_run:
        plan(name, as_of)
        return 0
    from opscli.cli.commands.run import tell

    result = session.run_stage("campaigns", as_of=as_of, options={"only": [name]}, approve=approve)
    tell(result, session.root())
    if no_send or result.exit_code:
        return result.exit_code
    sent = session.run_stage("send", as_of=as_of)
    tell(sent, session.root())
    return sent.exit_code


@app.command(epilog="Examples:  opscli campaign preview winback --out previews")
def preview(
    name: Name,
    out: Annotated[Path, typer.Option(help="Folder for the .eml files and their index.html.")] = Path("previews"),
    limit: Annotated[int, typer.Option(min=1, help="At most so many messages.")] = 10,
) -> None:
    """Render messages that the next run would queue, as files; nothing goes out."""
    from opscli.campaigns.previews import write_previews
    from opscli.campaigns.views import find, preview_messages

    with session.opened() as ctx:
        made = preview_messages(ctx.at(dry=True), find(ctx.project, name), limit)
        index = write_previews(out if out.is_absolute() else ctx.project.root / out, name, made)
    if not made:
        report.note(say("cli.nothing_to_preview", name=name))
    report.done(say("cli.messages_written", count=len(made), index=index), {"messages": len(made), "index": str(index)})


@app.command(epilog="Examples:  opscli campaign explain winback --customer c_0123456789abcdef")
def explain(
    name: Name,
    customer: Annotated[str, typer.Option(help="An id, also an old one or a source's, an email or a phone number.")],
) -> None:
    """The whole path of one customer with every reason."""
    from opscli.campaigns.views import find, path_of
    from opscli.profiles.view import resolve

    with session.opened() as ctx:
        spec = find(ctx.project, name)
        found = resolve(ctx, customer)
        with ctx.state.read() as connection:
            rows = path_of(connection, spec, found)
    if not rows and report.chosen_format() == "table":
        report.note(say("cli.never_in_campaign", found=found, name=name))
        return
    report.show(rows, columns=("occurred_at", "step", "kind", "reason"), title=found)
