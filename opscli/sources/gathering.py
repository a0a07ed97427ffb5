"""What a source type does: look at the outside and hand over local files to read, with the cursors to keep afterwards.

However data arrive (a folder, a database, a web service, a pipe), they are read, checked and merged by one path.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from opscli.sources.formats.rows import FileFormat
from opscli.stage import Progress, Silence

if TYPE_CHECKING:
    from opscli.config.document import Document
    from opscli.outcome import Issue

Mark = Mapping[str, Any]
"""JSON-ready value of one cursor: what a source type needs to know at its next load."""
_NO_MARK: Mark = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a source type should begin: its own column and how far back to look again (`lookback`), where stated."""

    column: str = ""
    lookback: float = 0.0
    """Seconds that are read again, for rows that are committed later than they are stamped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One input file; `label` is what people call it: its path relative to the project, or what was asked for."""

    path: Path
    label: str
    size: int
    format: FileFormat = field(default_factory=FileFormat)
    first_line: int = 1
    """Number of the first line of `path` within what people know by `label`."""
    mtime_ns: int | None = None
    """When it was written, of a file that others write: one that is written to while it is read is not loaded."""

    def moved(self) -> bool:
        """Whether somebody wrote to the file, or took it away, since it was found."""
        if self.mtime_ns is None:
            return False
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return True
        return (status.st_mtime_ns, status.st_size) != (self.mtime_ns, self.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One load of one source. What is fetched is written below `workbench`, which stands until it has been read.

    `known` holds the marks of the last load that can still be relied on, none with `full`; `since` is an instant or
    value to begin at instead. With `limit`, no more than so many rows are wanted.
    """

    source: str
    root: Path
    workbench: Path
    at: datetime
    """The load's instant, naive UTC."""
    known: Mapping[str, Mark] = field(default_factory=dict)
    wanted: tuple[str, ...] = ()
    """Source columns that the mapping uses."""
    optional: frozenset[str] = frozenset()
    """Those of them that the source may lack."""
    cursor: Cursor = field(default_factory=Cursor)
    full: bool = False
    since: str = ""
    limit: int | None = None
    may_lack: bool = False
    """An input that is not there is no error (`--changed`)."""
    snapshot: bool = False
    """What is gone at the source is closed here: hand over all rows, `complete`, as soon as anything is new."""
    piped: bool = False
    """Standard input stands in for the source (`opscli import NAME -`)."""
    progress: Progress = field(default_factory=Silence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What there is to read, and the marks to keep once it has been merged.

    `later` holds what marks lack until a thread has worked it out. `complete` = these files hold all rows of the
    source, so what they lack is gone there. `gone` names marks of inputs that are no longer there, to be forgotten.
    `unsifted` = the type cannot ask for new rows only: the load leaves out those before `since` or below the cursor.
    `skipped` counts inputs without anything new; `notes` are sentences for people, such as an input that is not ready
    yet.
    """

    files: tuple[Found, ...] = ()
    marks: Mapping[str, Mark] = field(default_factory=dict)
    later: Mapping[str, Future[Mark]] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    unsifted: bool = False
    skipped: int = 0
    complete: bool = False
    notes: tuple[str, ...] = ()

    def whole_marks(self) -> dict[str, Mark]:
        """The marks with what came later."""
        late = {name: future.result() for name, future in self.later.items() if name in self.marks}
        return {name: {**mark, **late.get(name, _NO_MARK)} for name, mark in self.marks.items()}


class SourceType(Protocol):
    """A module `sources/<type>.py` with `<type>.schema.json` beside it."""

    def settings(self, data: Mapping[str, Any]) -> Any:
        """Settings of a schema-valid document."""
        ...

    def check(self, settings: Any, document: Document) -> Iterable[Issue]:
        """What can be wrong before anything is opened."""
        ...

    def place(self, settings: Any) -> str:
        """Where the rows come from, in a few words without secrets: a path, a table, an address."""
        ...

    def gather(self, settings: Any, asked: Asked) -> Gathered:
        """Find or fetch what is new. Raises OpscliError with the way out; moves no cursor, changes nothing outside."""
        ...
