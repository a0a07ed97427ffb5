from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from opscli.errors import ConfigInvalid, DataUnusable, NotPermitted, TimedOut, UsageError
from opscli.kinds import PACKAGE_FOLDER, read_schema
from opscli.sources import job
from opscli.sources.sql import SqlSettings, place, settings

from .conftest import Bench
from .sql_reading import BetweenPages, Outside, rows, run_sqlite
from .test_source import names

TABLE = {"table": "orders"}
SOURCE = """type: sql
url: sqlite:///shop.db
table: orders
page_size: 3
entity: orders
map: {order_id: id, ordered_at: at, amount: sum, customer_ref: mail}"""


@pytest.fixture
def shop(tmp_path: Path) -> Outside:
    run_sqlite(
        tmp_path / "shop.db",
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, at TEXT, sum TEXT, mail TEXT)",
        *(
            f"INSERT INTO orders VALUES ({number}, '2026-01-0{1 + number // 4} 10:00:00', '{number}.50', 'a@b')"
            for number in range(1, 11)
        ),
    )
    return Outside(tmp_path, "sqlite:///shop.db")


def run(shop: Outside, *statements: str) -> None:
    run_sqlite(shop.root / "shop.db", *statements)


def ids(found: Any) -> list[str]:
    return [row[0] for row in rows(found)]


def test_schema_and_settings_have_the_same_words() -> None:
    assert set(read_schema(PACKAGE_FOLDER / "sources/sql.schema.json")["properties"]) == names(SqlSettings)


def test_pages_by_key_hold_every_row_once(shop: Outside) -> None:
    found = shop.load(TABLE, "id sum")
    assert rows(found) == [(str(number), f"{number}.50") for number in range(1, 11)]
    assert (found.complete, found.marks, found.files[0].label) == (True, {}, "table orders of shop.db")


@pytest.mark.parametrize("page_size", [1, 2, 3, 4, 9, 10, 11])
def test_ties_of_the_cursor_cross_no_page_end(shop: Outside, page_size: int) -> None:
    query = {"query": "SELECT * FROM orders", "page_size": page_size}
    found = shop.load(query, "id", cursor="at")
    assert sorted(map(int, ids(found))) == list(range(1, 11))
    assert found.marks == {"at": {"kind": "text", "value": "2026-01-03 10:00:00"}}


@pytest.mark.parametrize("page_size", [1, 2, 3, 5])
def test_ties_that_only_the_database_sees_are_read_too(tmp_path: Path, page_size: int) -> None:
    run_sqlite(
        tmp_path / "shop.db",
        "CREATE TABLE orders (id TEXT COLLATE NOCASE, n INTEGER)",
        *(f"INSERT INTO orders VALUES ('{text}', {n})" for n, text in enumerate(("b", "a", "A", "B", "a", "c", "C"))),
    )
    shop = Outside(tmp_path, "sqlite:///shop.db")
    found = shop.load({**TABLE, "key": ["id"], "page_size": page_size}, "n")
    assert {row[0] for row in rows(found)} == {str(n) for n in range(7)}


def test_composite_keys_page_through_their_second_column(tmp_path: Path) -> None:
    pairs = [(shop, number) for shop in ("a", "b") for number in range(5)]
    run_sqlite(
        tmp_path / "shop.db",
        "CREATE TABLE orders (number INTEGER NOT NULL, shop TEXT NOT NULL, PRIMARY KEY (shop, number))",
        *(f"INSERT INTO orders VALUES ({number}, '{shop}')" for shop, number in reversed(pairs)),
    )
    found = Outside(tmp_path, "sqlite:///shop.db").load(TABLE, "shop number")
    assert rows(found) == [(shop, str(number)) for shop, number in pairs]


def test_rows_without_a_cursor_value_are_read_at_first_and_told(shop: Outside) -> None:
    run(shop, "INSERT INTO orders VALUES (11, NULL, '1', 'x'), (12, NULL, '1', 'x')")
    found = shop.load(TABLE, "id", cursor="at")
    assert ids(found) == ["11", "12", *map(str, range(1, 11))]
    assert found.notes == ("2 rows have nothing in at, id; they were read by themselves",)
    later = shop.load(TABLE, "id", cursor="at")
    assert ids(later) == ["8", "9", "10"]
    assert later.notes == ()


