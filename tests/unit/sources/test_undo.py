from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from opscli.clock import END_OF_TIME
from opscli.engine.versions import visible
from opscli.errors import GuardStopped, TryLater, UsageError
from opscli.outcome import Outcome
from opscli.sources import cursors, job
from opscli.state.tables import cursors as table

from .conftest import NOW, Bench

ORDERS = """path: data/orders.csv
entity: orders
on_delete: tombstone
max_delta: 100%
max_rejects: 5
map: {order_id: id, ordered_at: date, amount: total, customer_ref: email}"""
CRM = "path: data/crm.csv\nentity: customers"
DAY = timedelta(days=1)


def rows(**totals: object) -> str:
    return "id,date,total,email\n" + "".join(f"{key},2026-01-02,{total},a@x\n" for key, total in totals.items())


@pytest.fixture
def shop(bench: Bench) -> Bench:
    bench.source("orders", ORDERS)
    bench.source("crm", CRM)
    bench.write("data/orders.csv", rows(a=1, b=2, c=3))
    bench.write("data/crm.csv", "id,email\n1,ann@x.example\n2,bob@x.example\n")
    bench.load(at=NOW, run_id="first")
    return bench


def change(shop: Bench, *, run_id: str = "second", at: datetime = NOW + DAY, **totals: object) -> Outcome:
    """A load of orders."""
    shop.write("data/orders.csv", rows(**totals))
    return shop.load(at=at, run_id=run_id, options={"only": ["orders"]})


def undo(shop: Bench, run: str, *only: str, **changes: Any) -> Outcome:
    options = {"undo": run, **({"only": list(only)} if only else {})}
    return shop.load(at=changes.pop("at", NOW + 9 * DAY), run_id=changes.pop("run_id", "u"), options=options, **changes)


def world(shop: Bench) -> dict[str, list[tuple[Any, ...]]]:
    """All that anybody can see: open rows, and every cut of every entity."""
    found = {}
    with shop.context() as ctx, ctx.warehouse.read() as session:
        for name, entity in ctx.project.entities.items():
            if not session.columns(entity.versions_table):
                continue
            content = ", ".join(session.dialect.quote(column.name) for column in entity.columns)
            meta = "source, source_id, run_id, row_hash, known_from, known_to, load_seq"
            where = f" WHERE known_to = TIMESTAMP '{END_OF_TIME}'"
            found[name] = session.rows(f"SELECT {content}, {meta} FROM {entity.versions_table}{where} ORDER BY ALL")
            if name in session.tables():
                assert len(session.rows(f"SELECT 1 FROM {name}")) == len(found[name])
            for day in range(-200, 12, 3):
                for known in (NOW + day * DAY, NOW + day * DAY + timedelta(hours=1)):
                    cut = visible(entity, as_of=NOW + 5 * DAY, known_at=known)
                    found[f"{name}@{known}"] = session.rows(f"SELECT {content} FROM {cut} ORDER BY ALL")
    return found


def test_undo_brings_back_what_was_there_in_every_table_and_every_cut(shop: Bench) -> None:
    before = world(shop)
    shop.write("data/crm.csv", "id,email\n1,ann@y.example\n3,cid@x.example\n")
    shop.write("data/orders.csv", rows(a=1, b=20, d=4))
    shop.load(at=NOW + DAY, run_id="second")
    assert world(shop) != before
    outcome = undo(shop, "second")
    assert world(shop) == before
    assert outcome.details["counts"] == {"reopened": 3, "voided": 4}
    assert outcome.details["sources"] == {
        "crm": {"entity": "customers", "status": "undone", "reopened": 1, "voided": 2},
        "orders": {"entity": "orders", "status": "undone", "reopened": 2, "voided": 2},
    }
    assert outcome.changed == 7
    undone = shop.rows("SELECT load_seq, undone_seq FROM loads ORDER BY load_seq")
    assert undone == [(1, None), (2, None), (3, 5), (4, 5)]


