"""What git says about the project's files. It is asked, never told: no hook, no lock, no network; missing = nothing."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from pathlib import Path

from opscli.errors import UsageError
from opscli.phrases import say

_SECONDS = 10
_QUIET = ("--no-optional-locks", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")
_FOLDERS = ("configs", "jobs")
DIRTY = "+"
"""Behind a commit: the files of the configuration differed from it."""


def commit_of(root: Path) -> str | None:
    """The commit that the project stands on, with a `+` behind it where the configuration differs from it.

    None outside of a work tree, before the first commit, and where there is no git.
    """
    if not any((folder / ".git").exists() for folder in (root, *root.parents)):
        return None
    told = _git(root, "status", "--porcelain=v2", "--branch", "--untracked-files=all", "--", *_FOLDERS)
    if told is None:
        return None
    lines = told.decode("utf-8", "replace").splitlines()
    commit = next((line.split()[-1] for line in lines if line.startswith("# branch.oid ")), "")
    changed = any(not line.startswith("#") for line in lines)
    return commit + DIRTY * changed if commit.isalnum() else None


def write_revision(root: Path, revision: str, folder: Path) -> None:
    """Write the configuration as a revision of the project's repository has it into `folder`. Raises UsageError."""
    listed = None if revision.startswith("-") else _git(root, "ls-tree", "--name-only", revision, *_FOLDERS)
    names = listed.decode("utf-8", "replace").split() if listed else []
    content = _git(root, "archive", "--format=tar", revision, *names) if names else None
    if content is None:
        raise UsageError(
            say("diff.no_revision", revision=revision), remedy=say("diff.no_revision_how", revision=revision)
        )
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(folder, filter="data")


def _git(root: Path, *words: str) -> bytes | None:
    """Output of a git command in the project; None when it failed. A hook's own GIT_DIR does not lead it elsewhere."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    try:
        done = subprocess.run(  # noqa: S603  fixed words and a revision that cannot be an option, no shell
            ["git", *_QUIET, *words],  # noqa: S607  whichever git the user's PATH has
            cwd=root,
            env=clean,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
