"""Expect how customers stand in a campaign: entered or not, the steps behind them, why something was skipped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from opscli.clock import iso
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.runner.case import Failure, Part, Scope
from opscli.runner.world import World, shown

if TYPE_CHECKING:
    from opscli.campaigns.campaign import CampaignSpec

NEEDS = ("enrolments", "outbox")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a customer stands in a campaign; names are the keys of the expectation."""

    enrolled: bool
    status: str = ""
    path: tuple[str, ...] = ()
    waiting_at: str = ""
    skipped: tuple[str, ...] = ()
    exit: str = ""
    events: tuple[str, ...] = ()


def check(part: Part, scope: Scope) -> Iterable[Issue]:
    """Campaigns and steps that no file has, customers that are not given."""
    for campaign, people in part.items():
        yield from scope.unknown_name(people, "campaign", campaign)
        for name, customer in people.items():
            yield from scope.unknown_customer(customer, name)


def judge(part: Part, world: World) -> Iterable[Failure]:
    """Each key that came out otherwise, with all that happened to the customer in the campaign."""
    from opscli.campaigns.views import find

    for campaign, people in part.items():
        spec = find(world.ctx.project, campaign)
        for name, customer in people.items():
            found = standing(world, spec, world.customer(name))
            for key, value in customer.items():
                if not _met(value.data, getattr(found, key)):
                    yield Failure(
                        at=value,
                        what=say("testing.other_standing", customer=name, campaign=campaign, key=key),
                        expected=_text(value.data),
                        got=_text(getattr(found, key)),
                        why=tuple(why(world, spec, name, found)),
                    )


def standing(world: World, spec: CampaignSpec, customer: str) -> Standing:
    """The newest enrolment of a customer and every event of the campaign."""
    from sqlalchemy import select

    from opscli.campaigns.views import path_of
    from opscli.state.tables import enrolments

    e = enrolments.c
    newest = select(enrolments).where(e.campaign == spec.name, e.customer_id == customer).order_by(e.entered_at.desc())
    with world.ctx.state.read() as connection:
        row = connection.execute(newest).mappings().first()
        events = path_of(connection, spec, customer)
    told = tuple(_told(event) for event in events)
    skipped = tuple(event["reason"] for event in events if event["kind"] == "skipped")
    if row is None:
        return Standing(enrolled=False, skipped=skipped, events=told)
    return Standing(
        enrolled=True,
        status=row["status"],
        path=_behind(spec, row["status"], row["step"], events),
        waiting_at=row["step"] if row["status"] == "active" else "",
        skipped=skipped,
        exit=row["exit_reason"] if row["status"] == "exited" else "",
        events=told,
    )


def why(world: World, spec: CampaignSpec, name: str, found: Standing) -> Iterator[str]:
    """What happened, line by line; of somebody who never entered also why the tag that starts it is not there."""
    from opscli.runner.expectations import tags

    yield world.place_of("campaign", spec.name, *(("trigger",) if spec.trigger else ()))
    yield from found.events
    if not found.events:
        yield say("testing.nothing_happened")
    if not found.enrolled and not found.skipped and spec.trigger:
        yield from tags.why(world, name, spec.trigger[1])
    if "not_in_audience" in found.skipped and spec.audience:
        yield from _audience(world, spec.audience, world.customer(name))


def _audience(world: World, text: Any, customer: str) -> Iterator[str]:
    from opscli.rules import audience
    from opscli.rules.explain import judged
    from opscli.tags.explain import findings_of, tree_text

    expression = audience.condition(text, world.ctx.project.catalog)
    with world.ctx.warehouse.read() as session:
        found = judged(expression, findings_of(world.ctx, session, expression, customer))
    yield f"audience: {text}"
    yield from tree_text(found, indent="  ")


def _behind(spec: CampaignSpec, status: str, step: str, events: Iterable[Any]) -> tuple[str, ...]:
    """Ids of the steps that are behind somebody: all before the present one, or before the one where it ended."""
    ids = [item.id for item in spec.steps]
    if status in ("exited", "held_out"):
        ended = [event["step"] for event in events if event["kind"] in ("exited", "held_out")]
        step = ended[-1] if ended else step
    return tuple(ids[: ids.index(step)] if step in ids else ids)


def _told(event: Any) -> str:
    step = f" {event['step']}" if event["step"] else ""
    reason = f": {event['reason']}" if event["reason"] else ""
    return f"  {iso(event['occurred_at'])}{step} {event['kind']}{reason}"


def _met(expected: Any, got: Any) -> bool:
    if isinstance(expected, list):
        return tuple(expected) == tuple(got)
    return expected in got if isinstance(got, tuple) else bool(expected == got)


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(value) or say("testing.none")
    return shown(value) or say("testing.none")
