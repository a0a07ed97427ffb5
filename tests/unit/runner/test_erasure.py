"""One customer is erased from every table of every stage: whatever table is added, a row of it must go too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Boolean, Float, Numeric, Table, insert, select

from opscli.engine.tables import TABLES
from opscli.runner.erasure import erase
from opscli.runner.stages import STAGES
from opscli.state import tables as state_tables
from tests.unit.conftest import AS_OF, SOURCE, Shop

GONE, FORMER, KEPT = "c_gone", "c_former", "c_kept"
EMAIL = "gone@x.example"
NOT_YET = {"predictions", "service", "alerts"}
"""Rooms of tables that no stage fills so far."""
PSEUDONYMS = {("identity_ledger", "customer_id"), ("identity_ledger", "other_id")}
"""Ids that stay: the ledger says that a merge happened, not who it was."""

VALUES: dict[str, Any] = {"integer": 1, "float": 1.0, "money": 1, "boolean": True, "timestamp": AS_OF, "date": AS_OF}


def marked(name: str, who: str) -> str:
    """A text value that names the customer: by id, by record, or by address."""
    if name == "customer_id":
        return who
    if name in ("kind", "run_id"):
        return name
    if name in ("ns", "source", "source_a", "source_b"):
        return SOURCE
    if name in ("ref", "source_id", "source_id_a", "source_id_b"):
        return f"record-of-{who}"
    return f"{name} of {who} {EMAIL if who != KEPT else 'kept@x.example'}"


def fill_warehouse(shop: Shop, who: str) -> None:
    """A row in every fixed table that names the customer."""
    for table in TABLES.values():
        if table.owner in NOT_YET or table.name in ("loads", "metric_values", "campaign_results", "run_steps"):
            continue
        row = {c.name: VALUES.get(c.type, marked(c.name, who)) for c in table.columns}
        if table.name == "rejects":
            row["raw"] = f"a line with record-of-{who}"
        shop.insert(table.name, [row])


def personal_state_tables() -> Iterator[Table]:
    for table in state_tables.metadata.sorted_tables:
        owners = {owner.strip() for owner in table.info["owner"].split(",")}
        personal = "customer_id" in table.c or any(column.info.get("personal") for column in table.c)
        if personal and not owners <= NOT_YET and table.name != "customer_aliases":
            yield table


def fill_state(shop: Shop, who: str) -> None:
    """A row in every state table that names a customer or holds personal data."""
    with shop.context().state.begin() as connection:
        for table in personal_state_tables():
            row: dict[str, Any] = {}
            for column in table.c:
                if column.primary_key and column.autoincrement is True:
                    continue
                if column.type.python_type is datetime:
                    row[column.name] = AS_OF
                elif isinstance(column.type, Boolean | Float | Numeric) or column.type.python_type is int:
                    row[column.name] = 1
                else:
                    row[column.name] = marked(column.name, who)
            for name in ("message_key", "task_id", "enrolment_id"):
                if name in row:
                    row[name] = f"{name}-{who}"
            connection.execute(insert(table).values(**row))
        for name in ("attempts", "task_events"):  # no personal column, but they belong to a message and to a task
            table = state_tables.metadata.tables[name]
            key = "message_key" if name == "attempts" else "task_id"
            known = {"attempt": 1, "phase": "x", "result": who} if name == "attempts" else {"kind": who}
            connection.execute(insert(table).values(**{key: f"{key}-{who}"}, occurred_at=AS_OF, **known))


def traces(shop: Shop, needles: tuple[str, ...]) -> set[tuple[str, str]]:
    """(table, column) of every value anywhere that contains one of the needles."""
    found = set()
    ctx = shop.context()
    with ctx.warehouse.read() as session:
        for table in session.tables():
            for row in session.dicts(f'SELECT * FROM "{table}"'):
                found |= {(table, name) for name, value in row.items() if any(n in str(value) for n in needles)}
    with ctx.state.read() as connection:
        for state_table in state_tables.metadata.sorted_tables:
            for mapping in connection.execute(select(state_table)).mappings():
                found |= {
                    (state_table.name, str(name))
                    for name, value in mapping.items()
                    if any(n in str(value) for n in needles)
                }
    return found


@pytest.fixture
def crowded(shop: Shop) -> Shop:
    """Two customers in every table there is, one of them also under a former id."""
    shop.traits(city={"field": "customers.city"})
    shop.customers(**{GONE: {"email": EMAIL}, KEPT: {"email": "kept@x.example"}})
    shop.load("orders", *({"order_id": f"o-{who}", "customer_ref": who, "ordered_at": AS_OF} for who in (GONE, KEPT)))
    with shop.context().warehouse.write("profiles") as session:
        session.create("profiles", {"customer_id": "text", "as_of": "timestamp"})
    for who in (GONE, FORMER, KEPT):
        fill_warehouse(shop, who)
        fill_state(shop, who)
        shop.insert("profiles", [{"customer_id": who, "as_of": AS_OF}])
    with shop.context().state.begin() as connection:
        alias = {"alias": FORMER, "customer_id": GONE, "reason": "merged", "since": AS_OF}
        connection.execute(insert(state_tables.customer_aliases).values(**alias))
    return shop


def test_an_erased_customer_is_in_no_table_any_more(crowded: Shop) -> None:
    needles = (GONE, FORMER, EMAIL)
    before = traces(crowded, needles)
    assert {name for name, _ in before} >= {"records", "orders_versions", "links", "customers", "rejects", "outbox"}
    removed = erase([GONE], crowded.context())
    assert set(removed) == set(STAGES.values())
    assert all(removed[room] for room in removed if room != "reports")
    assert traces(crowded, needles) <= PSEUDONYMS


def test_everybody_else_stays(crowded: Shop) -> None:
    before = traces(crowded, (KEPT,))
    erase([GONE], crowded.context())
    assert traces(crowded, (KEPT,)) == before


def test_erasing_twice_finds_nothing(crowded: Shop) -> None:
    erase([GONE], crowded.context())
    assert set(erase([GONE], crowded.context()).values()) == {0}
