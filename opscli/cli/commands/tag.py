"""`opscli tag apply|list|show|explain|history|add|remove`."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opscli.cli import report, session
from opscli.phrases import current, say

if TYPE_CHECKING:
    from opscli.stage import Preview

app = typer.Typer(help="Tags: who has them, since when and why.", no_args_is_help=True)

Customer = Annotated[str, typer.Argument(help="An id, also an old one or a source's, an email or a phone number.")]
TagName = Annotated[str, typer.Argument(metavar="TAG", help="Name of the tag.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; shown by tag explain.")]
Until = Annotated[str | None, typer.Option("--until", help="When the pin ends, such as 2026-12-31; else it stays.")]


@app.command(epilog="Examples:  opscli tag apply --dry-run  |  opscli tag apply --approve")
def apply(
    dry_run: Annotated[bool, typer.Option("--dry-run", "--plan", help="Only show what would change.")] = False,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Instant of the tags; by default that of the profiles.")
    ] = None,
    approve: Annotated[bool, typer.Option("--approve", help="Apply although max_delta would stop it.")] = False,
) -> None:
    """Work out all tags from the profiles and apply what changed."""
    moment = as_of or _profile_time()
    if dry_run:
        _show_preview(session.plan_stage("tags", as_of=moment))
        return
    from opscli.runner.single import outcome_of

    result = session.run_stage("tags", as_of=moment, approve=approve)
    outcome = outcome_of(result)
    report.show(outcome.details.get("tags", []), title=outcome.summary)
    if result.exit_code:
        raise typer.Exit(result.exit_code)


@app.command("list", epilog="Examples:  opscli tag list  |  opscli tag list --format csv")
def list_tags() -> None:
    """Every tag with its number of members now."""
    from opscli.cli.waiting import waiting
    from opscli.tags.history import members_per_tag

    with session.opened() as ctx:
        rows = members_per_tag(ctx)
    columns = ("dimension", "tag", "label", "members", "newest")
    report.show(rows, columns=columns, warnings=waiting(ctx.project.catalog, "tag"))


@app.command(epilog="Examples:  opscli tag show high_value")
def show(tag: TagName, limit: Annotated[int, typer.Option(min=0, help="Most members; 0 = all.")] = 20) -> None:
    """A tag: its condition in words, and who has it, those who entered last first."""
    from opscli.phrases.spacing import spaced
    from opscli.rules import audience
    from opscli.rules.words import describe
    from opscli.tags.explain import find_tag, labels
    from opscli.tags.history import members

    with session.opened() as ctx:
        spec, found = find_tag(ctx, tag)
        words = spaced(describe(audience.condition(found.when, ctx.project.catalog), current(), labels(ctx)))
        rows = members(ctx, tag, limit or None)
    report.note(f"{tag} ({spec.dimension}): {words}")
    report.show(rows, columns=("customer_id", "entered_at", "origin"))


@app.command(epilog="Examples:  opscli tag explain H00042 at_risk")
def explain(customer: Customer, tag: TagName) -> None:
    """Why a customer has a tag, or not: every clause with its value."""
    from dataclasses import asdict

    from opscli.profiles.view import resolve
    from opscli.tags.explain import as_text
    from opscli.tags.explain import explain as look

    with session.opened() as ctx:
        found = look(ctx, resolve(ctx, customer), tag)
    report.show_one(asdict(found), as_text(found))


@app.command(epilog="Examples:  opscli tag history H00042")
def history(customer: Customer) -> None:
    """Every tag that a customer has or had, the newest first."""
    from opscli.profiles.view import resolve
    from opscli.tags.history import of_customer

    with session.opened() as ctx:
        rows = of_customer(ctx, resolve(ctx, customer))
    report.show(rows, columns=("dimension", "tag", "entered_at", "left_at", "origin", "run_id", "left_run_id"))


@app.command(epilog='Examples:  opscli tag add H00042 high_value --reason "key account" --until 2026-12-31')
def add(customer: Customer, tag: TagName, reason: Reason = "", until: Until = None) -> None:
    """Pin a tag to a customer: it wins over the condition from the next run on."""
    _pin(customer, tag, "add", reason, until)


@app.command(epilog='Examples:  opscli tag remove H00042 high_value --reason "asked by phone"')
def remove(
    customer: Customer,
    tag: TagName,
    reason: Reason = "",
    until: Until = None,
    unpin: Annotated[bool, typer.Option("--unpin", help="Take an earlier pin back instead.")] = False,
) -> None:
    """Keep a tag off a customer whatever its condition says, or take a pin back."""
    if unpin:
        _unpin(customer, tag)
    else:
        _pin(customer, tag, "remove", reason, until)


def _pin(customer: str, tag: str, verdict: str, reason: str, until: str | None) -> None:
    from opscli.profiles.view import resolve
    from opscli.tags import pins
    from opscli.tags.explain import find_tag

    with session.opened() as ctx:
        find_tag(ctx, tag)
        pin = pins.Pin(
            customer_id=resolve(ctx, customer),
            tag=tag,
            verdict=verdict,
            reason=reason,
            set_by=getpass.getuser(),
            set_at=ctx.as_of,
            until=session.instant(ctx.project, until, "--until"),
        )
        with ctx.state.begin() as connection:
            pins.put(connection, pin)
    said = say(f"cli.pin_{verdict}", tag=tag, customer=pin.customer_id)
    report.done(said, _pin_data(pin))


def _unpin(customer: str, tag: str) -> None:
    from opscli.errors import AnswerIsNo
    from opscli.profiles.view import resolve
    from opscli.tags import pins

    with session.opened() as ctx:
        customer_id = resolve(ctx, customer)
        with ctx.state.begin() as connection:
            there = pins.drop(connection, customer_id, tag)
    if not there:
        raise AnswerIsNo(say("cli.no_pin", customer_id=customer_id, tag=tag))
    report.done(say("cli.pin_gone", tag=tag), {"customer_id": customer_id, "tag": tag})


def _pin_data(pin: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(pin)


def _profile_time() -> str | None:
    """as_of of the profiles, so that a call by hand works on what is there."""
    from opscli.clock import iso
    from opscli.rules import audience

    with session.opened() as ctx, ctx.warehouse.read() as opened:
        found = audience.standing(opened)
    return iso(found) if found is not None else None


def _show_preview(preview: Preview) -> None:
    if report.chosen_format() in ("json", "jsonl"):
        data = {"headline": preview.headline, "counts": dict(preview.counts), "tags": list(preview.sample)}
        sys.stdout.write(report.envelope(data))
        return
    report.show(preview.sample, title=preview.headline)
    report.note(preview.headline)
