"""Prose in lines that fit: broken at spaces, and in Chinese, which has none, wherever its rules of writing allow."""

from __future__ import annotations

from collections.abc import Iterator

from opscli.charts.width import width

_OPENING, _CLOSING = "（「『《〈【“‘", "，。、；：？！）」』》〉】”’"  # noqa: RUF001  Chinese marks
"""No line ends with the one or begins with the other."""


def wrapped(text: str, columns: int, indent: str = "") -> Iterator[str]:
    """`text` in lines of at most `columns`, those after the first behind `indent`."""
    line = ""
    for piece in _pieces(text):
        if line.strip() and width(line + piece.rstrip()) > columns:
            yield line.rstrip()
            line = indent + piece.lstrip()
        else:
            line += piece
    if line.strip():
        yield line.rstrip()


def _pieces(text: str) -> Iterator[str]:
    """What stays on one line."""
    piece = ""
    for letter in text:
        if piece and _may_break(piece[-1], letter):
            yield piece
            piece = ""
        piece += letter
    if piece:
        yield piece


def _may_break(before: str, after: str) -> bool:
    if after == " " or after in _CLOSING or before in _OPENING:
        return False
    return before == " " or width(before) > 1 or width(after) > 1