def test_rows_with_a_gap_in_the_stated_key_are_read_in_every_load(shop: Outside) -> None:
    run(
        shop,
        "CREATE TABLE visits (at TEXT NOT NULL, who TEXT)",
        "INSERT INTO visits VALUES ('2026-01-01', 'a'), ('2026-01-01', NULL), ('2026-01-02', NULL), ('2026-01-02', 'b')",
    )
    visits = {"table": "visits", "key": ["who"]}
    assert rows(shop.load(visits, "at who", cursor="at")) == [
        ("2026-01-01", None),
        ("2026-01-02", None),
        ("2026-01-01", "a"),
        ("2026-01-02", "b"),
    ]
    assert rows(shop.load(visits, "at who", cursor="at")) == [("2026-01-02", None), ("2026-01-02", "b")]


def test_a_later_load_begins_at_the_last_value_that_was_read(shop: Outside) -> None:
    assert len(ids(shop.load(TABLE, "id", cursor="at"))) == 10
    run(shop, "INSERT INTO orders VALUES (11, '2026-01-03 10:00:00', '1', 'x'), (12, '2026-01-05 10:00:00', '1', 'x')")
    found = shop.load(TABLE, "id", cursor="at")
    assert (ids(found), found.complete) == (["8", "9", "10", "11", "12"], False)
    assert found.marks["at"]["value"] == "2026-01-05 10:00:00"


def test_a_load_without_new_rows_hands_nothing_over(shop: Outside) -> None:
    shop.load(TABLE, "id", cursor="id")
    run(shop, "DELETE FROM orders")
    found = shop.load(TABLE, "id", cursor="id")
    assert (found.files, found.skipped, found.marks, found.complete) == ((), 1, {}, False)


def test_lookback_reads_rows_that_were_committed_late(shop: Outside) -> None:
    shop.load(TABLE, "id", cursor="at", lookback=3600)
    run(shop, "INSERT INTO orders VALUES (11, '2026-01-03 09:30:00', '1', 'x'), (12, '2026-01-03 08:59:59', '1', 'x')")
    found = shop.load(TABLE, "id", cursor="at", lookback=3600)
    assert ids(found) == ["11", "8", "9", "10"]


def test_lookback_over_a_text_that_is_no_time_is_refused(shop: Outside) -> None:
    with pytest.raises(DataUnusable, match='nothing can be taken from the values of cursor "mail"'):
        shop.load(TABLE, "id", cursor="mail", lookback=60)


def test_since_begins_elsewhere_and_never_moves_a_mark_backwards(shop: Outside) -> None:
    shop.load(TABLE, "id", cursor="at")
    found = shop.load(TABLE, "id", cursor="at", since="2026-01-02T00:00:00Z")
    assert ids(found) == [*"456789", "10"]
    run(shop, "DELETE FROM orders WHERE id > 5")
    assert shop.load(TABLE, "id", cursor="at", since="2026-01-01").marks == {}


def test_since_behind_the_mark_leaves_the_mark_so_that_nothing_is_left_out(shop: Outside) -> None:
    shop.load(TABLE, "id", cursor="id")
    run(shop, "INSERT INTO orders VALUES (11, '2026-01-03', '1', 'x'), (20, '2026-01-05', '1', 'x')")
    found = shop.load(TABLE, "id", cursor="id", since="15")
    assert (ids(found), found.marks) == (["20"], {})
    assert ids(shop.load(TABLE, "id", cursor="id")) == ["10", "11", "20"]
    with pytest.raises(UsageError, match='--since soon is no value of column "id", which holds such as 1'):
        shop.load(TABLE, "id", cursor="id", since="soon")


def test_a_time_in_the_future_moves_no_mark(shop: Outside) -> None:
    run(shop, "INSERT INTO orders VALUES (11, '2099-01-01 00:00:00', '1', 'x')")
    found = shop.load(TABLE, "id", cursor="at")
    assert (len(ids(found)), found.marks["at"]["value"]) == (11, "2026-01-03 10:00:00")
    told = "at holds times in the future, such as 2099-01-01 00:00:00: those rows are read again in every load"
    assert found.notes == (told,)
    run(shop, "INSERT INTO orders VALUES (12, '2026-01-04 10:00:00', '1', 'x')")
    assert ids(shop.load(TABLE, "id", cursor="at")) == ["8", "9", "10", "12", "11"]


def test_full_ignores_marks_and_limit_keeps_none(shop: Outside) -> None:
    shop.load(TABLE, "id", cursor="at")
    found = shop.load(TABLE, "id", cursor="at", full=True)
    assert (len(ids(found)), found.complete) == (10, True)
    few = Outside(shop.root, shop.url, loads=50).load(TABLE, "id", cursor="at", limit=4)
    assert (ids(few), few.marks, few.complete) == (["1", "2", "3", "4"], {}, False)


