"""Expect health: the band, the score, whether the alert made a task."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from opscli.outcome import Issue
from opscli.phrases import say
from opscli.runner.case import Failure, Part, Scope
from opscli.runner.world import World, agree, shown

if TYPE_CHECKING:
    from opscli.health.explain import HealthView

NEEDS = ("health_scores", "tasks")

_CLOSE = 0.5
"""Points: a test of a score is about the measures, not about decimals."""


def check(part: Part, scope: Scope) -> Iterable[Issue]:
    """Customers that are not given, models that no file has or that are not named where there are several."""
    models = scope.catalog.names("health")
    for name, customer in part.items():
        yield from scope.unknown_customer(customer, name)
        if "model" in customer.data:
            yield from scope.unknown_name(customer.below("model"), "health", customer.data["model"])
        elif len(models) != 1:
            yield customer.issue(say("testing.which_model"), how=f"model: {' | '.join(models)}")


def judge(part: Part, world: World) -> Iterable[Failure]:
    """Each key that came out otherwise, with every measure's points."""
    from opscli.health.explain import in_words, latest

    for name, customer in part.items():
        model = customer.data.get("model") or world.ctx.project.catalog.names("health")[0]
        with world.ctx.warehouse.read() as session:
            view = next(iter(latest(session, world.customer(name), world.ctx.as_of, model)), None)
        found = {"band": view.band if view else None, "score": view.score if view else None}
        found["alert"] = _alerted(world, model, world.customer(name))
        for key, value in _stated(customer):
            if not agree(value.data, found[key], within=_CLOSE):
                yield Failure(
                    at=value,
                    what=say("testing.other_health", customer=name, model=model, key=key),
                    expected=shown(value.data),
                    got=shown(found[key]),
                    why=tuple(_why(world, model, in_words(view) if view else "", view)),
                )


def _stated(customer: Part) -> Iterator[tuple[str, Part]]:
    return ((key, value) for key, value in customer.items() if key != "model")


def _why(world: World, model: str, text: str, view: HealthView | None) -> Iterator[str]:
    yield world.place_of("health", model, "measures")
    if view is not None:
        yield from (
            f"  {line}".rstrip() for line in text.replace(view.customer_id, world.called(view.customer_id)).splitlines()
        )


def _alerted(world: World, model: str, customer: str) -> Any:
    from sqlalchemy import func, select

    from opscli.state.tables import tasks

    t = tasks.c
    query = select(func.count()).where(t.origin == "health", t.origin_name == model, t.customer_id == customer)
    with world.ctx.state.read() as connection:
        return bool(connection.execute(query).scalar_one())
