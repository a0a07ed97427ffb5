"""What a kind says about one of its documents for the handbook. A room with something to say has a module
`handbook.py` with a function named after the kind: `campaign(spec, book) -> Entry`; other kinds are told generically.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One document in words. `rules` are (what, the condition in words); `uses` are documents by (kind, name)."""

    title: str = ""
    triggers: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    does: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    rules: tuple[tuple[str, str], ...] = ()
    limits: tuple[str, ...] = ()
    uses: tuple[tuple[str, str], ...] = ()


class Book(Protocol):
    """What a kind may ask while it tells."""

    def words(self, condition: Any) -> str:
        """A condition as a sentence."""
        ...

    def name(self, name: str) -> str:
        """What people call a trait or a tag, with its name in brackets."""
        ...

    def text(self, label: Any) -> str:
        """A text that may be written in several languages, in the handbook's."""
        ...

    def schedule(self, cron: str, zone: str) -> str:
        """A cron line in words; "" is the business zone."""
        ...
