"""The files under configs/ and jobs/: found, and read as text. What cannot be read is a problem with a way out."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from opscli.config.reader import MAX_CHARACTERS
from opscli.outcome import Issue
from opscli.phrases import say

SUFFIXES = (".yaml", ".yml")
_MOST_BYTES = 4 * MAX_CHARACTERS
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def problem(file: str, key: str, *, line: int = 1, column: int = 1, **values: Any) -> Issue:
    """A problem with a whole file: `config.file_<key>`, and the way out `…_how`."""
    what, how = say(f"config.file_{key}", **values), say(f"config.file_{key}_how", **values)
    return Issue(file=file, line=line, column=column, what=what, how=how)


def yaml_files(folder: Path, root: Path, issues: list[Issue]) -> Iterator[Path]:
    """Every YAML file below a folder. Hidden entries are left out: they are drafts and locks of editors."""
    try:
        entries = sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        issues.append(problem(folder.relative_to(root).as_posix(), "unreadable", reason=error.strerror))
        return
    for path in entries:
        if path.name.startswith("."):
            continue
        file = path.relative_to(root).as_posix()
        if path.is_dir() and path.is_symlink():
            issues.append(problem(file, "linked_folder"))
        elif path.is_dir():
            if path.suffix in SUFFIXES:
                issues.append(problem(file, "folder_for_file"))
            yield from yaml_files(path, root, issues)
        elif path.suffix in SUFFIXES:
            yield path


def read_text(path: Path, root: Path, file: str) -> str | Issue:
    """The text of a file with plain line ends, or why there is none."""
    try:
        if refused := _refused(path, root, file):
            return refused
        content = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        if error.object.startswith(_UTF_16):
            return problem(file, "utf_16")
        before = error.object[: error.start].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        return problem(file, "no_utf_8", line=line, column=column)
    except OSError as error:
        return problem(file, "unreadable", reason=error.strerror)
    return content.replace("\r\n", "\n").replace("\r", "\n")


def _refused(path: Path, root: Path, file: str) -> Issue | None:
    """Why a file is not even opened. Links stay inside the project: what lies outside is in nobody's history."""
    if path.is_symlink():
        target = path.resolve()
        if not target.exists():
            return problem(file, "broken_link")
        if not target.is_relative_to(root.resolve()):
            return problem(file, "link_outside")
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for, a device has no end
        return problem(file, "no_file")
    if status.st_size > _MOST_BYTES:
        return problem(file, "too_many_bytes", size=status.st_size, most=_MOST_BYTES)
    return None
