"""Take what is due out of the outbox and hand it to a channel, so that a killed process loses and repeats nothing."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from opscli.delivery import handover
from opscli.delivery.handover import Settled
from opscli.delivery.message import Message, MessageRefused
from opscli.delivery.receipt import Place, Receipt
from opscli.delivery.templates import Parts, compile_parts
from opscli.delivery.transport import Transport
from opscli.engine import filelock
from opscli.errors import TryLater
from opscli.faults import faultpoint
from opscli.phrases import say
from opscli.stage import Context
from opscli.state.tables import outbox as outbox_table

_CLAIM_ROWS = 1000
_CLAIM_ROWS_ONE_BY_ONE = 100
"""Small where each message is a transaction of its own, which looks at all claimed rows once more."""
_ADVISORY_LOCK = 7_236_110_402
"""Any number, the same for all: one sender per outbox on PostgreSQL."""


@dataclass(slots=True)
class Tally:
    """What one run of the sender did, by the state that messages went to; `handed` = messages that were taken up."""

    handed: int = 0
    recovered: int = 0
    requeued: int = 0
    states: dict[str, int] = field(default_factory=dict)

    def add(self, results: Sequence[Settled]) -> None:
        """Count results by state."""
        for item in results:
            self.states[item.receipt.state] = self.states.get(item.receipt.state, 0) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A claimed row with its bytes."""

    message: Message
    body: bytes
    digest: str
    attempt: int
    not_after: datetime | None


@contextmanager
def sole_sender(ctx: Context) -> Iterator[None]:
    """One sender per outbox. Held by the operating system or the database, so it is free when its process dies."""
    url = ctx.state.engine.url
    if url.get_backend_name() == "sqlite":
        folder = Path(url.database or ".").parent / "locks"
        with filelock.hold(folder, "outbox-sender", exclusive=True, wait=0):
            yield
        return
    with ctx.state.engine.connect() as connection:
        if not connection.execute(select(func.pg_try_advisory_lock(_ADVISORY_LOCK))).scalar_one():
            raise TryLater(say("delivery.sending_elsewhere"), remedy=say("delivery.sending_elsewhere_how"))
        try:
            yield
        finally:
            connection.execute(select(func.pg_advisory_unlock(_ADVISORY_LOCK)))


