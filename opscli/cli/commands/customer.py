"""`opscli customer list|count|find|show`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opscli.cli import report, session
from opscli.cli.masking import masked_rows
from opscli.phrases import say

if TYPE_CHECKING:
    from opscli.profiles.view import Listing, Section

app = typer.Typer(help="The customers: list, find, and the whole view of one.", no_args_is_help=True)

Where = Annotated[str | None, typer.Option("--where", help='Condition over traits and fields: "revenue_365d > 100".')]
Limit = Annotated[int, typer.Option("--limit", min=0, help="Most rows; 0 = all.")]


@app.command(
    "list", epilog="Examples:  opscli customer list --where \"has_tag('at_risk')\" --columns revenue_365d,region"
)
def list_customers(
    where: Where = None,
    columns: Annotated[str, typer.Option(help="Traits and fields, with commas.")] = "first_name,last_name,email",
    limit: Limit = 50,
    ids: Annotated[bool, typer.Option("--ids", help="Only the ids, one a line.")] = False,
) -> None:
    """Customers who meet a condition, by id."""
    from opscli.profiles import view

    wanted = [] if ids else [name.strip() for name in columns.split(",") if name.strip()]
    with session.opened() as ctx:
        found = view.listing(ctx, where, wanted, limit or None)
    if ids:
        sys.stdout.writelines(f"{row['customer_id']}\n" for row in found.rows)
        return
    _show(found, limit)


@app.command(epilog='Examples:  opscli customer count --where "days_since(last_order_at) > 45"')
def count(where: Where = None) -> None:
    """How many customers meet a condition."""
    from opscli.profiles import view

    with session.opened() as ctx:
        number = view.count(ctx, where)
    report.show_one({"customers": number}, f"{number}")


@app.command(epilog="Examples:  opscli customer find ann@example.com  |  opscli customer find H00042")
def find(
    text: Annotated[
        str, typer.Argument(help="An id, also an old one or a source's, an email, a phone number or a name.")
    ],
    limit: Limit = 20,
) -> None:
    """Customers behind an identifier or a name."""
    from opscli.errors import AnswerIsNo
    from opscli.profiles import view

    with session.opened() as ctx:
        found = view.find(ctx, text, limit or 1_000_000)
    if not found.rows:
        raise AnswerIsNo(say("cli.nobody_known_as", text=text))
    _show(found, limit)


@app.command(epilog="Examples:  opscli customer show H00042  |  opscli customer show ann@example.com --json --show-pii")
def show(
    customer: Annotated[str, typer.Argument(help="An id, also an old one or a source's, an email or a phone number.")],
) -> None:
    """All about one customer: profile, identities, traits, tags, what they did, what we did, what is due."""
    from opscli.profiles import view

    with session.opened() as ctx:
        sections = view.overview(ctx, view.resolve(ctx, customer))
    shown = {section.name: masked_rows(section.rows, *section.personal) for section in sections}
    if report.chosen_format() in ("json", "jsonl"):
        sys.stdout.write(report.envelope(shown))
        return
    for section in sections:
        sys.stdout.write(_section_text(section, shown[section.name]))


def _show(found: Listing, limit: int) -> None:
    report.show(masked_rows(found.rows, *found.personal), columns=found.columns)
    if limit and len(found.rows) == limit:
        report.note(say("cli.only_first", limit=limit))


def _section_text(section: Section, rows: list[dict[str, Any]]) -> str:
    """A heading, then one row as a list of fields, several as lines."""
    from opscli.charts.width import pad
    from opscli.charts.width import width as columns_of

    if not rows:
        return ""
    if len(rows) == 1 and section.name in {"profile", "traits"}:
        said = () if section.name == "profile" else ("customer_id",)  # by the profile above
        known = {name: value for name, value in rows[0].items() if value is not None and name not in said}
        width = max(map(len, known))
        body = [f"  {name:<{width}}  {_one_line(value)}" for name, value in known.items()]
    else:
        cells = [list(rows[0]), *([_one_line(value) for value in row.values()] for row in rows)]
        widths = [max(map(columns_of, column)) for column in zip(*cells, strict=True)]
        body = ["  " + "  ".join(map(pad, line, widths)).rstrip() for line in cells]
    return "\n".join([section.name.upper(), *body, "", ""])


def _one_line(value: Any) -> str:
    return " ".join(report.cell(value).split())
