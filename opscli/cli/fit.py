"""Which columns of a table fit the terminal: ids stay whole, so that they can be copied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_GAP = 3
_PROSE = 18
"""A column of sentences may be broken down to this width; anything shorter, and every id, stays on one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column as it would be shown: its name, the widths of its widest cell, its widest word, its heading's widest."""

    name: str
    width: int
    word: int
    head: int

    @property
    def least(self) -> int:
        """The width under which it is not readable."""
        return max(min(self.width, max(self.word, _PROSE)), self.head)


def measured(name: str, cells: Sequence[str], heading: str = "") -> Column:
    """A column with its widths in terminal columns."""
    from opscli.charts.width import width

    widest = max((width(line) for text in cells for line in text.split("\n")), default=0)
    spaced = any(text.count(" ") > 1 for text in cells)  # one space is that of a date and its time
    word = max((width(part) for text in cells for part in text.split()), default=0) if spaced else widest
    head = max((width(part) for part in (heading or name.replace("_", " ")).split()), default=0)
    return Column(name=name, width=widest, word=word, head=head)


def fitting(columns: Sequence[Column], room: int) -> tuple[str, ...]:
    """Names of the columns to show in `room`: empty ones go first, then the last ones; the first always stays."""
    shown = [column for column in columns if column.width] if _least(columns) > room else list(columns)
    while len(shown) > 1 and _least(shown) > room:
        shown.pop()
    return tuple(column.name for column in shown)


def _least(columns: Sequence[Column]) -> int:
    return sum(column.least for column in columns) + _GAP * len(columns)
