"""The first line of a config file that tells an editor its schema: `# yaml-language-server: $schema=…`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from opscli.config.document import Document
from opscli.config.export import SCHEMAS, draft_07_name
from opscli.config.files import write_atomically

_LINE = re.compile(r"^#\s*yaml-language-server:\s*\$schema=.*(?:\r?\n|\Z)", re.MULTILINE)


def modeline(file: str, kind: str, version: int) -> str:
    """The line for a file (relative to the project); plug-ins read the path from the file's own folder."""
    path = os.path.relpath(SCHEMAS / draft_07_name(kind, version), Path(file).parent)
    return f"# yaml-language-server: $schema={Path(path).as_posix()}"


def with_modeline(text: str, line: str) -> str:
    """The text with this as its first line and no other of the sort; all else stays."""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    newline = "\r\n" if "\r\n" in text else "\n"
    return f"{mark}{line}{newline}{_LINE.sub('', text.removeprefix(mark))}"


def refreshed(text: str, line: str) -> str:
    """The text with its modeline brought up to date; as it is when it has none."""
    return with_modeline(text, line) if _LINE.search(text) else text


def put_modelines(root: Path, documents: Iterable[Document]) -> tuple[str, ...]:
    """Give every YAML file the modeline of its version; the files that changed. Raises CannotCreate."""
    changed = []
    for document in documents:
        path = root / document.file
        if path.suffix == ".yaml" and not document.preset:
            text = path.read_bytes().decode("utf-8")
            line = modeline(document.file, document.kind, document.upgraded_from or document.version)
            if (wanted := with_modeline(text, line)) != text:
                write_atomically(path, wanted, document.file)
                changed.append(document.file)
    return tuple(changed)
