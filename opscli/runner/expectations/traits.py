"""Expect values of traits; null = not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from opscli.outcome import Issue
from opscli.phrases import say
from opscli.runner.case import Failure, Part, Scope
from opscli.runner.world import World, agree, shown

NEEDS = ("profiles",)
_NUMBERS = ("integer", "float", "money")


def check(part: Part, scope: Scope) -> Iterable[Issue]:
    """Customers that are not given, traits that no file has, texts where numbers come out and numbers for texts."""
    types = scope.catalog.types("trait")
    for name, customer in part.items():
        yield from scope.unknown_customer(customer, name)
        for trait, value in customer.items():
            yield from scope.unknown_name(value, "trait", trait)
            yield from _other_type(value, trait, types.get(trait, ""))


def _other_type(part: Part, trait: str, type_: str) -> Iterator[Issue]:
    """A value that could never be equal, although it may look the same in a report."""
    stated = part.data
    number = isinstance(stated, int | float | Mapping) and not isinstance(stated, bool)
    if (isinstance(stated, str) and type_ in _NUMBERS) or (number and type_ == "text"):
        wanted = say("config.type_number" if type_ in _NUMBERS else "config.type_string")
        how = say("testing.no_quotes") if type_ in _NUMBERS else say("testing.in_quotes")
        yield part.issue(say("testing.other_type", trait=trait, wanted=wanted), how=how)


def judge(part: Part, world: World) -> Iterable[Failure]:
    """Each trait that came out otherwise, with its definition and the values that went into it."""
    for name, customer in part.items():
        row = _profile(world, name)
        for trait, value in customer.items():
            stated, within = value.data, None
            if isinstance(stated, Mapping):
                stated, within = stated["value"], float(stated["within"])
            if not agree(stated, row.get(trait), zone=world.ctx.project.zone, within=within):
                yield Failure(
                    at=value,
                    what=say("testing.other_trait", customer=name, trait=trait),
                    expected=shown(stated),
                    got=shown(row.get(trait)),
                    why=tuple(_why(world, trait, row)),
                )


def _profile(world: World, name: str) -> Mapping[str, Any]:
    with world.ctx.warehouse.read() as session:
        rows = session.dicts("SELECT * FROM profiles WHERE customer_id = ?", (world.customer(name),))
    return rows[0] if rows else {}


def _why(world: World, name: str, row: Mapping[str, Any]) -> Iterator[str]:
    """Where the trait is defined, its definition, and the traits that it is computed from."""
    from opscli.rules.language import mentions
    from opscli.traits.model import TraitSpec

    for spec in world.ctx.project.all("traits", TraitSpec):
        for trait in spec.traits:
            if trait.name == name:
                yield world.place_of("traits", spec.name, *trait.place)
                definition = {key: value for key, value in spec.document.data["traits"][name].items() if key != "label"}
                yield f"  {name}: " + ", ".join(f"{key}: {value}" for key, value in definition.items())
                inputs = sorted(mentions(trait.expression)[0]) if trait.expression else []
                yield from (f"  {item} = {shown(row[item])}" for item in inputs if item in row)
