"""Physical lines of a text file, numbered, with look-ahead."""

from __future__ import annotations

from collections import deque
from typing import TextIO

LONGEST_LINE = 1 << 24
"""Characters of a line; what is beyond is passed over."""


class Lines:
    """Physical lines with their ends, numbered, with look-ahead by pushing back."""

    def __init__(self, file: TextIO, first: int) -> None:
        self._file = file
        self._waiting: deque[str] = deque()
        self.number = first - 1

    def next(self) -> str | None:
        line = self._waiting.popleft() if self._waiting else self._read()
        self.number += line is not None
        return line

    def push_back(self, lines: list[str]) -> None:
        self._waiting.extendleft(reversed(lines))
        self.number -= len(lines)

    def ahead(self, count: int) -> list[str]:
        """The next lines, which stay where they are."""
        while len(self._waiting) < count and (line := self._read()) is not None:
            self._waiting.append(line)
        return list(self._waiting)[:count]

    def to_the_end(self) -> int:
        """Pass over all that is left; the number of the last line."""
        while self.next() is not None:
            pass
        return self.number

    def _read(self) -> str | None:
        line = self._file.readline(LONGEST_LINE + 1)
        if not line:
            return None
        if len(line) > LONGEST_LINE and not line.endswith(("\r", "\n")):
            while (rest := self._file.readline(LONGEST_LINE)) and not rest.endswith(("\r", "\n")):
                pass
            return line
        return line


def body(line: str) -> str:
    """A line without its end."""
    return line.removesuffix("\n").removesuffix("\r")
