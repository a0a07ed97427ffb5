"""Names, periods and ages on a page; its sentences are in the catalogue `page`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from opscli.metrics.periods import Period
from opscli.phrases import language, named, say

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY_SECONDS = 86_400
_HOUR_SECONDS = 3600


def segment(name: str, locale: str) -> str:
    """A band, dimension or tag of the shipped files as people read it; another one loses its underscores."""
    return named(name, locale, room="segments")


def titled(label: Mapping[str, str], locale: str) -> str:
    """A label in a language, else in English, else empty."""
    return label.get(language(locale)) or label.get("en", "")


def period_name(period: Period, locale: str) -> str:
    """`Dec 2017`, `Dec 31, 2017`, `2017-W52`; `2017年12月`."""
    day = period.first_day
    chinese = language(locale) == "zh"
    if period.grain == "month":
        return f"{day.year}年{day.month}月" if chinese else f"{_MONTHS[day.month - 1]} {day.year}"
    if period.grain == "day":
        return f"{day.month}月{day.day}日" if chinese else f"{_MONTHS[day.month - 1]} {day.day}, {day.year}"
    return period.label


def axis_label(period: Period) -> str:
    """Short label of a period on an axis: `12-31` of a day, else the period's own label."""
    return f"{period.first_day:%m-%d}" if period.grain == "day" else period.label


def age(span: timedelta, locale: str = "") -> str:
    """`3 d`, `5 h`, `12 min`; `3 天`: the largest unit that fits twice."""
    seconds = max(int(span.total_seconds()), 0)
    if seconds >= 2 * _DAY_SECONDS:
        return say("page.age_days", locale=locale, number=seconds // _DAY_SECONDS)
    if seconds >= 2 * _HOUR_SECONDS:
        return say("page.age_hours", locale=locale, number=seconds // _HOUR_SECONDS)
    return say("page.age_minutes", locale=locale, number=seconds // 60)
