"""Aggregates of a definition: read, checked with their place, and counted in one pass per entity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from opscli.config.document import Document, Place
from opscli.config.validate import did_you_mean
from opscli.metrics.frame import Frame
from opscli.metrics.kind import Source
from opscli.outcome import Issue
from opscli.phrases import listed, say
from opscli.rules import aggregate as rules
from opscli.rules.aggregate import Aggregate, AggregateInvalid
from opscli.stage import Catalog


def shorthand(kind: str, body: Mapping[str, Any]) -> Aggregate:
    """The aggregate of a metric that is one: `type: sum`, `of: orders.amount`, `where:`."""
    written = {kind: body["of"], **({"where": body["where"]} if "where" in body else {})}
    return rules.read(written)


def issues(aggregate: Aggregate, place: Place, document: Document, catalog: Catalog) -> Iterable[Issue]:
    """What is wrong with an aggregate that stands at `place` (the place of its entity for a shorthand)."""
    entity = catalog.entities.get(aggregate.entity)
    if entity is None:
        known = say("metrics.entities_are", names=listed(sorted(catalog.entities)))
        how = did_you_mean(aggregate.entity, catalog.entities, otherwise=known)
        yield document.issue(place, say("metrics.unknown_entity", entity=aggregate.entity), how=how)
        return
    if aggregate.within is not None:
        yield document.issue(place, say("metrics.within"), why=say("metrics.within_why"), how=say("metrics.within_how"))
    columns = {column.name: column.type for column in entity.columns}
    try:
        rules.check(aggregate, columns, zone=catalog.zone)
    except AggregateInvalid as error:
        at = where_place(place, document) if error.key == "where" else place
        yield error.issue(document, at)


def where_place(place: Place, document: Document) -> Place:
    """The place of the condition beside an aggregate, wherever the definition writes it."""
    inner, beside = (*place, "where"), (*place[:-1], "where")
    return inner if inner in document.marks else beside


def measured(frame: Frame, parts: Mapping[str, Aggregate]) -> list[Source]:
    """One SELECT an entity, with all of its aggregates in one pass over the rows of the periods."""
    by_entity: dict[str, list[str]] = {}
    for name, aggregate in parts.items():
        by_entity.setdefault(aggregate.entity, []).append(name)
    return [_select(frame, entity, {name: parts[name] for name in names}) for entity, names in by_entity.items()]


def _select(frame: Frame, entity: str, parts: Mapping[str, Aggregate]) -> Source:
    target, time = frame.target(entity), frame.time(entity)
    columns, people = [], False
    customer = frame.entities[entity].customer
    for name, aggregate in parts.items():
        checked = rules.check(aggregate, frame.columns(entity), zone=frame.zone)
        people = people or customer in (aggregate.column, *(checked.where.names if checked.where else ()))
        columns.append(f"{rules.render(checked, target, time)} AS {frame.dialect.quote(name)}")
    sql = (
        f"SELECT b.period, {frame.member(entity)} AS member,\n       {_list(columns)}\n"
        f"FROM {frame.rows(entity, people=people)}\n"
        f"JOIN {frame.buckets()} b ON {time} >= b.low AND {time} < b.high\n"
        "GROUP BY 1, 2"
    )
    return Source(sql=sql, parts=tuple(parts))


def _list(columns: Sequence[str]) -> str:
    return ",\n       ".join(columns)


def customer_issues(aggregate: Aggregate, place: Place, document: Document, catalog: Catalog) -> Iterable[Issue]:
    """An entity without a customer reference, where customers are to be counted."""
    entity = catalog.entities.get(aggregate.entity)
    if entity is not None and not entity.customer:
        ours = ", ".join(sorted(name for name, item in catalog.entities.items() if item.customer))
        yield document.issue(
            place, say("metrics.no_customer", entity=aggregate.entity), how=say("metrics.use_one_of", names=ours)
        )
