"""What a health model says in the handbook: what it judges by, and who gets the task of an alert."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opscli.config.handbook import Book, Entry
from opscli.phrases import listed, say

if TYPE_CHECKING:
    from opscli.health.health import HealthSpec


def health(spec: HealthSpec, book: Book) -> Entry:
    """A health model in words."""
    measures = listed(book.name(measure.trait) for measure in spec.measures)
    bands = say("handbook.bands", healthy=spec.bands.healthy, watch=spec.bands.watch)
    rules = [(say("handbook.capped", score=cap.at), book.words(cap.when)) for cap in spec.caps]
    uses = tuple(("trait", name) for name in spec.traits())
    alert = spec.alert
    if alert is None:
        return Entry(does=(say("handbook.judged_by", measures=measures), bands), rules=tuple(rules), uses=uses)
    return Entry(
        reads=alert.feeds,
        does=(say("handbook.judged_by", measures=measures), bands, say("handbook.alert_task", due=alert.due)),
        to=(say("handbook.task_for", field=alert.owner, fallback=alert.fallback_owner),),
        rules=(*rules, (say("handbook.alert_for"), book.words(alert.audience))),
        limits=(say("handbook.alert_limits", cooldown=_days(alert.cooldown.days), breaker=alert.breaker),),
        uses=uses,
    )


def _days(days: int) -> str:
    return f"{days}d"
