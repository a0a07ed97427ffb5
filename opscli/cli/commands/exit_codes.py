"""`opscli exit-codes`."""

from __future__ import annotations

import typer

from opscli.cli import report, session
from opscli.phrases import say

app = typer.Typer()

EXIT_CODES = (0, 1, 2, 3, 4, 5, 6, 65, 69, 70, 73, 74, 75, 77, 78, 124, 129, 130, 141, 143)


@app.command(epilog="Examples:  opscli exit-codes  |  opscli exit-codes --json")
def exit_codes() -> None:
    """What each exit code means; they never change."""
    session.speak()
    report.show([{"code": code, "meaning": say(f"exits.code_{code}")} for code in EXIT_CODES])
