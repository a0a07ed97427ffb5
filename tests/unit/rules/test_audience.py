"""Conditions over customers: a tag is held from the instant of entering to the one of leaving, which is outside."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from opscli.clock import END_OF_TIME
from opscli.rules import audience
from opscli.rules.sql import render
from tests.unit.conftest import AS_OF, Shop

INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("entered", "left", "holds"),
    [
        (AS_OF, END_OF_TIME, True),
        (AS_OF + INSTANT, END_OF_TIME, False),
        (AS_OF - INSTANT, AS_OF, False),
        (AS_OF - INSTANT, AS_OF + INSTANT, True),
    ],
)
def test_a_tag_is_held_in_a_half_open_interval(shop: Shop, entered: datetime, left: datetime, holds: bool) -> None:
    shop.tags("value", {"name": "vip", "when": "true"})
    shop.customers("a")
    shop.insert("tag_history", [{"customer_id": "a", "tag": "vip", "entered_at": entered, "left_at": left}])
    with shop.context().warehouse.write("profiles") as session:
        session.create("profiles", {"customer_id": "text"})
        session.execute("INSERT INTO profiles VALUES ('a')")
    catalog = shop.project().catalog
    with shop.context().warehouse.read() as session:
        target: Any = audience.target(catalog, session.dialect, AS_OF)
        condition = render(audience.condition("has_tag('vip')", catalog), target)
        assert session.value(f"SELECT {condition} FROM {audience.FROM}") is holds
