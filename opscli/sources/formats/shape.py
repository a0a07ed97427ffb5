"""What the cells of a column look like, and so whether a text can be one of them.

This decides how a broken row may be read, never what a value means: values stay texts until the mapping types them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

_SPACES = "\u00a0\u2009\u202f"
_DAY, _MONTH = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])"
_YEAR_FIRST = rf"\d{{4}}([-/.]){_MONTH}\1{_DAY}"
_YEAR_LAST = rf"{_DAY}([-/.]){_DAY}\2(?:\d{{4}}|\d{{2}})"
_CLOCK = r"(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-6]\d(?:[.,]\d{1,9})?)?(?: ?[AaPp][Mm])?"
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
_MOMENTS = frozenset(("time", "moment", "date"))
_NOT_STATED = re.compile(r"[-\u2013\u2014?./]+|n/?a|nan|null|none", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"\d")
_DIGITS = re.compile(r"\d+")
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
    runs: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    """Of a typed column: shape with digits run together → fewest and most digits seen in each run."""
    empties: bool = True
    """Empty cells were seen."""
    single: bool = False
    """Enough cells were seen, and each was one word."""
    rows: int = 0
    """How many cells this was learnt from."""

    @property
    def telling(self) -> bool:
        """A wrong text would be noticed."""
        return self.kind in TYPED or bool(self.shape or self.words)

    @property
    def well_known(self) -> bool:
        """Learnt from enough rows to restore what is missing in another one."""
        return self.rows >= _ENOUGH

    def fits(self, cell: str) -> bool:
        """Whether a text can be a cell of this column."""
        cell = cell.strip()
        if not cell:
            return self.empties
        if self.shape:
            return shape_of(cell) == self.shape
        if self.words:
            return cell in self.words
        if self.single and len(cell.split()) > 1:
            return False
        return self.kind not in TYPED or class_of(cell) == self.kind

    def is_foreign(self, cell: str) -> bool:
        """Whether a text is of another kind than this column's: the column's name, not a new value of it."""
        if _NOT_STATED.fullmatch(cell):
            return False
        if self.kind in TYPED:
            found = class_of(cell)
            return found != self.kind and not {found, self.kind} <= _MOMENTS
        if self.words:
            return cell not in self.words
        return bool(self.shape) and not _DIGIT.search(cell)

    def resembles(self, cell: str) -> bool:
        """Whether a text is written just as the cells of this column are: with as many digits in as many places."""
        if not self.fits(cell):
            return False
        cell = cell.strip()
        if not cell or not self.runs:
            return True
        seen = self.runs.get(_DIGITS.sub("9", cell))
        lengths = [len(run) for run in _DIGITS.findall(cell)]
        return seen is not None and all(
            low <= length <= high for length, (low, high) in zip(lengths, seen, strict=True)
        )


ANYTHING = Profile(kind="any")


def profile(cells: Iterable[str]) -> Profile:
    """The profile of a column's cells, a few bad ones among them notwithstanding."""
    stripped = [cell.strip() for cell in cells]
    filled = [cell for cell in stripped if cell]
    if not filled:
        return Profile(kind="any", rows=len(stripped))
    empties = _may_be_empty(len(stripped) - len(filled), len(stripped))
    counted = Counter(filled)
    classes = Counter[str]()
    for cell, times in counted.items():
        classes[class_of(cell)] += times
    kind, count = classes.most_common(1)[0]
    if count < _MOST * len(filled):
        kind = "text"
    single = kind == "word" and len(filled) >= _ENOUGH and not any(" " in cell for cell in filled)
    shape, words = "", frozenset[str]()
    if len(filled) >= _ENOUGH:
        shape = _fixed_shape(counted)
        words = frozenset() if shape else _few_words(counted)
    runs = _runs(filled) if kind in TYPED and not shape else {}
    return Profile(kind=kind, shape=shape, words=words, runs=runs, empties=empties, single=single, rows=len(stripped))


def _runs(filled: Sequence[str]) -> dict[str, tuple[tuple[int, int], ...]]:
    found: dict[str, list[list[int]]] = {}
    for cell in filled:
        found.setdefault(_DIGITS.sub("9", cell), []).append([len(run) for run in _DIGITS.findall(cell)])
    return {form: tuple((min(run), max(run)) for run in zip(*lengths, strict=True)) for form, lengths in found.items()}


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


def _fixed_shape(filled: Counter[str]) -> str:
    shapes = Counter[str]()
    for cell, times in filled.items():
        if len(cell) <= _LONGEST_SHAPE:
            shapes[shape_of(cell)] += times
    if not shapes:
        return ""
    shape, count = shapes.most_common(1)[0]
    # A shape of letters alone is a word that happened to be as long as the others.
    return shape if count >= _ALMOST_ALL * filled.total() and "9" in shape else ""


def _few_words(filled: Counter[str]) -> frozenset[str]:
    common = {word: count for word, count in filled.items() if count > 1}
    few = len(common) <= _MAX_WORDS and sum(common.values()) >= _ALMOST_ALL * filled.total()
    return frozenset(common) if few and filled.total() >= 5 * len(common) else frozenset()
