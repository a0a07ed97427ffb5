"""`opscli config diff` and `opscli config history`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opscli.cli import report, session
from opscli.cli.choices import CHOICES
from opscli.phrases import say
from opscli.phrases.lines import wrapped

if TYPE_CHECKING:
    from opscli.runner.configurations import Period
    from opscli.runner.difference import Difference, Told
    from opscli.state.store import State

_SHORT = 12
"""Digits of a config version as people see it."""
_SHORT_COMMIT = 8
_MOST_LINES = 12
"""Lines of one text that are shown; all of them are in JSON."""


def diff(
    before: Annotated[
        str,
        typer.Argument(
            metavar="A",
            help="The older side: latest (the last run), files, a run, the beginning of a config version, "
            "git:REVISION, a file or the folder of another checkout.",
        ),
    ] = "latest",
    after: Annotated[str, typer.Argument(metavar="B", help="The newer side, named in the same ways.")] = "files",
    *,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 6 when anything differs in meaning.")
    ] = False,
) -> int:
    """What differs in meaning between two configurations, in words; first what decides who is written to."""
    from opscli.rules.scope import of_customers
    from opscli.runner.compile import check_project
    from opscli.runner.configurations import find, memory
    from opscli.runner.difference import difference

    checked = check_project(session.root(), CHOICES.environment)
    with memory(checked) as state:
        sides = find(checked, state, before), find(checked, state, after)
    found = difference(*sides, types=of_customers(checked.catalog).names)
    code = 6 if detailed_exitcode and found.told else 0
    _show(found, code)
    return code


def history(
    limit: Annotated[int, typer.Option(min=1, help="How many config versions, newest first.")] = 20,
) -> None:
    """Which config versions ran: since when, until when, how often, and what changed with each."""
    from opscli.runner.configurations import history

    with _memory() as state:
        periods = history(state, limit + 1) if state is not None else []
        rows = [_row(state, periods, index) for index in range(min(limit, len(periods)))] if state is not None else []
    if report.chosen_format() == "table":
        rows = [{**row, "version": row["version"][:_SHORT], "git": _commit(row["git_commit"])} for row in rows]
        if not rows:
            report.note(say("diff.nothing_ran"))
            return
    columns = ("version", "runs", "scheduled", "changed", "git") if report.chosen_format() == "table" else ()
    report.show(rows, columns=columns)


def _memory() -> AbstractContextManager[State | None]:
    """The state; what ran is asked for most when the files of today are broken, so they need not be sound."""
    from opscli.errors import ConfigInvalid
    from opscli.runner.compile import check_project
    from opscli.runner.configurations import memory, memory_at, settings_alone

    try:
        return memory(check_project(session.root(), CHOICES.environment))
    except ConfigInvalid as invalid:
        settings = settings_alone(session.root(), CHOICES.environment)
        if settings is None:
            raise
        report.note(say("diff.files_broken", count=len(invalid.issues)))
        return memory_at(session.root(), settings)


def _row(state: State, periods: list[Period], index: int) -> dict[str, Any]:
    period = periods[index]
    return {
        "version": period.version,
        "runs": period.runs,
        "scheduled": _span(period),
        "changed": _changed(state, periods, index),
        "git_commit": period.commit,
        "first_run": period.first_run,
        "first_scheduled_time": period.first_slot,
        "last_run": period.last_run,
        "last_scheduled_time": period.last_slot,
    }


def _changed(state: State, periods: list[Period], index: int) -> str:
    """What changed against the version before, in a few words."""
    from opscli.errors import DataUnusable
    from opscli.runner.configurations import Configuration, documents_of
    from opscli.runner.difference import difference

    if index + 1 == len(periods):
        return say("diff.the_first")
    versions = periods[index + 1].version, periods[index].version
    try:
        before, after = (
            Configuration(title="", version=version, documents=documents_of(state, version)) for version in versions
        )
    except DataUnusable as error:
        return error.what
    return difference(before, after).summary or say("diff.same_meaning")


def _span(period: Period) -> str:
    """The days for which the first and the last run were scheduled."""
    days = [f"{slot:%Y-%m-%d}" for slot in (period.first_slot, period.last_slot) if slot is not None]
    return " – ".join(dict.fromkeys(days))  # noqa: RUF001  an en dash is what people write between dates


def _commit(commit: str | None) -> str | None:
    """The beginning of a commit; a `+` says that the files differed from it."""
    return commit and commit[:_SHORT_COMMIT] + "+" * commit.endswith("+")


def _show(found: Difference, code: int) -> None:
    kind = report.chosen_format()
    rows = [item.as_data() for item in found.told]
    if kind == "json":
        data = {
            "before": {
                "title": found.before.title,
                "version": found.before.version,
                "run": found.before.run_id or None,
            },
            "after": {"title": found.after.title, "version": found.after.version, "run": found.after.run_id or None},
            "summary": found.summary or found.nothing,
            "changes": rows,
        }
        sys.stdout.write(report.envelope(data, code=code))
    elif kind in ("jsonl", "csv"):
        report.show(rows)
    else:
        lines = _markdown(found) if kind == "markdown" else _lines(found)
        sys.stdout.writelines(line + "\n" for line in lines)


def _markdown(found: Difference) -> Iterator[str]:
    """The comment of a pull request."""
    yield f"### {say('diff.heading', before=found.before.title, after=found.after.title)}"
    yield ""
    yield found.summary or found.nothing
    for heading, told in found.sections().items():
        yield from ("", f"#### {heading}", "")
        for item in told:
            yield "- " + _placed(item, "`{}`")
            if sides := list(_sides(item)):
                yield from ("  ```diff", *(f"  {line}" for line in sides), "  ```")


def _lines(found: Difference) -> Iterator[str]:
    """For a terminal, as wide as it is; in a pipe one line a change, so that it can be searched."""
    yield from _wrapped(say("diff.heading", before=found.before.title, after=found.after.title), "")
    yield from _wrapped(found.summary or found.nothing, "")
    for heading, told in found.sections().items():
        yield ""
        yield _bold(heading)
        for item in told:
            yield from _change(item)


def _change(item: Told) -> Iterator[str]:
    sign = {"added": "+", "removed": "-"}.get(item.change.operation, "~")
    yield from _wrapped(f"{sign} {_placed(item)}", "    ", first="  ")
    for line in _sides(item):
        yield from _wrapped(line, "        ", first="      ")


def _sides(item: Told) -> Iterator[str]:
    """Under a sentence: the condition as it was and is, or the lines of a text that went and came."""
    if item.canonical:
        yield from (f"- {item.canonical[0]}", f"+ {item.canonical[1]}")
    lines = item.lines if len(item.lines) <= _MOST_LINES else item.lines[: _MOST_LINES - 1]
    yield from (f"{'+' if line.came else '-'} {line.text}" for line in lines)
    if len(lines) < len(item.lines):
        yield say("diff.more_lines", count=len(item.lines) - len(lines))


def _placed(item: Told, form: str = "{}") -> str:
    return say("diff.placed", sentence=item.sentence, place=form.format(item.place)) if item.place else item.sentence


def _wrapped(text: str, indent: str, first: str = "") -> Iterator[str]:
    """A paragraph whose later lines are indented; whole in a pipe."""
    if not sys.stdout.isatty():
        yield first + text
        return
    yield from wrapped(first + text, report.console().width, indent)


def _bold(text: str) -> str:
    """A heading, bold where the terminal may be coloured."""
    plain = not sys.stdout.isatty() or report.console().no_color
    return text if plain else f"\x1b[1m{text}\x1b[0m"
