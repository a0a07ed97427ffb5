"""`opscli report list|show|render`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from opscli.cli import report, session
from opscli.errors import UsageError
from opscli.phrases import current, say

if TYPE_CHECKING:
    from opscli.reports.model import Page
    from opscli.reports.report import Report
    from opscli.stage import Context

app = typer.Typer(help="Reports: list, show, render.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of the report.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="As it was known at this instant (default: now).")]
_FORMS = {".html": "html", ".json": "json", ".md": "markdown", "": "csv"}


@app.command("list", epilog="Examples:  opscli report list")
def list_reports() -> None:
    """Every report with its blocks and the files it is written to."""
    from opscli.reports.report import Report

    project = session.open_project()
    rows = [
        {
            "report": spec.name,
            "label": spec.label.get(current()) or spec.label.get("en", ""),
            "blocks": len(spec.layout),
            "outputs": ", ".join(output.path or output.form for output in spec.outputs),
            "owner": spec.owner,
        }
        for spec in project.all("report", Report)
    ]
    report.show(rows, columns=("report", "label", "blocks", "outputs", "owner"))


@app.command(epilog="Examples:  opscli report show daily  |  opscli report show daily --json")
def show(name: Name, as_of: AsOf = None) -> None:
    """Print a report. Nothing is stored and no file is written."""
    from opscli.cli.pages import page_json, show_page
    from opscli.reports.files import as_markdown

    with session.opened(as_of) as ctx:
        _, page = _page(ctx, name)
    kind = report.chosen_format()
    if kind in ("json", "jsonl"):
        report.show_one(page_json(page))
    elif kind == "markdown":
        sys.stdout.write(as_markdown(page))
    elif kind == "csv":
        raise UsageError(say("cli.report_no_csv"), remedy=f"opscli report render {name} --out FOLDER")
    else:
        show_page(page)


@app.command(epilog="Examples:  opscli report render daily")
def render(
    name: Name,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write only this: FILE.html, FILE.json, FILE.md or a folder for CSV.")
    ] = None,
    as_of: AsOf = None,
) -> None:
    """Write a report's files: those of its outputs, or the one given. Values are stored by `opscli run` alone."""
    from opscli.reports.job import write_one, write_outputs
    from opscli.reports.report import Output

    with session.opened(as_of) as ctx:
        spec, page = _page(ctx, name)
        if out is None:
            written = [str(ctx.project.root / path) for path in write_outputs(spec, page, ctx.project.root)]
            if not written:
                raise UsageError(
                    say("cli.report_no_outputs", name=name), remedy=f"opscli report render {name} --out {name}.html"
                )
        else:
            written = [str(write_one(page, Output(form=_form(out), path=out.name), out.absolute().parent))]
    report.done("\n".join(written), {"report": name, "files": written})


def _form(out: Path) -> str:
    try:
        return _FORMS[out.suffix.lower()]
    except KeyError:
        raise UsageError(say("cli.report_no_form", out=out.name), remedy=say("cli.report_forms")) from None


def _page(ctx: Context, name: str) -> tuple[Report, Page]:
    from opscli.metrics.query import Desk
    from opscli.reports.build import build_page
    from opscli.reports.job import find_report

    spec = find_report(ctx.at(options={"report": name}))
    with ctx.warehouse.read() as reading:
        desk = Desk(project=ctx.project, session=reading, as_of=ctx.as_of, known_at=ctx.known_at)
        return spec, build_page(spec, desk, current())
