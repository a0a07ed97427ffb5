"""The words of reports, in English and Chinese; words.json is the one catalogue, and a test finds a missing word."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path

from opscli.metrics.periods import Period

_CATALOGUE = Path(__file__).with_name("words.json")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY_SECONDS = 86_400
_HOUR_SECONDS = 3600


@cache
def catalogue() -> dict[str, dict[str, dict[str, str]]]:
    """`words`: language → key → text. `names`: language → band, dimension or tag of the shipped files → text."""
    found: dict[str, dict[str, dict[str, str]]] = json.loads(_CATALOGUE.read_text(encoding="utf-8"))
    return found


def language(locale: str) -> str:
    """The language of a locale (`zh-CN` is `zh`); English where the catalogue has none."""
    code = locale.partition("-")[0]
    return code if code in catalogue()["words"] else "en"


def word(key: str, locale: str, **values: object) -> str:
    """A word or sentence in a language. Raises KeyError for no such key."""
    text = catalogue()["words"][language(locale)][key]
    return text.format(**values) if values else text


def named(name: str, locale: str) -> str:
    """A band, dimension or tag as people read it; one that is not in the catalogue loses its underscores."""
    return catalogue()["names"].get(language(locale), {}).get(name, name.replace("_", " "))


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


def age(span: timedelta) -> str:
    """`3 d`, `5 h`, `12 min`: the largest unit that fits twice."""
    seconds = max(int(span.total_seconds()), 0)
    for size, unit in ((_DAY_SECONDS, "d"), (_HOUR_SECONDS, "h")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds // 60} min"
