"""A person's name as it is compared: given and family name in one script and case, without titles."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from opscli.identity.words import COMPOUND_SURNAMES, GENERATIONS, NICKNAMES, PLACEHOLDER_NAMES, TITLES

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
_LATIN_MARKS = re.compile(r"[\u0300-\u036f]")
_SPECIAL = str.maketrans(
    {"\u0131": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ß": "ss"}
)


@dataclass(frozen=True, slots=True)
class Name:
    """Compared forms; None where nothing usable is known. `initial` stands in where the given name is one letter."""

    given: str | None
    family: str | None
    initial: str | None
    alike: str | None = None
    """What short forms (Kate, Katherine) and swapped letters (Jhon, John) share; tells only beside the family name."""


def normalise(first: str | None, last: str | None, whole: str | None) -> Name:
    """The compared name of a record's first-name, last-name and full-name fields; the parts win over the whole.

    A given name carries its generation (`john jr`), so that father and son stay two.
    """
    first_words, last_words = _words(first or ""), _words(last or "")
    if first_words and last_words:
        return _of_parts(first_words, last_words)
    if _words(whole or ""):
        return _of_whole(whole or "")
    return _of_whole(first or "") if first_words else _of_parts((), last_words)


def _of_parts(first: Sequence[str], last: Sequence[str]) -> Name:
    suffix = next((word for word in (*last[1:], *first[1:]) if word in GENERATIONS), "")
    given = [word for word in first if word not in TITLES and word not in GENERATIONS]
    family = [last[0], *(word for word in last[1:] if word not in GENERATIONS)] if last else []
    return _named(given[0] if given else "", "".join(family), suffix)


def _of_whole(text: str) -> Name:
    """`Given … Family`, `Family, Given`, or Han signs with the family name first."""
    before, _, after = text.partition(",")
    if _words(after) and not set(_words(after)) <= GENERATIONS:
        return _of_whole(f"{after} {before}")
    words = list(_words(text))
    suffix = words.pop() if len(words) > 1 and words[-1] in GENERATIONS else ""
    while len(words) > 1 and words[0] in TITLES | GENERATIONS:
        words.pop(0)
    if len(words) == 1 and _HAN.fullmatch(words[0]) and len(words[0]) > 1:
        cut = 2 if words[0][:2] in COMPOUND_SURNAMES and len(words[0]) > 2 else 1  # noqa: PLR2004  a compound and a given name
        return Name(given=words[0][cut:], family=words[0][:cut], initial=None)
    return _named(words[0], words[-1] if len(words) > 1 else "", suffix)


def _named(first: str, last: str, suffix: str) -> Name:
    if len(first) == 1 and _HAN.fullmatch(first) is None:
        return Name(given=None, family=last or None, initial=first)
    joined = f"{first} {suffix}".strip() if first else ""
    return Name(given=joined or None, family=last or None, initial=None, alike=_alike(first, suffix))


def _alike(first: str, suffix: str) -> str | None:
    """First letter of the formal name, then the others sorted: `Ajrun` and `Arjun` are alike, Amy and May are not."""
    formal = NICKNAMES.get(first, first)
    return f"{formal[0]}{''.join(sorted(formal[1:]))} {suffix}".strip() if formal else None


@lru_cache(maxsize=100_000)
def _words(raw: str) -> tuple[str, ...]:
    """Words of letters and digits, folded: case, accents of Latin letters, full-width forms, hyphens inside words."""
    text = unicodedata.normalize("NFKC", raw).casefold()
    text = unicodedata.normalize("NFKD", text).translate(_SPECIAL)
    text = unicodedata.normalize("NFC", _LATIN_MARKS.sub("", text)).casefold()
    text = re.sub(r"[-'\u2019\u2010\u2011.`]", lambda sign: " " if sign[0] == "." else "", text)
    kept = "".join(
        sign if unicodedata.category(sign)[0] in "LMN" else " " if not _invisible(sign) else "" for sign in text
    )
    words = tuple(kept.split())
    return () if set(words) <= PLACEHOLDER_NAMES else words


def _invisible(sign: str) -> bool:
    """Direction marks and joiners stand inside words without parting them."""
    return unicodedata.category(sign) == "Cf"
