"""Every text for people, in English and Chinese, from one catalogue: `phrases/<room>.json`, key → {en, zh}.

A text is a `str.format` template. A pair of texts is [for one, for any other number], chosen by the value `count`.
Texts of config (labels, purposes) are the user's own and are not here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LOCALES = ("en", "zh")

Text = str | list[str]

_FOLDER = Path(__file__).parent


@dataclass(slots=True)
class _Voice:
    """The language of this process; threads speak it too, which a context variable would not do."""

    locale: str = "en"


_VOICE = _Voice()


class Said(str):
    """A text that knows itself in English too, so that a log can say it so."""

    __slots__ = ("english",)
    english: str


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
    texts = catalogue(room)[name]
    spoken = language(locale) if locale else current()
    text = _filled(texts[spoken], values)
    english = {value: in_english(given) if isinstance(given, str) else given for value, given in values.items()}
    return _said(text, text if spoken == "en" else _filled(texts["en"], english))


def _filled(text: Text, values: Mapping[str, object]) -> str:
    if isinstance(text, list):
        text = text[0 if values.get("count") == 1 else 1]
    return text.format(**values)


def _said(text: str, english: str) -> Said:
    said = Said(text)
    said.english = english
    return said


def in_english(text: str) -> str:
    """The same text in English, also the texts within it; one that the catalogue did not make stays as it is."""
    return text.english if isinstance(text, Said) else text


def stated(texts: Mapping[str, str]) -> str:
    """Of a text that data state by language, the one in the language that is spoken, else the English one."""
    return _said(texts.get(current()) or texts["en"], texts["en"])


def named(code: str, locale: str = "", *, room: str = "names") -> str:
    """A code (reason, count, column, band) as people read it; one that the catalogue lacks loses its underscores."""
    if code in catalogue(room):
        return say(f"{room}.{code}", locale=locale)
    return code.replace("_", " ")


def counted(number: int, code: str) -> str:
    """`12 inserted`: a number of what a code names."""
    return say("joints.counted", number=number, name=named(code))


def listed(items: Iterable[object], locale: str = "") -> str:
    """`a, b, c`, in Chinese `a、b、c`."""
    return _joined("list", items, locale)


def both(items: Iterable[object], locale: str = "") -> str:
    """`a and b`."""
    return _joined("and", items, locale)


def either(items: Iterable[object], locale: str = "") -> str:
    """`a or b`."""
    return _joined("or", items, locale)


def clauses(items: Iterable[object], locale: str = "") -> str:
    """`this; that`: parts of one sentence that stand by themselves."""
    return _joined("clause", items, locale)


def _joined(joint: str, items: Iterable[object], locale: str) -> str:
    texts = [item if isinstance(item, str) else str(item) for item in items]
    between = say(f"joints.{joint}", locale=locale)
    return _said(between.join(texts), in_english(between).join(map(in_english, texts)))


@cache
def catalogue(room: str) -> dict[str, dict[str, Text]]:
    """Name → locale → text of one room's file."""
    texts: dict[str, dict[str, Text]] = json.loads((_FOLDER / f"{room}.json").read_text(encoding="utf-8"))
    return texts


def rooms() -> tuple[str, ...]:
    """The rooms that have texts."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.json")))
