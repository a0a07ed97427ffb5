"""`opscli config upgrade`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from opscli.cli import report, session
from opscli.phrases import say

if TYPE_CHECKING:
    from opscli.config.upgrade import Upgrade


def upgrade(
    files: Annotated[list[Path] | None, typer.Argument(help="Files or folders; without any, the project.")] = None,
    *,
    check: Annotated[bool, typer.Option("--check", help="Exit 1 when a file is in an earlier version.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what would change; this is also the default.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Write the files, each in one move.")] = False,
) -> None:
    """Bring config files into the current version of their kind; comments, order and layout stay."""
    from opscli.config.upgrade import find_upgrades
    from opscli.errors import UsageError

    if check + diff + write > 1:
        raise UsageError(say("config.one_of_three"), remedy="opscli config upgrade --help")
    found = find_upgrades(session.root(), files or ())
    if check:
        _answer(found)
    elif write:
        for item in found:
            item.write()
        report.done(say("config.upgraded", count=len(found)), _shown(found))
    elif found:
        report.show_one(_shown(found), "".join(item.diff() for item in found))
    else:
        report.done(say("config.all_current"), _shown(found))


def _answer(found: tuple[Upgrade, ...]) -> None:
    from opscli.errors import AnswerIsNo

    if found:
        details = [_line(item) for item in found]
        what = say("config.files_to_upgrade", count=len(found))
        raise AnswerIsNo(what, remedy="opscli config upgrade --write", details=details)
    report.done(say("config.all_current"), _shown(found))


def _line(item: Upgrade) -> str:
    return say("config.to_upgrade", file=item.file, kind=item.kind, version=item.version, current=item.current)


def _shown(found: tuple[Upgrade, ...]) -> dict[str, object]:
    return {"files": [_row(item) | {"diff": item.diff()} for item in found]}


def _row(item: Upgrade) -> dict[str, object]:
    return {"file": item.file, "kind": item.kind, "version": item.version, "current": item.current}
