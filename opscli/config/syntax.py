"""What the YAML parser complains about, in plain words and where the cause is rather than where reading failed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from opscli.outcome import Issue
from opscli.phrases import say

if TYPE_CHECKING:
    import yaml

_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TOLD = (
    ("quoted scalar", "end of stream", "open_quote", True),
    ("quoted scalar", "document indicator", "open_quote", True),
    ("quoted scalar", "unknown escape", "bad_escape", False),
    ("quoted scalar", "invalid Unicode", "bad_escape", False),
    ("flow sequence", "", "open_bracket", True),
    ("flow mapping", "", "open_brace", True),
    ("simple key", "expected ':'", "no_colon", True),
    ("directive", "", "directive", True),
    ("", "mapping values are not allowed", "stray_colon", False),
    ("", "cannot start any token", "stray_character", False),
    ("block mapping", "expected key", "uneven_indent", False),
    ("block collection", "expected '-'", "uneven_indent", False),
)
"""Part of the parser's context, part of its complaint, our words, and whether the cause is where the context began."""


def syntax_issue(error: yaml.YAMLError, text: str, file: str) -> Issue:
    """The complaint as a problem; one that has no words of its own is told as the parser tells it."""
    if forbidden := _FORBIDDEN.search(text):
        line, column = (
            text.count("\n", 0, forbidden.start()) + 1,
            forbidden.start() - text.rfind("\n", 0, forbidden.start()),
        )
        return _issue(file, (line, column), "control_character", code=f"U+{ord(forbidden.group()):04X}")
    mark, began = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    context, complaint = getattr(error, "context", None) or "", getattr(error, "problem", None) or ""
    place = _place(mark) if mark else (1, 1)
    lines = text.split("\n")
    content = lines[place[0] - 1] if place[0] <= len(lines) else ""
    indent = content[: len(content) - len(content.lstrip())]
    if "\t" in indent:
        return _issue(file, (place[0], indent.index("\t") + 1), "tab")
    for part, problem, key, at_cause in _TOLD:
        if part in context and problem in complaint:
            where = _place(began) if at_cause and began else place
            shown = content[place[1] - 1 : place[1] + (key == "bad_escape")]
            return _issue(file, where, key, shown=shown, line=place[0])
    complaint = complaint or getattr(error, "reason", None) or str(error).split("\n", 1)[0]
    what, how = say("config.not_yaml", problem=complaint), say("config.not_yaml_how")
    return Issue(file=file, line=place[0], column=place[1], what=what, why=context, how=how)


def _issue(file: str, place: tuple[int, int], key: str, **values: Any) -> Issue:
    what, why, how = (say(f"config.yaml_{key}{part}", **values) for part in ("", "_why", "_how"))
    return Issue(file=file, line=place[0], column=place[1], what=what, why=why, how=how)


def _place(mark: Any) -> tuple[int, int]:
    return mark.line + 1, mark.column + 1
