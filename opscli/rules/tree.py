"""The typed tree of a condition: the only thing that is ever printed, explained or compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opscli.config.document import Document, Place
    from opscli.outcome import Issue

Value = str | int | Decimal | bool | datetime | date | timedelta | None

TYPES = ("text", "integer", "float", "money", "boolean", "timestamp", "date")
UNTYPED = "any"
"""Type of a name whose column is raw text: the operator around it decides as what it is read (`op` = "as")."""

PRESENT_TAGS = ("has_tag", "tag_since")
"""Functions that ask which tags hold now: a tag whose condition uses them leans on the other tag."""

_FAMILIES = {
    "text": "text",
    "integer": "number",
    "float": "number",
    "money": "number",
    "boolean": "boolean",
    "timestamp": "time",
    "date": "time",
}


class RuleInvalid(ValueError):  # noqa: N818  named by what is wrong, as in errors.py
    """A condition that cannot be used: what, why and how to fix it; `offset` is the place in the text, from 0.

    Where a condition is written in blocks (`all: […]`), `path` leads from its place to the text in question.
    """

    def __init__(self, what: str, *, why: str = "", how: str = "", offset: int = 0) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.how = how
        self.offset = offset
        self.path: Place = ()

    def __str__(self) -> str:
        """One line: what, then why and how."""
        return "; ".join(text for text in (self.what, self.why, self.how) if text)

    def issue(self, document: Document, place: Place) -> Issue:
        """The problem in a file; `place` is where the condition stands."""
        return document.issue((*place, *self.path), self.what, why=self.why, how=self.how, offset=self.offset)


@dataclass(frozen=True, slots=True)
class Node:
    """One operation. `op` is `name`, `literal`, `param` (value = its name), `call` (value = function), `as` (read an
    untyped name as `type`), `and or not = <> < <= > >= in between like ilike`, `is null|true|false`, `+ - * /` or
    `negative`.
    """

    op: str
    type: str
    parts: tuple[Node, ...] = ()
    value: Value = None
    at: int = 0

    @property
    def family(self) -> str:
        """number, text, boolean, time; or any."""
        return family(self.type)

    def walk(self) -> Iterator[Node]:
        """This node and all below it, from the left."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked condition or calculation: its text, its tree and its type."""

    text: str
    root: Node

    @property
    def type(self) -> str:
        """Rule type of the result."""
        return self.root.type

    @property
    def names(self) -> tuple[str, ...]:
        """Names that it reads, sorted."""
        return tuple(sorted({str(node.value) for node in self.root.walk() if node.op == "name"}))

    @property
    def params(self) -> dict[str, str]:
        """Parameters that it needs a value for, with their types."""
        return {str(node.value): node.type for node in self.root.walk() if node.op == "param"}

    @property
    def tags(self) -> tuple[str, ...]:
        """Tags whose present it asks for, with has_tag or tag_since, sorted."""
        calls = (node for node in self.root.walk() if node.op == "call" and node.value in PRESENT_TAGS)
        return tuple(sorted({str(node.parts[0].value) for node in calls}))


def family(type_: str) -> str:
    """Types of one family compare with each other."""
    return _FAMILIES.get(type_, type_)
