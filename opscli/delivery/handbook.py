"""What topics and channels say in the handbook: what silence means, and when and how often people are written to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opscli.config.handbook import Book, Entry
from opscli.phrases import say

if TYPE_CHECKING:
    from opscli.delivery.channel import ChannelSpec
    from opscli.delivery.topic import TopicSpec


def topic(spec: TopicSpec, book: Book) -> Entry:
    """A topic in words."""
    return Entry(title=book.text(spec.label), does=(say(f"handbook.policy_{spec.policy}"),))


def channel(spec: ChannelSpec, _book: Book) -> Entry:
    """A channel in words."""
    data = spec.document.data
    limits = [say(f"handbook.limit_{key}", **data[key]) for key in ("cap", "rate") if key in data]
    quiet: Any = data.get("quiet_hours")
    limits += [say("handbook.limit_quiet", start=quiet["from"], until=quiet["until"])] if quiet else []
    return Entry(does=(say("handbook.sends_as", type=spec.type, sender=spec.sender),), limits=tuple(limits))
