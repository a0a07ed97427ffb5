from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from opscli.clock import END_OF_TIME, parse_instant
from opscli.engine import merge
from opscli.engine.duckdb import DuckDBWarehouse
from opscli.engine.entity import Entity, standard_entities
from opscli.engine.merge import Compared, Merge
from opscli.engine.tables import Column
from opscli.engine.versions import visible
from opscli.engine.warehouse import next_load_seq
from opscli.errors import ConfigInvalid

PRODUCTS = standard_entities()["products"]
MONDAY, TUESDAY = parse_instant("2026-05-04"), parse_instant("2026-05-05")


def load(
    warehouse: DuckDBWarehouse, rows: Iterable[tuple[str, str]], known: object, entity: Entity = PRODUCTS
) -> Compared:
    planned = Merge(entity=entity, staged="scratch.staged")
    with warehouse.read() as session:
        columns = {**merge.version_columns(entity)}
        session.create("scratch.staged", columns)
        for key, name in rows:
            session.execute(
                "INSERT INTO scratch.staged (product_id, name, source, source_id, known_from) VALUES (?, ?, 's', ?, ?)",
                (key, name, key, known),
            )
        content = merge.content_columns(entity)
        session.execute(f"UPDATE scratch.staged SET row_hash = {merge.row_hash_sql(content, session.dialect)}")
        compared = merge.drop_unchanged(session, planned)
    with warehouse.write(entity.versions_table) as session:
        merge.ensure_versions(session, entity)
        merge.apply(session, planned, run_id="r", load_seq=next_load_seq(session))
    return compared


def versions(warehouse: DuckDBWarehouse) -> list[tuple[object, ...]]:
    with warehouse.read() as session:
        return session.rows(
            "SELECT product_id, name, known_from, known_to, load_seq FROM products_versions ORDER BY product_id, load_seq"
        )


def test_merging_the_same_rows_again_changes_nothing(warehouse: DuckDBWarehouse) -> None:
    rows = [("1", "a"), ("2", "b")]
    assert load(warehouse, rows, MONDAY) == Compared(inserted=2, updated=0, unchanged=0)
    before = versions(warehouse)
    assert load(warehouse, rows, TUESDAY) == Compared(inserted=0, updated=0, unchanged=2)
    assert versions(warehouse) == before


def test_a_version_tells_which_load_opened_and_which_closed_it(warehouse: DuckDBWarehouse) -> None:
    load(warehouse, [("1", "a")], MONDAY)
    load(warehouse, [("1", "b")], TUESDAY)
    with warehouse.read() as session:
        found = session.rows("SELECT name, load_seq, closed_seq FROM products_versions ORDER BY load_seq")
    assert found == [("a", 1, 2), ("b", 2, None)]


def test_a_change_closes_the_old_version_where_the_new_one_begins(warehouse: DuckDBWarehouse) -> None:
    load(warehouse, [("1", "a")], MONDAY)
    assert load(warehouse, [("1", "b"), ("2", "c")], TUESDAY) == Compared(inserted=1, updated=1, unchanged=0)
    assert versions(warehouse) == [
        ("1", "a", MONDAY, TUESDAY, 1),
        ("1", "b", TUESDAY, END_OF_TIME, 2),
        ("2", "c", TUESDAY, END_OF_TIME, 2),
    ]
    with warehouse.read() as session:
        assert session.rows("SELECT name FROM products ORDER BY product_id") == [("b",), ("c",)]


def test_at_every_instant_exactly_one_version_is_known(warehouse: DuckDBWarehouse) -> None:
    load(warehouse, [("1", "a")], MONDAY)
    load(warehouse, [("1", "b")], TUESDAY)
    instant = timedelta(microseconds=1)
    wanted = {MONDAY - instant: [], MONDAY: ["a"], TUESDAY - instant: ["a"], TUESDAY: ["b"], TUESDAY + instant: ["b"]}
    with warehouse.read() as session:
        found = {
            moment: [
                row[0] for row in session.rows(f"SELECT name FROM {visible(PRODUCTS, as_of=moment, known_at=moment)}")
            ]
            for moment in wanted
        }
    assert found == wanted


