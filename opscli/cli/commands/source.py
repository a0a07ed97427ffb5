"""`opscli source list|show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from opscli.cli import report, session
from opscli.phrases import say

if TYPE_CHECKING:
    from opscli.sources.source import Mapped, SourceSpec
    from opscli.stage import Context

app = typer.Typer(help="The sources of this project.", no_args_is_help=True)


@app.command("list", epilog="Examples:  opscli source list  |  opscli source list --json")
def list_sources() -> None:
    """Every source: what it fills, from where, and what was loaded last."""
    from opscli.sources.source import SourceSpec

    columns = ("source", "entity", "type", "from", "last_loaded", "rows", "rejected")
    with session.opened() as ctx:
        specs = ctx.project.all("source", SourceSpec)
        loads = _last_loads(ctx)
        rows = [{**_described(spec), **loads.get(spec.name, {})} for spec in specs]
    report.show(rows, columns=columns)


@app.command(epilog="Example:  opscli source show orders")
def show(source: Annotated[str, typer.Argument(help="Name of the source.")]) -> None:
    """How a source is read: the file, and where each column comes from."""
    from opscli.config.validate import did_you_mean
    from opscli.errors import UsageError
    from opscli.sources.mapping import mapping_of
    from opscli.sources.source import SourceSpec

    with session.opened() as ctx:
        spec = ctx.project.one("source", source, SourceSpec)
        if spec is None:
            names = [known.name for known in ctx.project.all("source", SourceSpec)]
            raise UsageError(say("cli.no_source", source=source), remedy=did_you_mean(source, names))
        entity = ctx.project.entities[spec.entity]
        stated = mapping_of(spec, entity)
        about = {**_described(spec), **_last_loads(ctx).get(source, {})}
    columns = [
        {"column": column.name, "type": column.type, "from": _origin(stated.get(column.name))}
        for column in entity.columns
    ]
    if report.chosen_format() in ("json", "jsonl"):
        report.show_one({**about, "columns": columns})
        return
    report.show_one({**about, "where": spec.where, "trust": spec.trust, "refers_to": spec.refers_to})
    report.show(columns, columns=("column", "type", "from"))


def _described(spec: SourceSpec) -> dict[str, Any]:
    from opscli.kinds import load_kind

    place = load_kind("opscli.sources", spec.type).place(spec.settings)
    return {"source": spec.name, "entity": spec.entity, "type": spec.type, "from": place}


def _last_loads(ctx: Context) -> dict[str, dict[str, Any]]:
    """The newest load of each source that stands."""
    with ctx.warehouse.read() as warehouse:
        standing = "WHERE undone_seq IS NULL " if "undone_seq" in warehouse.columns("loads") else ""
        found = warehouse.rows(
            "SELECT l.source, l.loaded_at, l.rows_read, l.rejected FROM loads AS l JOIN (SELECT source, "
            f"max(load_seq) AS newest FROM loads {standing}GROUP BY source) AS n ON n.newest = l.load_seq"
        )
    return {name: {"last_loaded": at, "rows": rows, "rejected": rejected} for name, at, rows, rejected in found}


def _origin(mapped: Mapped | None) -> str | None:
    """Where a column comes from, in words."""
    if mapped is None:
        return None
    if mapped.value is not None:
        return f"always {mapped.value}"
    notes = [text for text in (mapped.format, mapped.timezone) if text]
    return (mapped.column or mapped.text) + (f" ({', '.join(notes)})" if notes else "")
