"""Expect tags: the whole set in the dimensions that are named, or some that must and some that must not be there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from opscli.engine.versions import literal
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.runner.case import Failure, Part, Scope
from opscli.runner.world import World

NEEDS = ("tag_history",)


def check(part: Part, scope: Scope) -> Iterable[Issue]:
    """Customers that are not given, tags that no file has."""
    for name, customer in part.items():
        yield from scope.unknown_customer(customer, name)
        for item in _named(customer):
            yield from scope.unknown_name(item, "tag", item.data)


def judge(part: Part, world: World) -> Iterable[Failure]:
    """Each customer whose tags are others; every tag that is missing or too many is explained."""
    dimensions = _dimensions(world)
    named = {dimensions[item.data] for _, customer in part.items() for item in _named(customer)}
    concerned = named or set(dimensions.values())
    held = _held(world)
    for name, customer in part.items():
        has = [tag for tag in held.get(world.customer(name), ()) if dimensions.get(tag) in concerned]
        if isinstance(customer.data, Mapping):
            yield from _in_part(name, customer, held.get(world.customer(name), []), world)
        elif set(has) != set(customer.data):
            wrong = [
                *(tag for tag in customer.data if tag not in has),
                *(tag for tag in has if tag not in customer.data),
            ]
            yield Failure(
                at=customer,
                what=say("testing.other_tags", customer=name),
                expected=", ".join(customer.data) or say("testing.none"),
                got=", ".join(has) or say("testing.none"),
                why=tuple(line for tag in wrong for line in why(world, name, tag)),
            )


def why(world: World, name: str, tag: str) -> Iterator[str]:
    """The explanation of one tag of one customer: every clause with its value, what wins over it, where it stands."""
    from opscli.tags.explain import as_text, explain, find_tag

    spec, found = find_tag(world.ctx, tag)
    yield world.place_of("tags", spec.name, "tags", found.position, "when")
    text = as_text(explain(world.ctx, world.customer(name), tag))
    yield from text.replace(world.customer(name), name).rstrip("\n").split("\n")


def _in_part(name: str, customer: Part, has: list[str], world: World) -> Iterator[Failure]:
    for word, wanted in (("has", True), ("not", False)):
        for index, tag in enumerate(customer.data.get(word, ())):
            if (tag in has) is not wanted:
                lacks, holds = say("testing.lacks_tag", customer=name), say("testing.holds_tag", customer=name)
                yield Failure(
                    at=customer.below(word, index),
                    what=lacks if wanted else holds,
                    expected=tag if wanted else say("testing.not_tag", tag=tag),
                    got=", ".join(has) or say("testing.none"),
                    why=tuple(why(world, name, tag)),
                )


def _named(customer: Part) -> Iterator[Part]:
    """Every tag that a customer's expectation names."""
    if isinstance(customer.data, Mapping):
        yield from (customer.below(word, index) for word in customer.data for index in range(len(customer.data[word])))
    else:
        yield from (customer.below(index) for index in range(len(customer.data)))


def _dimensions(world: World) -> dict[str, str]:
    from opscli.tags.tags import TagSpec

    return {tag.name: spec.dimension for spec in world.ctx.project.all("tags", TagSpec) for tag in spec.tags}


def _held(world: World) -> dict[Any, list[str]]:
    """Tags by customer at this moment, by name."""
    now = literal(world.ctx.as_of)
    held: dict[Any, list[str]] = {}
    with world.ctx.warehouse.read() as session:
        sql = f"SELECT customer_id, tag FROM tag_history WHERE entered_at <= {now} AND left_at > {now} ORDER BY tag"
        for customer, tag in session.rows(sql):
            held.setdefault(customer, []).append(tag)
    return held
