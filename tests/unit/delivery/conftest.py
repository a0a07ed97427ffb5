"""An outbox with a file channel and a mail channel, and a scripted mail server on this machine."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from opscli.delivery import job, outbox
from opscli.delivery.addresses import address_hash
from opscli.delivery.templates import Parts
from opscli.engine.duckdb import DuckDBWarehouse
from opscli.outcome import Outcome
from opscli.runner.compile import compile_project
from opscli.stage import Context
from opscli.state.store import State
from opscli.state.tables import outbox as outbox_table

NOW = datetime(2026, 5, 4, 9, 0)  # noqa: DTZ001  naive UTC
PARTS = Parts(subject="Hi {{ customer.first_name }}", html="<p>{{ customer.first_name }}</p>", text=None)
PROJECT = """
kind: project
version: 1
name: shop
timezone: Europe/London
currency: GBP
country: GB
warehouse: duckdb:///store/warehouse.duckdb
state: sqlite:///store/state.db
clock: 2026-05-04T09:00:00Z
environments:
  prod: {live: true}
  dev: {redirect_to: tester@shop.example}
"""
FILE_CHANNEL = """
kind: channel
version: 1
type: file
folder: mails
from: "Shop <hello@shop.example>"
unsubscribe: {url: "https://shop.example/off/{token}"}
"""
MAIL_CHANNEL = """
kind: channel
version: 1
type: email
host: 127.0.0.1
port: 9
security: none
timeout: 5
from: "Shöp <hello@shop.example>"
unsubscribe: {mailto: off@shop.example}
"""


def rows_for(ids: Sequence[str], channel: str = "file", **changes: Any) -> list[dict[str, Any]]:
    """Outbox rows, one a customer id, addressed to <id>@x.example."""
    made = []
    for identity in ids:
        address = f"{identity}@x.example"
        row = {
            "message_key": outbox.message_key("may", "2026-05-04", "send", identity, channel),
            "brand": "main", "origin": "may", "occurrence": "2026-05-04", "step": "send", "customer_id": identity,
            "channel": channel, "class": "marketing", "topic": "offers", "arm": "treatment", "template": "hello",
            "template_version": PARTS.version(), "address": address, "address_hash": address_hash(address),
            "status": "pending", "reason": "", "priority": 50, "queued_at": NOW, "not_before": None,
            "not_after": NOW + timedelta(days=1), "updated_at": NOW, "run_id": "r",
            "context": json.dumps({"customer": {"first_name": identity}, "traits": {}, "campaign": "may"}),
        }  # fmt: skip
        made.append(row | changes)
    return made


TEXTS = {PARTS.version(): json.dumps({"subject": PARTS.subject, "html": PARTS.html, "text": PARTS.text})}


@dataclass(slots=True)
class Post:
    """An outbox to fill, to send from, and to look at."""

    root: Path
    warehouse: DuckDBWarehouse
    state: State
    now: datetime = NOW
    environment: str | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def config(self, path: str, text: str) -> None:
        """Write a config file."""
        target = self.root / "configs" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def context(self, **changes: Any) -> Context:
        """A run at `now`."""
        base = Context(
            project=compile_project(self.root, self.environment), warehouse=self.warehouse, state=self.state,
            as_of=self.now, known_at=self.now, run_id="r", options=self.options,
        )  # fmt: skip
        return base.at(**changes)

    def queue(self, *ids: str, channel: str = "file", **changes: Any) -> int:
        """Enqueue a message to each customer."""
        with self.state.begin() as connection:
            return outbox.enqueue(connection, rows_for(ids, channel, **changes), TEXTS)

    def send(self, **changes: Any) -> Outcome:
        """Plan and send."""
        ctx = self.context(**changes)
        planned = job.plan(ctx)
        outcome = job.run(planned, ctx)
        assert outcome.details["counts"] == dict(planned.preview.counts)
        return outcome

    def column(self, *names: str) -> list[tuple[Any, ...]]:
        """Columns of the outbox by customer."""
        query = select(*(outbox_table.c[name] for name in names)).order_by(outbox_table.c.customer_id)
        with self.state.read() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def mails(self, folder: str = "mails") -> dict[str, bytes]:
        """File name → bytes."""
        return {path.name: path.read_bytes() for path in sorted((self.root / folder).glob("*.eml"))}


@pytest.fixture
def post(tmp_path: Path, warehouse: DuckDBWarehouse, state: State) -> Post:
    """An empty outbox with the channels `file` and `mail`."""
    made = Post(tmp_path, warehouse, state)
    made.config("project.yaml", PROJECT)
    made.config("channels/file.yaml", FILE_CHANNEL)
    made.config("channels/mail.yaml", MAIL_CHANNEL)
    return made


class _Dialogue(socketserver.StreamRequestHandler):
    """Speaks SMTP, except where the script of the server says otherwise for a command (`RCPT`) or the body (`BODY`)."""

    server: MailServer

    def handle(self) -> None:
        self.server.connections += 1
        self._say("220 ready")
        while line := self.rfile.readline():
            verb = line.split(None, 1)[0].upper().decode() if line.strip() else ""
            if verb == "QUIT":
                self._say("221 bye")
                return
            if verb == "EHLO":
                self._say("250-here")
                self._say("250 SIZE 1000000")
                continue
            if not self._answer(verb, "354 go on" if verb == "DATA" else "250 fine"):
                return
            if verb == "DATA" and self.last.startswith("354") and not self._body():
                return

    def _body(self) -> bool:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        self.server.received.append(b"".join(lines))
        return self._answer("BODY", "250 taken")

    def _answer(self, verb: str, usual: str) -> bool:
        """Say what the script says; `drop` closes the line."""
        script = self.server.script.get(verb, [])
        self.last = script.pop(0) if script else usual
        if self.last == "drop":
            return False
        self._say(self.last)
        return True

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


class MailServer(socketserver.ThreadingTCPServer):
    """Collects bodies in `received`; `script` maps a command to the answers of its next calls."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Dialogue)
        self.received: list[bytes] = []
        self.connections = 0
        self.script: dict[str, list[str]] = {}


@pytest.fixture
def server(post: Post) -> Iterator[MailServer]:
    """A mail server that the channel `mail` uses, in the live environment."""
    with MailServer() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        post.config("channels/mail.yaml", MAIL_CHANNEL.replace("port: 9", f"port: {made.server_address[1]}"))
        post.environment = "prod"
        yield made
        made.shutdown()
        thread.join()
