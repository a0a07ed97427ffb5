from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from opscli.errors import DataUnusable, NotPermitted, ServiceUnavailable, TimedOut
from opscli.stage import Context

from .conftest import Bench
from .sql_reading import BetweenPages, Outside, rows

pytestmark = pytest.mark.postgres
NINES = "9" * 38


def run(url: str, *statements: str) -> list[Any]:
    """Run statements as somebody else, each committed by itself; rows of the last one."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def shop(postgres_url: str, tmp_path: Path) -> Iterator[Outside]:
    run(postgres_url, "DROP SCHEMA IF EXISTS sales CASCADE", "CREATE SCHEMA sales")
    yield Outside(tmp_path, postgres_url)
    run(postgres_url, "DROP SCHEMA sales CASCADE")


def orders(shop: Outside) -> dict[str, str]:
    """Ten orders; those of one day carry the same moment."""
    run(
        shop.url,
        "CREATE TABLE sales.orders (id int PRIMARY KEY, at timestamptz, sum numeric, part real)",
        "INSERT INTO sales.orders SELECT n, '2026-01-01 10:00+02'::timestamptz + n / 4 * interval '1 day', n, n / 10.0 "
        "FROM generate_series(1, 10) AS n",
    )
    return {"table": "sales.orders"}


def ids(found: Any) -> list[str]:
    return [row[0] for row in rows(found)]


TEN = [str(number) for number in range(1, 11)]


@pytest.mark.parametrize("page_size", [1, 2, 3, 9, 10])
@pytest.mark.parametrize("cursor", ["", "at", "part", "sum", "id"])
def test_every_row_is_read_once_whatever_the_pages(shop: Outside, page_size: int, cursor: str) -> None:
    table = orders(shop)
    assert sorted(ids(shop.load({**table, "page_size": page_size}, "id", cursor=cursor)), key=int) == TEN
    query = {"query": "SELECT * FROM sales.orders;", "page_size": page_size}
    assert sorted(ids(shop.load(query, "id", cursor=cursor, full=True)), key=int) == TEN


def test_a_query_without_key_or_cursor_is_streamed_whole(shop: Outside) -> None:
    orders(shop)
    found = shop.load({"query": 'WITH a AS (SELECT id FROM sales.orders) SELECT id::text AS "Id" FROM a'}, "Id")
    assert (sorted(ids(found), key=int), found.complete) == (TEN, True)


def test_values_keep_every_digit_and_their_offset(shop: Outside) -> None:
    run(
        shop.url,
        f"""CREATE TABLE sales.values AS SELECT
            1 AS id, {NINES}::numeric AS large, 0.{NINES}::numeric AS small, 1.10::numeric(10, 2) AS price,
            '2026-07-01 12:00:00.123456+02'::timestamptz AS instant, '1815-06-18 11:30'::timestamp AS old,
            '1815-06-18 11:30+00:53:28'::timestamptz AS ancient, DATE '1789-07-14' AS day, DATE '0044-03-15 BC' AS ides,
            'infinity'::timestamptz AS never, true AS yes, NULL::int AS nothing, ARRAY['a', NULL, 'ü"'] AS tags,
            ARRAY[1.10, 2] AS prices, '{{"n": 0.12345678901234567890}}'::json AS told, '{{"b": 1.10}}'::jsonb AS more,
            0.1::real AS tenth, 0.1::float8 AS tenth8, 'NaN'::float8 AS nan, '12:30:01'::time AS hour,
            '00000000-0000-0000-0000-000000000001'::uuid AS uuid, 'x'::char(3) AS padded, '\\x00ff'::bytea AS bytes""",
    )
    # fmt: off
    expected = {
        "large": NINES, "small": f"0.{NINES}", "price": "1.10", "instant": "2026-07-01 10:00:00.123456+00",
        "old": "1815-06-18 11:30:00", "ancient": "1815-06-18 10:36:32+00", "day": "1789-07-14", "ides": "0044-03-15 BC",
        "never": "infinity", "yes": "true", "nothing": None, "tags": '["a", null, "ü\\""]', "prices": '["1.10", "2"]',
        "told": '{"n": 0.12345678901234567890}', "more": '{"b": 1.10}', "tenth": "0.1", "tenth8": "0.1", "nan": "nan",
        "hour": "12:30:01", "uuid": "00000000-0000-0000-0000-000000000001", "padded": "x  ",
    }
    # fmt: on
    found = shop.load({"table": "sales.values"}, " ".join(expected))
    (row,) = rows(found)
    assert dict(zip(expected, row, strict=True)) == expected
    with pytest.raises(DataUnusable, match='column "bytes" holds bytes') as caught:
        shop.load({"table": "sales.values"}, "id bytes")
    assert "encode(bytes, 'hex')" in caught.value.remedy


def test_other_settings_of_the_server_change_no_value(shop: Outside) -> None:
    table = orders(shop)
    before = rows(shop.load(table, "id at"))
    run(
        shop.url,
        "ALTER ROLE postgres SET timezone = 'Asia/Shanghai'",
        "ALTER ROLE postgres SET datestyle = 'SQL, DMY'",
    )
    try:
        assert rows(shop.load(table, "id at")) == before
    finally:
        run(shop.url, "ALTER ROLE postgres RESET ALL")


def test_names_in_mixed_case_and_reserved_words(shop: Outside) -> None:
    run(
        shop.url,
        'CREATE TABLE sales."Order" ("Id" int PRIMARY KEY, "order" text, "a b" text, "%(x)s" text, "q?" text)',
        "INSERT INTO sales.\"Order\" SELECT n, 'o', 'b', 'p', 'q' FROM generate_series(1, 5) AS n",
    )
    found = shop.load({"table": "sales.Order"}, "Id order %(x)s q?", cursor="Id")
    assert rows(found) == [(str(n), "o", "p", "q") for n in range(1, 6)]
    with pytest.raises(DataUnusable, match=r'no table "sales\.order"') as caught:
        shop.load({"table": "sales.order"}, "Id")
    assert 'did you mean "sales.Order"?' in caught.value.remedy


def test_composite_keys_with_a_cursor_between_them(shop: Outside) -> None:
    run(
        shop.url,
        "CREATE TABLE sales.lines (shop text, id int, at date NOT NULL, PRIMARY KEY (shop, id))",
        "INSERT INTO sales.lines SELECT s, n, DATE '2026-01-01' + n % 2 FROM unnest(ARRAY['b', 'A', 'ä']) AS s, "
        "generate_series(1, 4) AS n",
    )
    found = rows(shop.load({"table": "sales.lines"}, "shop id at", cursor="at"))
    assert len(set(found)) == len(found) == 12
    assert [row[2] for row in found] == ["2026-01-01"] * 6 + ["2026-01-02"] * 6


def test_a_row_that_changes_between_two_pages_is_met_again(shop: Outside) -> None:
    table = orders(shop)

    def change() -> None:
        run(
            shop.url,
            "UPDATE sales.orders SET at = '2026-02-01', sum = 99 WHERE id = 2",
            "DELETE FROM sales.orders WHERE id = 9",
        )

    found = shop.load(table, "id sum", cursor="at", progress=BetweenPages(3, change))
    assert [row for row in rows(found) if row[0] == "2"] == [("2", "2"), ("2", "99")]
    assert set(ids(found)) == {*TEN} - {"9"}
    assert found.marks["at"]["value"] == "2026-02-01 00:00:00+00"
    assert ids(shop.load(table, "id", cursor="at")) == ["2"]


def test_a_row_that_was_committed_late_is_found_by_looking_back(shop: Outside) -> None:
    import psycopg

    table = orders(shop)
    with psycopg.connect(shop.url) as late:
        late.execute("INSERT INTO sales.orders VALUES (11, '2026-01-03 07:59:00+00', 1, 1)")
        assert ids(shop.load(table, "id", cursor="at", lookback=120)) == TEN
    assert ids(shop.load(table, "id", cursor="at", lookback=120)) == ["11", "8", "9", "10"]
    assert ids(shop.load(table, "id", cursor="at")) == ["8", "9", "10"]


def test_rows_that_last_for_ever_move_no_mark(shop: Outside) -> None:
    table = orders(shop)
    run(
        shop.url,
        "UPDATE sales.orders SET at = 'infinity' WHERE id = 1",
        "UPDATE sales.orders SET at = '20000-01-01' WHERE id = 2",
    )
    assert shop.load(table, "id", cursor="at").marks["at"]["value"] == "2026-01-03 08:00:00+00"
    assert ids(shop.load(table, "id", cursor="at")) == ["8", "9", "10", "2", "1"]


def test_a_full_table_lacks_what_was_deleted(shop: Outside) -> None:
    table = orders(shop)
    shop.load(table, "id")
    run(shop.url, "DELETE FROM sales.orders WHERE id IN (3, 10)")
    found = shop.load(table, "id")
    assert (ids(found), found.complete) == ([*"12456789"], True)
    run(shop.url, "DELETE FROM sales.orders")
    found = shop.load(table, "id")
    assert (rows(found), found.complete) == ([], True)


def test_a_statement_that_takes_too_long_is_stopped(shop: Outside) -> None:
    with pytest.raises(TimedOut, match="took longer than it may") as caught:
        shop.load({"query": "SELECT pg_sleep(60)::text AS id", "timeout": "1s"}, "id")
    assert caught.value.exit_code == 124


@pytest.mark.parametrize("query", [
    "SELECT sales.note(1) AS id",
    "SELECT nextval('sales.numbers') AS id",
    "SELECT set_config('transaction_read_only', 'off', true) || sales.note(1) AS id",
    "SELECT set_config('default_transaction_read_only', 'off', false) || sales.note(1) AS id",
])  # fmt: skip
def test_a_query_that_calls_a_writing_function_writes_nothing(shop: Outside, query: str) -> None:
    run(
        shop.url,
        "CREATE TABLE sales.notes (n int)",
        "CREATE SEQUENCE sales.numbers",
        "CREATE FUNCTION sales.note(n int) RETURNS int LANGUAGE sql AS 'INSERT INTO sales.notes VALUES (n) RETURNING n'",
    )
    with pytest.raises(DataUnusable, match=r"refused a statement: .*(cannot execute|must be set before)"):
        shop.load({"query": query}, "id")
    assert run(shop.url, "SELECT n FROM sales.notes UNION ALL SELECT 1 FROM sales.numbers WHERE is_called") == []


@pytest.mark.parametrize("table", [
    "sales.orders; DROP TABLE sales.orders", 'sales.orders"; DROP TABLE sales.orders; --', "sales.orders WHERE false",
    'sales"."orders', "sales.orders'", "pg_sleep(60)",
])  # fmt: skip
def test_a_table_is_a_name_and_nothing_else(shop: Outside, table: str) -> None:
    kept = orders(shop)
    with pytest.raises(DataUnusable, match="no table"):
        shop.load({"table": table}, "id")
    assert ids(shop.load(kept, "id")) == TEN


def test_what_a_reader_may_not_see_is_not_permitted(shop: Outside) -> None:
    orders(shop)
    run(shop.url, "CREATE ROLE stranger LOGIN PASSWORD 'qwertz-secret'", "GRANT USAGE ON SCHEMA sales TO stranger")
    try:
        stranger = Outside(shop.root, shop.url.replace("postgres@", "stranger:qwertz-secret@"), loads=10)
        with pytest.raises(NotPermitted, match="permission denied for table orders") as caught:
            stranger.load({"table": "sales.orders"}, "id")
        assert "GRANT SELECT" in caught.value.remedy
    finally:
        run(shop.url, "DROP OWNED BY stranger", "DROP ROLE stranger")
    with pytest.raises(NotPermitted, match='role "stranger" does not exist') as caught:
        stranger.load({"table": "sales.orders"}, "id")
    assert "qwertz" not in str(caught.value)


def test_what_is_wrong_in_the_database_is_told_in_one_line(shop: Outside) -> None:
    with pytest.raises(DataUnusable, match=r'relation "sales\.missing" does not exist') as caught:
        shop.load({"query": "SELECT id FROM sales.missing"}, "id")
    assert "\n" not in str(caught.value)
    with pytest.raises(DataUnusable, match='database "nowhere" does not exist'):
        Outside(shop.root, shop.url.removesuffix("postgres") + "nowhere", loads=10).load({"table": "t"}, "id")
    with pytest.raises(DataUnusable, match="division by zero"):
        shop.load({"query": "SELECT 1 / 0 AS id"}, "id")


def test_a_server_that_is_not_there_is_temporary_and_shows_no_password(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"postgresql://ann:qwertz-secret@127.0.0.1:{port}/shop"
    with pytest.raises(ServiceUnavailable, match="does not answer") as caught:
        Outside(tmp_path, url).load({"table": "orders", "connect_timeout": "2s"}, "id")
    assert caught.value.temporary
    assert "qwertz" not in f"{caught.value} {caught.value.remedy} {caught.value.__cause__}"


def write_source(bench: Bench, url: str) -> None:
    bench.write(".env", f"SHOP={url}\n").chmod(0o600)
    bench.source(
        "orders",
        "type: sql\nurl: {env: SHOP}\ntable: sales.orders\npage_size: 3\ncursor: {column: at}\nentity: orders\n"
        "map: {order_id: id, ordered_at: at, amount: sum}",
    )


def test_a_server_that_goes_away_between_two_pages_changes_nothing_here(bench: Bench, shop: Outside) -> None:
    orders(shop)
    write_source(bench, shop.url)

    def stop() -> None:
        run(
            shop.url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'postgres' AND backend_type = 'client backend'",
        )

    with pytest.raises(ServiceUnavailable, match="does not answer") as caught:
        bench.load(progress=BetweenPages(3, stop))
    assert caught.value.exit_code == 69
    assert bench.rows("SELECT count(*) FROM loads") == [(0,)]
    assert marks(bench) == []
    assert bench.counts() == {"read": 10, "inserted": 10}
    assert marks(bench) == [{"kind": "text", "value": "2026-01-03 08:00:00+00"}]


def marks(bench: Bench) -> list[Any]:
    from sqlalchemy import select

    from opscli.state.tables import cursors

    def kept(ctx: Context) -> list[Any]:
        with ctx.state.read() as connection:
            own = select(cursors.c.value).where(cursors.c.name.not_like("#%"))
            return [json.loads(value)["mark"] for value in connection.execute(own).scalars()]

    with bench.context() as ctx:
        return kept(ctx)


def test_a_whole_import_reads_only_what_is_new(bench: Bench, shop: Outside) -> None:
    orders(shop)
    write_source(bench, shop.url)
    assert bench.counts() == {"read": 10, "inserted": 10}
    assert bench.counts() == {"read": 3, "unchanged": 3}
    run(shop.url, "INSERT INTO sales.orders VALUES (11, '2026-03-01 00:00+02', 12.3456, 0)")
    assert bench.counts() == {"read": 4, "inserted": 1, "unchanged": 3}
    assert str(bench.rows("SELECT ordered_at, amount FROM orders WHERE order_id = '11'")[0][1]) == "12.3456"
    assert bench.counts(options={"full": True}) == {"read": 11, "unchanged": 11}
