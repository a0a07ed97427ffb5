"""`opscli rule eval|explain`: try a condition before it goes into a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from opscli.cli import report, session
from opscli.phrases import current, listed, named, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opscli.errors import UsageError
    from opscli.profiles.trial import Question, Trial
    from opscli.rules.tree import RuleInvalid
    from opscli.stage import Context

app = typer.Typer(help="Try a condition: how many match, and why somebody does not.", no_args_is_help=True)

Rule = Annotated[str, typer.Argument(metavar="CONDITION", help="Condition over traits, customer fields and the past.")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="TIME", help="Look from another instant, also a past one."),
]
Params = Annotated[
    list[str] | None, typer.Option("--param", metavar="NAME=VALUE", help="Value of a parameter such as :min_amount.")
]


@app.command("eval", epilog='Examples:  opscli rule eval "revenue_365d >= :least" --param least=3000 --sample 3')
def evaluate(
    rule: Rule,
    as_of: AsOf = None,
    param: Params = None,
    sample: Annotated[int, typer.Option("--sample", min=0, max=1000, help="Show this many of each verdict.")] = 0,
) -> None:
    """How many customers match, do not match, or cannot be judged because something is unknown."""
    from opscli.profiles import trial as trials

    with session.opened() as ctx, ctx.warehouse.read() as opened:
        found = trials.prepare(ctx, opened, _question(ctx, rule, param, as_of))
        counts: dict[str, Any] = {**trials.count(found), "as_of": found.as_of}
        chosen = trials.sample(found, sample) if sample else []
        notes = list(_notes(ctx, found))
    if sample and report.chosen_format() in ("json", "jsonl"):
        counts["sample"] = chosen
    report.show_one(counts)
    if chosen and report.chosen_format() not in ("json", "jsonl"):
        report.show([{**row, "verdict": named(row["verdict"])} for row in chosen], columns=("verdict", "customer_id"))
    for note in notes:
        report.note(note)


@app.command(epilog="Examples:  opscli rule explain \"orders_90d = 0 or region = 'West'\" --customer H00042")
def explain(
    rule: Rule,
    customer: Annotated[
        str | None, typer.Option("--customer", help="An id, a source's id, an email or a phone number.")
    ] = None,
    as_of: AsOf = None,
    param: Params = None,
) -> None:
    """What a condition says, in words; for a customer every clause with its value and verdict."""
    from opscli.phrases.spacing import spaced
    from opscli.rules.as_json import to_json
    from opscli.rules.words import describe
    from opscli.tags.explain import labels

    with session.opened() as ctx:
        question = _question(ctx, rule, param, as_of)
        words = spaced(describe(question.expression, current(), labels(ctx)))
        data = {"condition": rule, "words": words, **to_json(question.expression)}
        if customer is None:
            report.show_one(data, words)
            return
        about, text, notes = _for_customer(ctx, question, customer)
    report.show_one({**data, **about}, f"{words}\n{text}")
    for note in notes:
        report.note(note)


def _for_customer(ctx: Context, question: Question, customer: str) -> tuple[dict[str, Any], str, list[str]]:
    from opscli.clock import iso
    from opscli.profiles import trial as trials
    from opscli.profiles.view import resolve
    from opscli.tags.explain import WORDS, tree_data, tree_text

    customer_id = resolve(ctx, customer)
    with ctx.warehouse.read() as opened:
        trial = trials.prepare(ctx, opened, question)
        found = trials.look_at(trial, customer_id)
        notes = list(_notes(ctx, trial))
    verdict = WORDS[found.verdict]
    head = say("rules.judged_at", customer=customer_id, as_of=iso(trial.as_of), verdict=named(verdict))
    data = {"customer_id": customer_id, "as_of": trial.as_of, "verdict": verdict, "judged": tree_data(found)}
    return data, "\n".join([head, *tree_text(found, indent="  ")]), notes


def _notes(ctx: Context, trial: Trial) -> Iterator[str]:
    """What an answer about another instant than that of the profiles stands on."""
    traits = ctx.project.catalog.types("trait")
    fields = [name for name in trial.expression.names if name not in traits]
    if trial.recomputed and fields:
        yield say("rules.fields_of_today", names=listed(fields))


def _question(ctx: Context, rule: str, params: list[str] | None, as_of: str | None) -> Question:
    """The condition in customers' scope, its parameters typed by the values given. Raises UsageError at its place."""
    from opscli.profiles.trial import Question
    from opscli.rules import parameters
    from opscli.rules.language import condition
    from opscli.rules.scope import of_customers
    from opscli.rules.tree import RuleInvalid

    try:
        values = parameters.given(params or (), ctx.project.zone)
    except RuleInvalid as error:
        raise _refused(error) from error
    try:
        expression = condition(rule, of_customers(ctx.project.catalog, params=parameters.types(values)))
        parameters.bind(expression, values)
    except RuleInvalid as error:
        raise _refused(error, rule) from error
    return Question(expression=expression, params=values, as_of=session.instant(ctx.project, as_of))


def _refused(error: RuleInvalid, rule: str = "") -> UsageError:
    """The words of an error, with a caret under the character in question."""
    from opscli.errors import UsageError

    if not rule:
        return UsageError(error.what, remedy=error.how)
    what = say("rules.at_character", place=error.offset + 1, what=error.what)
    return UsageError(what, remedy=error.how, details=[_pointer(rule, error.offset), *filter(None, [error.why])])


def _pointer(rule: str, offset: int) -> str:
    """The line in question with a caret below; a Chinese character is two columns wide."""
    from opscli.charts.width import width

    start = rule.rfind("\n", 0, offset) + 1
    line = rule[start:].partition("\n")[0].replace("\t", " ")
    return f"{line}\n{' ' * width(line[: offset - start])}^"
