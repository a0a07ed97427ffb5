"""What a stage is given and what it must offer. The only thing between the runner and the stages besides tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from opscli.errors import ConfigInvalid
from opscli.outcome import Issue, Outcome

if TYPE_CHECKING:
    from opscli.config.document import Document, Place
    from opscli.engine.entity import Entity
    from opscli.engine.warehouse import Warehouse
    from opscli.state.store import State

Spec = TypeVar("Spec")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provided:
    """Something that a document defines and others may name: a trait, a tag, a template, a channel, a column.

    `type` is a rule type (`text integer float money boolean timestamp date`) where it is a value, else "". A value
    whose type is that of a column says so as `entity.column`; `Catalog.types` looks it up.
    """

    category: str
    name: str
    type: str = ""
    file: str = ""
    line: int = 0


NOT_SET_UP = "not set up"
"""Catalog category of what a preset ships and no source feeds, named `metric mql_to_sql`; its type is the entities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a document that can be left out by itself where no source feeds it.

    `defines` and `uses` are (category, name) of the catalogue; `entities` are read by the piece itself.
    """

    place: Place
    entities: frozenset[str] = frozenset()
    defines: tuple[tuple[str, str], ...] = ()
    uses: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Catalog:
    """What all documents together define, by category and name. Read by each room's `check`."""

    entries: Mapping[str, Mapping[str, Provided]]
    entities: Mapping[str, Entity]
    zone: str = "UTC"
    _types: dict[str, dict[str, str]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Answers of `types`, which every document's check asks for."""

    def names(self, category: str) -> tuple[str, ...]:
        """Names of a category, sorted."""
        return tuple(sorted(self.entries.get(category, {})))

    def get(self, category: str, name: str) -> Provided | None:
        """The definition, or None."""
        return self.entries.get(category, {}).get(name)

    def types(self, category: str) -> dict[str, str]:
        """Name to rule type, for the names that are values."""
        if category not in self._types:
            found = {name: self._resolved(item.type) for name, item in self.entries.get(category, {}).items()}
            self._types[category] = {name: type_ for name, type_ in found.items() if type_}
        return self._types[category]

    def _resolved(self, stated: str) -> str:
        """A rule type; one stated as `entity.column` is that column's, "" where there is no such column."""
        name, dot, column = stated.partition(".")
        entity = self.entities.get(name) if dot else None
        return stated if not dot else (entity.type_of(column) if entity else None) or ""


class ConfigKind(Protocol):
    """The module beside a config kind's schema."""

    def parse(self, document: Document) -> object:
        """A frozen spec of a schema-valid document; meaning is checked later, in `check`."""
        ...

    def provides(self, spec: Any) -> Iterable[Provided]:
        """What others may name."""
        ...

    def check(self, spec: Any, catalog: Catalog) -> Iterable[Issue]:
        """Problems that need the other documents: unknown names, types, cycles."""
        ...


class PresetKind(ConfigKind, Protocol):
    """The module of a kind that presets may ship (`x-presets` in its schema)."""

    def parts(self, spec: Any) -> Iterable[Part]:
        """Its pieces, with what they lean on."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A compiled project: settings of the chosen environment and one frozen spec per document."""

    root: Path
    name: str
    environment: str
    live: bool
    redirect_to: str | None
    zone: str
    currency: str
    country: str
    locale: str
    id_key: str = field(repr=False)
    holdout: float
    """Project-wide holdout as a share, 0..1."""
    max_recipients: int | None
    max_delta: float | None
    """Share of members that may change in one run, 0..1; None = no guard."""
    retention: Mapping[str, timedelta]
    warehouse_url: str = field(repr=False)
    state_url: str = field(repr=False)
    """URLs may hold a password: neither is printed."""
    clock_pin: str | None
    version: str
    """Config version: SHA-256 of all documents."""
    documents: Sequence[Document]
    specs: Mapping[str, Mapping[str, object]]
    entities: Mapping[str, Entity]
    catalog: Catalog

    def all(self, kind: str, type_: type[Spec]) -> tuple[Spec, ...]:
        """Every spec of a kind, by name; raises TypeError when the kind's module parses to another type."""
        found = [self.specs.get(kind, {})[name] for name in sorted(self.specs.get(kind, {}))]
        for spec in found:
            if not isinstance(spec, type_):
                message = f"kind {kind} parses to {type(spec).__name__}, not {type_.__name__}"
                raise TypeError(message)
        return tuple(spec for spec in found if isinstance(spec, type_))

    def one(self, kind: str, name: str, type_: type[Spec]) -> Spec | None:
        """The spec of that name, or None."""
        spec = self.specs.get(kind, {}).get(name)
        return spec if isinstance(spec, type_) else None


class Progress(Protocol):
    """Where long work reports how far it is; silent unless stderr is a terminal."""

    def advance(self, what: str, done: int, total: int | None) -> None:
        """`done` of `total` units (None = unknown) of `what`."""
        ...


@dataclass(frozen=True, slots=True)
class Silence:
    """A progress that says nothing."""

    def advance(self, what: str, done: int, total: int | None) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One step of one run.

    `dry` = a plan: the stores are overlays, channels are recorders, no cursor of the outside moves.
    """

    project: Project
    warehouse: Warehouse
    state: State
    as_of: datetime
    """Naive UTC; event time < as_of."""
    known_at: datetime
    """Versions with known_from <= known_at < known_to are seen; a live run's own import included."""
    run_id: str
    job: str = "manual"
    step: str = ""
    dry: bool = False
    approve: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    """The step's `with:` and the command's flags, such as only, limit, report."""
    progress: Progress = field(default_factory=Silence)

    def at(self, **changes: Any) -> Context:
        """This context with other values."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a plan says to people and to the test "plan = run".

    `counts` are the effects by name (`entered`, `left`, `sent` …); the run's Outcome.details["counts"] must be equal.
    `skipped` counts what will not happen, by reason. `sample` is a few rows, masked by the reporter. `notes` are
    sentences about what a person should look at.
    """

    headline: str
    counts: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    sample: Sequence[Mapping[str, Any]] = ()
    notes: Sequence[str] = ()


class Plan(Protocol):
    """What a run executes: frozen, with handles of scratch tables and the inputs' load_seq."""

    @property
    def preview(self) -> Preview:
        """What the run would do."""
        ...


class Stage(Protocol):
    """`<stage>/job.py`."""

    READS: tuple[str, ...]
    WRITES: tuple[str, ...]

    def plan(self, ctx: Context) -> Plan:
        """Work out the effects; reads only (scratch tables apart)."""
        ...

    def run(self, plan: Any, ctx: Context) -> Outcome:
        """Apply `plan`."""
        ...

    def erase(self, ids: Sequence[str], ctx: Context) -> int:
        """Remove these customers from the tables that the stage owns; rows removed."""
        ...


@contextmanager
def collecting() -> Iterator[list[Issue]]:
    """Collect issues in a list; raise them all at once as ConfigInvalid, sorted by place."""
    issues: list[Issue] = []
    yield issues
    if issues:
        raise ConfigInvalid(sorted(set(issues)))
