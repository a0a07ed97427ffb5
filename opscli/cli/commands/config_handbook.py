"""`opscli config handbook`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from opscli.cli import report, session
from opscli.cli.choices import CHOICES
from opscli.phrases import LOCALES, listed, say, use
from opscli.phrases.lines import wrapped


def handbook(
    *,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write it into this file.")] = None,
    locale: Annotated[str, typer.Option(help="en or zh; the project's language by default.")] = "",
) -> None:
    """Who is responsible for what, triggered by what: one Markdown document of the whole configuration."""
    from opscli.config.files import write_atomically
    from opscli.errors import UsageError
    from opscli.runner.book import handbook as write
    from opscli.runner.compile import check_project

    checked = check_project(session.root(), CHOICES.environment)
    if locale and locale not in LOCALES:
        raise UsageError(say("cli.none_of", chosen=locale, known=listed(LOCALES)))
    if locale:
        use(locale)
    text = write(checked)
    if output is None:
        if sys.stdout.isatty():  # a file or a pager's pipe gets the Markdown as it is
            text = "\n".join(part for line in text.split("\n") for part in _folded(line))
        report.show_one({"handbook": text}, text)
        return
    write_atomically(output, text, str(output))
    report.done(str(output), {"file": str(output)})


def _folded(line: str) -> Iterator[str]:
    """A line of Markdown as wide as the terminal; items of lists keep their indent."""
    inner = len(line) - len(line.lstrip(" -"))
    yield from wrapped(line, report.console().width, " " * inner) if line else ("",)
