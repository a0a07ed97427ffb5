"""`opscli config check|show|schema|explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from opscli.cli import report, session
from opscli.cli.choices import CHOICES
from opscli.cli.commands import config_diff, config_handbook, config_schema, config_upgrade

if TYPE_CHECKING:
    from opscli.config.document import Document

app = typer.Typer(help="The configuration: check, show, explain.", no_args_is_help=True)
app.command()(config_diff.diff)
app.command()(config_diff.history)
app.command()(config_handbook.handbook)
app.command()(config_upgrade.upgrade)
app.command()(config_schema.schema)


@app.command()
def check() -> None:
    """Check every file of the project; all problems at once, each with its place and the way out."""
    from opscli.config.secrets import dotenv_warnings
    from opscli.config.versions import outdated
    from opscli.runner.testing import check_all

    checked = check_all(session.root(), CHOICES.environment)
    for warning in (*dotenv_warnings(checked.loaded.root), *outdated(checked.loaded.documents)):
        report.note(str(warning))
    count, version = len(checked.loaded.documents), checked.loaded.version
    data = {"files": len(checked.loaded.texts), "documents": count, "version": version}
    report.done(f"ok: {count} documents, config version {version[:12]}", data)


@app.command()
def show(
    kind: Annotated[str, typer.Argument(help="A kind, such as tags.")] = "",
    name: Annotated[str, typer.Argument(help="A name; without one, all of the kind.")] = "",
) -> None:
    """The settings of this environment, the documents of a kind, or one document; secrets are never shown."""
    from opscli.config.reference import as_yaml
    from opscli.config.secrets import redacted
    from opscli.runner.compile import check_project

    checked = check_project(session.root(), CHOICES.environment)
    loaded = checked.loaded
    if not kind:
        data = redacted(checked.settings.shown(loaded.environment))
        report.show_one({**data, "config_version": loaded.version}, as_yaml({**data, "config_version": loaded.version}))
        return
    found = [document for document in loaded.documents if document.kind == config_schema.known_kind(kind)]
    if not name:
        report.show(
            [{"name": item.name, "file": item.file, "purpose": item.data.get("purpose")} for item in found],
            columns=("name", "file", "purpose"),
        )
        return
    document = _named(found, kind, name)
    data = redacted(document.data)
    report.show_one(data, as_yaml(data))


@app.command()
def explain(kind: Annotated[str, typer.Argument(help="A kind, such as tags.")]) -> None:
    """The reference of a kind: its smallest file and every key."""
    from opscli.config.reference import keys_of, place_of, reference
    from opscli.config.schemas import assemble

    content = assemble(config_schema.known_kind(kind))
    keys = [
        {
            "key": key.path,
            "form": key.form,
            "required": key.required,
            "default": key.default,
            "meaning": key.description,
        }
        for key in keys_of(content, content)
    ]
    report.show_one({"kind": kind, "place": place_of(kind), "keys": keys}, reference(kind))


def _named(documents: list[Document], kind: str, name: str) -> Document:
    from opscli.config.validate import did_you_mean
    from opscli.errors import UsageError

    names = {document.name: document for document in documents}
    if name not in names:
        raise UsageError(f"no {kind} is named {name}", remedy=did_you_mean(name, names))
    return names[name]
