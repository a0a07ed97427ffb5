"""A case of a test file: moments in time, each with what is given and what is expected, and how a failure is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from opscli.clock import parse_duration, parse_instant
from opscli.config.document import Document, Place
from opscli.config.validate import did_you_mean
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.stage import Catalog

if TYPE_CHECKING:
    from opscli.runner.world import World

EXPECTATIONS = "opscli.runner.expectations"
KNOWN_BESIDE = ("tags", "tag_history", "consents", "suppressions", "holdout", "messages")
"""Keys of `given` that are no entities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A node of the file with its place: one `given`, or one key of an `expect`."""

    document: Document
    place: Place
    data: Any

    def below(self, *path: str | int) -> Part:
        """The node at a path inside this one."""
        data = self.data
        for step in path:
            data = data[step]
        return Part(document=self.document, place=(*self.place, *path), data=data)

    def items(self) -> Iterator[tuple[str, Part]]:
        """Keys of a block with their nodes."""
        return ((key, self.below(key)) for key in self.data)

    def each(self, *path: str) -> Iterator[Part]:
        """Items of the list at a path inside this node; none where there is no list."""
        data = self.data
        for step in path:
            data = data.get(step)
        yield from (self.below(*path, index) for index in range(len(data) if isinstance(data, list) else 0))

    def issue(self, what: str, *, why: str = "", how: str = "") -> Issue:
        """A problem at this node."""
        return self.document.issue(self.place, what, why=why, how=how)

    def __str__(self) -> str:
        line, column = self.document.mark(self.place)
        return f"{self.document.file}:{line}:{column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A point in time: `given` arrives, the river runs, `expect` (by its key) is looked at."""

    given: tuple[Part, ...]
    expect: Mapping[str, Part]
    as_of: str = ""
    after: timedelta | None = None
    place: Part

    def instant(self, before: datetime | None, zone: str) -> datetime:
        """When it is, naive UTC. Raises ValueError for a text that is no instant."""
        if self.after is not None and before is not None:
            return before + self.after
        return parse_instant(self.as_of, zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case: the same stores from its first moment to its last."""

    name: str
    moments: tuple[Moment, ...]
    document: Document

    @property
    def id(self) -> str:
        """`configs/tags/value.test.yaml::the name`."""
        return f"{self.document.file}::{self.name}"

    def givens(self) -> Iterator[Part]:
        """Every `given` of every moment."""
        return (part for moment in self.moments for part in moment.given)

    def expected(self) -> frozenset[str]:
        """Keys of all expectations: they decide which stages run."""
        return frozenset(key for moment in self.moments for key in moment.expect)

    def customers(self) -> tuple[str, ...]:
        """Ids of all customers that are ever given, in order."""
        found = (row["id"] for part in self.givens() for row in part.data.get("customers", ()) if "id" in row)
        return tuple(dict.fromkeys(str(name) for name in found))

    def addressed(self) -> frozenset[str]:
        """Ids of the customers that are given with a mail address."""
        rows = (row for part in self.givens() for row in part.data.get("customers", ()))
        return frozenset(str(row["id"]) for row in rows if row.get("email") and "id" in row)

    def times(self, zone: str) -> tuple[datetime, ...]:
        """The instants of the moments, naive UTC. Raises ValueError for a text that is no instant."""
        found: list[datetime] = []
        for moment in self.moments:
            found.append(moment.instant(found[-1] if found else None, zone))
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What an expectation may name: the project's catalogue and the customers of the case."""

    catalog: Catalog
    customers: tuple[str, ...]
    addressed: frozenset[str] = frozenset()
    """Customers who have a mail address."""

    def unknown_customer(self, part: Part, name: str) -> Iterator[Issue]:
        """A problem when nobody of that name is given."""
        if name not in self.customers:
            how = did_you_mean(name, self.customers, otherwise=say("testing.give_customer", name=name))
            yield part.issue(say("testing.unknown_customer", name=name), how=how)

    def unknown_name(self, part: Part, category: str, name: str) -> Iterator[Issue]:
        """A problem when the project has nothing of that category and name (tag, campaign, metric, health, trait …)."""
        if self.catalog.get(category, name) is None:
            how = did_you_mean(name, self.catalog.names(category))
            yield part.issue(say("testing.unknown_name", category=category, name=name), how=how)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An expectation that was not met: where it stands, both sides, and why it came out otherwise, line by line."""

    at: Part
    what: str
    expected: str
    got: str
    why: tuple[str, ...] = ()
    moment: datetime | None = field(default=None)

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        line, column = self.at.document.mark(self.at.place)
        place = {"file": self.at.document.file, "line": line, "column": column, "as_of": self.moment}
        return {**place, "what": self.what, "expected": self.expected, "got": self.got, "why": list(self.why)}


class Expectation(Protocol):
    """A module of `expectations/`."""

    NEEDS: tuple[str, ...]
    """Tables that it looks at; the stages that write them run, and those that write what they read."""

    def check(self, part: Part, scope: Scope) -> Iterable[Issue]:
        """Names that nobody knows; the schema has been checked."""
        ...

    def judge(self, part: Part, world: World) -> Iterable[Failure]:
        """What is otherwise than expected, with the reason."""
        ...


def moment_before(text: str, as_of: datetime, zone: str) -> datetime:
    """`-3d` before `as_of`, or an instant. Raises ValueError."""
    return as_of - parse_duration(text[1:]) if text.startswith("-") else parse_instant(text, zone)
