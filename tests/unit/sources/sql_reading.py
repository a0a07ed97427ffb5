"""What the SQL tests share: one load asked for directly, and what it brought."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from opscli.sources import sql
from opscli.sources.gathering import Asked, Cursor, Gathered

from .conftest import NOW

Row = tuple[Any, ...]


@dataclass
class BetweenPages:
    """A progress that does something once so many rows have been read: it is told after every page."""

    after: int
    action: Callable[[], None]
    done: bool = field(default=False, init=False)

    def advance(self, _what: str, done: int, _total: int | None) -> None:
        if done >= self.after and not self.done:
            self.done = True
            self.action()


@dataclass
class Outside:
    """A database outside, and the loads of one source of it; marks are kept as after a merge."""

    root: Path
    url: str
    marks: dict[str, Any] = field(default_factory=dict)
    loads: int = 0

    def load(self, stated: dict[str, Any], wanted: str, **asked: Any) -> Gathered:
        self.loads += 1
        workbench = self.root / f"bench-{self.loads}"
        workbench.mkdir()
        column, lookback = asked.pop("cursor", ""), asked.pop("lookback", 0.0)
        found = sql.gather(
            sql.settings({"url": self.url, "page_size": 3, **stated}),
            Asked(
                source="orders",
                root=self.root,
                workbench=workbench,
                at=NOW,
                wanted=tuple(wanted.split()),
                cursor=Cursor(column=column, lookback=lookback),
                known=self.marks,
                **asked,
            ),
        )
        self.marks = {**self.marks, **found.marks}
        return found


def rows(found: Gathered) -> list[Row]:
    """Rows of what was handed over, in the order in which they were read."""
    (file,) = found.files
    table = pq.read_table(file.path)
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def run_sqlite(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
