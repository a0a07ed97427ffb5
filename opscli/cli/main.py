"""The entry point: a lazy command table, shared options, one error catcher, exit codes."""

from __future__ import annotations

import os
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
    from opscli.cli.choices import reset
    from opscli.cli.failures import report_failure

    reset()
    signal.signal(signal.SIGTERM, _interrupt)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, _interrupt)
    try:
        return _call(argv)
    except BrokenPipeError:
        # The reader has gone (`opscli … | head`); a second error at shutdown would say the same again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    except BaseException as error:  # noqa: BLE001  the one catcher: every failure becomes words and an exit code here
        return report_failure(error)


def _interrupt(number: int, _frame: object) -> None:
    raise Interrupted(number)


class Interrupted(BaseException):
    """SIGTERM or SIGHUP: roll back the unit in hand, mark the run interrupted, leave with 128 + number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _call(argv: Sequence[str]) -> int:
    from opscli.cli.group import build

    result = build().main(args=list(argv), prog_name="opscli", standalone_mode=False)
    return result if isinstance(result, int) else 0
