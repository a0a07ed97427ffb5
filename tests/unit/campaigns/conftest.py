"""A small shop with one campaign: real config files, a real warehouse and a real state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, select

from opscli.campaigns import job as campaigns_job
from opscli.clock import END_OF_TIME
from opscli.delivery import job as send_job
from opscli.engine.duckdb import DuckDBWarehouse
from opscli.engine.warehouse import next_load_seq
from opscli.outcome import Outcome
from opscli.runner.compile import compile_project
from opscli.stage import Context, Preview
from opscli.state.store import State

NOW = datetime(2026, 5, 4, 9, 0)  # noqa: DTZ001  naive UTC

PROJECT = """
kind: project
version: 1
name: shop
timezone: Europe/London
currency: GBP
country: GB
warehouse: duckdb:///store/warehouse.duckdb
state: sqlite:///store/state.db
"""
TAGS = """
kind: tags
version: 1
dimension: lifecycle
tags:
  - {name: at_risk, when: "country = 'GB'"}
  - {name: churned, when: "country = 'FR'"}
"""
CHANNEL = """
kind: channel
version: 1
type: file
folder: mails
from: "Shop <hello@shop.example>"
unsubscribe: {mailto: off@shop.example, url: "https://shop.example/off/{token}"}
"""
TOPIC = """
kind: topic
version: 1
policy: opt_out
"""
CAMPAIGN = """
kind: campaign
version: 1
topic: offers
trigger: {tag_entered: at_risk}
backfill: true
steps:
  - id: offer
    send: {channel: mail, template: hello}
"""


@dataclass(slots=True)
class Shop:
    """What a test writes into and looks at."""

    root: Path
    warehouse: DuckDBWarehouse
    state: State
    now: datetime = NOW
    options: dict[str, Any] = field(default_factory=dict)

    def config(self, path: str, text: str) -> None:
        """Write a config file."""
        target = self.root / "configs" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def change(self, path: str, old: str, new: str) -> None:
        """Replace text in a config file; the text must be there."""
        target = self.root / "configs" / path
        text = target.read_text(encoding="utf-8")
        assert old in text
        target.write_text(text.replace(old, new), encoding="utf-8")

    def context(self, **changes: Any) -> Context:
        """A run at `now`, under the config as it is in the files."""
        project = compile_project(self.root, None)
        base = Context(
            project=project,
            warehouse=self.warehouse,
            state=self.state,
            as_of=self.now,
            known_at=self.now,
            run_id=f"run-{self.now:%m%dT%H%M}",
            options=self.options,
        )
        return base.at(**changes)

    def customers(self, rows: Sequence[tuple[str, str | None, bool | None]]) -> None:
        """Golden customers: (id, email, opted in), each with a first name."""
        with self.warehouse.write("customers") as session:
            columns = {
                "customer_id": "text",
                "email": "text",
                "email_opt_in": "boolean",
                "first_name": "text",
                "country": "text",
            }
            if "customers" not in session.tables():
                session.create("customers", columns)
            for identity, email, opted in rows:
                session.execute(
                    "INSERT INTO customers VALUES (?, ?, ?, ?, 'GB')", (identity, email, opted, f"N{identity}")
                )

    def tag(self, *ids: str, tag: str = "at_risk", at: datetime | None = None) -> None:
        """Customers get a tag, as one run of the tags stage would do it."""
        with self.warehouse.write("tag_history") as session:
            sequence = next_load_seq(session)
            for identity in ids:
                session.execute(
                    "INSERT INTO tag_history (customer_id, dimension, tag, entered_at, left_at, origin, load_seq) "
                    "VALUES (?, 'lifecycle', ?, ?, ?, 'rule', ?)",
                    (identity, tag, at or self.now - timedelta(minutes=5), END_OF_TIME, sequence),
                )

    def untag(self, *ids: str, tag: str = "at_risk") -> None:
        """Customers lose a tag."""
        with self.warehouse.write("tag_history") as session:
            sequence = next_load_seq(session)
            for identity in ids:
                session.execute(
                    "UPDATE tag_history SET left_at = ?, left_seq = ? WHERE customer_id = ? AND tag = ?",
                    (self.now, sequence, identity, tag),
                )

    def run(self, **changes: Any) -> tuple[Preview, Outcome]:
        """Plan and apply the campaigns."""
        ctx = self.context(**changes)
        planned = campaigns_job.plan(ctx)
        return planned.preview, campaigns_job.run(planned, ctx)

    def send(self) -> Outcome:
        """Send what is due."""
        ctx = self.context()
        return send_job.run(send_job.plan(ctx), ctx)

    def rows(self, table: Table, *names: str) -> list[tuple[Any, ...]]:
        """Columns of a state table, sorted."""
        with self.state.read() as connection:
            return sorted(tuple(row) for row in connection.execute(select(*(table.c[name] for name in names))))

    def mails(self) -> dict[str, str]:
        """File name → text of every mail."""
        return {path.name: path.read_bytes().decode() for path in sorted((self.root / "mails").glob("*.eml"))}


@pytest.fixture
def shop(tmp_path: Path, warehouse: DuckDBWarehouse, state: State) -> Shop:
    """A shop with a campaign for customers at risk, and nobody in it."""
    made = Shop(tmp_path, warehouse, state)
    made.config("project.yaml", PROJECT)
    made.config("tags/lifecycle.yaml", TAGS)
    made.config("channels/mail.yaml", CHANNEL)
    made.config("topics/offers.yaml", TOPIC)
    made.config("templates/hello/subject.txt", "For {{ customer.first_name }}")
    made.config(
        "templates/hello/body.html", "<p>Dear {{ customer.first_name }}</p><a href='{{ unsubscribe_url }}'>off</a>"
    )
    made.config("campaigns/winback.yaml", CAMPAIGN)
    return made
