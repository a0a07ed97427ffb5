"""`opscli import [SOURCE…]`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opscli.cli import report, session
from opscli.errors import UsageError
from opscli.phrases import named, say

if TYPE_CHECKING:
    from opscli.runner.execute import RunResult

app = typer.Typer()

_PIPE = "-"
_COLUMNS = (
    "source",
    "status",
    "read",
    "inserted",
    "updated",
    "unchanged",
    "rejected",
    "repaired",
    "deleted",
    "seconds",
    "files",
    "entity",
)
"""What matters most stands first: a narrow terminal has no room for the last ones."""
_REJECT_COLUMNS = ("source", "file", "line_no", "column_name", "reason")
"""With the reason in words; programs get its code beside them."""
_UNDO_COLUMNS = ("source", "entity", "status", "reopened", "voided")


@app.command(
    "import",
    epilog="Examples:  opscli import  |  opscli import orders crm --dry-run  |  opscli import orders - < FILE  |  "
    "opscli import orders --full  |  … --retry rejects/RUN/orders.csv  |  opscli import --undo RUN  |  … --json",
)
def import_(
    sources: Annotated[
        list[str] | None, typer.Argument(help="Names of sources; all when absent. NAME - reads standard input.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be loaded; nothing is written.")] = False,
    approve: Annotated[bool, typer.Option("--approve", help="Load though a guard would stop.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Read all there is, also what was loaded before.")] = False,
    since: Annotated[
        str, typer.Option(metavar="VALUE", help="Only rows from this time, or cursor value, on; no cursor moves.")
    ] = "",
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="So many rows of each source; no cursor moves.")
    ] = None,
    changed: Annotated[
        bool, typer.Option("--changed", help="Only sources with something new; a missing file is no error.")
    ] = False,
    retry: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Load the corrected rows of a reject file (rejects/…/…csv).")
    ] = None,
    undo: Annotated[
        str, typer.Option("--undo", metavar="RUN", help="Bring back the state before a run's import.")
    ] = "",
) -> int:
    """Load whatever is new in the sources; rows that cannot be used are listed with file and line (exit 3)."""
    parts = {"full": full, "since": since, "limit": limit, "changed": changed}
    if undo and any(parts.values()):
        raise UsageError(say("cli.import_alone", option="--undo"))
    if retry is not None and (undo or sources or any(parts.values())):
        raise UsageError(say("cli.retry_alone"))
    given = {**_words(sources or []), **parts, "undo": undo, "retry": _place(retry)}
    options = {name: value for name, value in given.items() if value}
    if dry_run:
        _show_plan(session.plan_stage("import", options=options))
        return 0
    result = session.run_stage("import", options=options, approve=approve)
    _tell(result)
    return result.exit_code


def _words(words: list[str]) -> dict[str, Any]:
    """Which sources, and whether standard input stands in for one."""
    names = [word for word in words if word != _PIPE]
    return {"only": names, "piped": _PIPE in words}


def _place(path: Path | None) -> str:
    """A file as it is given, from here or from the project's folder."""
    return "" if path is None else str(path.resolve() if path.exists() else path)


def _show_plan(preview: Any) -> None:
    """Counts, and the first rows that would be rejected."""
    if report.chosen_format() in ("json", "jsonl"):
        found = {"headline": preview.headline, "counts": preview.counts, "held_back": preview.skipped}
        found |= {"first_rejects": list(preview.sample)}
        sys.stdout.write(report.envelope(found, warnings=preview.notes))
        return
    counts = [{"what": named(name), "rows": count} for name, count in preview.counts.items()]
    held = [
        {"what": named(name), "rows": count} for name, count in preview.skipped.items() if name not in preview.counts
    ]
    report.show([*counts, *held], columns=("what", "rows"), title=preview.headline, warnings=preview.notes)
    if preview.sample:
        as_table = report.chosen_format() == "table"
        told = [{**row, "reason": row["meaning"]} for row in preview.sample] if as_table else list(preview.sample)
        report.show(told, columns=_REJECT_COLUMNS if as_table else (), title=say("cli.first_rejects"))


def _tell(result: RunResult) -> None:
    """One row a source on a terminal or for programs; in cron nothing unless rows were rejected or a guard stopped."""
    from opscli.cli.commands.run import tell

    details: Mapping[str, Any] = result.steps[-1].outcome.details if result.steps else {}
    by_source: Mapping[str, Mapping[str, Any]] = details.get("sources", {})
    rows = [{"source": name, **row} for name, row in by_source.items()]
    as_json = report.chosen_format() in ("json", "jsonl")
    if as_json and result.steps:
        about = {"run": result.run_id, "as_of": result.as_of, "status": result.status}
        found = {**about, "sources": rows, "reject_files": list(details.get("files", ()))}
        notes = [*details.get("notes", ()), *details.get("warnings", ())]
        sys.stdout.write(report.envelope(found, code=result.exit_code, warnings=notes))
    elif not rows:
        tell(result, session.root())
    elif sys.stdout.isatty() or result.exit_code or report.chosen_format() != "table":
        columns = _UNDO_COLUMNS if "voided" in rows[0] else _COLUMNS
        report.show(rows, columns=columns, title=result.run_id)
    if rows and not as_json:
        followed = details.get("notes", ()) if sys.stdout.isatty() else ()
        for text in (*followed, *details.get("warnings", ())):
            report.note(text)
    for path in details.get("files", ()):
        report.note(say("cli.rejected_rows", path=path))
