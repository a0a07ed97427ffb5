"""The entry point: a lazy command table, shared options, one error catcher, exit codes."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence

from opscli import __version__


def run() -> None:
    """Console script `opscli`."""
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run one command line; its exit code."""
    if list(argv) in (["--version"], ["-V"]):
        sys.stdout.write(f"opscli {__version__}\n")
        return 0
    from opscli.cli import speech
    from opscli.cli.choices import reset
    from opscli.cli.failures import reader_gone, report_failure
    from opscli.cli.streams import prepare

    prepare()
    speech.of_caller()
    reset(format="json" if "--json" in argv else None)  # so that words of the call that are off are told in JSON too
    signal.signal(signal.SIGTERM, _interrupt)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, _interrupt)
    try:
        speech.check()
        code = _call(argv)
        sys.stdout.flush()
    except BrokenPipeError:
        return reader_gone()
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):  # Typer turns it into exit 1, which would be "no"
            return reader_gone()
        return stop.code if isinstance(stop.code, int) else 0
    except BaseException as error:  # noqa: BLE001  the one catcher: every failure becomes words and an exit code here
        return report_failure(error)
    return code


received: list[int] = []
"""Signals that came: an engine in the middle of a query turns any of them into a plain interruption."""


def _interrupt(number: int, _frame: object) -> None:
    received.append(number)
    raise Interrupted(number)


class Interrupted(BaseException):
    """SIGTERM or SIGHUP: roll back the unit in hand, mark the run interrupted, leave with 128 + number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _call(argv: Sequence[str]) -> int:
    from opscli.cli.choices import moved_behind
    from opscli.cli.group import build

    result = build().main(args=moved_behind(argv), prog_name="opscli", standalone_mode=False)
    return result if isinstance(result, int) else 0
