from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from opscli.config.document import Document
from opscli.engine.duckdb import DuckDBWarehouse
from opscli.engine.entity import standard_entities
from opscli.engine.tables import VERSION_COLUMNS
from opscli.health import health, job
from opscli.outcome import Outcome
from opscli.stage import Catalog, Context, Project, Provided
from opscli.state.store import State, open_state

AS_OF = datetime.fromisoformat("2018-01-01T07:30")

TRAITS = {
    "revenue_365d": "money",
    "orders_90d": "integer",
    "last_order_at": "timestamp",
    "last_login_at": "timestamp",
    "interactions_30d": "integer",
    "interactions_prev": "integer",
    "newsletter": "boolean",
    "last_nps": "integer",
    "last_nps_at": "timestamp",
    "favourite": "text",
}


def days(count: float) -> datetime:
    """So many days before AS_OF."""
    return AS_OF - timedelta(days=count)


def document(data: Mapping[str, Any], name: str = "standard") -> Document:
    return Document(kind="health", version=1, name=name, file=f"configs/health/{name}.yaml", data=data, marks={})


def catalog() -> Catalog:
    traits = {name: Provided(category="trait", name=name, type=kind) for name, kind in TRAITS.items()}
    tags = {"high_value": Provided(category="tag", name="high_value")}
    return Catalog({"trait": traits, "tag": tags}, standard_entities())


@dataclass
class Lab:
    """A warehouse, a state and a project of nothing but what health reads."""

    warehouse: DuckDBWarehouse
    state: State
    root: Path
    specs: dict[str, object] = field(default_factory=dict)
    zone: str = "America/New_York"
    locale: str = "en"

    def configure(self, text: str, name: str = "standard") -> None:
        self.specs[name] = health.parse(document(yaml.safe_load(text), name))

    def project(self) -> Project:
        return Project(
            root=self.root,
            name="lab",
            environment="default",
            live=False,
            redirect_to=None,
            zone=self.zone,
            currency="USD",
            country="US",
            locale=self.locale,
            id_key="lab",
            holdout=0.0,
            max_recipients=None,
            max_delta=None,
            retention={},
            warehouse_url="",
            state_url="",
            clock_pin=None,
            version="v1",
            documents=(),
            specs={"health": self.specs},
            entities=standard_entities(),
            catalog=catalog(),
        )

    def ctx(self, as_of: datetime = AS_OF, *, approve: bool = False, **options: Any) -> Context:
        return Context(
            project=self.project(),
            warehouse=self.warehouse,
            state=self.state,
            as_of=as_of,
            known_at=as_of,
            run_id=f"run-{as_of:%Y%m%dT%H%M}",
            approve=approve,
            options=options,
        )

    def run(self, ctx: Context) -> Outcome:
        return job.run(job.plan(ctx), ctx)

    def load(self, table: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> None:
        with self.warehouse.write(table) as session:
            session.create(table, columns)
            for row in rows:
                names = ", ".join(f'"{name}"' for name in row)
                marks = ", ".join("?" for _ in row)
                session.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))

    def profiles(self, rows: Mapping[str, Mapping[str, Any]], as_of: datetime = AS_OF) -> None:
        columns = {"customer_id": "text", "as_of": "timestamp"} | TRAITS
        self.load("profiles", columns, [{"customer_id": key, "as_of": as_of} | dict(row) for key, row in rows.items()])

    def customers(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        entity = standard_entities()["customers"]
        columns = {"customer_id": "text"} | {column.name: column.type for column in entity.columns}
        columns |= {"merged_records": "integer", "first_seen": "timestamp", "updated_at": "timestamp"}
        self.load("customers", columns, [{"customer_id": key} | dict(row) for key, row in rows.items()])

    def high_value(self, *customers: str) -> None:
        with self.warehouse.write("tag_history") as session:
            for customer in customers:
                session.execute(
                    "INSERT INTO tag_history (customer_id, dimension, tag, entered_at, left_at) "
                    "VALUES (?, 'value', 'high_value', ?, TIMESTAMP '9999-12-31')",
                    (customer, days(1)),
                )

    def feed(self, entity_name: str, newest: datetime | None) -> None:
        """The entity's table with one row of that time, or none."""
        entity = standard_entities()[entity_name]
        columns = {column.name: column.type for column in (*entity.columns, *VERSION_COLUMNS)}
        until = datetime.fromisoformat("9999-12-31")
        rows = [{str(entity.time): newest, "known_from": newest, "known_to": until}] if newest else []
        self.load(entity.versions_table, columns, rows)

    def fresh(self) -> None:
        self.feed("events", days(0.1))
        self.feed("interactions", days(0.1))

    def dicts(self, sql: str) -> list[dict[str, Any]]:
        with self.warehouse.read() as session:
            return session.dicts(sql)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    warehouse = DuckDBWarehouse(tmp_path / "warehouse.duckdb", tmp_path / "scratch")
    state = open_state("sqlite:///state.db", root=tmp_path)
    yield Lab(warehouse=warehouse, state=state, root=tmp_path)
    state.close()
    warehouse.close()
