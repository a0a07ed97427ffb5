"""Which legacy encoding a few words are written in: each is read in every encoding, and the most plausible text wins.

Statistics of bytes mislead on the short names of a customer file; what the bytes read as does not. A word counts as
far as its letters are usual ones of one language of that encoding; symbols inside words, capitals behind small
letters and scripts mixed within a word speak against it.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from opscli.sources.formats import tongues

_USUAL, _LIKELY, _KNOWN, _RARE = 1.0, 0.9, 0.5, 0.15
_SYMBOL = 0.8
"""Weights of a character: a usual letter, a mark of the script, a letter of its common part, any other, a symbol."""
_FOREIGN, _CONTROL = -0.3, -1.0
_SEVERAL = 0.85
"""What a text in several languages of an encoding is worth beside one in a single language."""
LONGEST_WORD = 1024
_LAST_ASCII = 0x7F
_ENOUGH = 0.45
_LITTLE = 20
"""Up to so many bytes above 0x7F an encoding's rank (how often one meets it) counts in full, then ever less."""
_MARGIN = 0.04
_EVEN, _SURE = 0.7, 4.0
"""Nats: as likely as not, and one in fifty."""
_MARKS = (range(0x3000, 0x3040), range(0xFF00, 0xFF61), range(0xFFE0, 0xFFF0))
"""Without the half-width kana between them: in Shift JIS, most bytes above 0xA0 are one."""
_KANA = range(0x3040, 0x3100)
_HANGUL = range(0xAC00, 0xD7A4)
_HAN = range(0x4E00, 0xA000)
_COMMON_PART = {
    "gb18030": ("gb2312", 0xD7),
    "big5": ("big5", 0xC6),
    "euc_jp": ("euc_jp", 0xCF),
    "cp932": ("shift_jis", 0x97),
}
"""Where an encoding orders its characters by use: a stricter codec, and the last lead byte of the common ones."""


@dataclass(frozen=True, slots=True)
class Guess:
    """An encoding and how plausible the text is in it, about 0 to 1; `rival` reads otherwise and as well."""

    encoding: str
    score: float
    rival: str = ""
    doubt: str = ""
    """An encoding that reads otherwise and is less likely, but not by far."""

    @property
    def is_certain(self) -> bool:
        """Plausible, and nothing else is as plausible."""
        return self.score >= _ENOUGH and not self.rival


@dataclass(frozen=True, slots=True)
class _Candidate:
    encoding: str
    rank: float
    script: str
    languages: tuple[frozenset[str], ...]
    several: frozenset[str]
    """Letters of the languages that are often found side by side."""

    @property
    def is_wide(self) -> bool:
        return self.script in ("han", "kana", "hangul")


def guess(words: Sequence[bytes]) -> Guess:
    """The encoding of words that hold bytes above 0x7F, each of them whole in every encoding that is asked."""
    scored = sorted(((_score(candidate, words), candidate) for candidate in _candidates()), key=lambda pair: -pair[0])
    best, chosen = scored[0]
    if chosen.script == "latin":
        return _among_latin([(score, item) for score, item in scored if item.script == "latin"], words)
    text = _read(chosen.encoding, words)
    near = (other.encoding for score, other in scored[1:] if best - score < _MARGIN)
    rival = next((name for name in near if _read(name, words) != text), "")
    return Guess(chosen.encoding, best, rival)


def _among_latin(scored: Sequence[tuple[float, _Candidate]], words: Sequence[bytes]) -> Guess:
    """Encodings of Latin letters share most of them: what decides is how each word reads in which language."""
    verdict = tongues.tell(words, (item.encoding for _, item in scored))
    score = scored[0][0]
    if verdict.margin < _EVEN:
        return Guess(verdict.encoding, score, verdict.rival)
    return Guess(verdict.encoding, score, doubt=verdict.rival if verdict.margin < _SURE else "")


def is_multibyte(encoding: str) -> bool:
    """Whether a character may take several bytes there."""
    return any(item.encoding == encoding and item.is_wide for item in _candidates())


def is_latin(encoding: str) -> bool:
    """Whether words there are ASCII but for a letter here and there."""
    return any(item.encoding == encoding and item.script == "latin" for item in _candidates())


