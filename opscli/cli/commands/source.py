"""`opscli source list|show|sniff|profile`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opscli.cli import report, session
from opscli.cli.masking import masked
from opscli.phrases import named, say

if TYPE_CHECKING:
    from opscli.sources.looks import ColumnLook, Look
    from opscli.sources.profiling import ColumnProfile
    from opscli.sources.source import Mapped, SourceSpec
    from opscli.stage import Context

_LONGEST = 24
"""Characters of a value that are shown among others."""

_PROFILE_COLUMNS = ("column", "empty", "distinct", "key", "lowest", "highest", "classes", "top")

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
    from opscli.sources.mapping import mapping_of

    with session.opened() as ctx:
        spec = _spec(source, ctx)
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


@app.command(
    epilog="Examples:  opscli source sniff export.csv  |  opscli source sniff export.csv --json  |  "
    "opscli source sniff export.dat --type csv"
)
def sniff(
    file: Annotated[Path, typer.Argument(help="A file with data, anywhere.")],
    kind: Annotated[
        str, typer.Option("--type", help="What it is, where its name does not say so: csv, json …")
    ] = "auto",
) -> None:
    """What a file looks like: how it is written and why that was decided, and what its columns hold."""
    from dataclasses import asdict

    from opscli.errors import DataUnusable
    from opscli.sources.formats.rows import FileFormat
    from opscli.sources.looks import look_at

    session.speak()
    if not file.is_file():
        raise DataUnusable(say("cli.no_file", path=file), remedy=say("cli.no_file_how"))
    look = look_at(file, FileFormat(type=kind))
    if report.chosen_format() in ("json", "jsonl"):
        report.show_one({**asdict(look), "format": dict(look.format)})
        return
    found = [{"what": named(finding.what), "found": finding.value, "why": finding.why} for finding in look.findings]
    report.show(found, columns=("what", "found", "why"), title=str(file))
    columns = [
        {
            "column": column.name,
            "looks_like": column.looks,
            "empty": f"{column.empty:.0%}",
            "examples": _examples(column),
        }
        for column in look.columns
    ]
    report.show(columns, columns=("column", "looks_like", "empty", "examples"))
    for line in _to_pin(look):
        report.note(line)


def _examples(column: ColumnLook) -> str:
    shown = column.examples if column.kind != "address" else map(masked, column.examples)
    return ", ".join(shown)


def _to_pin(look: Look) -> Iterator[str]:
    """Lines for a source's file that keep what was recognised."""
    if look.format:
        yield say("cli.to_pin")
        parts = ", ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in look.format.items())
        yield f"  format: {{{parts}}}"
    hints = [column.map for column in look.columns if column.map]
    if hints:
        yield say("cli.to_map")
        yield from (f"  … {hint}" for hint in hints)


@app.command(epilog="Examples:  opscli source profile orders  |  opscli source profile orders --json --show-pii")
def profile(source: Annotated[str, typer.Argument(help="Name of the source.")]) -> None:
    """What the input of a source holds: empty and distinct values, extremes, the commonest, what could be a key."""
    from opscli.sources.profiling import profile as count

    with session.opened() as ctx:
        found = count(_spec(source, ctx), ctx)
    columns = [_profiled(column) for column in found.columns]
    if report.chosen_format() in ("json", "jsonl"):
        report.show_one({"source": found.source, "rows": found.rows, "rejected": found.rejected, "columns": columns})
        return
    title = say("cli.profile_of", source=source, rows=found.rows, rejected=found.rejected)
    told = [{**row, "classes": _shares(row["classes"]), "top": _tops(row["top"])} for row in columns]
    report.show(told, columns=_PROFILE_COLUMNS, title=title)


def _profiled(column: ColumnProfile) -> dict[str, Any]:
    """One column as it may be shown."""

    def shown(value: str | None) -> Any:
        return masked(value) if column.personal else value

    return {
        "column": column.name,
        "empty": column.empty,
        "distinct": column.distinct,
        "key": column.is_key,
        "lowest": shown(column.lowest),
        "highest": shown(column.highest),
        "longest": column.longest,
        "classes": dict(column.classes),
        "top": [[shown(value), times] for value, times in column.top],
    }


def _shares(classes: Mapping[str, int]) -> str:
    total = sum(classes.values())
    return ", ".join(f"{named(kind)} {times / total:.0%}" for kind, times in classes.items())


def _tops(top: Sequence[Sequence[Any]]) -> str:
    return ", ".join(f"{_short(str(value))} ({times:,})" for value, times in top[:3])


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _spec(source: str, ctx: Context) -> SourceSpec:
    """The source of that name. Raises UsageError with the nearest one."""
    from opscli.config.validate import did_you_mean
    from opscli.errors import UsageError
    from opscli.sources.source import SourceSpec

    spec = ctx.project.one("source", source, SourceSpec)
    if spec is None:
        names = [known.name for known in ctx.project.all("source", SourceSpec)]
        raise UsageError(say("cli.no_source", source=source), remedy=did_you_mean(source, names))
    return spec


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
    notes = [*mapped.format, *([mapped.timezone] if mapped.timezone else [])]
    return (mapped.column or mapped.text) + (f" ({', '.join(notes)})" if notes else "")