def test_undo_of_the_first_import_leaves_empty_views_and_a_new_start(shop: Bench) -> None:
    before = world(shop)
    undo(shop, "first")
    assert not any(world(shop).values())
    assert shop.rows("SELECT count(*) FROM orders_versions") == [(3,)]
    assert shop.counts() == {}, "the same wrong files are not loaded again"
    assert shop.counts(run_id="first", options={"full": True}) == {"read": 5, "inserted": 5}
    again = world(shop)
    assert {name: found for name, found in again.items() if "@" in name} == {
        name: found for name, found in before.items() if "@" in name
    }


def test_the_second_of_three_is_undone_where_the_third_touched_other_rows(shop: Bench) -> None:
    change(shop, a=10, b=2, c=3)
    change(shop, run_id="third", at=NOW + 2 * DAY, a=10, b=20, c=3)
    undo(shop, "second")
    assert shop.rows("SELECT order_id, amount FROM orders ORDER BY 1") == [("a", 1), ("b", 20), ("c", 3)]
    outcome = change(shop, run_id="fourth", at=NOW + 10 * DAY, a=11, b=20, c=3)
    assert outcome.details["counts"]["updated"] == 1
    assert shop.rows("SELECT order_id, amount FROM orders ORDER BY 1") == [("a", 11), ("b", 20), ("c", 3)]


def test_rows_that_a_later_load_changed_are_listed_with_its_run(shop: Bench) -> None:
    change(shop, a=10, b=20, c=3)
    change(shop, run_id="third", at=NOW + 2 * DAY, a=11, b=20)
    before = world(shop)
    with pytest.raises(GuardStopped, match="second cannot be undone: 1 of its rows was changed") as caught:
        undo(shop, "second")
    assert caught.value.details == ("orders a, by third",)
    assert caught.value.remedy.startswith("undo the later one first: opscli import --undo third")
    assert world(shop) == before
    undo(shop, "third")
    undo(shop, "second")
    assert shop.rows("SELECT amount FROM orders ORDER BY order_id") == [(1,), (2,), (3,)]


def test_a_row_that_came_back_after_it_was_closed_stands_against_the_undo(shop: Bench) -> None:
    change(shop, a=1, b=2)
    change(shop, run_id="third", at=NOW + 2 * DAY, a=1, b=2, c=3)
    with pytest.raises(GuardStopped, match="1 of its rows"):
        undo(shop, "second")
    change(shop, run_id="fourth", at=NOW + 3 * DAY, a=1, b=2)
    with pytest.raises(GuardStopped) as caught:
        undo(shop, "second")
    assert caught.value.details == ("orders c, by fourth", "orders c, by third")


def test_no_more_than_twenty_rows_are_listed(shop: Bench) -> None:
    many = {f"k{number:03}": 1 for number in range(30)}
    shop.write("data/orders.csv", rows(**many))
    shop.load(run_id="second")
    shop.write("data/orders.csv", rows(**dict.fromkeys(many, 2)))
    shop.load(at=NOW + DAY, run_id="third")
    with pytest.raises(GuardStopped, match="30 of its rows were") as caught:
        undo(shop, "second")
    assert (len(caught.value.details), caught.value.details[-1]) == (21, "and 10 more")


def test_a_run_of_several_loads_is_undone_as_one(shop: Bench) -> None:
    before = world(shop)
    change(shop, a=5, b=2, c=3)
    change(shop, a=6, b=2, d=3)  # the same instant, the same run
    undo(shop, "second")
    assert world(shop) == before


def test_one_source_of_a_run_is_undone_unless_another_changed_the_same_rows(shop: Bench) -> None:
    undo(shop, "first", "crm")
    assert shop.rows("SELECT count(*) FROM orders") == [(3,)]
    assert not [1 for _ in world(shop)["customers"]]
    shop.source("late", ORDERS.replace("orders.csv", "late.csv"))
    shop.write("data/late.csv", rows(a=7))
    shop.write("data/orders.csv", rows(a=6, b=2, c=3))
    shop.source("early", ORDERS.replace("orders.csv", "early.csv"))
    shop.write("data/early.csv", rows(a=9))
    shop.load(at=NOW + DAY, run_id="both", options={"only": ["early", "late"]})
    with pytest.raises(GuardStopped) as caught:
        undo(shop, "both", "early")
    assert caught.value.remedy.endswith("opscli import --undo both")
    undo(shop, "both")
    assert shop.rows("SELECT amount FROM orders WHERE order_id = 'a'") == [(1,)]


