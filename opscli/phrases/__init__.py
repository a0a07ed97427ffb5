"""Every text for people, in English and Chinese, from one catalogue: `phrases/<room>.json`, key → {en, zh}.

A text is a `str.format` template. A pair of texts is [for one, for any other number], chosen by the value `count`.
Texts of config (labels, purposes) are the user's own and are not here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

LOCALES = ("en", "zh")

Text = str | list[str]

_FOLDER = Path(__file__).parent


@dataclass(slots=True)
class _Voice:
    """The language of this process; threads speak it too, which a context variable would not do."""

    locale: str = "en"


_VOICE = _Voice()


class Said(str):
    """A text that knows what it says, so that a log can say it in English."""

    __slots__ = ("key", "values")
    key: str
    values: dict[str, object]


def use(locale: str) -> None:
    """Speak this language from here on; one that the catalogue lacks is English."""
    _VOICE.locale = language(locale)


def current() -> str:
    """The language that is spoken: `en` or `zh`."""
    return _VOICE.locale


def language(locale: str) -> str:
    """The language of a locale (`zh-CN` and `zh_CN` are `zh`); English where the catalogue has none."""
    code = locale.replace("_", "-").partition("-")[0]
    return code if code in LOCALES else "en"


def say(key: str, /, locale: str = "", **values: object) -> str:
    """The text of `room.name` with its values filled in. Raises KeyError when the catalogue lacks the key."""
    room, _, name = key.partition(".")
    text = catalogue(room)[name][language(locale) if locale else current()]
    if isinstance(text, list):
        text = text[0 if values.get("count") == 1 else 1]
    said = Said(text.format(**values))
    said.key, said.values = key, values
    return said


def in_english(text: str) -> str:
    """The same text in English, also the texts within it; one that `say` did not make stays as it is."""
    if not isinstance(text, Said):
        return text
    values: dict[str, Any] = {n: in_english(v) if isinstance(v, str) else v for n, v in text.values.items()}
    return say(text.key, locale="en", **values)


def named(code: str, locale: str = "", *, room: str = "names") -> str:
    """A code (reason, count, column, band) as people read it; one that the catalogue lacks loses its underscores."""
    if code in catalogue(room):
        return say(f"{room}.{code}", locale=locale)
    return code.replace("_", " ")


def listed(items: Iterable[object], locale: str = "") -> str:
    """`a, b, c`, in Chinese `a、b、c`."""
    return say("joints.list", locale=locale).join(map(str, items))


def both(items: Iterable[object], locale: str = "") -> str:
    """`a and b`."""
    return say("joints.and", locale=locale).join(map(str, items))


def either(items: Iterable[object], locale: str = "") -> str:
    """`a or b`."""
    return say("joints.or", locale=locale).join(map(str, items))


@cache
def catalogue(room: str) -> dict[str, dict[str, Text]]:
    """Name → locale → text of one room's file."""
    texts: dict[str, dict[str, Text]] = json.loads((_FOLDER / f"{room}.json").read_text(encoding="utf-8"))
    return texts


def rooms() -> tuple[str, ...]:
    """The rooms that have texts."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.json")))
