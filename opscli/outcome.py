"""Values that rooms hand upwards: problems with a place (`Issue`) and what a step did (`Outcome`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from unicodedata import category

_STEERING = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode categories of characters that steer a terminal or reorder a line: controls, formats, line separators."""
_LONGEST = 500
"""Characters of one line of a message: what stands in a file may be quoted in it, however long it is."""


def printable(text: str, longest: int = _LONGEST) -> str:
    """One line that is safe to print: steering characters are written as escapes, a long middle is left out."""
    if len(text) > longest:
        text = f"{text[: longest // 2]} … {text[-longest // 2 :]}"
    if text.isprintable():
        return text
    return "".join(
        letter.encode("unicode_escape").decode("ascii") if category(letter) in _STEERING else letter for letter in text
    )


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Issue:
    """One problem in a user's file, at a place, with its reason and the way out."""

    file: str
    line: int
    column: int
    what: str
    why: str = ""
    how: str = ""

    def __str__(self) -> str:
        """`file:line:col: what`, then indented why and how, each on its own line, whatever they quote."""
        lines = [f"{printable(self.file)}:{self.line}:{self.column}: {printable(self.what)}"]
        lines += [f"  {printable(text)}" for text in (self.why, self.how) if text]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a step did, in counts. `details` is JSON-ready and goes into the ledger and `plan`'s output.

    `summary` is one line for people. `changed` counts rows written; `leftovers` what remains to be looked at
    (rejects, unknowns) and turns exit 0 into 3. `tables` names the warehouse tables written.
    """

    summary: str
    rows_in: int = 0
    rows_out: int = 0
    rejected: int = 0
    changed: int = 0
    leftovers: int = 0
    details: Mapping[str, Any] = field(default_factory=dict)
