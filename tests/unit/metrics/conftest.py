from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from opscli.metrics.query import Desk, Point

Ask = Callable[..., list[Point]]


@pytest.fixture
def ask(shop: Any) -> Ask:
    """Define the metric `m` and ask it: `ask(body, by=…, count=…, grain=…)`; months in UTC up to the shop's as_of."""

    def answer(
        body: dict[str, Any], *, by: tuple[str, ...] = (), count: int = 2, as_of: datetime | None = None
    ) -> list[Point]:
        shop.write("metrics/m.yaml", {"kind": "metric", "version": 1, "name": "m", **body})
        ctx = shop.context(**({"as_of": as_of} if as_of else {}))
        with ctx.warehouse.read() as session:
            desk = Desk(project=ctx.project, session=session, as_of=ctx.as_of, known_at=ctx.known_at)
            metric = desk.metric("m")
            return list(desk.ask(metric, desk.periods(metric, count), by))

    return answer
