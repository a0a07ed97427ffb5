"""Type the traits of a project against its entities, and order them so that inputs come before their users."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from opscli.config.validate import did_you_mean
from opscli.engine.entity import Entity
from opscli.errors import ConfigInvalid
from opscli.outcome import Issue
from opscli.phrases import listed, say
from opscli.rules.aggregate import AggregateInvalid
from opscli.rules.aggregate import check as check_aggregate
from opscli.rules.language import mentions, parse
from opscli.rules.order import ordered
from opscli.rules.scope import of_facts
from opscli.rules.tree import TYPES, RuleInvalid, family
from opscli.traits.model import Resolved, Trait, TraitSpec


def resolve(specs: Iterable[TraitSpec], entities: Mapping[str, Entity], zone: str = "UTC") -> tuple[Resolved, ...]:
    """Every trait, checked, those that others are computed from first. Raises ConfigInvalid with every problem."""
    traits = {trait.name: trait for spec in specs for trait in spec.traits}
    types: dict[str, str] = {}
    found: dict[str, Resolved] = {}
    issues: list[Issue] = []
    for name in _ordered(traits):
        one = resolve_one(traits[name], types, entities, zone)
        if isinstance(one, Issue):
            issues.append(one)
            continue
        found[name] = one
        types[name] = one.type
    if issues:
        raise ConfigInvalid(sorted(issues))
    return tuple(found.values())


def resolve_one(
    trait: Trait, types: Mapping[str, str], entities: Mapping[str, Entity], zone: str = "UTC"
) -> Resolved | Issue:
    """One trait, or its first problem; `types` are those of the traits that it may be computed from."""
    if trait.kind == "field":
        return _field(trait, entities)
    if trait.kind in {"expr", "ntile"}:
        return _calculated(trait, {name: type_ for name, type_ in types.items() if name != trait.name}, zone)
    return _aggregated(trait, entities, zone)


def usable_columns(entity: Entity) -> dict[str, str]:
    """Columns that a condition may use, with their types."""
    return {column.name: column.type for column in entity.columns if column.type in TYPES}


def _ordered(traits: Mapping[str, Trait]) -> tuple[str, ...]:
    """Names, inputs before users; members of a circle come last and fail as unknown names."""
    return ordered({name: mentions(trait.expression)[0] for name, trait in traits.items()})


def _field(trait: Trait, entities: Mapping[str, Entity]) -> Resolved | Issue:
    name, _, column = trait.column.partition(".")
    customers = usable_columns(entities["customers"])
    if name != "customers" or column not in customers:
        columns = [f"customers.{name}" for name in customers]
        return trait.issue(
            "field",
            say("traits.unknown_field", column=trait.column),
            why=say("traits.unknown_field_why"),
            how=did_you_mean(f"customers.{column}", columns, otherwise=f"columns: {', '.join(customers)}"),
        )
    return Resolved(trait=trait, type=customers[column])


def _calculated(trait: Trait, types: Mapping[str, str], zone: str) -> Resolved | Issue:
    try:
        expression = parse(trait.expression, of_facts(types, zone))
    except RuleInvalid as error:
        return error.issue(trait.document, (*trait.place, trait.kind))
    if trait.kind == "expr":
        return Resolved(trait=trait, type=expression.type, expression=expression)
    if expression.root.op != "name" or family(expression.type) not in {"number", "time"}:
        return trait.issue("ntile", say("traits.ntile"), how="ntile: revenue_365d")
    return Resolved(trait=trait, type="integer", expression=expression)


def _aggregated(trait: Trait, entities: Mapping[str, Entity], zone: str) -> Resolved | Issue:
    aggregate = trait.aggregate
    if aggregate is None:
        message = f"a trait of kind {trait.kind} has an aggregate"
        raise TypeError(message)
    entity = entities.get(aggregate.entity)
    if entity is None:
        how = did_you_mean(aggregate.entity, entities)
        return trait.issue(trait.kind, say("traits.unknown_entity", entity=aggregate.entity), how=how)
    if entity.customer is None:
        why = say("traits.no_trait_why")
        return trait.issue(
            trait.kind, say("traits.no_trait", entity=entity.name), why=why, how=say("traits.no_trait_how")
        )
    if entity.time is None and (aggregate.within is not None or aggregate.offset):
        return trait.issue(
            "within", say("traits.no_event_time", entity=entity.name), how=say("traits.no_event_time_how")
        )
    columns = usable_columns(entity)
    top = trait.column.partition(".")[2]
    if trait.kind == "top" and top not in columns:
        return trait.issue(
            "top",
            say("traits.no_column", entity=entity.name, column=top),
            how=did_you_mean(top, columns, otherwise=say("traits.columns_are", columns=listed(columns))),
        )
    try:
        checked = check_aggregate(aggregate, columns, zone=zone)
    except AggregateInvalid as error:
        key = error.key if error.key in {"where", "within", "offset"} or trait.kind != "top" else "by"
        return error.issue(trait.document, (*trait.place, key))
    return Resolved(trait=trait, type=columns[top] if trait.kind == "top" else checked.type, aggregate=checked)
