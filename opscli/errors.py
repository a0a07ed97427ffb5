"""The exception tree with its exit codes; one catcher, in `cli/`, turns them into words.

    OpscliError (70)
    ├── UsageError (2)            the call's words are off
    ├── AnswerIsNo (1)            a check or test ran and said no
    ├── GuardStopped (4)          a guard stopped, nothing applied; --approve continues
    ├── Breach (5)                an alert or a broken promise, under --fail-on
    ├── PlanHasChanges (6)        only under --detailed-exitcode
    ├── DataUnusable (65)         unreadable, stale or missing input
    ├── ServiceUnavailable (69)   a foreign service is down (temporary)
    ├── CannotCreate (73)         an output cannot be written
    ├── InputOutputFailed (74)    disk or network I/O failed (temporary)
    ├── TryLater (75)             somebody else holds the lock, or the world moved (temporary)
    ├── NotPermitted (77)
    ├── ConfigInvalid (78)        carries every problem with file:line:col
    └── TimedOut (124)            (temporary)

Bad user input is a value (`outcome.Issue`), collected and shown all at once; only then is it raised: `ConfigInvalid`.
"""

from __future__ import annotations

from collections.abc import Sequence

from opscli.phrases import say

EXIT_OK = 0
EXIT_LEFTOVERS = 3
"""Work was applied, but leftovers exist: rejected rows, messages of unknown fate."""


class OpscliError(Exception):
    """Something that the user should read: what happened, and the command that resolves it."""

    exit_code = 70
    temporary = False

    def __init__(self, what: str, *, remedy: str = "", details: Sequence[str] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.details = tuple(details)


class UsageError(OpscliError):
    exit_code = 2


class AnswerIsNo(OpscliError):  # noqa: N818  it is an answer, not an error
    exit_code = 1


class GuardStopped(OpscliError):  # noqa: N818  named by what happened, as the operator reads it
    exit_code = 4


class Breach(OpscliError):  # noqa: N818  as above
    exit_code = 5


class PlanHasChanges(OpscliError):  # noqa: N818  as above
    exit_code = 6


class DataUnusable(OpscliError):  # noqa: N818  as above
    exit_code = 65


class ServiceUnavailable(OpscliError):  # noqa: N818  as above
    exit_code = 69
    temporary = True


class CannotCreate(OpscliError):  # noqa: N818  as above
    exit_code = 73


class InputOutputFailed(OpscliError):  # noqa: N818  as above
    exit_code = 74
    temporary = True


class TryLater(OpscliError):  # noqa: N818  as above
    exit_code = 75
    temporary = True


class NotPermitted(OpscliError):  # noqa: N818  as above
    exit_code = 77


class TimedOut(OpscliError):  # noqa: N818  as above
    exit_code = 124
    temporary = True


class ConfigInvalid(OpscliError):  # noqa: N818  as above
    """Config that cannot be used; `issues` are `outcome.Issue` values, one a problem, sorted by place."""

    exit_code = 78

    def __init__(self, issues: Sequence[object], *, remedy: str = "") -> None:
        count = len(issues)
        super().__init__(
            say("errors.config_problems", count=count),
            remedy=remedy or say("errors.fix_places"),
            details=[str(issue) for issue in issues],
        )
        self.issues = tuple(issues)
