"""`opscli health`: score, show, explain, alert."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from opscli.cli import report, session
from opscli.phrases import say

if TYPE_CHECKING:
    from opscli.health.explain import HealthView
    from opscli.stage import Preview

app = typer.Typer(help="Customer health: scores, reasons, alerts.")

AsOf = Annotated[str | None, typer.Option(help="As of this time; that of the present profiles when absent.")]
Model = Annotated[list[str] | None, typer.Option(help="Only this health model; may be repeated.")]
DryRun = Annotated[bool, typer.Option("--dry-run", "--plan", help="Say what would happen, write nothing.")]
Approve = Annotated[bool, typer.Option("--approve", help="Go on where the circuit breaker would stop.")]


@app.command(epilog="Examples:  opscli health score  |  opscli health score --model standard --dry-run")
def score(as_of: AsOf = None, model: Model = None, dry_run: DryRun = False) -> int:
    """Score every customer now; nobody is alerted."""
    return _run("score", as_of=as_of, model=model, dry_run=dry_run)


@app.command(epilog="Examples:  opscli health alert --dry-run  |  opscli health alert --approve")
def alert(as_of: AsOf = None, model: Model = None, dry_run: DryRun = False, approve: Approve = False) -> int:
    """Make tasks for high-value customers who fall silent; 65 when a feed is stale, 4 when there are too many."""
    return _run("alert", as_of=as_of, model=model, dry_run=dry_run, approve=approve)


@app.command(
    epilog="Examples:  opscli health show  |  opscli health show c_1f3a…  |  opscli health show --band critical"
)
def show(
    customer: Annotated[str | None, typer.Argument(help="Customer id, source id, mail address or phone.")] = None,
    band: Annotated[str | None, typer.Option(help="List customers in this band, lowest score first.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many to list.")] = 20,
    as_of: Annotated[str | None, typer.Option(help="As it was told at this time.")] = None,
) -> None:
    """The health of one customer, of a band, or how many customers are in each band."""
    from opscli.health import explain

    if customer is not None:
        views = _views(customer, None, as_of)
        fields = ("customer_id", "model", "score", "band", "trend", "coverage", "change", "as_of")
        report.show([{name: view.as_data()[name] for name in fields} for view in views])
        return
    with session.opened(as_of) as ctx, ctx.warehouse.read() as warehouse:
        rows = explain.scores(warehouse, ctx.as_of, band, limit) if band else explain.distribution(warehouse, ctx.as_of)
    if not rows and report.chosen_format() == "table":
        report.note(say("cli.nobody_scored") if band is None else say("cli.nobody_in_band", band=band))
        return
    report.show(rows)


@app.command(
    "explain", epilog="Examples:  opscli health explain c_1f3a…  |  opscli health explain amy@example.com --json"
)
def explain_(
    customer: Annotated[str, typer.Argument(help="Customer id, source id, mail address or phone.")],
    model: Annotated[str | None, typer.Option(help="Only this health model.")] = None,
    as_of: Annotated[str | None, typer.Option(help="As it was told at this time.")] = None,
) -> None:
    """Why a customer has this score: measures, points and weights, and what moved it, adding up."""
    from opscli.health.explain import in_words

    views = _views(customer, model, as_of)
    report.show_one({"scores": [view.as_data() for view in views]}, "\n".join(in_words(view) for view in views))


def _views(customer: str, model: str | None, as_of: str | None) -> list[HealthView]:
    from opscli.errors import UsageError
    from opscli.health import explain

    with session.opened(as_of) as ctx:
        found = explain.find_customer(ctx, customer)
        with ctx.warehouse.read() as warehouse:
            views = explain.latest(warehouse, found, ctx.as_of, model)
    if not views:
        raise UsageError(say("cli.no_health_score", found=found), remedy="opscli health score")
    return views


def _run(part: str, *, as_of: str | None, model: list[str] | None, dry_run: bool, approve: bool = False) -> int:
    """Run or plan one part of the health stage, as of the profiles unless a time is given."""
    options: dict[str, Any] = {"part": part} | ({"only": model} if model else {})
    moment = as_of or _profiles_instant()
    if dry_run:
        _tell_plan(session.plan_stage("health", as_of=moment, options=options))
        return 0
    result = session.run_stage("health", as_of=moment, options=options, approve=approve)
    step = result.steps[-1]
    if step.error is not None:
        raise step.error
    report.done(step.outcome.summary, dict(step.outcome.details))
    return result.exit_code


def _profiles_instant() -> str | None:
    from opscli.clock import iso
    from opscli.health.job import profiles_instant

    with session.opened() as ctx, ctx.warehouse.read() as warehouse:
        moment = profiles_instant(warehouse)
    return iso(moment) if moment else None


def _tell_plan(preview: Preview) -> None:
    data = {
        "headline": preview.headline,
        "counts": dict(preview.counts),
        "skipped": dict(preview.skipped),
        "sample": [dict(row) for row in preview.sample],
    }
    lines = [preview.headline]
    lines += [f"  {row['customer_id']}  → {row['owner']}: {row['reason']}" for row in preview.sample]
    report.show_one(data, "\n".join(lines))
