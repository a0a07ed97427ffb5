"""A small shop: a real project folder, DuckDB warehouse and SQLite state, with rows put in as import and dedupe would."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from opscli.clock import END_OF_TIME
from opscli.engine.tables import VERSION_COLUMNS
from opscli.engine.warehouse import Warehouse, next_load_seq, open_warehouse
from opscli.outcome import Outcome
from opscli.runner.compile import compile_project
from opscli.stage import Context, Project
from opscli.state.store import State, open_state

AS_OF = datetime(2026, 5, 1)  # noqa: DTZ001  naive UTC, as everywhere inside
LONG_AGO = datetime(2020, 1, 1)  # noqa: DTZ001  as above
SOURCE = "crm"
Row = Mapping[str, Any]


@dataclass
class Shop:
    """One project folder with its stores. Customers are their own id; every row's customer_ref is one of them."""

    root: Path
    as_of: datetime = AS_OF
    _opened: list[Warehouse | State] = field(default_factory=list)

    def write(self, path: str, content: Mapping[str, Any] | str) -> None:
        """A file below configs/."""
        file = self.root / "configs" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        text = (
            content if isinstance(content, str) else yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True)
        )
        file.write_text(text, encoding="utf-8")

    def traits(self, **traits: Any) -> None:
        self.write("traits/test.yaml", {"kind": "traits", "version": 1, "traits": traits})

    def tags(self, dimension: str, *tags: Mapping[str, Any], **more: Any) -> None:
        body = {"kind": "tags", "version": 1, "dimension": dimension, **more, "tags": [dict(tag) for tag in tags]}
        self.write(f"tags/{dimension}.yaml", body)

    def project(self) -> Project:
        return compile_project(self.root, None)

    def context(self, **changes: Any) -> Context:
        """A context at `as_of` on this shop's stores, which stay open until the test ends."""
        project = self.project()
        if not self._opened:
            self._opened.append(open_warehouse(project.warehouse_url, root=self.root, scratch=self.root / "scratch"))
            self._opened.append(open_state(project.state_url, root=self.root))
        warehouse, state = self._opened
        assert not isinstance(warehouse, State)
        assert isinstance(state, State)
        as_of = changes.pop("as_of", self.as_of)
        known_at = changes.pop("known_at", as_of)
        return Context(
            project=project, warehouse=warehouse, state=state, as_of=as_of, known_at=known_at,
            run_id=f"run-{as_of:%Y%m%dT%H%M%S}", **changes,
        )  # fmt: skip

    def customers(self, *ids: str, **fields: Mapping[str, Any]) -> None:
        """Golden customers, each with a record and its link; `fields` maps an id to columns of both."""
        ctx = self.context()
        columns = {column.name: column.type for column in ctx.project.entities["customers"].columns}
        golden = {"merged_records": "integer", "first_seen": "timestamp", "updated_at": "timestamp"}
        with ctx.warehouse.write("records", "links", "customers") as session:
            if "customers" not in session.tables():
                session.create("customers", {"customer_id": "text", **columns, **golden})
                session.create("records", {**columns, **{column.name: column.type for column in VERSION_COLUMNS}})
        for name in (*ids, *(set(fields) - set(ids))):
            own = dict(fields.get(name, {}))
            known_from = own.pop("known_from", own.get("created_at", LONG_AGO))
            version = {"source": SOURCE, "source_id": name, "known_from": known_from, "known_to": END_OF_TIME}
            link = {"ns": SOURCE, "ref": name, "customer_id": name, "source": SOURCE, "source_id": name}
            self.insert("customers", [{"customer_id": name, "id": name, "first_seen": self.as_of, **own}])
            self.insert("records", [{"id": name, **own, **version}])
            self.insert("links", [link])

    def load(self, entity: str, *rows: Row) -> None:
        """Versions of rows: known_from is the event time, known_to open, unless a row says otherwise."""
        ctx = self.context()
        kind = ctx.project.entities[entity]
        columns = {column.name: column.type for column in (*kind.columns, *VERSION_COLUMNS)}
        with ctx.warehouse.write(kind.versions_table) as session:
            if kind.versions_table not in session.tables():
                session.create(kind.versions_table, {**columns, "customer_ns": "text"})
        known = {"customer_ns": SOURCE, "source": SOURCE, "known_to": END_OF_TIME}
        prepared = [{**known, "known_from": row.get(str(kind.time), LONG_AGO), **row} for row in rows]
        self.insert(kind.versions_table, prepared)

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        with self.context().warehouse.write(table) as session:
            next_load_seq(session)
            for row in rows:
                names = ", ".join(f'"{name}"' for name in row)
                marks = ", ".join("?" * len(row))
                session.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values()))

    def run(self, stage: Any, **changes: Any) -> Outcome:
        """Plan and run a stage's job; the outcome must be what the plan said."""
        ctx = self.context(**changes)
        plan = stage.plan(ctx)
        outcome: Outcome = stage.run(plan, ctx)
        assert outcome.details["counts"] == dict(plan.preview.counts)
        return outcome

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.context().warehouse.read() as session:
            return session.rows(sql)

    def dicts(self, sql: str) -> list[dict[str, Any]]:
        with self.context().warehouse.read() as session:
            return session.dicts(sql)

    def close(self) -> None:
        for store in self._opened:
            store.close()


@pytest.fixture
def new_shop(tmp_path: Path) -> Iterator[Callable[[str], Shop]]:
    """Make shops, each in its own folder."""
    made: list[Shop] = []

    def make(name: str = "shop") -> Shop:
        shop = Shop(root=tmp_path / name)
        shop.write("project.yaml", {"kind": "project", "version": 1, "name": "shop"})
        made.append(shop)
        return shop

    yield make
    for shop in made:
        shop.close()


@pytest.fixture
def shop(new_shop: Callable[[str], Shop]) -> Shop:
    """One shop."""
    return new_shop("shop")
