"""kill -9 while campaigns are applied: nothing is half-queued, and the same command again gives the undisturbed result."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from opscli.clock import END_OF_TIME
from opscli.engine.duckdb import DuckDBWarehouse
from opscli.engine.warehouse import next_load_seq
from opscli.state.store import open_state
from opscli.state.tables import cursors, enrolments, message_events, outbox

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC).replace(tzinfo=None)
CUSTOMERS = 50
FILES = {
    "project.yaml": """
kind: project
version: 1
name: shop
timezone: UTC
clock: 2026-05-04T09:00:00Z
""",
    "channels/mail.yaml": """
kind: channel
version: 1
type: file
folder: mails
from: hello@shop.example
unsubscribe: {mailto: off@shop.example}
""",
    "topics/offers.yaml": "kind: topic\nversion: 1\npolicy: opt_out\n",
    "tags/lifecycle.yaml": """
kind: tags
version: 1
dimension: lifecycle
tags: [{name: at_risk, when: "country = 'GB'"}]
""",
    "templates/hello/subject.txt": "Hi",
    "templates/hello/body.txt": "Hello",
    "campaigns/winback.yaml": """
kind: campaign
version: 1
topic: offers
trigger: {tag_entered: at_risk}
backfill: true
send: {template: hello}
""",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for path, text in FILES.items():
        target = tmp_path / "configs" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    warehouse = DuckDBWarehouse(tmp_path / ".opscli" / "warehouse.duckdb", tmp_path / ".opscli" / "scratch")
    with warehouse.write("customers", "tag_history") as session:
        session.create("customers", {"customer_id": "text", "email": "text", "country": "text"})
        sequence = next_load_seq(session)
        for number in range(CUSTOMERS):
            session.execute("INSERT INTO customers VALUES (?, ?, 'GB')", (f"c{number:02}", f"c{number}@x.example"))
            session.execute(
                "INSERT INTO tag_history (customer_id, dimension, tag, entered_at, left_at, load_seq) "
                "VALUES (?, 'lifecycle', 'at_risk', ?, ?, ?)",
                (f"c{number:02}", NOW.replace(hour=8), END_OF_TIME, sequence),
            )
    warehouse.close()
    return tmp_path


def command(project: Path, **environment: str) -> int:
    arguments = [sys.executable, "-c", "from opscli.cli.main import run; run()"]
    words = ["campaign", "run", "winback", "--project", str(project)]
    env = {**os.environ, "OPSCLI_TESTING": "1", **environment}
    return subprocess.run([*arguments, *words], env=env, capture_output=True, timeout=60, check=False).returncode


def numbers(project: Path) -> dict[str, int]:
    state = open_state("sqlite:///.opscli/state.db", root=project)
    with state.read() as connection:
        found = {
            table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
            for table in (enrolments, outbox, message_events, cursors)
        }
    state.close()
    return found


@pytest.mark.parametrize(
    ("fault", "left"),
    [("campaigns.before_enqueue:kill", 0), ("step.campaigns.planned:kill", 0), ("step.campaigns.done:kill", CUSTOMERS)],
)
def test_all_or_nothing_and_then_once(project: Path, fault: str, left: int) -> None:
    assert command(project, OPSCLI_FAULT=fault) == -signal.SIGKILL
    assert numbers(project)["outbox"] == left
    assert numbers(project)["cursors"] == (1 if left else 0)
    assert command(project) == 0
    after = numbers(project)
    assert after == {"enrolments": CUSTOMERS, "outbox": CUSTOMERS, "message_events": 2 * CUSTOMERS, "cursors": 1}
    assert len(list((project / "mails").glob("*.eml"))) == CUSTOMERS
    assert command(project) == 0
    assert numbers(project) == after