def test_a_row_that_changes_between_two_pages_is_met_again(shop: Outside) -> None:
    def change() -> None:
        run(
            shop,
            "UPDATE orders SET at = '2026-02-01 00:00:00', sum = '99' WHERE id = 2",
            "DELETE FROM orders WHERE id = 9",
        )

    found = shop.load(TABLE, "id sum", cursor="at", progress=BetweenPages(3, change))
    read = rows(found)
    assert [row for row in read if row[0] == "2"] == [("2", "2.50"), ("2", "99")]
    assert {row[0] for row in read} == {str(number) for number in range(1, 11)} - {"9"}
    assert found.marks["at"]["value"] == "2026-02-01 00:00:00"


def test_names_with_capitals_blanks_quotes_and_reserved_words(tmp_path: Path) -> None:
    run_sqlite(
        tmp_path / "shop.db",
        'CREATE TABLE "Order" ("select" INTEGER PRIMARY KEY, "Order Id" TEXT, "a""b" TEXT, "größe" TEXT, "x:y%z" TEXT)',
        "INSERT INTO \"Order\" VALUES (1, 'i', 'q', 'g', 'p')",
    )
    shop = Outside(tmp_path, "sqlite:///shop.db")
    found = shop.load({"table": "Order", "key": ["select", "Order Id"]}, "select größe x:y%z")
    assert rows(found) == [("1", "g", "p")]
    query = {"query": 'SELECT "select", \'12:30 %\' AS "a""b", "x:y%z" FROM "Order" -- the end', "key": ["select"]}
    assert rows(shop.load(query, 'select a"b x:y%z')) == [("1", "12:30 %", "p")]


@pytest.mark.parametrize(
    "table",
    ["orders; DROP TABLE orders", "orders--", 'orders" WHERE 1=1 --', "(SELECT 1)", "main.", ".orders", "x.orders"],
)
def test_a_table_is_a_name_and_nothing_else(shop: Outside, table: str) -> None:
    with pytest.raises(DataUnusable):
        shop.load({"table": table}, "id")
    assert len(ids(shop.load(TABLE, "id"))) == 10


def test_unknown_names_lead_to_the_nearest(shop: Outside) -> None:
    with pytest.raises(DataUnusable, match='no table "order"') as caught:
        shop.load({"table": "order"}, "id")
    assert 'did you mean "orders"?' in caught.value.remedy
    with pytest.raises(DataUnusable, match='no column "mial"') as caught:
        shop.load(TABLE, "id mial")
    assert 'did you mean "mail"?' in caught.value.remedy
    with pytest.raises(DataUnusable, match='no column "weather"') as caught:
        shop.load(TABLE, "id weather")
    assert "its columns are: id, at, sum, mail" in caught.value.remedy
    with pytest.raises(DataUnusable, match='no column "updated"'):
        shop.load(TABLE, "id", cursor="updated")
    with pytest.raises(DataUnusable, match='no column "nr"'):
        shop.load({**TABLE, "key": ["nr"]}, "id")
    assert ids(shop.load(TABLE, "id note", optional=frozenset({"note"}))) == [*"123456789", "10"]


def test_bytes_are_named_unless_nothing_uses_them(tmp_path: Path) -> None:
    run_sqlite(
        tmp_path / "shop.db",
        "CREATE TABLE orders (id BLOB PRIMARY KEY, n REAL)",
        "INSERT INTO orders VALUES (x'00ff', 0.1)",
    )
    shop = Outside(tmp_path, "sqlite:///shop.db")
    assert rows(shop.load(TABLE, "n")) == [("0.1",)]
    with pytest.raises(DataUnusable, match='column "id" holds bytes'):
        shop.load(TABLE, "id n")


def test_two_columns_of_one_name_are_refused(shop: Outside) -> None:
    with pytest.raises(DataUnusable, match='two columns of the query are called "id"'):
        shop.load({"query": "SELECT id, id FROM orders"}, "id")


def test_a_query_that_takes_too_long_is_stopped(shop: Outside) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS i FROM n"
    begun = time.monotonic()
    with pytest.raises(TimedOut):
        shop.load({"query": endless, "timeout": "1s"}, "i")
    assert time.monotonic() - begun < 20


def test_the_time_limit_is_on_each_portion_of_a_long_answer(shop: Outside) -> None:
    class Slow:
        def advance(self, *_told: object) -> None:
            time.sleep(0.3)

    query = {"query": "SELECT id FROM orders", "timeout": "1s", "page_size": 1}
    assert len(ids(shop.load(query, "id", progress=Slow()))) == 10
    assert len(ids(shop.load({**query, "timeout": "0s", "page_size": 5}, "id"))) == 10


