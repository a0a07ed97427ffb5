"""A small real world: a DuckDB warehouse, a SQLite state, and records put in as an import would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from opscli.clock import END_OF_TIME
from opscli.config.document import Document
from opscli.engine.entity import standard_entities
from opscli.engine.tables import VERSION_COLUMNS
from opscli.engine.warehouse import Session, next_load_seq, open_warehouse
from opscli.identity import identity, job
from opscli.outcome import Outcome
from opscli.stage import Catalog, Context, Project
from opscli.state.store import open_state
from opscli.state.tables import customer_aliases

START = datetime(2026, 5, 1, 12)  # noqa: DTZ001  naive UTC, as everywhere
Row = Mapping[str, Any]


def document(data: Mapping[str, Any]) -> Document:
    return Document(
        kind="identity", version=1, name="identity", file="configs/identity.yaml", data=data, marks={(): (1, 1)}
    )


def project(root: Path, config: Mapping[str, Any]) -> Project:
    entities = standard_entities()
    spec = identity.parse(document(config))
    return Project(
        root=root, name="shop", environment="default", live=False, redirect_to=None, zone="UTC", currency="USD",
        country="US", locale="en", id_key="shop", holdout=0.0, max_recipients=None, max_delta=None, retention={},
        warehouse_url="duckdb:///w.duckdb", state_url="sqlite:///s.sqlite", clock_pin=None, version="v", documents=(),
        specs={"identity": {"identity": spec}}, entities=entities, catalog=Catalog(entries={}, entities=entities),
    )  # fmt: skip


@dataclass
class World:
    ctx: Context

    def load(self, *rows: Row) -> None:
        """Make these the open records; each is source, source_id and columns of customers, `at` is known_from."""
        columns = {c.name: c.type for c in (*standard_entities()["customers"].columns, *VERSION_COLUMNS)}
        with self.ctx.warehouse.write("records") as session:
            session.create("records", columns)
            _insert(session, rows, next_load_seq(session))

    def tick(self, days: int = 1) -> None:
        """The next run."""
        now = self.ctx.as_of + timedelta(days=days)
        self.ctx = self.ctx.at(as_of=now, known_at=now, run_id=f"run-{now:%Y%m%d}")

    def configure(self, **config: Any) -> None:
        self.ctx = self.ctx.at(project=project(self.ctx.project.root, config))

    def dedupe(self) -> Outcome:
        return job.run(job.plan(self.ctx), self.ctx)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.ctx.warehouse.read() as session:
            return session.rows(sql)

    def customer(self, ref: str) -> str:
        """Customer of `source:source_id`."""
        source, _, source_id = ref.partition(":")
        with self.ctx.warehouse.read() as session:
            return str(session.value("SELECT customer_id FROM links WHERE ns = ? AND ref = ?", (source, source_id)))

    def partition(self) -> set[frozenset[str]]:
        """Who is together, as sets of `source:source_id`."""
        found: dict[str, set[str]] = {}
        for customer, source, source_id in self.rows(
            "SELECT customer_id, source, source_id FROM links WHERE source = ns"
        ):
            found.setdefault(customer, set()).add(f"{source}:{source_id}")
        return {frozenset(members) for members in found.values()}

    def aliases(self) -> dict[str, str]:
        with self.ctx.state.read() as connection:
            found = connection.execute(select(customer_aliases.c.alias, customer_aliases.c.customer_id)).all()
        return dict(found)

    def everything(self) -> list[list[tuple[Any, ...]]]:
        """Every row that identity owns, in one order."""
        return [
            self.rows(f"SELECT * FROM {table} ORDER BY ALL")
            for table in ("links", "customers", "lineage", "review_pairs")
        ]


def _insert(session: Session, rows: Sequence[Row], load_seq: int) -> None:
    for row in rows:
        values = {
            "id": row["source_id"],
            "known_from": row.get("at", START),
            "known_to": END_OF_TIME,
            "load_seq": load_seq,
        }
        values |= {name: value for name, value in row.items() if name != "at"}
        names = ", ".join(f'"{name}"' for name in values)
        session.execute(f"INSERT INTO records ({names}) VALUES ({', '.join('?' * len(values))})", list(values.values()))


def person(ref: str, name: str = "", email: str | None = None, phone: str | None = None, **more: Any) -> dict[str, Any]:
    """A record from `source:id` and `First Last`."""
    source, _, source_id = ref.partition(":")
    first, _, last = name.partition(" ")
    return {
        "source": source, "source_id": source_id, "first_name": first or None, "last_name": last or None,
        "email": email, "phone": phone, **more,
    }  # fmt: skip


@contextmanager
def open_world(folder: Path) -> Iterator[World]:
    """A world in a folder of its own."""
    warehouse = open_warehouse("duckdb:///w.duckdb", root=folder, scratch=folder / "scratch")
    state = open_state("sqlite:///s.sqlite", root=folder)
    ctx = Context(
        project=project(folder, {}), warehouse=warehouse, state=state, as_of=START, known_at=START, run_id="run-0"
    )
    yield World(ctx)
    warehouse.close()
    state.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path) as opened:
        yield opened
