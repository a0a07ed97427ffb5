"""Files of an earlier version rewritten in the current one: their text is patched, so comments and layout stay."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opscli.config.document import Document
from opscli.config.files import write_atomically
from opscli.config.load import read_beside, read_documents
from opscli.config.modeline import modeline, refreshed
from opscli.config.patch import CannotPatchError, comments, patched
from opscli.config.reader import read_yaml
from opscli.config.validate import did_you_mean
from opscli.config.versions import step
from opscli.errors import ConfigInvalid, UsageError
from opscli.outcome import Issue
from opscli.phrases import say


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """One file in an earlier version: its text as it is and as it would be."""

    path: Path
    file: str
    kind: str
    version: int
    current: int
    before: str
    after: str

    def diff(self) -> str:
        """What changes, as a unified diff that `patch -p1` reads."""
        before, after = (text.replace("\r\n", "\n").splitlines(keepends=True) for text in (self.before, self.after))
        lines = difflib.unified_diff(before, after, f"a/{self.file}", f"b/{self.file}")
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)

    def write(self) -> None:
        """Replace the file in one move; a reader sees the old text or the new one. Raises CannotCreate."""
        write_atomically(self.path, self.after, self.file)


def find_upgrades(root: Path, named: Sequence[Path] = ()) -> tuple[Upgrade, ...]:
    """Every file in an earlier version, or those among `named` files and folders; nothing is written.

    Raises ConfigInvalid when one of them has problems or cannot be rewritten, UsageError for a file that is no config.
    """
    documents, issues, _ = read_documents(root)
    beside, more = read_beside(root)
    documents, issues = (*documents, *beside), [*issues, *more]
    known = {document.file for document in documents if not document.preset} | {issue.file for issue in issues}
    chosen = _chosen(root, named, known) if named else known
    if problems := sorted({issue for issue in issues if issue.file in chosen}):
        raise ConfigInvalid(problems)
    found: list[Upgrade] = []
    for document in documents:
        if document.upgraded_from is not None and not document.preset and document.file in chosen:
            rewritten = _rewritten(root, document, document.upgraded_from)
            if isinstance(rewritten, Issue):
                issues.append(rewritten)
                problems.append(rewritten)
            else:
                found.append(rewritten)
    if problems:
        raise ConfigInvalid(problems)
    return tuple(sorted(found, key=lambda item: item.file))


def _chosen(root: Path, named: Sequence[Path], known: set[str]) -> set[str]:
    """Files of the project that are named, or lie in a named folder; names are relative to here or to the project."""
    return {file for path in named for file in _below(root, path, known)}


def _below(root: Path, named: Path, known: set[str]) -> Iterator[str]:
    places = [path.resolve() for path in (named, root / named) if path.exists()]
    found = [file for file in known if any((root / file).resolve().is_relative_to(place) for place in places)]
    if not found:
        raise UsageError(say("config.no_config_file", file=named), remedy=did_you_mean(named.as_posix(), known))
    yield from found


def _rewritten(root: Path, document: Document, version: int) -> Upgrade | Issue:
    """The file in the current version, proven by reading it again; an Issue when a person has to do it."""
    path = root / document.file
    before = text = path.read_bytes().decode("utf-8")
    try:
        for number in range(version, document.version):
            text = _next_version(text, document, number)
    except CannotPatchError as error:
        what = say("config.cannot_upgrade", version=document.version, place=str(error).splitlines()[0])
        how = say("config.upgrade_by_hand", command=f"opscli config explain {document.kind}")
        return document.issue(("version",), what, why=say("config.would_lose"), how=how)
    return Upgrade(
        path=path,
        file=document.file,
        kind=document.kind,
        version=version,
        current=document.version,
        before=before,
        after=refreshed(text, modeline(document.file, document.kind, document.version)),
    )


def _next_version(text: str, document: Document, version: int) -> str:
    """The text one version on. Raises CannotPatchError unless it reads as the upgraded data and has every comment."""
    data = _data(text, document.file)
    wanted = step(document.kind, version, data)
    changed = patched(text, data, wanted)
    if repr(_data(changed, document.file)) != repr(wanted) or sorted(comments(text)) != sorted(comments(changed)):
        raise CannotPatchError(document.file)
    return changed


def _data(text: str, file: str) -> Any:
    """What a text reads as; an unreadable one is no change that can be made."""
    tree, problems = read_yaml(text, file)
    if tree is None or problems:
        raise CannotPatchError(file)
    return tree.data
