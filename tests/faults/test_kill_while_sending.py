"""kill -9 at every boundary of sending: the same command again gives the undisturbed result, and no second mail."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Select, func, select

from opscli.delivery import outbox
from opscli.delivery.addresses import address_hash
from opscli.delivery.templates import Parts
from opscli.state.store import State, open_state
from opscli.state.tables import message_events
from opscli.state.tables import outbox as table

MESSAGES = 600
"""More than two chunks of the file channel."""
NOW = datetime(2026, 5, 4, 9, 0)  # noqa: DTZ001  naive UTC
PARTS = Parts(subject="Hi", html=None, text="Hello {{ customer.first_name }}\n")
PROJECT = """
kind: project
version: 1
name: shop
timezone: UTC
currency: GBP
country: GB
warehouse: duckdb:///.opscli/warehouse.duckdb
state: sqlite:///.opscli/state.db
clock: 2026-05-04T09:00:00Z
"""
CHANNEL = """
kind: channel
version: 1
type: file
folder: mails
from: "Shop <hello@shop.example>"
"""


def rows() -> Iterator[dict[str, object]]:
    for number in range(MESSAGES):
        customer = f"c{number:04}"
        yield {
            "message_key": outbox.message_key("may", "1", "send", customer, "mail"),
            "brand": "main", "origin": "may", "occurrence": "1", "step": "send", "customer_id": customer,
            "channel": "mail", "class": "marketing", "topic": "offers", "template": "hello",
            "template_version": PARTS.version(), "address": f"{customer}@x.example",
            "address_hash": address_hash(f"{customer}@x.example"), "status": "pending", "queued_at": NOW,
            "not_after": NOW + timedelta(days=1), "updated_at": NOW,
            "context": json.dumps({"customer": {"first_name": customer}}),
        }  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for path, text in (("project.yaml", PROJECT), ("channels/mail.yaml", CHANNEL)):
        target = tmp_path / "configs" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    state = opened(tmp_path)
    texts = {PARTS.version(): json.dumps({"subject": PARTS.subject, "html": PARTS.html, "text": PARTS.text})}
    with state.begin() as connection:
        outbox.enqueue(connection, rows(), texts)
    state.close()
    return tmp_path


def opened(root: Path) -> State:
    return open_state("sqlite:///.opscli/state.db", root=root)


def command(project: Path, **environment: str) -> subprocess.Popen[bytes]:
    arguments = [
        sys.executable,
        "-c",
        "from opscli.cli.main import run; run()",
        "outbox",
        "send",
        "--project",
        str(project),
    ]
    env = {**os.environ, "OPSCLI_TESTING": "1", **environment}
    return subprocess.Popen(arguments, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def pairs(connection: Connection, query: Select[Any]) -> dict[Any, Any]:
    return {key: value for key, value in connection.execute(query)}  # noqa: C416  a Row is no pair for dict()


def check_all_sent_once(project: Path) -> None:
    state = opened(project)
    with state.read() as connection:
        states = pairs(connection, select(table.c.status, func.count()).group_by(table.c.status))
        digests = pairs(connection, select(table.c.message_key, table.c.body_sha256))
        events = connection.execute(select(func.count()).where(message_events.c.kind == "sent")).scalar_one()
        line = outbox.integrity(connection)
    state.close()
    assert states == {"sent": MESSAGES}
    assert (line["planned"], line["sent"], events) == (MESSAGES, MESSAGES, MESSAGES)
    files = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in (project / "mails").glob("*.eml")}
    assert files == digests


@pytest.mark.parametrize(
    "fault",
    [
        "send.swept:kill",
        "send.after_claim:kill",
        "send.after_start:kill",
        "send.after_start:kill:2",
        "send.after_handover:kill",
        "send.after_handover:kill:377",
        "send.before_record:kill",
        "send.before_record:kill:3",
        "state.before_commit:kill:5",
        "state.after_commit:kill:6",
    ],
)
def test_killed_and_run_again_everything_is_sent_once(project: Path, fault: str) -> None:
    killed = command(project, OPSCLI_FAULT=fault)
    assert killed.wait(timeout=60) == -signal.SIGKILL
    written = {path.name: path.stat().st_ino for path in (project / "mails").glob("*.eml")}
    assert command(project).wait(timeout=60) == 0
    check_all_sent_once(project)
    # What was there before the second run is the same file still: nothing was written twice.
    assert written == {name: (project / "mails" / name).stat().st_ino for name in written}


def test_two_senders_at_once_send_everything_once(project: Path) -> None:
    pair = [command(project), command(project)]
    codes = sorted(process.wait(timeout=60) for process in pair)
    assert codes in ([0, 0], [0, 75])
    check_all_sent_once(project)
