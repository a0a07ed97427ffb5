"""Terminal columns of a text: a Chinese character takes two."""

from __future__ import annotations

from opscli.phrases.lines import width

__all__ = ["pad", "shorten", "width"]


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """`text` filled with spaces to `columns`, on the left side when `right`."""
    gap = " " * max(columns - width(text), 0)
    return gap + text if right else text + gap


def shorten(text: str, columns: int) -> str:
    """`text` cut to `columns`, with an ellipsis where something was cut."""
    if width(text) <= columns:
        return text
    kept = ""
    for letter in text:
        if width(kept + letter) > columns - 1:
            break
        kept += letter
    return kept + "…"
