"""A new file of a kind, in the folder of its kind: `new KIND NAME`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from opscli.config import files as files_of_project
from opscli.config.document import Document
from opscli.config.example import commented, full, small, texts
from opscli.config.load import ANYWHERE, JOBS
from opscli.config.schemas import assemble, folder_of, version_of
from opscli.config.validate import validate
from opscli.errors import UsageError
from opscli.phrases import say


def new_files(kind: str, name: str, *, whole: bool) -> dict[str, str]:
    """Path in the project → text of a new document: the smallest, or the whole with every key.

    Raises UsageError for a name that the kind does not allow.
    """
    if name != Path(name).name or name.startswith("."):
        raise UsageError(say("config.no_such_name", kind=kind, name=name), remedy=say("config.plain_name"))
    data = _named(kind, name, full(kind) if whole else small(kind))
    problems = validate(Document(kind=kind, version=version_of(kind), name=name, file="", data=data, marks={}))
    if problems:
        raise UsageError(say("config.no_such_name", kind=kind, name=name), remedy=problems[0].how)
    if parts := texts(kind, data):
        return {f"configs/{folder_of(kind)}/{name}/{file}": text for file, text in parts.items()}
    return {_file_of(kind, name): commented(kind, data, others=whole)}


def create(root: Path, files: Mapping[str, str]) -> None:
    """Write new files. Raises UsageError when one of them is there already, CannotCreate where it cannot be written."""
    for file in files:
        if (root / file).exists():
            raise UsageError(say("config.exists_already", file=file), remedy=say("config.another_name"))
    files_of_project.create(root, files)


def next_command(kind: str, name: str) -> str:
    """What one does with a new document of the kind."""
    stated: str = assemble(kind).get("x-next", f"config show {kind} {{name}}")
    return f"opscli {stated.format(name=name)}"


def _named(kind: str, name: str, data: dict[str, Any]) -> dict[str, Any]:
    """The data with the name in its place, behind kind and version."""
    outline = {"kind": data.pop("kind"), "version": data.pop("version")}
    single = folder_of(kind) == "." and kind != "project"
    data.pop("name", None)
    return outline | ({} if single else {"name": name}) | data


def _file_of(kind: str, name: str) -> str:
    folder = folder_of(kind)
    if folder == ANYWHERE:
        return f"configs/{name}.{kind}.yaml"
    if folder == JOBS:
        return f"jobs/{name}.yaml"
    return f"configs/{kind}.yaml" if folder == "." else f"configs/{folder}/{name}.yaml"
