"""Data written as YAML in every style at random, with comments wherever one may stand."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from opscli.config.patch import flow, scalar

NOTES = ("", "", "  # note", " # 中文 {not: flow}, [nor: this]", " # 'quoted' \"twice\"", "   ## version: 1")


@st.composite
def written(draw: st.DrawFn, data: dict[str, Any]) -> str:
    """A YAML text that reads as `data`."""
    text = f"# first: line{_block(draw, data, 0)}\n# last line"
    ends = draw(st.sampled_from(("", "\n", "\n\n")))
    return (text + ends).replace("\n", draw(st.sampled_from(("\n", "\r\n"))))


def _note(draw: st.DrawFn) -> str:
    return draw(st.sampled_from(NOTES))


def _between(draw: st.DrawFn, indent: int) -> str:
    """Line end, perhaps with blank lines and comment lines before what comes next."""
    lines = draw(st.lists(st.sampled_from(("", "# between", " " * indent + "# at home")), max_size=2))
    return "".join(f"\n{line}" for line in lines) + "\n" + " " * indent


def _block(draw: st.DrawFn, value: Any, indent: int) -> str:
    """A value after its key's colon, or after the beginning of the text."""
    if not value or not isinstance(value, dict | list) or (draw(st.booleans()) and indent):
        return " " + _inline(draw, value, indent + 2) + _note(draw)
    parts = []
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(value, dict):
            parts.append(_between(draw, indent) + _scalar(draw, key) + ":" + _block(draw, item, indent + 2))
        else:
            parts.append(_between(draw, indent) + "-   " + _inline(draw, item, indent + 4) + _note(draw))
    return _note(draw) + "".join(parts)


def _inline(draw: st.DrawFn, value: Any, indent: int) -> str:
    """A value in flow style, on one line or broken over several."""
    if not isinstance(value, dict | list) or not value:
        return _scalar(draw, value)
    gap = _note(draw) + _between(draw, indent) if draw(st.booleans()) else " "
    if isinstance(value, dict):
        items = [f"{_scalar(draw, key)}: {_inline(draw, item, indent)}" for key, item in value.items()]
        return "{" + gap + f",{gap}".join(items) + gap + "}"
    return "[" + gap + f",{gap}".join(_inline(draw, item, indent) for item in value) + gap + "]"


def _scalar(draw: st.DrawFn, value: Any) -> str:
    return scalar(value, draw(st.sampled_from(("", "'", '"')))) if isinstance(value, str) else flow(value)
