"""What a job says in the handbook: when it runs, and its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opscli.config.handbook import Book, Entry
from opscli.phrases import say

if TYPE_CHECKING:
    from opscli.runner.job import JobSpec


def job(spec: JobSpec, book: Book) -> Entry:
    """A job in words."""
    schedule = spec.schedule
    when = book.schedule(schedule.cron, schedule.zone) if schedule else say("handbook.by_hand", job=spec.name)
    steps = " → ".join(step.id for step in spec.steps)
    retries = [say("handbook.retries", count=spec.retries.max)] if spec.retries.max else []
    reports = [str(step.options["report"]) for step in spec.steps if "report" in step.options]
    return Entry(
        triggers=(when,), does=(steps,), limits=tuple(retries), uses=tuple(("report", name) for name in reports)
    )