def test_a_second_undo_says_so_and_changes_nothing(shop: Bench) -> None:
    change(shop, a=1)
    undo(shop, "second")
    before = shop.rows("SELECT load_seq FROM warehouse_info")
    outcome = undo(shop, "second")
    assert outcome.summary == "the import of second is undone already"
    assert outcome.changed == 0
    assert shop.rows("SELECT load_seq FROM warehouse_info") == before


def test_unknown_runs_and_sources_are_refused_with_those_there_are(shop: Bench) -> None:
    with pytest.raises(UsageError, match='no import of a run "secnd"') as caught:
        undo(shop, "secnd")
    assert caught.value.remedy == "the last runs that imported something: first (2026-05-04T09:00:00Z)"
    with pytest.raises(UsageError, match='first loaded nothing of "ordrs"') as caught:
        undo(shop, "first", "ordrs")
    assert caught.value.remedy == 'did you mean "orders"?'


def test_rejects_stay_as_history(shop: Bench) -> None:
    shop.write("data/orders.csv", rows(a=1, b=2, c=3) + "d,x,1,a\n")
    shop.load(run_id="second")
    undo(shop, "second")
    assert shop.rows("SELECT run_id, line_no FROM rejects") == [("second", 5)]


def test_an_overtaken_undo_is_refused(shop: Bench) -> None:
    change(shop, a=1)
    with shop.context(run_id="u", options={"undo": "second"}) as ctx:
        first, second = job.plan(ctx), job.plan(ctx)
        job.run(first, ctx)
        with pytest.raises(TryLater):
            job.run(second, ctx)


def test_a_dry_undo_counts_what_the_undo_does(shop: Bench) -> None:
    change(shop, a=5, b=2)
    with shop.context(run_id="u", options={"undo": "second"}) as ctx:
        plan = job.plan(ctx)
        assert plan.preview.counts == {"reopened": 2, "voided": 1}
        assert job.run(plan, ctx).details["counts"] == dict(plan.preview.counts)


def test_a_load_of_before_versions_told_who_closed_them_is_refused(shop: Bench) -> None:
    with shop.context() as ctx, ctx.warehouse.write("loads") as session:
        session.execute("UPDATE loads SET deleted = NULL")
    with pytest.raises(GuardStopped, match="made by an earlier version"):
        undo(shop, "first")
    with shop.context() as ctx, ctx.warehouse.write("loads") as session:
        session.execute("ALTER TABLE loads DROP COLUMN undone_seq")
    with pytest.raises(GuardStopped, match="made by an earlier version") as caught:
        undo(shop, "first")
    assert "opscli import --full" in caught.value.remedy


def test_marks_that_tell_where_to_go_on_move_back_and_marks_of_files_stay(shop: Bench) -> None:
    def marks() -> dict[str, Any]:
        with shop.context() as ctx, ctx.state.read() as connection:
            found = connection.execute(select(table.c.name, table.c.value).where(table.c.scope == "source:orders"))
            return {str(name): str(value) for name, value in found.all()}

    def move(value: int, run: str) -> None:
        with shop.context(run_id=run) as ctx:
            load = cursors.Load(config="", load_seq=ctx.warehouse.load_seq(), run_id=run, at=NOW)
            cursors.keep_marks(ctx.state, "orders", {"#last": {"value": value}}, load)

    move(1, "first")
    change(shop, a=10)
    before = marks()
    move(2, "second")
    change(shop, run_id="third", at=NOW + 2 * DAY, a=10, b=20)
    assert marks()["#last"] != before["#last"]
    undo(shop, "third")
    after = marks()
    assert after["#last"] == before["#last"]
    assert after["data/orders.csv"] != before["data/orders.csv"]
