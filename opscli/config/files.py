"""Files of a project: config is replaced in one move, and what the program keeps lies in a private folder."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from opscli.errors import CannotCreate
from opscli.phrases import say


def private_folder(folder: Path) -> None:
    """Make the project's folder for what the program keeps: for this account only, and git leaves it alone."""
    with suppress(FileExistsError):  # also when another process was quicker
        folder.mkdir(mode=0o700)
        ignored = folder / ".gitignore"
        try:
            ignored.write_text("*\n", encoding="utf-8")
        except OSError:  # a folder that git would take must not be taken for finished
            ignored.unlink(missing_ok=True)
            folder.rmdir()
            raise


def create(root: Path, files: Mapping[str, str]) -> None:
    """Write new files, all of them or none: half a file would be a broken configuration. Raises CannotCreate."""
    done: list[Path] = []
    for file, text in files.items():
        path = root / file
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as opened:
                done.append(path)
                opened.write(text)
        except OSError as error:
            for half in done:
                half.unlink(missing_ok=True)
            raise not_written(file, error) from error


def write_atomically(path: Path, text: str, shown: str) -> None:
    """Replace a file's text, or write a new one; rights stay, and a link stays a link. A device or pipe is written to.

    Raises CannotCreate with the name `shown`.
    """
    target = path.resolve()
    try:
        if target.exists() and not target.is_file():
            target.write_text(text, encoding="utf-8")
        else:
            _replace(target, text)
    except OSError as error:
        raise not_written(shown, error) from error


def not_written(shown: str, error: OSError) -> CannotCreate:
    """What to raise when a file could not be written, with what helps."""
    how = say("config.free_space") if error.errno in (errno.ENOSPC, errno.EDQUOT) else say("config.check_rights")
    return CannotCreate(say("config.cannot_write", file=shown, reason=error.strerror), remedy=how)


def _replace(target: Path, text: str) -> None:
    mode = target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask()
    content = text.encode("utf-8")
    with NamedTemporaryFile("wb", dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
        written = Path(file.name)
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            written.chmod(mode)
            written.replace(target)
        except OSError:
            with suppress(OSError):
                written.unlink()
            raise


def _umask() -> int:
    """The rights that new files do not get; it can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
