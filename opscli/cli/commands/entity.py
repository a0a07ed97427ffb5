"""`opscli entity list|show|form|template`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opscli.cli import report, session
from opscli.cli.choices import CHOICES

if TYPE_CHECKING:
    from opscli.engine.entity import Entity
    from opscli.runner.kept import Checked

app = typer.Typer(help="The entities: their fields, keys and rules.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the entity.")]
_TEMPLATES = ("csv", "json", "jsonl")


@app.command("list", epilog="Examples:  opscli entity list  |  opscli entity list --json")
def list_entities() -> None:
    """Every entity with its key, its event time and the sources that fill it."""
    from opscli.phrases import say
    from opscli.runner.compile import check_project

    checked = check_project(session.root())
    fed = _sources_by_entity(checked.specs.get("source", {}))
    rows = [
        {
            "entity": entity.name,
            "key": ", ".join(entity.key),
            "time": entity.time,
            "customer": entity.customer,
            "columns": len(entity.columns),
            "sources": ", ".join(fed.get(entity.name, ())) or say("entity.not_set_up"),
        }
        for entity in checked.catalog.entities.values()
    ]
    report.show(rows, columns=("entity", "key", "time", "customer", "columns", "sources"))


@app.command(epilog="Examples:  opscli entity show orders")
def show(entity: Name) -> None:
    """The columns of an entity: type, rules, what they hold, and where they are used."""
    from opscli.engine.drafts import fields_of, limits_in_words, shown
    from opscli.runner.usage import used_by

    checked, found = _entity(entity)
    uses = used_by(found, checked.loaded.documents)
    personal = {column.name: column.personal for column in found.columns}
    rows = [
        {
            "column": item.name,
            "type": item.kind,
            "role": _role(found, item.name),
            "required": item.required,
            "personal": personal[item.name],
            "allowed": ", ".join(map(shown, item.allowed)) or None,
            "rules": "; ".join(limits_in_words(item.node)) or None,
            "currency": item.currency or None,
            "default": None if item.default is None else shown(item.default),
            "used_by": ", ".join(uses[item.name]) or None,
            "meaning": item.title or None,
        }
        for item in fields_of(found)
    ]
    filled = {name for row in rows for name, value in row.items() if value is not None}
    shown_columns = [name for name in rows[0] if name in filled] if rows else ()
    report.show(rows, columns=shown_columns, title=found.name)


@app.command(epilog="Examples:  opscli entity form orders  |  opscli entity form orders --output data/by_hand.csv")
def form(
    entity: Name,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Append to this .csv or .jsonl (default: JSON on stdout).")
    ] = None,
    stated: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="An answer given beforehand; repeatable.")
    ] = None,
) -> None:
    """Ask for one record, field by field, checked against the entity's rules as it is typed.

    Without a terminal, or with --no-input, nothing is asked: --set gives every answer.
    """
    from opscli.cli.form import Form
    from opscli.cli.record_file import append, check_name
    from opscli.engine.drafts import json_text
    from opscli.phrases import say

    checked, found = _entity(entity)
    if output is not None:
        check_name(output)
    filled = Form(found, checked.catalog.zone)
    filled.take(stated or ())
    if CHOICES.ask and sys.stdin.isatty():
        filled.ask(saving=str(output or say("entity.form_stdout")))
    else:
        filled.complete()
    record = filled.in_order()
    if output is not None:
        append(output, found, record)
        report.done(say("entity.form_saved", file=output), {"file": str(output), "record": record})
    elif CHOICES.format == "json":
        report.show_one(record)
    else:
        sys.stdout.write(json_text(record) + "\n")


@app.command(epilog="Examples:  opscli entity template orders --format csv  |  opscli entity template orders --example")
def template(
    entity: Name,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write this new .csv, .json or .jsonl (default: stdout).")
    ] = None,
    example: Annotated[bool, typer.Option("--example", help="With one legal record.")] = False,
) -> None:
    """An empty file of an entity: a CSV with its header, or with --format json or jsonl a record to fill in.

    In JSON, `$required` names the columns that no record may lack; an import ignores it.
    """
    from opscli.engine.examples import example as example_of
    from opscli.phrases import say

    _, found = _entity(entity)
    kind = _template_format(output)
    text = _template(found, kind, example_of(found) if example else None)
    if output is None:
        sys.stdout.write(text)
        return
    _write_new(output, text)
    report.done(say("entity.template_written", file=output), {"file": str(output), "format": kind})


def _template(entity: Entity, kind: str, record: Mapping[str, Any] | None) -> str:
    import json

    from opscli.cli.record_file import as_csv, as_csv_header
    from opscli.engine.drafts import fields_of, json_text

    if kind == "csv":
        return as_csv_header(entity) if record is None else as_csv(entity, record)
    if kind == "jsonl":
        empty = dict.fromkeys(column.name for column in entity.columns)
        return json_text(empty if record is None else record) + "\n"
    required = {"$required": [item.name for item in fields_of(entity) if item.required]}
    body = {**required, **dict.fromkeys(column.name for column in entity.columns)} if record is None else record
    lines = (f"  {json.dumps(name)}: {json_text(value)}" for name, value in body.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _template_format(output: Path | None) -> str:
    """What was asked for, else what the file's name says, else CSV."""
    from opscli.errors import UsageError
    from opscli.phrases import say

    kind = CHOICES.format or (output.suffix.lower().removeprefix(".") if output else "csv")
    if kind not in _TEMPLATES:
        raise UsageError(say("entity.template_format", format=kind), remedy=say("entity.template_format_how"))
    return kind


def _write_new(path: Path, text: str) -> None:
    """Raises CannotCreate for a file that exists, or cannot be made."""
    from opscli.errors import CannotCreate
    from opscli.phrases import say

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="") as out:
            out.write(text)
    except FileExistsError as error:
        raise CannotCreate(
            say("entity.template_exists", file=path), remedy=say("entity.template_exists_how")
        ) from error
    except OSError as error:
        raise CannotCreate(say("entity.output_unwritable", file=path, reason=error.strerror)) from error


def _entity(name: str) -> tuple[Checked, Entity]:
    from opscli.config.validate import did_you_mean
    from opscli.errors import UsageError
    from opscli.phrases import say
    from opscli.runner.compile import check_project

    checked = check_project(session.root())
    entities = checked.catalog.entities
    if name not in entities:
        raise UsageError(say("entity.unknown", name=name), remedy=did_you_mean(name, entities))
    return checked, entities[name]


def _role(entity: Entity, column: str) -> str | None:
    """What the entity itself uses a column for."""
    from opscli.phrases import say

    roles = [say("entity.is_key")] if column in entity.key else []
    roles += [say("entity.is_time")] if column == entity.time else []
    roles += [say("entity.is_customer")] if column == entity.customer else []
    return ", ".join(roles) or None


def _sources_by_entity(specs: Mapping[str, object]) -> dict[str, list[str]]:
    """Entity → the sources that load it."""
    found: dict[str, list[str]] = {}
    for name, spec in specs.items():
        found.setdefault(str(getattr(spec, "entity", "")), []).append(name)
    return found
