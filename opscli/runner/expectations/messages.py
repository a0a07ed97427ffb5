"""Expect messages: each that was sent since the moment before, and no other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from opscli.outcome import Issue
from opscli.phrases import say
from opscli.runner.case import Failure, Part, Scope
from opscli.runner.expectations import campaigns
from opscli.runner.world import Mail, World

NEEDS = ("outbox",)

_SHOWN = 300
"""Characters of a text that are shown when it is another than expected."""
_NAMED = ("campaign", "channel", "template")


def check(part: Part, scope: Scope) -> Iterable[Issue]:
    """Customers that are not given; campaigns, channels and templates that no file has."""
    for index in range(len(part.data)):
        message = part.below(index)
        yield from scope.unknown_customer(message.below("to"), message.data["to"])
        for key in _NAMED:
            if key in message.data:
                yield from scope.unknown_name(message.below(key), key, message.data[key])


def judge(part: Part, world: World) -> Iterable[Failure]:
    """Expected messages that were not sent, beside the one that comes nearest; then those that nothing expects."""
    left = list(world.mails)
    missing = []
    for index in range(len(part.data)):
        mail = next((item for item in left if not _off(part.data[index], item)), None)
        if mail is None:
            missing.append(part.below(index))
        else:
            left.remove(mail)
    for message in missing:
        nearest = min(left, key=lambda item: len(_off(message.data, item)), default=None)
        if nearest is not None and nearest.to != message.data["to"]:
            nearest = None
        if nearest is not None:
            left.remove(nearest)
        yield _failure(message, nearest, world)
    for mail in left:
        yield Failure(
            at=part,
            what=say("testing.unexpected_message", customer=mail.to),
            expected=say("testing.no_message"),
            got=_line(mail, ("to", "campaign", "step", "channel", "subject")),
            why=tuple(_history(world, mail.campaign, mail.to)),
        )


def _failure(message: Part, nearest: Mail | None, world: World) -> Failure:
    customer = message.data["to"]
    if nearest is None:
        named = (
            [message.data["campaign"]] if "campaign" in message.data else world.ctx.project.catalog.names("campaign")
        )
        return Failure(
            at=message,
            what=say("testing.missing_message", customer=customer),
            expected=", ".join(f"{key}: {_wanted(value)}" for key, value in message.data.items()),
            got=say("testing.no_message"),
            why=tuple(line for campaign in named for line in _history(world, campaign, customer)),
        )
    off = _off(message.data, nearest)
    return Failure(
        at=message.below(off[0]),
        what=say("testing.other_message", customer=customer, keys=", ".join(off)),
        expected=", ".join(f"{key}: {_wanted(message.data[key])}" for key in off),
        got=_line(nearest, off),
    )


def _off(expected: Mapping[str, Any], mail: Mail) -> list[str]:
    """Keys in which a message is another than expected."""
    return [key for key, value in expected.items() if not _same(value, getattr(mail, key))]


def _same(expected: Any, text: str) -> bool:
    if isinstance(expected, Mapping):
        return str(expected["contains"]) in text
    return text in (expected, f"{expected}\n")


def _wanted(value: Any) -> str:
    return say("testing.contains", text=value["contains"]) if isinstance(value, Mapping) else str(value)


def _line(mail: Mail, keys: Sequence[str]) -> str:
    found = {key: " ".join(str(getattr(mail, key)).split()) for key in keys}
    return ", ".join(f"{key}: {text[:_SHOWN]}" for key, text in found.items())


def _history(world: World, campaign: str, customer: str) -> Iterator[str]:
    """What a campaign says about a customer; nothing for messages that no campaign sent."""
    from opscli.campaigns.campaign import CampaignSpec

    spec = world.ctx.project.one("campaign", campaign, CampaignSpec)
    if spec is not None:
        found = campaigns.standing(world, spec, world.customer(customer))
        yield from campaigns.why(world, spec, customer, found)
