"""`opscli rule eval|explain`: try a condition before it goes into a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from opscli.cli import report, session

if TYPE_CHECKING:
    from datetime import datetime

    from opscli.rules.tree import Expression
    from opscli.stage import Context

app = typer.Typer(help="Try a condition: how many match, and why somebody does not.", no_args_is_help=True)

Rule = Annotated[str, typer.Argument(metavar="CONDITION", help="Condition over traits, customer fields and tags.")]


@app.command("eval", epilog="Examples:  opscli rule eval \"revenue_365d >= 3000 and not has_tag('churned')\"")
def evaluate(rule: Rule) -> None:
    """How many customers match, do not match, or cannot be judged because something is unknown."""
    from opscli.rules import audience
    from opscli.rules.sql import render

    with session.opened() as ctx:
        expression = _read(ctx, rule)
        as_of = _profiles_as_of(ctx)
        with ctx.warehouse.read() as opened:
            sql = render(expression, audience.target(ctx.project.catalog, opened.dialect, as_of))
            counts = opened.dicts(
                f"SELECT COUNT(CASE WHEN v THEN 1 END) AS match, COUNT(CASE WHEN NOT v THEN 1 END) AS no_match, "
                f"COUNT(CASE WHEN v IS NULL THEN 1 END) AS unknown, COUNT(*) AS customers "
                f"FROM (SELECT {sql} AS v FROM {audience.FROM}) judged"
            )[0]
    report.show_one({**counts, "as_of": as_of})


@app.command(epilog="Examples:  opscli rule explain \"orders_90d = 0 or region = 'West'\" --customer H00042")
def explain(
    rule: Rule,
    customer: Annotated[
        str | None, typer.Option("--customer", help="An id, a source's id, an email or a phone number.")
    ] = None,
) -> None:
    """What a condition says, in words; for a customer every clause with its value and verdict."""
    from opscli.rules.words import describe
    from opscli.tags.explain import labels

    with session.opened() as ctx:
        expression = _read(ctx, rule)
        words = describe(expression, ctx.project.locale, labels(ctx))
        if customer is None:
            report.show_one({"condition": rule, "words": words, "names": expression.names}, words)
            return
        data, text = _for_customer(ctx, expression, customer)
    report.show_one({"condition": rule, "words": words, **data}, text)


def _for_customer(ctx: Context, expression: Expression, customer: str) -> tuple[dict[str, Any], str]:
    from opscli.profiles.view import resolve
    from opscli.rules.explain import combine
    from opscli.tags.explain import WORDS, findings_of, findings_text, profile_time

    customer_id = resolve(ctx, customer)
    with ctx.warehouse.read() as opened:
        as_of = profile_time(opened, customer_id)
        findings = findings_of(ctx.at(as_of=as_of), opened, expression, customer_id)
    verdict = WORDS[combine(expression, {finding.text: finding.verdict for finding in findings})]
    clauses = [{"text": f.text, "verdict": WORDS[f.verdict], "values": dict(f.values)} for f in findings]
    text = "\n".join([f"{customer_id}: {verdict}", *findings_text(findings, indent="  ")])
    return {"customer_id": customer_id, "as_of": as_of, "verdict": verdict, "clauses": clauses}, text


def _read(ctx: Context, rule: str) -> Expression:
    from opscli.errors import UsageError
    from opscli.rules import audience
    from opscli.rules.tree import RuleInvalid

    try:
        return audience.condition(rule, ctx.project.catalog)
    except RuleInvalid as error:
        pointer = f"{rule}\n{' ' * error.offset}^"
        raise UsageError(f"character {error.offset + 1}: {error.what}", remedy=error.how, details=[pointer]) from error


def _profiles_as_of(ctx: Context) -> datetime:
    from opscli.errors import DataUnusable
    from opscli.rules import audience

    with ctx.warehouse.read() as opened:
        found = audience.standing(opened)
    if found is None:
        raise DataUnusable("there are no profiles yet", remedy="opscli run nightly, whose step profiles makes them")
    return found
