"""Values that rooms hand upwards: problems with a place (`Issue`) and what a step did (`Outcome`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


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
        """`file:line:col: what`, then indented why and how, each on its own line."""
        lines = [f"{self.file}:{self.line}:{self.column}: {self.what}"]
        lines += [f"  {text}" for text in (self.why, self.how) if text]
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
