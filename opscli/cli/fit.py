"""Which columns of a table fit the terminal: ids stay whole, so that they can be copied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_GAP = 3
_PROSE = 18
"""A column of sentences may be broken down to this width; anything shorter, and every id, stays on one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column as it would be shown: its name and the widths of its widest cell and of the widest word in it."""

    name: str
    width: int
    word: int

    @property
    def least(self) -> int:
        """The width under which it is not readable."""
        return max(min(self.width, max(self.word, _PROSE)), self._head)

    @property
    def _head(self) -> int:
        return max((len(word) for word in self.name.split("_")), default=0)


def measured(name: str, cells: Sequence[str]) -> Column:
    """A column with its widths in terminal columns."""
    from opscli.charts.width import width

    widest = max((width(line) for text in cells for line in text.split("\n")), default=0)
    spaced = any(text.count(" ") > 1 for text in cells)  # one space is that of a date and its time
    word = max((width(part) for text in cells for part in text.split()), default=0) if spaced else widest
    return Column(name=name, width=widest, word=word)


def fitting(columns: Sequence[Column], room: int) -> tuple[str, ...]:
    """Names of the columns to show in `room`: empty ones go first, then the last ones; the first always stays."""
    shown = [column for column in columns if column.width] if _least(columns) > room else list(columns)
    while len(shown) > 1 and _least(shown) > room:
        shown.pop()
    return tuple(column.name for column in shown)


def _least(columns: Sequence[Column]) -> int:
    return sum(column.least for column in columns) + _GAP * len(columns)
