"""Each folder of tests/golden/campaigns: config, customers and tags → what happens to whom, and the mails byte for byte."""

from __future__ import annotations

import csv
import io
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from opscli.campaigns import job as campaigns
from opscli.clock import END_OF_TIME, parse_instant
from opscli.delivery import job as delivery
from opscli.engine.warehouse import next_load_seq, open_warehouse
from opscli.runner.compile import compile_project
from opscli.stage import Context, Project
from opscli.state.store import open_state
from opscli.state.tables import enrolment_events, instance, outbox

if TYPE_CHECKING:
    from opscli.engine.warehouse import Warehouse

CASES = sorted((Path(__file__).parent / "campaigns").iterdir())
NOW = datetime(2026, 5, 4, 9, tzinfo=UTC).replace(tzinfo=None)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_campaigns_and_send(case: Path, tmp_path: Path, *, refresh_golden: bool) -> None:
    shutil.copytree(case / "config", tmp_path / "configs")
    project = tmp_path / "configs" / "project.yaml"
    project.write_text("kind: project\nversion: 1\nname: shop\ntimezone: Europe/London\n", encoding="utf-8")
    found = outcome_of(case, tmp_path)
    expected = case / "expected"
    if refresh_golden:
        shutil.rmtree(expected, ignore_errors=True)
        expected.mkdir()
        for name, text in found.items():
            (expected / name).write_text(text, encoding="utf-8", newline="")
    assert found == {path.name: path.read_bytes().decode() for path in sorted(expected.iterdir())}


def outcome_of(case: Path, root: Path) -> dict[str, str]:
    project = compile_project(root, None)
    warehouse = open_warehouse(project.warehouse_url, root=root, scratch=root / ".opscli/scratch")
    state = open_state(project.state_url, root=root)
    try:
        fill(warehouse, project, case / "input")
        ctx = Context(project=project, warehouse=warehouse, state=state, as_of=NOW, known_at=NOW, run_id="golden")
        with state.begin() as connection:  # tokens in the mails are signed with it
            connection.execute(update(instance).values(token_key="00" * 32))
        planned = campaigns.plan(ctx)
        assert campaigns.run(planned, ctx).details["counts"] == dict(planned.preview.counts)
        delivery.run(delivery.plan(ctx), ctx)
        with state.read() as connection:
            e, o = enrolment_events.c, outbox.c
            events = select(e.customer_id, e.campaign, e.step, e.kind, e.reason).order_by(e.customer_id, e.event_id)
            sent = select(o.customer_id, o.origin, o.step, o.channel, o.status, o.reason).order_by(o.customer_id, o.seq)
            made = {
                "events.csv": _csv([dict(row) for row in connection.execute(events).mappings()]),
                "outbox.csv": _csv([dict(row) for row in connection.execute(sent).mappings()]),
            }
    finally:
        warehouse.close()
        state.close()
    return made | {path.name: path.read_bytes().decode() for path in sorted((root / "outbox").glob("*.eml"))}


def fill(warehouse: Warehouse, project: Project, folder: Path) -> None:
    """Golden customers from customers.csv, tags from tags.csv (customer_id, tag, entered_at), one load each row."""
    types = {column.name: column.type for column in project.entities["customers"].columns}
    with warehouse.write("customers", "tag_history") as session:
        people = _read(folder / "customers.csv")
        session.create("customers", {name: types.get(name, "text") for name in people[0]})
        for person in people:
            values = [value or None for value in person.values()]
            session.execute(f"INSERT INTO customers VALUES ({', '.join('?' for _ in values)})", values)
        for row in _read(folder / "tags.csv"):
            session.execute(
                "INSERT INTO tag_history (customer_id, dimension, tag, entered_at, left_at, load_seq) "
                "VALUES (?, 'lifecycle', ?, ?, ?, ?)",
                (row["customer_id"], row["tag"], parse_instant(row["entered_at"]), END_OF_TIME, next_load_seq(session)),
            )


def _read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def _csv(rows: list[dict[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
