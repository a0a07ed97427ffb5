"""`opscli demo`: write the sample data that the demo project reads."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opscli.cli import report, session
from opscli.cli.watch import watching
from opscli.phrases import say

if TYPE_CHECKING:
    from opscli.demo.generate import DemoResult

app = typer.Typer(help="The sample data of the demo project.", no_args_is_help=True)


@app.callback()
def demo() -> None:
    """The sample data of the demo project."""


@app.command(
    "data",
    epilog="Examples:  opscli demo data  |  opscli demo data --until 2017-12-31  |  "
    "opscli demo data --customers 1000000 --out big",
)
def data(
    until: Annotated[
        str, typer.Option(help="Write what was known before this day, 2017-01-02 to 2018-01-01.")
    ] = "2018-01-01",
    customers: Annotated[int, typer.Option(help="How many customers, up to 1000000.")] = 2469,
    seed: Annotated[int, typer.Option(help="Another number, other people.")] = 7,
    out: Annotated[Path | None, typer.Option(help="Folder for the files (default: data/ of the project).")] = None,
) -> None:
    """Write a year of a grocery chain: real purchases, and made-up people, visits, tickets and deals around them.

    A file whose content is unchanged is not touched, so the next import skips it.
    """
    from opscli.demo.generate import DemoSettings, generate

    folder = out or session.root() / "data"
    settings = DemoSettings(out=folder, until=_day(until), customers=customers, seed=seed)
    with watching() as observer:
        observer.step_started(say("cli.demo_data"))
        result = generate(settings, observer)
    report.show(_rows(result), title=say("cli.demo_data_in", folder=folder))
    if result.removed:
        report.note(say("cli.demo_removed", count=len(result.removed), until=until))


def _day(text: str) -> date:
    from opscli.errors import UsageError

    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(say("cli.no_day", text=text), remedy=say("cli.write_day_as", example="2017-12-31")) from error


def _rows(result: DemoResult) -> list[dict[str, Any]]:
    """One row for each kind of file; months of one kind are counted together."""
    rows: dict[str, dict[str, Any]] = {}
    for file in result.files:
        empty = {"file": file.group, "files": 0, "changed": 0, "rows": 0, "bytes": 0, "seconds": 0.0}
        row = rows.setdefault(file.group, empty)
        row["files"] += 1
        row["changed"] += int(file.changed)
        row["rows"] += file.rows
        row["bytes"] += file.bytes
        row["seconds"] = round(row["seconds"] + file.seconds, 3)
    return list(rows.values())
