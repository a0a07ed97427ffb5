"""What the cells of a column look like, and so whether a text can be one of them.

This decides how a broken row may be read, never what a value means: values stay texts until the mapping types them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_SPACES = "\u00a0\u2009\u202f"
_YEAR_FIRST = r"\d{4}([-/.])\d{1,2}\1\d{1,2}"
_YEAR_LAST = r"\d{1,2}([-/.])\d{1,2}\2(?:\d{4}|\d{2})"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?: ?[AaPp][Mm])?"
_ZONE = r"(?: ?(?:Z|UTC|[+-]\d{2}:?\d{2}))?"
_MARKS = "£$€¥"
_NUMBER = (
    rf"[-+\u2212(]?[{_MARKS}]? ?\d[\d.,'\u2019{_SPACES}]*(?: \d{{3}})*(?:[.,]\d+)?\)? ?[%{_MARKS}]?(?:[eE][-+]?\d+)?"
)
_CLASSES = (
    ("time", re.compile(_CLOCK)),
    ("moment", re.compile(rf"(?:{_YEAR_FIRST}|{_YEAR_LAST})[T ]{_CLOCK}{_ZONE}")),
    ("date", re.compile(rf"{_YEAR_FIRST}|{_YEAR_LAST}")),
    ("number", re.compile(_NUMBER)),
    ("address", re.compile(r"[^\s@,;]+@[^\s@,;]+\.[^\s@,;]+")),
    ("link", re.compile(r"(?:https?://|www\.)\S+")),
)
TYPED = tuple(name for name, _ in _CLASSES)
"""Classes that say something about a column; `word` (no spaces) and `text` fit nearly anything."""
_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"\d")
_LONGEST_SHAPE = 40
_ENOUGH = 20
"""Rows from which on a column that only ever holds one shape, or a few words, is believed to hold no other."""
_ALMOST_ALL = 0.97
_STRAY_SHARE = 0.02
_MOST = 0.9
_MAX_WORDS = 24


def class_of(cell: str) -> str:
    """The class of a text that is not empty."""
    for name, pattern in _CLASSES:
        if pattern.fullmatch(cell):
            return name
    return "text" if " " in cell else "word"


def shape_of(cell: str) -> str:
    """Digits as 9, letters as A, the rest as it is: `AB-12` is `AA-99`."""
    return _LETTER.sub("A", _DIGIT.sub("9", cell))


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a column holds: a fixed shape, a few words, a class, or any text."""

    kind: str
    """A class; `any` where nothing is known."""
    shape: str = ""
    words: frozenset[str] = frozenset()
    empties: bool = True
    """Empty cells were seen."""

    @property
    def telling(self) -> bool:
        """A wrong text would be noticed."""
        return self.kind in TYPED or bool(self.shape or self.words)

    def fits(self, cell: str) -> bool:
        """Whether a text can be a cell of this column."""
        cell = cell.strip()
        if not cell:
            return self.empties
        if self.shape:
            return shape_of(cell) == self.shape
        if self.words:
            return cell in self.words
        return self.kind not in TYPED or class_of(cell) == self.kind


ANYTHING = Profile(kind="any")


def profile(cells: Iterable[str]) -> Profile:
    """The profile of a column's cells, a few bad ones among them notwithstanding."""
    stripped = [cell.strip() for cell in cells]
    filled = [cell for cell in stripped if cell]
    if not filled:
        return ANYTHING
    empties = _may_be_empty(len(stripped) - len(filled), len(stripped))
    classes = Counter(class_of(cell) for cell in filled)
    kind, count = classes.most_common(1)[0]
    if count < _MOST * len(filled):
        kind = "text"
    shape, words = "", frozenset[str]()
    if len(filled) >= _ENOUGH:
        shape = _fixed_shape(filled)
        words = frozenset() if shape else _few_words(filled)
    return Profile(kind=kind, shape=shape, words=words, empties=empties)


def profiles(rows: Sequence[Sequence[str]]) -> tuple[Profile, ...]:
    """A profile for each column of rows of one width."""
    return tuple(profile(cells) for cells in zip(*rows, strict=True))


def all_fit(cells: Sequence[str], columns: Sequence[Profile]) -> bool:
    """Every cell can stand in its column."""
    return len(cells) == len(columns) and all(column.fits(cell) for cell, column in zip(cells, columns, strict=True))


def typing(columns: Sequence[Profile]) -> float:
    """How telling the columns are, 0..1: a wrong delimiter makes columns of mixed texts."""
    if not columns:
        return 0.0
    worth = {"word": 0.6, "text": 0.4, "any": 0.5}
    return sum(1.0 if column.telling else worth.get(column.kind, 0.4) for column in columns) / len(columns)


def _may_be_empty(empty: int, rows: int) -> bool:
    """More than a broken row or a line of totals would make."""
    return empty > (max(1, _STRAY_SHARE * rows) if rows >= _ENOUGH else 0)


def _fixed_shape(filled: Sequence[str]) -> str:
    shapes = Counter(shape_of(cell) for cell in filled if len(cell) <= _LONGEST_SHAPE)
    if not shapes:
        return ""
    shape, count = shapes.most_common(1)[0]
    # A shape of letters alone is a word that happened to be as long as the others.
    return shape if count >= _ALMOST_ALL * len(filled) and "9" in shape else ""


def _few_words(filled: Sequence[str]) -> frozenset[str]:
    words = Counter(filled)
    common = {word: count for word, count in words.items() if count > 1}
    few = len(common) <= _MAX_WORDS and sum(common.values()) >= _ALMOST_ALL * len(filled)
    return frozenset(common) if few and len(filled) >= 5 * len(common) else frozenset()