class Sender:
    """Sends what is due on one channel. Call under `sole_sender`."""

    def __init__(self, ctx: Context, transport: Transport, tally: Tally) -> None:
        self._ctx = ctx
        self._transport = transport
        self._tally = tally
        self._place = Place(root=ctx.project.root)
        self._secret = ctx.state.token_key()
        self._session: Any = None
        self._known: list[Settled] = []
        self.worker = f"{ctx.run_id}:{os.getpid()}:{transport.type}"

    def recover(self) -> None:
        """Settle what a killed process left in `sending`: by evidence where there is some, else as unknown."""
        table = outbox_table
        with self._ctx.state.read() as connection:
            rows = connection.execute(
                select(table.c.message_key, table.c.body_sha256, table.c.attempts, table.c.claimed_by).where(
                    table.c.status == "sending", table.c.channel == self._transport.spec.name
                )
            ).all()
        if not rows:
            return
        results = [
            Settled(
                key=r.message_key,
                attempt=r.attempts,
                receipt=self._evidence(r.message_key, r.body_sha256, r.claimed_by),
            )
            for r in rows
        ]
        self._tally.recovered += len(results)
        self._tally.requeued += sum(1 for item in results if item.receipt.state == "pending")
        with self._ctx.state.begin() as connection:
            handover.settle(connection, results, self.worker, self._ctx.as_of)

    def _evidence(self, key: str, digest: str, left_by: str | None) -> Receipt:
        same_way = (left_by or "").endswith(f":{self._transport.type}")
        found = self._transport.lookup(self._open(), key, digest) if same_way and self._transport.decidable else None
        if found == "sent":
            return Receipt(state="sent", reason="found_after_crash", remote_id=key)
        if found == "absent":
            return Receipt(state="pending", reason="not_sent_before_crash")
        return Receipt(state="unknown", reason="process_died_while_sending")

    def send_due(self, limit: int | None) -> int:
        """Hand over what is due, most urgent first, at most `limit`; the number of rows taken."""
        taken = 0
        limit = self._within_rate(limit)
        size = _CLAIM_ROWS if self._transport.batch > 1 else _CLAIM_ROWS_ONE_BY_ONE
        try:
            while limit is None or taken < limit:
                rows = self._claim(size if limit is None else min(size, limit - taken))
                if not rows:
                    break
                taken += len(rows)
                self._send_rows(rows)
        finally:  # what is known is recorded, whatever else went wrong; a claim left behind is freed by the next run
            self._record([], {})
            self._close()
        return taken

    def _claim(self, wanted: int) -> list[dict[str, Any]]:
        with self._ctx.state.begin() as connection:
            rows = handover.claim(connection, self._transport.spec.name, self.worker, self._ctx.as_of, wanted)
        faultpoint("send.after_claim")
        return rows

    def _within_rate(self, limit: int | None) -> int | None:
        """The limit, or what the channel's rate has left where that is less."""
        spec = self._transport.spec
        if spec.rate is None:
            return limit
        with self._ctx.state.read() as connection:
            left = handover.rate_left(connection, spec, self._ctx.as_of)
        return left if limit is None else min(limit, left)

    def _send_rows(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Send in chunks; each chunk's `sending` commits together with the results of the one before."""
        for start in range(0, len(rows), self._transport.batch):
            chunk, refused = self._prepare(rows[start : start + self._transport.batch])
            self._open()
            allowed = self._record(refused, {item.message.key: item.digest for item in chunk})
            faultpoint("send.after_start")
            for item in chunk:
                if item.message.key in allowed:
                    self._known.append(self._hand_over(item))
            if self._session is not None:
                self._transport.settle(self._session)
            faultpoint("send.before_record")
            self._ctx.progress.advance("messages", self._tally.handed, None)

    def _record(self, refused: Sequence[Settled], hashes: Mapping[str, str]) -> set[str]:
        results = [*self._known, *refused]
        if not results and not hashes:
            return set()
        with self._ctx.state.begin() as connection:
            handover.settle(connection, results, self.worker, self._ctx.as_of)
            allowed = handover.start(connection, hashes, self.worker, self._ctx.as_of)
        self._tally.add(results)
        self._tally.handed += len(refused)
        self._known = []
        return allowed

    def _hand_over(self, item: Prepared) -> Settled:
        self._tally.handed += 1
        receipt = self._transport.send(self._open(), item.message, item.body)
        faultpoint("send.after_handover")
        if receipt.reconnect:
            self._close()
        if (
            receipt.state == "deferred"
            and item.not_after is not None
            and handover.next_attempt(item.attempt, self._ctx.as_of) >= item.not_after
        ):
            receipt = replace(receipt, state="failed", reason=f"{receipt.reason}, no time left")
        return Settled(key=item.message.key, attempt=item.attempt, receipt=receipt)

    def _prepare(self, rows: Sequence[Mapping[str, Any]]) -> tuple[list[Prepared], list[Settled]]:
        """Render rows; one that cannot be rendered fails alone."""
        good: list[Prepared] = []
        bad: list[Settled] = []
        for row in rows:
            try:
                good.append(self._render(row))
            except MessageRefused as refusal:
                receipt = Receipt(state="failed", reason=refusal.reason)
                bad.append(Settled(key=row["message_key"], attempt=row["attempts"] + 1, receipt=receipt))
        return good, bad

    def _render(self, row: Mapping[str, Any]) -> Prepared:
        spec = self._transport.spec
        if row["content"] is None or row["context"] is None:
            raise MessageRefused("context_purged", say("delivery.content_gone"))
        links = spec.links(self._secret, row["message_key"])
        context = {**json.loads(row["context"]), "unsubscribe_url": links.url, "postal_address": spec.postal_address}
        rendered = compile_parts(Parts(**json.loads(row["content"]))).render(context)
        message = Message(
            key=row["message_key"],
            sender=spec.sender,
            recipient=self._transport.redirect_to or row["address"] or "",
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            date=row["first_attempt_at"] or self._ctx.as_of,
            headers=links.headers() if row["class"] == "marketing" else {},
        )
        body = message.as_bytes()
        digest = hashlib.sha256(body).hexdigest()
        if row["body_sha256"] not in {None, digest}:
            raise MessageRefused("body_changed", say("delivery.other_bytes"))
        return Prepared(
            message=message, body=body, digest=digest, attempt=row["attempts"] + 1, not_after=row["not_after"]
        )

    def _open(self) -> Any:
        if self._session is None:
            self._session = self._transport.open(self._place)
        return self._session

    def _close(self) -> None:
        if self._session is not None:
            self._transport.close(self._session)
            self._session = None
