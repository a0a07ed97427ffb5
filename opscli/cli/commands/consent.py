"""`opscli consent`: show, list, grant, deny, import."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from opscli.cli import report, session
from opscli.phrases import listed, say

if TYPE_CHECKING:
    from opscli.stage import Context

app = typer.Typer(help="Who may be written to, about what.")

Customer = Annotated[str, typer.Argument(help="An id, also an old one or a source's, an email or a phone number.")]
Topic = Annotated[str, typer.Option(help="About what; all when left out.")]
Channel = Annotated[str, typer.Option(help="On which channel; all when left out.")]
Evidence = Annotated[str, typer.Option(help="How you know: a form, a call, a letter.")]


@app.command(epilog="Examples:  opscli consent show jo@example.com  |  opscli consent show c_0123 --json")
def show(customer: Customer) -> None:
    """Every word of one customer, the newest first."""
    from opscli.delivery.views import consent_words
    from opscli.profiles.view import resolve

    with session.opened() as ctx:
        found = resolve(ctx, customer)
        with ctx.state.read() as connection:
            rows = consent_words(connection, found, 100)
    if not rows and report.chosen_format() == "table":
        report.note(say("cli.no_consent_of", found=found))
        return
    report.show(rows)


@app.command("list", epilog="Examples:  opscli consent list  |  opscli consent list --format csv")
def list_(limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100) -> None:
    """The ledger, the newest word first."""
    from opscli.delivery.views import consent_words

    with session.opened() as ctx, ctx.state.read() as connection:
        rows = consent_words(connection, None, limit)
    if not rows and report.chosen_format() == "table":
        report.note(say("cli.no_consents"))
        return
    report.show(rows)


@app.command(epilog='Examples:  opscli consent grant jo@example.com --topic offers --evidence "form of 4 May"')
def grant(customer: Customer, evidence: Evidence, topic: Topic = "all", channel: Channel = "all") -> None:
    """Record that a customer said yes."""
    _say(customer, "granted", evidence, topic, channel)


@app.command(epilog='Examples:  opscli consent deny jo@example.com --evidence "asked by phone"')
def deny(customer: Customer, evidence: Evidence, topic: Topic = "all", channel: Channel = "all") -> None:
    """Record that a customer said no."""
    _say(customer, "denied", evidence, topic, channel)


def _say(customer: str, status: str, evidence: str, topic: str, channel: str) -> None:
    from opscli.delivery.views import record_consents
    from opscli.profiles.view import resolve

    with session.opened() as ctx:
        _known(ctx, "topic", topic)
        _known(ctx, "channel", channel)
        found = resolve(ctx, customer)
        word = {"customer_id": found, "channel": channel, "topic": topic, "status": status, "source": "by hand",
                "evidence": evidence, "occurred_at": ctx.as_of}  # fmt: skip
        with ctx.state.begin() as connection:
            record_consents(connection, [word])
    report.done(
        say("cli.consent_recorded", found=found, status=status, topic=topic),
        {"customer_id": found, "status": status, "topic": topic},
    )


def _known(ctx: Context, kind: str, name: str) -> None:
    """A word about a mistyped topic would bind nobody. Raises UsageError."""
    from opscli.errors import UsageError

    names = ("all", *ctx.project.specs.get(kind, {}))
    if name not in names:
        raise UsageError(
            say("cli.no_such_kind", kind=kind, name=name), remedy=say("cli.kinds_are", kind=kind, names=listed(names))
        )


@app.command("import", epilog="Examples:  opscli consent import consents.csv --source newsletter_2024")
def import_(
    file: Annotated[
        Path,
        typer.Argument(help="CSV with email, status (granted or denied), and if you have them topic, at, evidence."),
    ],
    source: Annotated[str, typer.Option(help="Where the words come from.")],
) -> int:
    """Load words of many customers; addresses that nobody has are listed and left out (exit 3)."""
    from opscli.delivery.consents import read_words

    with session.opened() as ctx:
        loaded, unknown = _load(ctx, read_words(file, source, ctx.as_of, ctx.project.zone))
    for address in unknown[:20]:
        report.note(say("cli.nobody_has_address", address=address))
    report.done(
        say("cli.consents_loaded", loaded=loaded, count=len(unknown)), {"recorded": loaded, "unknown": len(unknown)}
    )
    return 3 if unknown else 0


def _load(ctx: Context, words: list[dict[str, object]]) -> tuple[int, list[str]]:
    from opscli.cli.masking import masked
    from opscli.delivery.consents import with_customers
    from opscli.delivery.views import record_consents

    with ctx.warehouse.read() as warehouse:
        known, unknown = with_customers(warehouse, words)
    with ctx.state.begin() as connection:
        return record_consents(connection, known), [masked(address) for address in unknown]
