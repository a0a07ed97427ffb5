from __future__ import annotations

from pathlib import Path

import pytest

from opscli.assignment.strategies import STRATEGIES, Work, assigned
from opscli.engine.duckdb import DuckDBSession, connect_scratch
from opscli.phrases import say, use
from opscli.rules.sql import literal

STAFF = (
    "(SELECT * FROM (VALUES ('s1', 2, TIMESTAMP '2026-01-02'), ('s2', 0, TIMESTAMP '2026-01-01'), "
    "('s3', 0, CAST(NULL AS TIMESTAMP))) v(staff_id, open_items, last_assigned_at))"
)
NOBODY = f"(SELECT * FROM {STAFF} nobody WHERE 1 = 0)"


@pytest.fixture
def session(tmp_path: Path) -> DuckDBSession:
    return DuckDBSession(connect_scratch(tmp_path), "scratch")


def items(*owners: str | None) -> str:
    rows = ", ".join(f"('i{n}', {literal(owner)})" for n, owner in enumerate(owners, 1))
    return f"(SELECT * FROM (VALUES {rows}) v(item_id, owner_id))"


def owners(session: DuckDBSession, strategy: str, work: Work) -> list[tuple[str, str]]:
    found = session.rows(f"SELECT owner, owner_reason FROM ({assigned(strategy, work)}) a ORDER BY item_id")
    return [(str(row[0]), str(row[1])) for row in found]


def test_the_own_owner_is_kept_only_while_on_the_staff_list(session: DuckDBSession) -> None:
    found = owners(session, "owner", Work(items=items("s1", "gone", None), staff=STAFF, fallback="lead"))
    assert found == [
        ("s1", "account owner"),
        ("lead", "fallback: gone is not on the staff list"),
        ("lead", "fallback: no account owner"),
    ]


def test_reasons_are_said_in_the_language_that_is_spoken(session: DuckDBSession) -> None:
    use("zh")
    try:
        found = owners(session, "owner", Work(items=items("s1", "gone", None), staff=STAFF, fallback="lead"))
        turns = owners(session, "round_robin", Work(items=items(None), staff=STAFF))
        nobody = owners(session, "least_loaded", Work(items=items(None), staff=NOBODY, fallback="lead"))
    finally:
        use("en")
    assert [reason for _, reason in found] == [
        "客户负责人",
        say("assignment.not_on_staff", locale="zh", owner="gone"),
        say("assignment.no_account_owner", locale="zh"),
    ]
    assert [reason for _, reason in (*turns, *nobody)] == [
        "轮流分配",
        say("assignment.nobody_on_staff", locale="zh"),
    ]


def test_without_a_staff_list_the_owner_is_taken_at_its_word(session: DuckDBSession) -> None:
    found = owners(session, "owner", Work(items=items("gone", None), staff=None, fallback="lead"))
    assert [owner for owner, _ in found] == ["gone", "lead"]


def test_round_robin_starts_with_whoever_waited_longest(session: DuckDBSession) -> None:
    found = owners(session, "round_robin", Work(items=items(*[None] * 5), staff=STAFF))
    assert [owner for owner, _ in found] == ["s3", "s2", "s1", "s3", "s2"]


def test_least_loaded_fills_up_before_it_adds_on_top(session: DuckDBSession) -> None:
    found = owners(session, "least_loaded", Work(items=items(*[None] * 6), staff=STAFF))
    assert [owner for owner, _ in found] == ["s2", "s3", "s2", "s3", "s1", "s2"]


@pytest.mark.parametrize("strategy", sorted(STRATEGIES))
def test_with_nobody_everything_goes_to_the_fallback(session: DuckDBSession, strategy: str) -> None:
    found = owners(session, strategy, Work(items=items("s1", "s2"), staff=NOBODY, fallback="o'neil"))
    assert [owner for owner, _ in found] == ["o'neil", "o'neil"]
    assert all(reason.startswith("fallback: ") for _, reason in found)


@pytest.mark.parametrize("strategy", sorted(STRATEGIES))
def test_every_item_gets_exactly_one_owner(session: DuckDBSession, strategy: str) -> None:
    many = "(SELECT 'i' || n AS item_id, 's' || (1 + n % 4) AS owner_id FROM generate_series(1, 1000) g(n))"
    found = owners(session, strategy, Work(items=many, staff=STAFF, fallback="lead"))
    assert len(found) == 1000
    again = owners(session, strategy, Work(items=many, staff=STAFF, fallback="lead"))
    assert again == found
