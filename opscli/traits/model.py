"""What a trait is, as written and as checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from opscli.config.document import Document
from opscli.outcome import Issue
from opscli.rules.aggregate import Aggregate, Checked
from opscli.rules.tree import Expression

AGGREGATES = ("count", "sum", "avg", "min", "max", "count_distinct")
KINDS = (*AGGREGATES, "top", "ntile", "field", "expr")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """One trait as written; `place` is where it stands in `document`.

    aggregate kinds: `aggregate`. top: `aggregate` is what ranks the values of `column`. field: `column` of customers.
    expr: `expression`. ntile: `expression` names the ranked trait, `groups` is how many groups (1 = lowest).
    """

    name: str
    kind: str
    aggregate: Aggregate | None = None
    column: str = ""
    expression: str = ""
    groups: int = 0
    label: str | Mapping[str, str] = ""
    document: Document

    @property
    def place(self) -> tuple[str, str]:
        """Path of the trait in its document."""
        return ("traits", self.name)

    def issue(self, key: str, what: str, *, why: str = "", how: str = "", offset: int | None = None) -> Issue:
        """A problem at one of the trait's keys."""
        return self.document.issue((*self.place, key), what, why=why, how=how, offset=offset)


@dataclass(frozen=True, slots=True, kw_only=True)
class TraitSpec:
    """One traits file. `problems` are what could not be read; `check` hands them out."""

    name: str
    traits: tuple[Trait, ...]
    problems: tuple[Issue, ...] = ()
    document: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A checked trait: its rule type, and what it is computed from."""

    trait: Trait
    type: str
    aggregate: Checked | None = None
    expression: Expression | None = None

    @property
    def name(self) -> str:
        """The trait's name, which is its column in `profiles`."""
        return self.trait.name

    @property
    def derived(self) -> bool:
        """Whether it is computed from other traits."""
        return self.trait.kind in {"expr", "ntile"}

    @property
    def inputs(self) -> tuple[str, ...]:
        """Traits that it is computed from."""
        return self.expression.names if self.expression else ()
