"""`opscli dedupe`, `dedupe eval|explain|ledger`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from opscli.cli import report, session
from opscli.cli.choices import CHOICES
from opscli.errors import UsageError
from opscli.phrases import named, say

if TYPE_CHECKING:
    from opscli.identity.explain import Comparison

app = typer.Typer(help="Find out who is the same person; one golden record per customer.")


@app.callback(
    invoke_without_command=True, epilog="Examples:  opscli dedupe  |  opscli dedupe --dry-run  |  opscli dedupe --json"
)
def dedupe(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change; nothing is written.")] = False,
    approve: Annotated[bool, typer.Option("--approve", help="Go on where a guard would stop.")] = False,
    as_of: Annotated[str | None, typer.Option(help="Do as if it were this instant.")] = None,
) -> int:
    """Turn the records of all sources into customers."""
    if context.invoked_subcommand is not None:
        return 0
    if dry_run:
        preview = session.plan_stage("dedupe", as_of=as_of)
        effects = [{"what": named(name), "count": count} for name, count in preview.counts.items()]
        held = [{"what": say("cli.held_back", what=named(name)), "count": n} for name, n in preview.skipped.items()]
        if report.chosen_format() in ("json", "jsonl"):
            report.show_one({"headline": preview.headline, "counts": preview.counts, "held_back": preview.skipped})
        else:
            report.show([*effects, *held], columns=("what", "count"), warnings=[preview.headline])
        return 0
    from opscli.cli.commands.run import tell

    result = session.run_stage("dedupe", as_of=as_of, approve=approve)
    tell(result, session.root())
    return result.exit_code


@app.command("eval", epilog="Example:  opscli dedupe eval --truth data/truth.csv")
def evaluate(
    truth: Annotated[Path, typer.Option(help="CSV file with source, source_id, person_id.")],
) -> None:
    """Measure the links against a file that knows who is who."""
    from opscli.identity.evaluate import evaluate as measure

    with session.opened() as ctx:
        path = truth if truth.is_absolute() or truth.exists() else ctx.project.root / truth
        measured = asdict(measure(ctx.warehouse, path))
    if report.chosen_format() in ("json", "jsonl"):
        report.show_one(measured)
        return
    rows = [
        {"measure": named(name), "value": f"{value:.4f}" if isinstance(value, float) else report.cell(value)}
        for name, value in measured.items()
    ]
    report.show(rows, columns=("measure", "value"))


@app.command(
    epilog="Examples:  opscli dedupe explain crm:H00001 webshop:W100006  |  … explain --customer c_0123456789abcdef"
)
def explain(
    a: Annotated[str | None, typer.Argument(help="A record, source:id.")] = None,
    b: Annotated[str | None, typer.Argument(help="Another record.")] = None,
    customer: Annotated[str | None, typer.Option(help="A customer's id: all its records.")] = None,
) -> None:
    """Why two records are one customer or two, or what holds a customer together."""
    from opscli.identity import explain as reasons

    if (customer is None) == (a is None or b is None):
        raise UsageError(say("cli.two_records_or_customer"), remedy=say("cli.two_records_or_customer_how"))
    with session.opened() as ctx:
        if customer is not None:
            report.show(reasons.members(ctx, customer))
            return
        found = reasons.compare(ctx, a or "", b or "", show=CHOICES.show_pii)
    if report.chosen_format() in ("json", "jsonl"):
        report.show_one(asdict(found))
        return
    _show(found)


def _show(found: Comparison) -> None:
    report.show(found.fields, columns=("field", "a", "b", "verdict", "note"), title=found.verdict)
    lines = [found.verdict, *("  " + say("cli.linked_by", a=hop.a, b=hop.b, rule=hop.rule) for hop in found.chain)]
    report.show_one({}, text="\n".join(lines))


@app.command(epilog="Examples:  opscli dedupe ledger  |  opscli dedupe ledger --customer c_0123456789abcdef")
def ledger(
    customer: Annotated[str | None, typer.Option(help="Only this customer.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", help="How many entries.", min=1)] = 20,
) -> None:
    """Merges and splits, newest first."""
    from opscli.identity.ledger import history

    names = ("event_id", "occurred_at", "kind", "customer_id", "other_id", "records", "run_id")
    with session.opened() as ctx:
        report.show(history(ctx.state, customer=customer, limit=limit), columns=names)
