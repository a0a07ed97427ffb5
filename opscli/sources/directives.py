"""What can be wrong with a stated form of dates before any value is read by it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from opscli.config.validate import did_you_mean
from opscli.phrases import either, listed, say
from opscli.sources.moments import WORDS

_KNOWN = {letter: f"%{letter}" for letter in "YymdbBjHIMSpfgnzZaA"}
_UNPADDED = "mdHIMSjy"
"""Letters that may follow `%-`: numbers without a zero before them; they are read either way."""
_INSTEAD = {
    "e": "%d", "D": "%m/%d/%y", "F": "%Y-%m-%d", "R": "%H:%M", "T": "%H:%M:%S", "X": "%H:%M:%S", "x": "%Y-%m-%d",
    "c": "%Y-%m-%d %H:%M:%S", "k": "%H", "l": "%I", "i": "%M", "N": "%f", "L": "%g", "h": "%b", "P": "%p", "s": "epoch",
}  # fmt: skip
"""What other programs call so."""
_PLAIN_WORDS = ("yyyy", "%Y"), ("mmmm", "%B"), ("mmm", "%b"), ("dd", "%d"), ("hh", "%H"), ("ss", "%S"), ("yy", "%y")
_NEEDS = (("S", "M"), ("M", "HI"), ("I", "p"), ("p", "HI"), ("fgn", "S"), ("aA", "dj"), ("d", "mbB"))
"""Letters of which one is stated → letters of which one must be."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """A problem at a character of the form, and the way out."""

    offset: int
    what: str
    how: str


def flaws(form: str) -> Iterator[Flaw]:
    """Every problem of a form; what is no directive at all is the only one."""
    if form in WORDS:
        return
    found = [(match.start(), match[1], match[2]) for match in re.finditer("%(-?)(.?)", form) if match[2] != "%"]
    if not found:
        yield Flaw(0, say("sources.form_no_pattern", form=form), _meant(form))
        return
    unknown = [place for place in found if not _is_known(place[1], place[2])]
    for offset, dash, letter in unknown:
        yield Flaw(offset, say("sources.form_unknown", directive=f"%{dash}{letter}"), _instead(letter))
    if not unknown:
        yield from _together([(offset, letter) for offset, _, letter in found])


def _is_known(dash: str, letter: str) -> bool:
    return letter in (_UNPADDED if dash else _KNOWN) and letter != ""


def _together(found: list[tuple[int, str]]) -> Iterator[Flaw]:
    letters = [letter for _, letter in found]
    for place, (offset, letter) in enumerate(found):
        if letter in letters[:place]:
            how = {"m": say("sources.form_minutes"), "M": say("sources.form_months")}.get(letter)
            yield Flaw(offset, say("sources.form_twice", directive=f"%{letter}"), how or say("sources.form_twice_how"))
    if not set("Yy") & set(letters):
        yield Flaw(0, say("sources.form_no_year"), say("sources.form_no_year_how"))
    for some, needed in _NEEDS:
        stated = next(((offset, letter) for offset, letter in found if letter in some), None)
        if stated is not None and not set(needed) & set(letters):
            offset, letter = stated
            what = say("sources.form_lacks", directive=f"%{letter}", needed=either(f"%{other}" for other in needed))
            yield Flaw(offset, what, _lacking(letter, letters))


def _lacking(letter: str, letters: list[str]) -> str:
    if letter == "I":
        return say("sources.form_half_day")
    if letter == "M" or (letter == "d" and "M" in letters):
        return say("sources.form_months")
    return say("sources.form_lacks_how")


def _instead(letter: str) -> str:
    if letter in _INSTEAD:
        return say("sources.form_instead", instead=_INSTEAD[letter])
    return say("sources.form_known", names=listed(_KNOWN.values()))


def _meant(form: str) -> str:
    """`dd/mm/yyyy hh:mm` as a pattern, or the nearest word."""
    pattern = form.lower()
    for word, directive in _PLAIN_WORDS:
        pattern = pattern.replace(word, directive)
    clock = pattern.find("%H")
    pattern = pattern[:clock] + pattern[clock:].replace("mm", "%M") if clock >= 0 else pattern
    pattern = pattern.replace("mm", "%m")
    if not re.search("[a-z]", re.sub("%[a-zA-Z]", "", pattern)) and not list(flaws(pattern)):
        return say("sources.form_instead", instead=pattern)
    return did_you_mean(form.lower(), WORDS, otherwise=say("sources.form_no_pattern_how", words=listed(WORDS)))
