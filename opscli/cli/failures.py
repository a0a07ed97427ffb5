"""Every failure becomes words on stderr (or a JSON envelope on stdout) and an exit code, here and nowhere else."""

from __future__ import annotations

import errno
import os
import signal
import sys
import traceback
from dataclasses import asdict, replace
from typing import Any

from opscli.cli.choices import CHOICES
from opscli.errors import ConfigInvalid, InputOutputFailed, OpscliError
from opscli.outcome import Issue, printable
from opscli.phrases import current, say

_UNEXPECTED = 70
_LONGEST = 2000
"""Longest message in characters."""
_MOST = 50
"""Problems of config that are printed; whoever has more of them fixes these first. JSON has all."""
_DISK = {errno.ENOSPC: "disk_full", errno.EIO: "disk_error"}
_IN_WORDS = {
    "database or disk is full": "disk_full",
    "No space left on device": "disk_full",
    "disk I/O error": "disk_error",
    "Input/output error": "disk_error",
}
"""What SQLite and DuckDB say."""


def report_failure(error: BaseException) -> int:
    """Tell what happened; the exit code."""
    if isinstance(error, OpscliError):
        return _tell(error, error.exit_code)
    if (number := _signal(error)) is not None:
        return _tell(OpscliError(say("cli.stopped_by_signal", name=signal.Signals(number).name)), 128 + number)
    from typer.exceptions import Exit, TyperException

    if isinstance(error, Exit):
        return error.exit_code
    if isinstance(error, TyperException):
        return _usage(error)
    if (trouble := _disk_trouble(error)) is not None:
        return _tell(
            InputOutputFailed(say(f"cli.{trouble}", error=str(error).partition("\n")[0])), InputOutputFailed.exit_code
        )
    return _unexpected(error)


def _disk_trouble(error: BaseException) -> str | None:
    """Whether a full or failing disk is behind an error: the system says so by number, the stores in words."""
    if isinstance(error, OSError):
        return _DISK.get(error.errno or 0)
    if not type(error).__module__.startswith(("sqlalchemy", "sqlite3", "duckdb", "_duckdb")):
        return None
    return next((trouble for words, trouble in _IN_WORDS.items() if words in str(error)), None)


def reader_gone() -> int:
    """The reader of stdout has gone (`opscli … | head`): nobody is left to be told; the exit code."""
    _silence(sys.stdout)
    return 128 + signal.SIGPIPE


def _signal(error: BaseException) -> int | None:
    """Number of the signal behind an exception: Ctrl-C, Typer's Abort, SIGTERM, SIGHUP."""
    from typer.exceptions import Abort

    from opscli.cli.main import Interrupted, received

    if isinstance(error, KeyboardInterrupt | Abort):
        return received[-1] if received else signal.SIGINT
    return error.number if isinstance(error, Interrupted) else None


def _tell(error: OpscliError, code: int) -> int:
    if CHOICES.format == "json":
        from opscli.cli.report import envelope

        body: dict[str, Any] = {"message": error.what, "remedy": error.remedy, "details": list(error.details)}
        if isinstance(error, ConfigInvalid):
            body["issues"] = [asdict(issue) for issue in error.issues if isinstance(issue, Issue)]
        try:
            sys.stdout.write(envelope(None, code=code, error=body))
            sys.stdout.flush()
        except OSError:  # stdout itself is what failed, such as a full disk: the words go to stderr
            _silence(sys.stdout)
        else:
            return code
    lines = [*_places(error), f"opscli: {_bounded(error.what)}"]
    if error.remedy:
        lines.append(f"  → {_bounded(error.remedy)}")
    sys.stderr.write("\n".join(lines) + "\n")
    return code


def _places(error: OpscliError) -> list[str]:
    """The details; of config the first problems, each with the file as it is found from where the user stands."""
    if not isinstance(error, ConfigInvalid):
        return list(error.details)
    issues = [issue for issue in error.issues if isinstance(issue, Issue)]
    start = _way_to_project()
    lines = [str(replace(issue, file=os.path.join(start, issue.file))) for issue in issues[:_MOST]]  # noqa: PTH118  a relative path that may begin with ..
    left = len(issues) - len(lines)
    return [*lines, say("cli.more_problems", count=left)] if left else lines


def _way_to_project() -> str:
    """Path from the working folder to the project, "" when they are the same."""
    from opscli.cli.session import root

    try:
        way = os.path.relpath(root())
    except (OpscliError, OSError):
        return ""
    return "" if way == os.curdir else way


def _bounded(text: str) -> str:
    """A message of at most a screen's width times a few, safe to print: what was typed may be quoted in it."""
    short = text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"
    return "\n".join(printable(line, _LONGEST) for line in short.split("\n"))


def _silence(stream: Any) -> None:
    """Let the interpreter end without a second error about a stream that takes nothing any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _usage(error: Any) -> int:
    """Words of the call that are off; no arguments at all shows the help."""
    from opscli.cli import session

    code = int(getattr(error, "exit_code", 2))
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError" and context is not None:
        sys.stdout.write(context.get_help() + "\n")
        return 0
    session.speak()
    message = _words_of(error)
    hint = f"{context.command_path} --help" if context is not None else "opscli --help"
    return _tell(OpscliError(message, remedy=hint), code)


def _words_of(error: Any) -> str:
    """What is wrong with the call. Typer words it in English only; the two commonest have texts of our own."""
    if current() == "en":
        return str(error.format_message())
    if type(error).__name__ == "MissingParameter" and error.param is not None:
        return say("cli.missing_parameter", name=error.param.human_readable_name)
    if type(error).__name__ == "NoSuchOption":
        return say("cli.no_such_option", name=error.option_name)
    return say("cli.call_is_off", message=error.format_message())


def _unexpected(error: BaseException) -> int:
    text = "".join(traceback.format_exception(error)) if CHOICES.verbose or os.environ.get("OPSCLI_TRACEBACK") else ""
    sys.stderr.write(text)
    name = type(error).__name__
    known = OpscliError(say("cli.unexpected", name=name, error=error), remedy=say("cli.unexpected_how"))
    return _tell(known, _UNEXPECTED)
