"""Where the characters of a text value stand in its file, however YAML lets it be written.

In most texts they follow each other from the first one. In blocks (`|`, `>`), over several lines, with escapes or
doubled quotes they do not. What YAML folds, strips and indents is white space only, so the n-th character that is none
is the same one in the value and in the file.
"""

from __future__ import annotations

import re
from typing import Any, Self

_BEFORE = re.compile(r"(?:[!&]\S*\s+)*(?:[|>][^\n]*\n|[\"'])?")
"""A tag and an anchor, the head of a block with its comment, an opening quote."""
_PLAIN = re.compile(r"\S")
_SINGLE = re.compile(r"''|\S")
_DOUBLE = re.compile(r"\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\\r?\n|\\.|\S")
_CHARACTERS = {"'": _SINGLE, '"': _DOUBLE}
_WHITE_ESCAPES = frozenset(" \t\r\ntnvfr_NLP")
"""Letters behind a backslash that make white space, or nothing."""


class TextMark(tuple[int, int]):  # noqa: SLOT001  a tuple cannot have slots beside its items
    """Line and column, from 1, of a text whose later characters must be looked for; quotes stand before it."""

    _value: str
    _raw: str
    _style: str

    def __new__(cls, start: tuple[int, int], value: str, raw: str, style: str) -> Self:
        """`raw` is the text as written, which begins at `start`; `style` is YAML's letter for how."""
        line, column = start
        self = super().__new__(cls, (line, column + (raw[0] in _CHARACTERS)))
        self._value, self._raw, self._style = value, raw, style
        return self

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column of a character of the value; of white space, those of what comes after it."""
        before = sum(not letter.isspace() for letter in self._value[:offset])
        head = _BEFORE.match(self._raw)
        found = _CHARACTERS.get(self._style, _PLAIN).finditer(self._raw, head.end() if head else 0)
        solid = [unit.start() for unit in found if _is_solid(unit[0])]
        index = solid[min(before, len(solid) - 1)] if solid else 0
        line, column = self
        lines = self._raw.count("\n", 0, index)
        if lines:
            return line + lines, index - self._raw.rfind("\n", 0, index)
        return line, column + index - (self._raw[0] in _CHARACTERS)


def mark_of(event: Any, text: str) -> tuple[int, int]:
    """Position of a node, from 1: of a quoted text that of its first character."""
    start, end = event.start_mark, event.end_mark
    line, column = start.line + 1, start.column + 1
    value: str | None = getattr(event, "value", None)
    if value is None:
        return line, column
    quoted = event.style in _CHARACTERS
    if end.line == start.line and end.index - start.index == len(value) + 2 * quoted:
        return line, column + quoted
    raw = text[start.index : end.index]
    return TextMark((line, column), value, raw, event.style) if raw else (line, column)


def _is_solid(unit: str) -> bool:
    """Whether a character, escaped or not, is no white space."""
    if unit[0] != "\\" or len(unit) == 1:
        return True
    if unit[1] in "xuU" and len(unit) > 2:  # noqa: PLR2004  hexadecimal digits follow
        return not chr(int(unit[2:], 16)).isspace()  # noqa: FURB166  it begins with a backslash, not with 0
    return unit[1] not in _WHITE_ESCAPES
