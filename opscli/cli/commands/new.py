"""`opscli new KIND NAME`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from opscli.cli import report, session
from opscli.cli.choices import CHOICES
from opscli.cli.commands.config_schema import known_kind
from opscli.phrases import say

if TYPE_CHECKING:
    from opscli.outcome import Issue

app = typer.Typer(help="A new config file to start from.")


@app.command(epilog="Examples:  opscli new tags value  |  opscli new campaign spring --full --stdout")
def new(
    kind: Annotated[str, typer.Argument(help="A kind, such as tags.")],
    name: Annotated[str, typer.Argument(help="Name of the new document, and of its file.")],
    *,
    full: Annotated[bool, typer.Option("--full", help="With every key, each under its meaning.")] = False,
    stdout: Annotated[bool, typer.Option("--stdout", help="Print it; nothing is written.")] = False,
) -> None:
    """Write a new file of a kind into its folder, with a comment on every key; an existing file is never touched."""
    from opscli.config.new import create, new_files

    files = new_files(known_kind(kind), name, whole=full)
    if stdout:
        heads = {file: f"# {file}\n" if len(files) > 1 else "" for file in files}
        report.show_one({"files": files}, "\n".join(heads[file] + text for file, text in files.items()))
        return
    before = _problems()
    create(session.root(), files)
    _tell(kind, name, files, sorted(_problems() - before))


def _problems() -> set[Issue]:
    """Every problem of the project as it is now."""
    from opscli.errors import ConfigInvalid
    from opscli.outcome import Issue
    from opscli.runner.compile import check_project

    try:
        check_project(session.root(), CHOICES.environment)
    except ConfigInvalid as error:
        return {issue for issue in error.issues if isinstance(issue, Issue)}
    return set()


def _tell(kind: str, name: str, files: dict[str, str], problems: list[Issue]) -> None:
    """What was written and what comes next. Places that this project has to fill make it exit 3: the work is done."""
    from opscli.config.new import next_command
    from opscli.errors import EXIT_LEFTOVERS

    shown, command = ", ".join(files), next_command(kind, name)
    data = {"files": list(files), "next": command, "problems": [str(issue) for issue in problems]}
    if not problems:
        report.done(say("config.written_next", file=shown, command=command), data)
        return
    if report.chosen_format() in ("json", "jsonl"):
        sys.stdout.write(report.envelope(data, code=EXIT_LEFTOVERS))
    else:
        sys.stderr.writelines(f"{issue}\n" for issue in problems)
        report.note(say("config.written_adapt", file=shown, command="opscli config check"))
    raise typer.Exit(EXIT_LEFTOVERS)
