"""`opscli exit-codes`."""

from __future__ import annotations

import typer

from opscli.cli import report

app = typer.Typer()

EXIT_CODES = {
    0: "ok",
    1: "the answer is no (a check or test ran and said so)",
    2: "the call's words are off",
    3: "work was applied, leftovers exist: rejected rows, messages of unknown fate",
    4: "a guard stopped, nothing was applied; --approve continues",
    5: "an alert or a breach (--fail-on)",
    6: "the plan has changes (--detailed-exitcode)",
    65: "unreadable, stale or missing data",
    69: "a service is unavailable",
    70: "an unexpected error",
    73: "an output cannot be created",
    74: "an input/output error, such as a full disk",
    75: "try again later: locked, or the data moved",
    77: "not permitted",
    78: "the configuration is bad",
    124: "timed out",
    129: "stopped by SIGHUP",
    130: "stopped by Ctrl-C",
    141: "the reader of the pipe has gone",
    143: "stopped by SIGTERM",
}


@app.command()
def exit_codes() -> None:
    """What each exit code means; they never change."""
    report.show([{"code": code, "meaning": meaning} for code, meaning in EXIT_CODES.items()])
