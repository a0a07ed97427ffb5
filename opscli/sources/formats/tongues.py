"""Which of the encodings of Latin letters a few words are written in: by language, letter and place in the word.

`ñ` stands between vowels and `ń` before a consonant, though both are the byte 0xF1: a word speaks for the encoding in
which its letters are those of one language and stand where that language has them. Evidence adds up over words, so
that few of them leave a doubt, which can be told.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

_BY_PLACE = {
    # A vowel or a consonant between a vowel (v), a consonant (c) or the end of the word (-) on either side.
    True: {"cc": 1.0, "-c": 0.8, "c-": 0.8, "vc": 0.3, "cv": 0.3, "-v": 0.15, "v-": 0.25, "vv": 0.05, "--": 0.05},
    False: {"vv": 1.0, "-v": 0.8, "v-": 0.8, "vc": 0.8, "cv": 0.7, "-c": 0.15, "c-": 0.25, "cc": 0.2, "--": 0.05},
}
_RARE_LETTER = 0.15
_OTHER = 0.0015
"""Likelihood of a letter that the language does not use, beside those that it does."""
_USUAL_SIGN, _SIGN, _SIGN_IN_WORD, _NO_CHARACTER = 0.03, 0.003, 0.0003, 1e-6
_OUT_OF_PLACE = 0.03
_BEFORE_CAPITAL = 0.003
_FOREIGN_WORDS = 0.05
"""Share of words in another language of the same encoding."""
_WORST = -14.0
_MOST_PER_WORD = 5.0
"""How much one word may speak for an encoding: it may be a slip."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The likeliest encoding, and by how much (in nats) it is likelier than `rival`, the next that reads otherwise."""

    encoding: str
    rival: str = ""
    margin: float = math.inf


def tell(words: Sequence[bytes], among: Iterable[str]) -> Verdict:
    """Compare some encodings that can read all the words."""
    asked = [name for name in among if name in _data()["encodings"]]
    texts = {name: [_decoded(name, word) for word in words] for name in asked}
    by_word = {name: _likelihoods(name, texts[name]) for name in asked}
    # No word may speak louder than that, whatever it says.
    best = [max(of_word) for of_word in zip(*by_word.values(), strict=True)]
    scores = {
        name: _data()["encodings"][name]["prior"]
        + sum(max(found, top - _MOST_PER_WORD) for found, top in zip(by_word[name], best, strict=True))
        for name in asked
    }
    order = sorted(asked, key=lambda name: -scores[name])
    first = order[0]
    rival = next((name for name in order[1:] if texts[name] != texts[first]), "")
    return Verdict(first, rival, scores[first] - scores[rival]) if rival else Verdict(first)


@cache
def _data() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(resources.files(__package__).joinpath("tongues.json").read_text("utf-8"))
    return found


@cache
def _letters(language: str) -> Mapping[str, float]:
    """Shares of the letters of a language that are not ASCII."""
    letters: Mapping[str, float] = _data()["languages"][language]["letters"]
    every = sum(letters.values())
    return {letter: share / every for letter, share in letters.items()}


def _decoded(encoding: str, word: bytes) -> str:
    return word.decode(encoding, "replace")


def _likelihoods(encoding: str, texts: Sequence[str]) -> list[float]:
    """Of each word, in the language that suits all of them best."""
    languages = _data()["encodings"][encoding]["languages"]
    table = [[_of_word(text, language) for text in texts] for language in languages]
    shared = [max(of_word) + math.log(_FOREIGN_WORDS) for of_word in zip(*table, strict=True)]
    mixed = [[max(found, other) for found, other in zip(row, shared, strict=True)] for row in table]
    return max(mixed, key=sum)


def _of_word(text: str, language: str) -> float:
    """Logarithm of how likely a word is, given those of its letters that are ASCII."""
    found = sum(_of_letter(text, place, language) for place, char in enumerate(text) if not char.isascii())
    rare = _data()["languages"][language]["rare"]
    return found + math.log(_RARE_LETTER) * min(sum(char in rare for char in text.lower()), 2)


def _of_letter(text: str, place: int, language: str) -> float:
    char = text[place]
    before, after = text[place - 1 : place] if place else "", text[place + 1 : place + 2]
    if not char.isalpha():
        return _of_sign(text, char, before.isalpha() + after.isalpha())
    small = char if char in _letters(language) else char.lower()
    share = _letters(language).get(small, 0.0)
    if not share:
        return math.log(_OTHER)
    kind = "".join(
        "-" if not near.isalpha() else "v" if near.lower() in _data()["vowels"] else "c" for near in (before, after)
    )
    fits = _by_habit(small, before.lower(), after.lower(), language) or _BY_PLACE[small in _data()["vowels"]][kind]
    if char.isupper() and before.islower():
        fits *= _BEFORE_CAPITAL
    return max(math.log(share) + math.log(fits), _WORST)


def _by_habit(letter: str, before: str, after: str, language: str) -> float:
    """How well a letter stands there in a language that has it in certain places only; 0 where it may be anywhere."""
    habits = _data()["languages"][language]
    starts = not before.isalpha()
    if letter in habits.get("inner", "") and starts:
        return _OUT_OF_PLACE
    if letter in habits.get("first", "") and not starts:
        return _OUT_OF_PLACE
    for rule, near in (("after", before), ("before", after)):
        allowed = habits.get(rule, {}).get(letter)
        if allowed:
            return 1.0 if (near if near.isalpha() else "-") in allowed else _OUT_OF_PLACE
    return 0.0


def _of_sign(text: str, char: str, letters_beside: int) -> float:
    data = _data()
    usual = char in data["signs"]
    if char == "\ufffd" or not (usual or char.isprintable()):
        return math.log(_NO_CHARACTER)
    alone = not letters_beside or char in data["beside"] or text.lower() in data["units"]
    return math.log(_SIGN_IN_WORD if letters_beside > 1 or not alone else _USUAL_SIGN if usual else _SIGN)
