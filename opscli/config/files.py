"""Files of a project: config is replaced in one move, and what the program keeps lies in a private folder."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from opscli.errors import CannotCreate
from opscli.phrases import say


def private_folder(folder: Path) -> None:
    """Make the project's folder for what the program keeps: for this account only, and git leaves it alone."""
    with suppress(FileExistsError):  # also when another process was quicker
        folder.mkdir(mode=0o700)
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")


def write_atomically(path: Path, text: str, shown: str) -> None:
    """Replace a file's text; its rights stay, and a link stays a link. Raises CannotCreate with the name `shown`."""
    target = path.resolve()
    try:
        with NamedTemporaryFile("wb", dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        _move(Path(file.name), target)
    except OSError as error:
        what = say("config.cannot_write", file=shown, reason=error.strerror)
        raise CannotCreate(what, remedy=say("config.check_rights")) from error


def _move(written: Path, target: Path) -> None:
    try:
        written.chmod(target.stat().st_mode & 0o7777)
        written.replace(target)
    except OSError:
        with suppress(OSError):
            written.unlink()
        raise
