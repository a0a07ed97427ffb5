"""Every text for people, in English and Chinese, from one catalogue: `phrases/<room>.json`, key → {en, zh}.

A text is a `str.format` template. A pair of texts is [for one, for any other number], chosen by the value `count`.
Texts of config (labels, purposes) are the user's own and are not here.
"""

from __future__ import annotations

import json
from contextvars import ContextVar
from functools import cache
from pathlib import Path

LOCALES = ("en", "zh")

Text = str | list[str]

_FOLDER = Path(__file__).parent
_locale: ContextVar[str] = ContextVar("locale", default="en")


def use(locale: str) -> None:
    """Speak this language from here on; one that the catalogue lacks is English."""
    _locale.set(locale if locale in LOCALES else "en")


def current() -> str:
    """The language that is spoken: `en` or `zh`."""
    return _locale.get()


def say(key: str, /, locale: str = "", **values: object) -> str:
    """The text of `room.name` with its values filled in. Raises KeyError when the catalogue lacks the key."""
    room, _, name = key.partition(".")
    text = catalogue(room)[name][locale or current()]
    if isinstance(text, list):
        text = text[0 if values.get("count") == 1 else 1]
    return text.format(**values)


@cache
def catalogue(room: str) -> dict[str, dict[str, Text]]:
    """Name → locale → text of one room's file."""
    texts: dict[str, dict[str, Text]] = json.loads((_FOLDER / f"{room}.json").read_text(encoding="utf-8"))
    return texts


def rooms() -> tuple[str, ...]:
    """The rooms that have texts."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.json")))
