"""What a campaign says in the handbook: what starts it, what happens, who is written to, what limits it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opscli.config.handbook import Book, Entry
from opscli.phrases import say

if TYPE_CHECKING:
    from opscli.campaigns.campaign import CampaignSpec, Step


def campaign(spec: CampaignSpec, book: Book) -> Entry:
    """A campaign in words."""
    data = spec.document.data
    sends = [step.settings for step in spec.steps if "template" in step.settings]
    channels = tuple(dict.fromkeys(str(item["channel"]) for item in sends if "channel" in item))
    templates = tuple(dict.fromkeys(str(item["template"]) for item in sends))
    rules = {"audience": spec.audience, "exit_when": spec.exit_when}
    tags = [("tag", spec.trigger[1])] if spec.trigger else []
    return Entry(
        triggers=(_trigger(spec, book),),
        does=tuple(_step(step) for step in spec.steps),
        to=(say("handbook.by_consent", topic=spec.topic), *(say("handbook.by_channel", channel=it) for it in channels)),
        rules=tuple((say(f"handbook.{key}"), book.words(rule)) for key, rule in rules.items() if rule is not None),
        limits=tuple(
            say(f"handbook.limit_{key}", value=_value(data[key]))
            for key in ("reentry", "holdout", "not_after", "max_recipients")
            if key in data
        ),
        uses=(
            ("topic", spec.topic),
            *tags,
            *(("channel", name) for name in channels),
            *(("template", name) for name in templates),
        ),
    )


def _trigger(spec: CampaignSpec, book: Book) -> str:
    if spec.trigger is None:
        return say("handbook.once_at", when=spec.at)
    event, tag = spec.trigger
    return say(f"handbook.{event}", tag=book.name(tag))


def _step(step: Step) -> str:
    if step.kind == "wait":
        return say("handbook.step_wait", id=step.id, span=step.settings.get("for", ""))
    if step.kind == "send":
        return say("handbook.step_send", id=step.id, template=step.settings["template"])
    return say("handbook.step_other", id=step.id, kind=step.kind)


def _value(value: object) -> str:
    """`{after: 90d}` reads as 90d."""
    return ", ".join(map(str, value.values())) if isinstance(value, dict) else str(value)
