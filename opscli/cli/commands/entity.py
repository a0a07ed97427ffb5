"""`opscli entity list|show`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from opscli.cli import report, session

app = typer.Typer(help="The entities: their fields, keys and rules.", no_args_is_help=True)


@app.command("list")
def list_entities() -> None:
    """Every entity with its key, its event time and the sources that fill it."""
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
            "sources": ", ".join(fed.get(entity.name, ())) or "not set up",
        }
        for entity in checked.catalog.entities.values()
    ]
    report.show(rows, columns=("entity", "key", "time", "customer", "columns", "sources"))


@app.command()
def show(entity: Annotated[str, typer.Argument(help="Name of the entity.")]) -> None:
    """The columns of an entity: type, whether it must be there, whether it is personal, what it holds."""
    from opscli.config.validate import did_you_mean
    from opscli.errors import UsageError
    from opscli.runner.compile import check_project

    entities = check_project(session.root()).catalog.entities
    if entity not in entities:
        raise UsageError(f"unknown entity {entity}", remedy=did_you_mean(entity, entities))
    found = entities[entity]
    rows = []
    for column in found.columns:
        node = found.schema["properties"][column.name]
        rows.append(
            {
                "column": column.name,
                "type": column.type,
                "key": column.name in found.key,
                "required": column.name in found.required,
                "personal": column.personal,
                "allowed": ", ".join(str(word) for word in node.get("enum", ())) or None,
                "meaning": node.get("description"),
            }
        )
    names = ("column", "type", "key", "required", "personal", "allowed", "meaning")
    report.show(rows, columns=names, title=found.name)


def _sources_by_entity(specs: Mapping[str, object]) -> dict[str, list[str]]:
    """Entity → the sources that load it."""
    found: dict[str, list[str]] = {}
    for name, spec in specs.items():
        found.setdefault(str(getattr(spec, "entity", "")), []).append(name)
    return found
