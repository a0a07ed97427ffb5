"""Resolved traits → one query: one pass per entity with conditional aggregates, then what is computed from them.

Both cuts are applied: event time < as_of, and the version known at `known_at`. Who belongs together and the fields of
customers are identity's newest answer; somebody not known yet, or created later, is left out. Windows are half-open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from opscli.engine.dialect import Dialect
from opscli.engine.entity import Entity
from opscli.engine.query import Pipeline
from opscli.engine.versions import literal as timestamp_literal
from opscli.engine.versions import visible
from opscli.rules.aggregate import Checked, guard
from opscli.rules.aggregate import render as render_aggregate
from opscli.rules.sql import render
from opscli.rules.target import Target
from opscli.traits.model import Resolved


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """For which engine, entities and instants a profile is computed; `present` names the tables that exist."""

    dialect: Dialect
    entities: Mapping[str, Entity]
    as_of: datetime
    known_at: datetime
    present: frozenset[str]

    def target(self, prefix: str = "") -> Target:
        """Where conditions find their names: columns of the same name, behind `prefix`."""
        return Target(
            dialect=self.dialect,
            as_of=self.as_of,
            columns=lambda name: f"{prefix}{self.dialect.quote(name)}",
            identity=f'{prefix}"customer_id"',
        )


def profile_sql(traits: Sequence[Resolved], cut: Cut) -> Pipeline:
    """The query of `profiles`: one row per customer with customer_id, as_of and one column per trait, by name.

    `traits` come in the order of `resolve`. Traits of an entity that nothing was imported for are 0 or NULL.
    """
    plain = [trait for trait in traits if not trait.derived]
    pipeline = Pipeline().step("known", _known(cut)).step("people", _people(plain, cut))
    joins: list[str] = []
    for entity in sorted({_entity(trait) for trait in plain if trait.aggregate}):
        group = [trait for trait in plain if trait.aggregate and _entity(trait) == entity]
        if cut.entities[entity].versions_table not in cut.present:
            continue
        pipeline = pipeline.step(f"{entity}_seen", _seen(group, cut))
        for name, select in _facts(entity, group, cut):
            pipeline = pipeline.step(name, select)
            joins.append(name)
    pipeline = pipeline.step("facts_0", _joined(plain, joins, cut))
    for level, group in enumerate(_levels(traits), start=1):
        columns = ", ".join(f"{_calculated(trait, cut)} AS {cut.dialect.quote(trait.name)}" for trait in group)
        pipeline = pipeline.step(f"facts_{level}", f"SELECT *, {columns} FROM facts_{level - 1}")
    names = ", ".join(cut.dialect.quote(name) for name in sorted(trait.name for trait in traits))
    select = f'SELECT "customer_id", {timestamp_literal(cut.as_of)} AS "as_of"{", " + names if names else ""}'
    return pipeline.step("profile", f"{select} FROM {pipeline.last}")


def _known(cut: Cut) -> str:
    """Customers of whom a record was known at `known_at`, and who were created before as_of if that is stated.

    Closed versions count too: somebody who has left the newest file is still a customer. (`first_seen` will not do: it
    says when identity first met a customer, which for a past as_of is always too late.)
    """
    time = cut.entities["customers"].time
    created = f"r.{cut.dialect.quote(time)}" if time else ""
    before = f" AND ({created} IS NULL OR {created} < {timestamp_literal(cut.as_of)})" if created else ""
    return (
        'SELECT DISTINCT l."customer_id"\nFROM records r\n'
        'JOIN links l ON l."ns" = r."source" AND l."ref" = r."source_id"\n'
        f'WHERE r."known_from" <= {timestamp_literal(cut.known_at)}{before}'
    )


def _people(plain: Sequence[Resolved], cut: Cut) -> str:
    fields = sorted({trait.trait.column.partition(".")[2] for trait in plain if trait.trait.kind == "field"})
    columns = "".join(f", c.{cut.dialect.quote(name)}" for name in fields)
    return f'SELECT c."customer_id"{columns}\nFROM customers c JOIN known ON known."customer_id" = c."customer_id"'


def _seen(group: Sequence[Resolved], cut: Cut) -> str:
    """Rows of one entity that any of its traits may count, with their customer."""
    entity = cut.entities[_entity(group[0])]
    quote = cut.dialect.quote
    used = sorted({name for trait in group for name in _columns(trait, entity)})
    columns = "".join(f", e.{quote(name)} AS {quote(name)}" for name in used)
    starts = [trait.aggregate.aggregate.window(cut.as_of)[0] for trait in group if trait.aggregate]
    bounds = [start for start in starts if start is not None]
    earliest = timestamp_literal(min(bounds)) if bounds and len(bounds) == len(starts) else ""
    where = f"\nWHERE e.{quote(str(entity.time))} >= {earliest}" if earliest else ""
    rows = visible(entity, as_of=cut.as_of, known_at=cut.known_at)
    return (
        f'SELECT l."customer_id"{columns}\nFROM {rows} e\n'
        f'JOIN links l ON l."ns" = e."customer_ns" AND l."ref" = e.{quote(str(entity.customer))}{where}'
    )


def _facts(entity: str, group: Sequence[Resolved], cut: Cut) -> list[tuple[str, str]]:
    """The one pass of an entity, and a pass for each `top`, which groups by its values."""
    time = cut.dialect.quote(cut.entities[entity].time or "")
    found = []
    counted = [trait for trait in group if trait.trait.kind != "top" and trait.aggregate]
    if counted:
        columns = ",\n  ".join(
            f"{render_aggregate(_checked(trait), cut.target(), time)} AS {cut.dialect.quote(trait.name)}"
            for trait in counted
        )
        found.append(
            (f"{entity}_facts", f'SELECT "customer_id",\n  {columns}\nFROM {entity}_seen\nGROUP BY "customer_id"')
        )
    found += [
        (f"{entity}_top_{trait.name}", _top(trait, entity, time, cut)) for trait in group if trait.trait.kind == "top"
    ]
    return found


def _top(trait: Resolved, entity: str, time: str, cut: Cut) -> str:
    """The value with the highest rank per customer; of equals the first in code-point order, so that it never flips."""
    checked, quote = _checked(trait), cut.dialect.quote
    value = quote(trait.trait.column.partition(".")[2])
    rank = render_aggregate(checked, cut.target(), time)
    inside = guard(checked, cut.target(), time)
    where = f"{value} IS NOT NULL" + (f" AND {inside}" if inside else "")
    ranked = f'SELECT "customer_id", {value} AS "value", {rank} AS "rank"\n  FROM {entity}_seen WHERE {where}'
    numbered = (
        'SELECT *, ROW_NUMBER() OVER (PARTITION BY "customer_id" ORDER BY "rank" DESC NULLS LAST, "value") AS "place"\n'
        f'FROM (\n  {ranked}\n  GROUP BY "customer_id", {value}\n) ranked'
    )
    return f'SELECT "customer_id", "value" AS {quote(trait.name)}\nFROM (\n{numbered}\n) numbered WHERE "place" = 1'


def _joined(plain: Sequence[Resolved], joins: Sequence[str], cut: Cut) -> str:
    columns = "".join(f",\n  {_joined_column(trait, joins, cut)} AS {cut.dialect.quote(trait.name)}" for trait in plain)
    tables = "".join(f'\nLEFT JOIN {name} ON {name}."customer_id" = people."customer_id"' for name in joins)
    return f'SELECT people."customer_id"{columns}\nFROM people{tables}'


def _joined_column(trait: Resolved, joins: Sequence[str], cut: Cut) -> str:
    quote, kind = cut.dialect.quote, trait.trait.kind
    if kind == "field":
        return f"people.{quote(trait.trait.column.partition('.')[2])}"
    step = f"{_entity(trait)}_top_{trait.name}" if kind == "top" else f"{_entity(trait)}_facts"
    column = f"{step}.{quote(trait.name)}" if step in joins else "NULL"
    type_ = cut.dialect.type(trait.type)
    return (
        f"CAST(COALESCE({column}, 0) AS {type_})"
        if kind in {"count", "count_distinct", "sum"}
        else f"CAST({column} AS {type_})"
    )


def _levels(traits: Sequence[Resolved]) -> list[list[Resolved]]:
    """Derived traits in groups, each of which needs only the groups before it."""
    depth: dict[str, int] = {}
    groups: list[list[Resolved]] = []
    for trait in traits:
        depth[trait.name] = 1 + max((depth[name] for name in trait.inputs), default=0) if trait.derived else 0
        if trait.derived:
            groups += [[] for _ in range(depth[trait.name] - len(groups))]
            groups[depth[trait.name] - 1].append(trait)
    return groups


def _calculated(trait: Resolved, cut: Cut) -> str:
    if trait.expression is None:
        message = f"trait {trait.name} has no expression"
        raise TypeError(message)
    sql = render(trait.expression, cut.target())
    if trait.trait.kind == "expr":
        return f"CAST({sql} AS {cut.dialect.type(trait.type)})"
    window = f'NTILE({int(trait.trait.groups)}) OVER (PARTITION BY {sql} IS NULL ORDER BY {sql}, "customer_id")'
    return f"CASE WHEN {sql} IS NOT NULL THEN {window} END"


def _checked(trait: Resolved) -> Checked:
    if trait.aggregate is None:
        message = f"trait {trait.name} has no aggregate"
        raise TypeError(message)
    return trait.aggregate


def _entity(trait: Resolved) -> str:
    return _checked(trait).aggregate.entity


def _columns(trait: Resolved, entity: Entity) -> set[str]:
    """Columns of the entity that the trait reads; its event time where a window asks for it."""
    checked = _checked(trait)
    aggregate = checked.aggregate
    windowed = aggregate.within is not None or bool(aggregate.offset)
    wanted = {aggregate.column, entity.time if windowed else None, trait.trait.column.partition(".")[2]}
    return {name for name in wanted if name} | set(checked.where.names if checked.where else ())
