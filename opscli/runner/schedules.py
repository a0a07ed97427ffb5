"""A cron line in words: English from the library that runs it, Chinese for the usual shapes, else the line itself."""

from __future__ import annotations

from opscli.phrases import current, listed, say

_EVERY, _FIELDS = "*", 5


def in_words(cron: str) -> str:
    """When a cron line is due, in the language that is spoken."""
    if current() == "en":
        from cronsim import CronSim

        from opscli.clock import wall_now

        return CronSim(cron, wall_now()).explain()
    return _chinese(cron) or cron


def _chinese(cron: str) -> str:
    """The usual shapes: once a day, on weekdays, on days of the week or month, each hour, every so many minutes."""
    fields = cron.split()
    if len(fields) != _FIELDS:
        return ""
    minute, hour, day, month, weekday = fields
    if minute.startswith("*/") and (hour, day, month, weekday) == (_EVERY,) * 4:
        return say("handbook.every_minutes", count=minute[2:])
    if not minute.isdigit() or month != _EVERY:
        return ""
    if (hour, day, weekday) == (_EVERY,) * 3:
        return say("handbook.every_hour", minute=int(minute))
    times = [f"{int(part):02d}:{int(minute):02d}" for part in hour.split(",") if part.isdigit()]
    if len(times) != len(hour.split(",")):
        return ""
    days = _days(day, weekday)
    return say("handbook.at_times", days=days, times=listed(times)) if days else ""


def _days(day: str, weekday: str) -> str:
    if (day, weekday) == (_EVERY, _EVERY):
        return say("handbook.every_day")
    if day == _EVERY and weekday in ("1-5", "MON-FRI", "mon-fri"):
        return say("handbook.weekdays")
    if day == _EVERY and all(part.isdigit() for part in weekday.split(",")):
        return listed(say(f"handbook.weekday_{int(part) % 7}") for part in weekday.split(","))
    if weekday == _EVERY and all(part.isdigit() for part in day.split(",")):
        return say("handbook.days_of_month", days=listed(day.split(",")))
    return ""
