"""The bulk checks say the same on PostgreSQL; what its regular expressions cannot say is left to jsonschema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opscli.engine import checks as compiler
from opscli.engine import records
from opscli.engine.dialect import PostgresDialect
from opscli.engine.entity import Entity
from tests.unit.engine.test_checks_agree import by_jsonschema, columns, entity_of, rows_of

pytestmark = pytest.mark.postgres
POSTGRES = PostgresDialect()


@pytest.fixture(scope="module")
def connection(postgres_url: str) -> Iterator[Any]:
    import psycopg

    with psycopg.connect(postgres_url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True) as opened:
        yield opened


def violations(connection: Any, entity: Entity, rows: list[dict[str, Any]]) -> set[tuple[int, str]]:
    names = [column.name for column in entity.columns]
    body = ", ".join(f"{POSTGRES.quote(column.name)} {POSTGRES.type(column.type)}" for column in entity.columns)
    found = list(compiler.checks(entity, POSTGRES))
    schema = compiler.leftover(entity, POSTGRES)
    kinds = {column.name: column.type for column in entity.columns}
    bad = set()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS things; CREATE TEMP TABLE things ({body})")
        places = ", ".join(["%s"] * len(names))
        cursor.executemany(f"INSERT INTO things VALUES ({places})", [[row[name] for name in names] for row in rows])
        for check in found:
            cursor.execute(f"SELECT id FROM things WHERE {check.violated}")
            bad |= {(row[0], check.column) for row in cursor.fetchall()}
    if schema:
        judge = records.validator(schema)
        for row in rows:
            record = records.record_of({name: row[name] for name in compiler.concerned(entity, schema)}, kinds)
            bad |= {(row["id"], flaw.column) for flaw in records.flaws(judge, record, names)}
    return bad


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
@given(st.lists(columns(), min_size=1, max_size=4), st.integers(0, 2**32))
def test_postgres_and_jsonschema_agree(connection: Any, stated: list[dict[str, Any]], seed: int) -> None:
    entity = entity_of({f"c{number}": node for number, node in enumerate(stated)}, ["c0"])
    rows = rows_of(entity, seed)
    assert violations(connection, entity, rows) == by_jsonschema(entity, rows)