def test_a_correction_that_was_known_earlier_hides_the_old_version(warehouse: DuckDBWarehouse) -> None:
    load(warehouse, [("1", "a")], TUESDAY)
    load(warehouse, [("1", "b")], MONDAY)
    assert versions(warehouse) == [("1", "a", TUESDAY, TUESDAY, 1), ("1", "b", MONDAY, END_OF_TIME, 2)]


def test_row_hash_tells_names_and_values_apart_and_passes_over_nulls(warehouse: DuckDBWarehouse) -> None:
    row = "SELECT 1 AS b, CAST(NULL AS VARCHAR) AS c, 'x' AS a, TIMESTAMP '2026-05-04 09:00:00.000001' AS t"
    others = (
        "SELECT 1 AS b, 'x' AS c, CAST(NULL AS VARCHAR) AS a, TIMESTAMP '2026-05-04 09:00:00.000001' AS t",
        "SELECT 1 AS b, NULL AS c, 'y' AS a, TIMESTAMP '2026-05-04 09:00:00.000001' AS t",
        "SELECT 1 AS b, NULL AS c, 'x' AS a, TIMESTAMP '2026-05-04 09:00:00' AS t",
        "SELECT 1 AS b, '' AS c, 'x' AS a, TIMESTAMP '2026-05-04 09:00:00.000001' AS t",
    )
    kinds = {"b": "integer", "c": "text", "a": "text", "t": "timestamp"}
    with warehouse.read() as session:
        sql = merge.row_hash_sql(kinds, session.dialect)
        known = session.value(f"SELECT {sql} FROM ({row})")
        fewer = merge.row_hash_sql({name: kind for name, kind in kinds.items() if name != "c"}, session.dialect)
        assert session.value(f"SELECT {fewer} FROM ({row})") == known
        assert all(session.value(f"SELECT {sql} FROM ({other})") != known for other in others)


def test_columns_whose_names_share_a_mark_are_told_apart_by_their_names(warehouse: DuckDBWarehouse) -> None:
    first, second = sharing_a_mark()
    with warehouse.read() as session:
        sql = merge.row_hash_sql({first: "text", second: "text"}, session.dialect)
        one, other = (f"SELECT {a} AS {first}, {b} AS {second}" for a, b in (("'x'", "NULL"), ("NULL", "'x'")))
        assert session.value(f"SELECT {sql} FROM ({one})") != session.value(f"SELECT {sql} FROM ({other})")


def sharing_a_mark() -> tuple[str, str]:
    seen: dict[str, str] = {}
    for number in range(100_000):
        name = f"column_{number}"
        (mark,) = merge._marks([name]).values()
        if mark in seen:
            return seen[mark], name
        seen[mark] = name
    raise AssertionError


def test_an_older_warehouse_that_kept_hashes_as_text_finds_its_rows_unchanged(warehouse: DuckDBWarehouse) -> None:
    load(warehouse, [("1", "a"), ("2", "b")], MONDAY)
    with warehouse.write() as session:
        session.execute(f"ALTER TABLE {PRODUCTS.versions_table} ALTER row_hash TYPE VARCHAR USING 'x' || product_id")
    assert load(warehouse, [("1", "a"), ("2", "c")], TUESDAY) == Compared(inserted=0, updated=1, unchanged=1)
    with warehouse.read() as session:
        assert session.columns(PRODUCTS.versions_table)["row_hash"] == session.dialect.type("hash")


def test_a_new_optional_column_is_added_and_a_changed_type_is_refused(warehouse: DuckDBWarehouse) -> None:
    load(warehouse, [("1", "a")], MONDAY)
    schema = {**PRODUCTS.schema, "properties": {**PRODUCTS.schema["properties"], "colour": {"type": "string"}}}
    wider = replace(PRODUCTS, columns=(*PRODUCTS.columns, Column("colour", "text")), schema=schema)
    assert load(warehouse, [("1", "a")], TUESDAY, wider) == Compared(inserted=0, updated=0, unchanged=1)
    with warehouse.read() as session:
        assert session.columns("products")["colour"] == "VARCHAR"
    changed = replace(
        PRODUCTS, columns=tuple(replace(c, type="integer") if c.name == "name" else c for c in PRODUCTS.columns)
    )
    with pytest.raises(ConfigInvalid, match="problem") as caught, warehouse.write() as session:
        merge.ensure_versions(session, changed)
    assert 'column "name" of products has another type' in caught.value.details[0]