@cache
def _data() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(resources.files(__package__).joinpath("charset.json").read_text("utf-8"))
    return found


def _signs() -> Mapping[str, str]:
    signs: Mapping[str, str] = _data()["signs"]
    return signs


@cache
def _candidates() -> tuple[_Candidate, ...]:
    return tuple(
        _Candidate(
            encoding=name,
            rank=item["rank"],
            script=item["script"],
            languages=tuple(frozenset(letters + letters.upper()) for letters in item["letters"]),
            several=frozenset(item.get("several", "") + item.get("several", "").upper()),
        )
        for name, item in _data()["encodings"].items()
    )


def _read(encoding: str, words: Iterable[bytes]) -> list[str | None]:
    return [_decoded(encoding, word) for word in words]


def _decoded(encoding: str, word: bytes) -> str | None:
    try:
        # A word that was cut may end within a character.
        return codecs.getincrementaldecoder(encoding)().decode(word, final=len(word) < LONGEST_WORD)
    except UnicodeDecodeError:
        return None


def _score(candidate: _Candidate, words: Sequence[bytes]) -> float:
    """Mean weight of the characters that are not ASCII, in the language that suits best, or in all of them."""
    texts = _read(candidate.encoding, words)
    means = [_mean(candidate, usual, words, texts) for usual in candidate.languages]
    if candidate.several:
        means.append(_SEVERAL * _mean(candidate, candidate.several, words, texts))
    high = sum(byte > _LAST_ASCII for word in words for byte in word)
    return max(means) + candidate.rank * min(1.0, _LITTLE / max(high, 1))


def _mean(candidate: _Candidate, usual: frozenset[str], words: Sequence[bytes], texts: Sequence[str | None]) -> float:
    weights: list[float] = []
    for word, text in zip(words, texts, strict=True):
        if text is None:
            high = sum(byte > _LAST_ASCII for byte in word)
            weights += [0.0] * (-(-high // 2) if candidate.is_wide else high)
        elif candidate.is_wide:
            weights += [_wide_weight(char, candidate, usual) for char in text if not char.isascii()]
        else:
            weights += [_weight(text, place, candidate, usual) for place, char in enumerate(text) if not char.isascii()]
    return sum(weights) / max(len(weights), 1)


def _weight(text: str, place: int, candidate: _Candidate, usual: frozenset[str]) -> float:
    """Weight of a character of an alphabet, beside its neighbours."""
    char = text[place]
    before, after = text[place - 1 : place] if place else "", text[place + 1 : place + 2]
    beside = [near for near in (before, after) if near.isalpha()]
    if char in _signs()["symbols"]:
        inside = len(beside) > 1 and char not in _signs()["within_words"] and char not in usual
        return 0.0 if inside else _SYMBOL
    if not char.isalpha():
        return 0.0 if char.isprintable() else _CONTROL
    # Capitals behind small letters, and letters of two scripts side by side, are no words.
    latin = candidate.script == "latin"
    strange = (char.isupper() and before.islower()) or (char.islower() and after.isupper())
    if strange or (not latin and any(near.isascii() for near in beside)):
        return 0.0
    if char not in usual or (latin and len(beside) > 1 and not any(near.isascii() for near in beside)):
        return _FOREIGN
    return _KNOWN if not beside else _USUAL if latin else _LIKELY


def _wide_weight(char: str, candidate: _Candidate, usual: frozenset[str]) -> float:
    """Weight of a character of East Asia."""
    code = ord(char)
    if code in _KANA:
        return _USUAL if candidate.script == "kana" else 0.0
    if char in usual:
        return _USUAL
    if any(code in marks for marks in _MARKS) or char in _signs()["marks"]:
        return _LIKELY
    if candidate.script == "hangul" and code in _HANGUL:
        return _KNOWN
    if code not in _HAN:
        return 0.0 if char.isprintable() else _CONTROL
    return _KNOWN if _is_common(char, candidate.encoding) else _RARE


def _is_common(char: str, encoding: str) -> bool:
    codec, last = _COMMON_PART.get(encoding, ("ascii", 0))
    try:
        return char.encode(codec)[0] <= last
    except UnicodeEncodeError:
        return False
