"""`opscli config show`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opscli.cli import report, session
from opscli.cli.choices import CHOICES
from opscli.cli.commands.config_schema import known_kind
from opscli.phrases import say

if TYPE_CHECKING:
    from opscli.config.document import Document, Place
    from opscli.config.origins import Shown

_CATEGORIES = {"traits": "trait", "tags": "tag", "metric": "metric"}
"""Kind → what the catalogue calls the names that its documents define."""
_MARGIN = 44
"""Column of the remarks beside short lines; beside longer ones they follow the line."""


def show(
    kind: Annotated[str, typer.Argument(help="A kind, such as tags.")] = "",
    name: Annotated[str, typer.Argument(help="A name; without one, all of the kind.")] = "",
) -> None:
    """The settings of this environment, the documents of a kind, or one document with where each value comes from.

    Defaults are written in; secrets are never shown.
    """
    from opscli.cli.waiting import waiting
    from opscli.config.origins import resolved, settings
    from opscli.runner.compile import check_project

    checked = check_project(session.root(), CHOICES.environment)
    loaded = checked.loaded
    if not kind:
        holding = checked.settings.shown(loaded.environment)
        _tell(settings(loaded.project, holding, loaded.environment), loaded.project, {"config_version": loaded.version})
        return
    found = [document for document in loaded.documents if document.kind == known_kind(kind)]
    if name:
        document = _named(found, kind, name)
        _tell(resolved(document), document, {})
        return
    rows = [
        {"name": item.name, "owner": item.data.get("owner"), "file": item.file, "purpose": item.data.get("purpose")}
        for item in found
    ]
    category = _CATEGORIES.get(known_kind(kind), "")
    warnings = waiting(checked.catalog, category) if category else []
    report.show(rows, columns=("name", "owner", "file", "purpose"), warnings=warnings)


def _tell(shown: Shown, document: Document, more: Mapping[str, Any]) -> None:
    """As YAML with remarks, or as data with the origins by path."""
    from opscli.config.secrets import redacted

    data = {**redacted(shown.data), **more}
    origins = {
        ".".join(map(str, place)): _where(origin, document.file) for place, origin in shown.origins.items() if place
    }
    text = "\n".join(_lines(data, shown, document.file)) if report.chosen_format() == "table" else ""
    report.show_one({**data, "origins": origins} if not text else data, text)


def _lines(data: Mapping[str, Any], shown: Shown, file: str) -> Iterator[str]:
    """The data as YAML; beside each value where it comes from."""
    from opscli.charts.width import pad
    from opscli.config.origins import leaves
    from opscli.config.presets import is_shipped
    from opscli.config.reader import read_yaml
    from opscli.config.reference import as_yaml

    text = as_yaml(data)
    tree, _ = read_yaml(text, file)
    marks = tree.marks if tree is not None else {}
    remarks = {marks[place][0]: _remark(found) for place in leaves(data) if (found := _origin(place, shown))}
    yield _dim(f"# {say('show.shipped', file=file) if is_shipped(file) else file}")
    for number, line in enumerate(text.rstrip("\n").split("\n"), start=1):
        yield f"{pad(line, _MARGIN)}  {_dim('# ' + remarks[number])}" if number in remarks else line


def _origin(place: Place, shown: Shown) -> tuple[str, int] | None:
    """Where a value comes from; a secret has the origin of what points to it."""
    return next((origin for known, origin in shown.origins.items() if known[: len(place)] == place), None)


def _remark(origin: tuple[str, int]) -> str:
    from opscli.config.presets import is_shipped

    word, line = origin
    if not line:
        return say("show.default") if word == "default" else say("show.file_name")
    if is_shipped(word):
        return say("show.preset", file=word, line=line)
    return say("show.environment", name=word, line=line) if word else say("show.line", line=line)


def _where(origin: tuple[str, int], file: str) -> str:
    """For programs: `file:line`, with the environment in front, or `default`, or `file name`."""
    from opscli.config.presets import is_shipped

    word, line = origin
    if not line:
        return word
    if is_shipped(word):
        return f"preset {word}:{line}"
    return f"environment {word}: {file}:{line}" if word else f"{file}:{line}"


def _dim(text: str) -> str:
    plain = not sys.stdout.isatty() or report.console().no_color
    return text if plain else f"\x1b[2m{text}\x1b[0m"


def _named(documents: list[Document], kind: str, name: str) -> Document:
    from opscli.config.validate import did_you_mean
    from opscli.errors import UsageError

    names = {document.name: document for document in documents}
    if name not in names:
        raise UsageError(say("config.no_such_document", kind=kind, name=name), remedy=did_you_mean(name, names))
    return names[name]