def test_a_database_file_is_neither_made_nor_found_outside(
    shop: Outside, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.raises(DataUnusable, match=r"missing\.db does not exist"):
        Outside(shop.root, "sqlite:///missing.db").load(TABLE, "id")
    assert not (shop.root / "missing.db").exists()
    outside = tmp_path_factory.mktemp("outside") / "x.db"
    run_sqlite(outside, "CREATE TABLE orders (id INTEGER)")
    (shop.root / "link.db").symlink_to(outside)
    urls = (
        f"sqlite:///{outside}",
        "sqlite:///link.db",
        "sqlite:///../x.db",
        "sqlite://",
        f"sqlite:///file:{outside}?uri=true",
    )
    for number, url in enumerate(urls, start=1):
        with pytest.raises(NotPermitted):
            Outside(shop.root, url, loads=10 * number).load(TABLE, "id")


def test_files_that_are_no_database_and_drivers_that_are_missing(shop: Outside) -> None:
    (shop.root / "no.db").write_bytes(os.urandom(4096))
    with pytest.raises(DataUnusable, match=r"no.db refused a statement: file is not a database"):
        Outside(shop.root, "sqlite:///no.db").load(TABLE, "id")
    with pytest.raises(DataUnusable, match="no driver for oracle") as caught:
        Outside(shop.root, "oracle+oracledb://scott@db/x", loads=10).load(TABLE, "id")
    assert caught.value.remedy == "pip install oracledb"
    with pytest.raises(DataUnusable, match="no driver for snowflake") as caught:
        Outside(shop.root, "snowflake://scott@db/x", loads=20).load(TABLE, "id")
    assert caught.value.remedy == "pip install snowflake-sqlalchemy"


def test_a_place_shows_no_secret() -> None:
    literal = settings({"url": "postgresql://ann@warehouse.example.com:5432/shop", "table": "sales.orders"})
    assert place(literal) == "table sales.orders of warehouse.example.com/shop"
    assert place(settings({"url": {"env": "SHOP_URL"}, "query": "SELECT 1"})) == "query of *** (env SHOP_URL)"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("url: postgresql://ann:secret@db/shop\ntable: t", "the address of the url holds a password"),
        ("url: not an address\ntable: t", "this is no address of a database"),
        ("url: sqlite:////var/shop.db\ntable: t", "/var/shop.db is outside the project"),
        ("url: sqlite:///a.db\nquery: DELETE FROM t", 'this one with "DELETE"'),
        ("url: sqlite:///a.db\nquery: SELECT 1 AS a; DROP TABLE t", ":5:23: a second statement begins here"),
        ("url: {env: X}\nquery: SELECT a INTO b FROM t", ":5:17: INTO has no place"),
        ("url: {env: X}\nquery: WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a", "DELETE has no place"),
        ("url: postgresql://db/x\nquery: SELECT a FROM t FOR UPDATE", "FOR has no place"),
        ("url: mysql://db/x\nquery: SELECT 1 /*! INTO OUTFILE 'x' */", "a comment that MySQL runs"),
        ("url: sqlite:///a.db\nquery: SELECT ( FROM", "the query cannot be read"),
        ("url: sqlite:///a.db", "table"),
        ("url: sqlite:///a.db\ntable: t\nquery: SELECT 1", "table"),
    ],
)
def test_what_can_be_wrong_is_told_before_anything_is_opened(bench: Bench, body: str, told: str) -> None:
    bench.source("orders", f"type: sql\n{body}\nentity: orders\nmap: {{order_id: a, ordered_at: a, amount: a}}")
    with pytest.raises(ConfigInvalid) as caught:
        bench.load()
    assert told in "\n".join(map(str, caught.value.issues))
    assert "secret" not in str(caught.value.issues)


def test_a_whole_import_goes_on_where_the_last_one_ended(bench: Bench) -> None:
    bench.source("orders", f"{SOURCE}\nmax_rejects: 1\ncursor: {{column: at}}")
    path = bench.root / "shop.db"
    run_sqlite(
        path,
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, at TEXT, sum TEXT, mail TEXT)",
        *(f"INSERT INTO orders VALUES ({n}, '2026-01-0{n} 10:00:00', '{n}.5', 'Ann@Example.com')" for n in range(1, 8)),
    )
    with bench.context(dry=True) as ctx:
        assert job.plan(ctx).preview.counts["inserted"] == 7
    assert bench.counts() == {"read": 7, "inserted": 7}
    run_sqlite(
        path,
        "UPDATE orders SET sum = '9', at = '2026-02-01' WHERE id = 2",
        "INSERT INTO orders VALUES (8, '2026-02-02', 'x', '')",
    )
    assert bench.counts() == {"read": 3, "unchanged": 1, "updated": 1, "rejected": 1}
    assert bench.rejects()[0][:3] == (3, "amount", "not_a_number")
    assert bench.rows("SELECT amount FROM orders WHERE order_id = '2'")[0][0] == 9
