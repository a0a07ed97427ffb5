"""`opscli config handbook`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from opscli.cli import report, session
from opscli.cli.choices import CHOICES
from opscli.phrases import LOCALES, listed, say, use


def handbook(
    *,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write it into this file.")] = None,
    locale: Annotated[str, typer.Option(help="en or zh; the project's language by default.")] = "",
) -> None:
    """Who is responsible for what, triggered by what: one Markdown document of the whole configuration."""
    from opscli.errors import CannotCreate, UsageError
    from opscli.runner.book import handbook as write
    from opscli.runner.compile import check_project

    checked = check_project(session.root(), CHOICES.environment)
    if locale and locale not in LOCALES:
        raise UsageError(say("cli.none_of", chosen=locale, known=listed(LOCALES)))
    if locale:
        use(locale)
    text = write(checked)
    if output is None:
        report.show_one({"handbook": text}, text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        what = say("handbook.unwritable", path=output, error=error.strerror)
        raise CannotCreate(what, remedy=say("handbook.unwritable_how")) from error
    report.done(str(output), {"file": str(output)})
