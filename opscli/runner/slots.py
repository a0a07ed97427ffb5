"""Which scheduled time a run is for."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim

from opscli.clock import parse_instant
from opscli.errors import UsageError
from opscli.phrases import say


def latest_due(cron: str, zone: str, now: datetime) -> datetime:
    """The newest scheduled time that is not after `now` (naive UTC), in naive UTC. DST as in Debian's cron."""
    local = now.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    # CronSim works on whole minutes and looks strictly before its start, so a time that is due this very minute counts.
    start = local.replace(second=59, microsecond=0)
    found = next(CronSim(cron, start, reverse=True))
    return found.astimezone(UTC).replace(tzinfo=None)


def next_due(cron: str, zone: str, now: datetime, count: int) -> list[datetime]:
    """The next `count` scheduled times after `now`, naive UTC."""
    iterator = CronSim(cron, now.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)))
    return [next(iterator).astimezone(UTC).replace(tzinfo=None) for _ in range(count)]


def read_instant(text: str, zone: str, option: str) -> datetime:
    """An instant from the command line, in the business zone unless it says otherwise. Raises UsageError."""
    try:
        return parse_instant(text, zone)
    except ValueError as error:
        raise UsageError(f"{option}: {error}", remedy=say("runner.instant_how", option=option)) from error
