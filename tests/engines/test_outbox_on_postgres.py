"""The outbox's transitions on PostgreSQL: the same statements, the same books."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from opscli.delivery import handover, outbox
from opscli.delivery.handover import Settled
from opscli.delivery.receipt import Receipt
from opscli.delivery.views import Suppression, suppress
from opscli.state.store import open_state
from tests.unit.delivery.conftest import NOW, TEXTS, rows_for

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.postgres
def test_queue_claim_start_settle_and_sweep(postgres_url: str, tmp_path: Path) -> None:
    state = open_state(postgres_url, root=tmp_path)
    with state.begin() as connection:
        assert outbox.enqueue(connection, rows_for(["a", "b", "c", "d"]), TEXTS) == 4
        assert outbox.enqueue(connection, rows_for(["a", "b"]), TEXTS) == 0
    with state.begin() as connection:
        rows = handover.claim(connection, "file", "w", NOW, 3)
        assert [row["customer_id"] for row in rows] == ["a", "b", "c"]
        keys = [row["message_key"] for row in rows]
        suppress(connection, Suppression(address="b@x.example", reason="asked", source="test", since=NOW))
        assert handover.start(connection, dict.fromkeys(keys, "hash"), "w", NOW) == {keys[0], keys[2]}
    receipts = (Receipt.sent(), Receipt(state="deferred", reason="later"))
    with state.begin() as connection:
        settled = [
            Settled(key=key, attempt=1, receipt=receipt)
            for key, receipt in zip((keys[0], keys[2]), receipts, strict=True)
        ]
        handover.settle(connection, settled, "w", NOW)
        assert outbox.counts(connection) == {"sent": 1, "suppressed": 1, "deferred": 1, "pending": 1}
        assert outbox.release(connection, NOW + timedelta(minutes=2)) == 1
        assert outbox.sweep(connection, NOW + timedelta(days=2)) == {"expired": 2, "suppressed": 0}
        assert outbox.integrity(connection)["planned"] == 4
    state.close()
