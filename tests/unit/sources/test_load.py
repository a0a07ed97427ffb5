from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from opscli.clock import END_OF_TIME
from opscli.clock import parse_instant as at
from opscli.errors import ConfigInvalid, DataUnusable, GuardStopped, NotPermitted, TryLater, UsageError
from opscli.sources import job

from .conftest import NOW, Bench

ORDERS = """path: data/orders.csv
entity: orders
max_rejects: 5
map: {order_id: id, ordered_at: date, amount: total, customer_ref: email}"""
TWO = "id,date,total,email\n1,2026-01-02,10.50,Ann@Example.com\n2,2026-01-03,7,b@example.com\n"


def test_the_same_file_again_changes_nothing_and_opens_no_write_window(bench: Bench) -> None:
    bench.source("orders", ORDERS)
    bench.write("data/orders.csv", TWO)
    assert bench.counts() == {"read": 2, "inserted": 2}
    before = bench.rows("SELECT load_seq FROM warehouse_info")
    assert bench.counts() == {}
    assert bench.rows("SELECT load_seq FROM warehouse_info") == before


def test_a_file_that_was_only_touched_is_not_read_again(bench: Bench) -> None:
    import os

    bench.source("orders", ORDERS)
    path = bench.write("data/orders.csv", TWO)
    bench.load()
    os.utime(path, ns=(1, 1))
    assert bench.counts() == {}


def test_a_changed_row_gets_one_new_version_and_closes_the_old_one(bench: Bench) -> None:
    bench.source("orders", ORDERS)
    bench.write("data/orders.csv", TWO)
    bench.load()
    later = NOW + timedelta(days=1)
    bench.write("data/orders.csv", TWO.replace("10.50", "11") + "3,2026-05-05,1,c\n")
    assert bench.counts(at=later) == {"read": 3, "inserted": 1, "updated": 1, "unchanged": 1}
    versions = bench.rows(
        "SELECT amount, known_from, known_to, load_seq FROM orders_versions WHERE order_id = '1' ORDER BY load_seq"
    )
    backfill, open_end = at("2026-01-02"), END_OF_TIME
    assert versions == [(Decimal("10.5000"), backfill, later, 1), (Decimal("11.0000"), later, open_end, 2)]
    assert bench.rows("SELECT count(*) FROM orders") == [(3,)]
    assert bench.rows("SELECT rows_read, inserted, updated, closed, first_backfill FROM loads ORDER BY load_seq") == [
        (2, 2, 0, 0, True),
        (3, 1, 1, 1, False),
    ]


def test_a_killed_run_that_is_repeated_changes_nothing_more(bench: Bench) -> None:
    bench.source("orders", ORDERS)
    bench.write("data/orders.csv", TWO + "x,broken\n")
    bench.load(run_id="r")
    with bench.context() as ctx, ctx.state.begin() as connection:  # as if killed before the cursor moved
        from opscli.state.tables import cursors

        connection.execute(cursors.delete())
    assert bench.counts(run_id="r") == {"read": 3, "unchanged": 2, "rejected": 1}
    assert bench.rows("SELECT count(*) FROM orders_versions") == [(2,)]
    assert bench.rows("SELECT count(*) FROM rejects") == [(1,)]


def test_a_new_mapping_reads_unchanged_files_again(bench: Bench) -> None:
    bench.source("orders", ORDERS)
    bench.write("data/orders.csv", TWO)
    bench.load()
    bench.source("orders", ORDERS.replace("amount: total", "amount: total * 2"))
    assert bench.counts() == {"read": 2, "updated": 2}
    assert bench.rows("SELECT amount FROM orders ORDER BY order_id") == [(Decimal(21),), (Decimal(14),)]


def test_rejects_carry_line_column_reason_and_text(bench: Bench) -> None:
    bench.source("orders", ORDERS)
    bench.write(
        "data/orders.csv",
        'id,date,total,email\n1,2026-01-02,1,"a\n"\n2,"2026-01-03",x,"b\nc"\n3,31/12/2025,7,c\n\n,2026-01-05,1,d\n5,2026-01-06\n',
    )
    assert bench.counts() == {"read": 5, "inserted": 1, "rejected": 4}
    assert bench.rejects() == [
        (4, "amount", "not_a_number", '2,2026-01-03,x,"b\nc"'),
        (6, "ordered_at", "ambiguous_date", "3,31/12/2025,7,c"),
        (8, "order_id", "missing", ",2026-01-05,1,d"),
        (9, "", "too_few_cells", "5,2026-01-06"),
    ]


def test_rejects_are_written_for_people_without_formulas(bench: Bench) -> None:
    bench.source("orders", ORDERS)
    bench.write("data/orders.csv", "id,date,total,email\n=1+1,2026-01-02,x,a\n")
    outcome = bench.load(run_id="r")
    assert outcome.leftovers == 1
    assert outcome.details["files"] == ["rejects/r/orders.csv"]
    text = (bench.root / "rejects/r/orders.csv").read_text()
    assert text.splitlines()[1] == 'orders,data/orders.csv,2,amount,not_a_number,"\'=1+1,2026-01-02,x,a"'


def test_too_many_rejects_stop_everything_and_approval_continues(bench: Bench) -> None:
    bench.source("orders", ORDERS.replace("max_rejects: 5", "max_rejects: 10%"))
    bench.source("staff", "path: data/staff.csv\nentity: staff")
    bench.write("data/orders.csv", TWO + "3,x,x,x\n")
    bench.write("data/staff.csv", "staff_id,name\ns1,Ann\n")
    with pytest.raises(GuardStopped, match="orders: 1 of 3 rows are rejected, more than 10%: "):
        bench.load()
    assert bench.rows("SELECT count(*) FROM loads") == [(0,)]
    assert bench.counts(approve=True) == {"read": 4, "inserted": 3, "rejected": 1}


def test_max_delta_stops_a_load_that_changes_too_much(bench: Bench) -> None:
    bench.source("orders", ORDERS + "\nmax_delta: 40%")
    bench.write("data/orders.csv", TWO)
    assert bench.counts() == {"read": 2, "inserted": 2}
    bench.write("data/orders.csv", TWO.replace("10.50", "9"))
    with pytest.raises(GuardStopped, match="1 of 2 rows would change, more than 40%"):
        bench.load()


def test_a_missing_file_is_named_with_its_way_out(bench: Bench) -> None:
    bench.source("orders", ORDERS)
    with pytest.raises(DataUnusable, match=r"orders has no input: .*data/orders.csv does not exist") as caught:
        bench.load()
    assert "required: false" in caught.value.remedy
    bench.source("orders", ORDERS + "\nrequired: false")
    assert bench.counts() == {}


def test_a_link_out_of_the_project_is_refused(bench: Bench) -> None:
    bench.source("orders", ORDERS)
    (bench.root / "data").mkdir()
    (bench.root / "data/orders.csv").symlink_to("/etc/hostname")
    with pytest.raises(NotPermitted):
        bench.load()


def test_a_missing_column_is_named_with_the_nearest(bench: Bench) -> None:
    bench.source("orders", ORDERS)
    bench.write("data/orders.csv", TWO.replace("total", "totals"))
    with pytest.raises(DataUnusable, match='no column "total"') as caught:
        bench.load()
    assert 'did you mean "totals"?' in caught.value.remedy


@pytest.mark.parametrize("content", ["", "id,date,total,email\n", "\n\n"])
def test_empty_files_are_zero_rows(bench: Bench, content: str) -> None:
    bench.source("orders", ORDERS)
    bench.write("data/orders.csv", content)
    assert bench.counts() == {}
    assert bench.rows("SELECT count(*) FROM orders") == [(0,)]


def test_the_last_row_of_a_key_wins_across_files(bench: Bench) -> None:
    bench.source("orders", ORDERS.replace("orders.csv", "orders_*.csv"))
    bench.write("data/orders_2.csv", TWO)
    bench.write("data/orders_1.csv", TWO.replace("10.50", "3").replace(",7,", ",8,") + "1,2026-01-02,4,a\n")
    assert bench.counts() == {"read": 5, "inserted": 2, "duplicates": 3}
    assert bench.rows("SELECT amount FROM orders ORDER BY order_id") == [(Decimal("10.5"),), (Decimal(7),)]


def test_available_at_decides_what_was_known_and_which_duplicate_wins(bench: Bench) -> None:
    bench.source("orders", ORDERS.replace("map: {", "available_at: seen\nmap: {"))
    bench.write(
        "data/orders.csv", "id,date,total,email,seen\n1,2026-01-02,5,a,2026-02-02\n1,2026-01-02,4,a,2026-02-01\n"
    )
    bench.load()
    assert bench.rows("SELECT amount, known_from FROM orders") == [(Decimal(5), at("2026-02-02"))]


def test_where_leaves_rows_out_and_counts_them(bench: Bench) -> None:
    bench.source("orders", ORDERS + "\nwhere: \"id not like 'C%' and total > 1\"")
    bench.write("data/orders.csv", TWO + "C3,2026-01-03,7,c\n4,2026-01-03,1,c\n")
    assert bench.counts() == {"read": 4, "inserted": 2, "filtered": 2}


def test_an_expression_with_an_unreadable_operand_rejects_the_row(bench: Bench) -> None:
    bench.source("orders", ORDERS.replace("amount: total", "amount: Quantity * UnitPrice"))
    bench.write("data/orders.csv", "id,date,Quantity,UnitPrice,email\n1,2026-01-02,3,0.1,a\n2,2026-01-02,x,2,a\n")
    assert bench.counts() == {"read": 2, "inserted": 1, "rejected": 1}
    assert bench.rows("SELECT amount FROM orders") == [(Decimal("0.3"),)]
    assert bench.rejects()[0][:3] == (3, "amount", "not_a_number")


@pytest.mark.parametrize(
    ("refers_to", "given", "namespace", "reference"),
    [
        ("", "Ann@Example.com", "email", "ann@example.com"),
        ("", "H1", "any", "H1"),
        ("refers_to: crm", "Ann@x", "crm", "Ann@x"),
        ("refers_to: email", "Ann@x", "email", "ann@x"),
        ("refers_to: phone", "+44 20-7946", "phone", "+44207946"),
    ],
)
def test_references_get_their_namespace(
    bench: Bench, refers_to: str, given: str, namespace: str, reference: str
) -> None:
    bench.source("crm", "path: data/crm.csv\nentity: customers\nrequired: false")
    bench.source("orders", f"{ORDERS}\n{refers_to}")
    bench.write("data/orders.csv", f"id,date,total,email\n1,2026-01-02,1,{given}\n2,2026-01-02,1,\n")
    bench.load()
    rows = bench.rows("SELECT customer_ns, customer_ref FROM orders ORDER BY order_id")
    assert rows == [(namespace, reference), (None, None)]


def test_customers_become_records_of_their_source(bench: Bench) -> None:
    bench.source("crm", "path: data/crm.csv\nentity: customers")
    bench.source("shop", "path: data/shop.csv\nentity: customers")
    bench.write("data/crm.csv", "id,email\n1,a@example.com\n")
    bench.write("data/shop.csv", "id,email\n1,b@example.com\n")
    assert bench.counts() == {"read": 2, "inserted": 2}
    assert bench.rows("SELECT source, source_id, email FROM records ORDER BY source") == [
        ("crm", "1", "a@example.com"),
        ("shop", "1", "b@example.com"),
    ]


def test_jsonl_keeps_every_digit_of_money_and_rejects_bad_lines(bench: Bench) -> None:
    bench.source("orders", ORDERS.replace("orders.csv", "orders.jsonl").replace("total", "sum.gross"))
    lines = [
        {"id": 1, "date": "2026-01-02T10:00:00+02:00", "sum": {"gross": 1.34}, "email": None},
        {"id": "2", "date": "2026-01-02", "sum.gross": 5},
    ]
    text = "\n".join(json.dumps(line) for line in lines)
    bench.write("data/orders.jsonl", f'{text}\n\n{{"id": 3,\n[1]\n{{"id": "4"}}\n')
    assert bench.counts() == {"read": 5, "inserted": 2, "rejected": 3}
    assert bench.rows("SELECT order_id, ordered_at, amount FROM orders ORDER BY 1") == [
        ("1", at("2026-01-02T08:00"), Decimal("1.34")),
        ("2", at("2026-01-02"), Decimal(5)),
    ]
    assert [row[:3] for row in bench.rejects()] == [
        (4, "", "bad_json"),
        (5, "", "not_an_object"),
        (6, "ordered_at", "missing"),
    ]
    bench.source("lines", "path: data/big.jsonl\nentity: products\nmap: {product_id: id, price: price}")
    bench.write("data/big.jsonl", '{"id": "p", "price": 12345678901234.6789}\n')
    bench.load()
    assert bench.rows("SELECT price FROM products") == [(Decimal("12345678901234.6789"),)]


def test_parquet_values_keep_their_types_and_lines_are_row_numbers(bench: Bench) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    bench.source(
        "orders",
        "path: data/o.parquet\nentity: orders\nmax_rejects: 5\n"
        "map: {order_id: id, ordered_at: {column: at, timezone: America/New_York}, amount: amount}",
    )
    (bench.root / "data").mkdir()
    table = pa.table(
        {
            "id": pa.array([1, 2, None]),
            "at": pa.array([at("2026-07-01T12:00"), at("2026-01-01T12:00"), at("2026-01-01")]),
            "amount": pa.array([1.25, 0.1, float("nan")]),
        }
    )
    pq.write_table(table, bench.root / "data/o.parquet")
    assert bench.counts() == {"read": 3, "inserted": 2, "rejected": 1}
    assert bench.rows("SELECT order_id, ordered_at, amount FROM orders ORDER BY 1") == [
        ("1", at("2026-07-01T16:00"), Decimal("1.25")),
        ("2", at("2026-01-01T17:00"), Decimal("0.1")),
    ]
    assert [row[:3] for row in bench.rejects()] == [(3, "order_id", "missing")]
    bench.write("data/o.parquet", b"no parquet")
    with pytest.raises(DataUnusable, match="no readable Parquet"):
        bench.load()


def test_latin_1_with_semicolons_and_decimal_commas(bench: Bench) -> None:
    bench.source("orders", ORDERS + '\nformat: {encoding: latin-1, delimiter: ";", decimal: ","}')
    bench.write("data/orders.csv", "id;date;total;email\r\nM\xfcller;2026-01-02;1.234,56;a\r\n".encode("latin-1"))
    bench.load()
    assert bench.rows("SELECT order_id, amount FROM orders") == [("Müller", Decimal("1234.56"))]


def test_a_declared_encoding_that_does_not_fit_names_the_byte(bench: Bench) -> None:
    bench.source("orders", ORDERS + "\nformat: {encoding: utf-8}")
    bench.write("data/orders.csv", TWO.encode() + b"3,2026-01-02,1,\xff\n")
    with pytest.raises(DataUnusable, match=f"byte {len(TWO) + 15} "):
        bench.load()


def test_a_plan_that_was_overtaken_is_refused(bench: Bench) -> None:
    bench.source("orders", ORDERS)
    bench.write("data/orders.csv", TWO)
    with bench.context() as ctx:
        first, second = job.plan(ctx), job.plan(ctx)
        job.run(first, ctx)
        with pytest.raises(TryLater):
            job.run(second, ctx)


def test_preview_and_outcome_count_the_same_and_a_dry_run_leaves_no_file(bench: Bench) -> None:
    bench.source("orders", ORDERS)
    bench.write("data/orders.csv", TWO + "3\n")
    with bench.context(dry=True) as ctx:
        plan = job.plan(ctx)
        outcome = job.run(plan, ctx)
    assert outcome.details["counts"] == dict(plan.preview.counts)
    assert plan.preview.sample[0]["line_no"] == 4
    assert not (bench.root / "rejects").exists()


def test_only_the_named_sources_are_loaded(bench: Bench) -> None:
    bench.source("orders", ORDERS)
    bench.source("staff", "path: data/staff.csv\nentity: staff")
    bench.write("data/staff.csv", "staff_id,name\ns1,Ann\n")
    assert bench.counts(options={"only": ["staff"]}) == {"read": 1, "inserted": 1}
    with pytest.raises(UsageError) as caught:
        bench.load(options={"only": ["stuff"]})
    assert caught.value.remedy == 'did you mean "staff"?'


def test_every_problem_of_a_source_file_is_listed(bench: Bench) -> None:
    bench.source("orders", "path: ../orders.pdf\nentity: orders\nrefers_to: crn\nmap: {order_id: 'a *', amont: b}")
    bench.source("bad", "path: data/x.csv\nentity: ordres")
    with pytest.raises(ConfigInvalid) as caught:
        bench.load()
    told = "\n".join(issue.what for issue in caught.value.issues if hasattr(issue, "what"))
    for part in (
        'unknown entity "ordres"',
        "outside the project",
        "no format is known",
        'unknown source "crn"',
        'no column "amont"',
        'nothing fills "ordered_at"',
        "cannot be read",
    ):
        assert part in told


def test_erase_removes_records_rows_and_rejects_of_a_customer(bench: Bench) -> None:
    bench.source("crm", "path: data/crm.csv\nentity: customers")
    bench.source("orders", ORDERS.replace("email}", "email}\nrefers_to: crm"))
    bench.write("data/crm.csv", "id,email\nH0001,a@example.com\nH0002,b@example.com\n")
    bench.write("data/orders.csv", "id,date,total,email\n1,2026-01-02,1,H0001\n2,2026-01-02,1,H0002\n3,x,1,H0001\n")
    bench.load()
    with bench.context() as ctx:
        with ctx.warehouse.write("links") as session:
            session.execute("INSERT INTO links (ns, ref, customer_id) VALUES ('crm', 'H0001', 'c_1')")
        assert job.erase(["c_1"], ctx) == 3
    assert bench.rows("SELECT source_id FROM records") == [("H0002",)]
    assert bench.rows("SELECT order_id FROM orders_versions") == [("2",)]
    assert bench.rejects() == []


def test_parquet_rows_of_another_precision_are_unchanged_when_read_again(bench: Bench) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    bench.source("orders", "path: data/o.parquet\nentity: orders\nmap: {order_id: id, ordered_at: at, amount: total}")
    bench.write("data/o.parquet", b"")
    for places, found in ((2, "inserted"), (3, "unchanged"), (5, "unchanged")):
        at = pa.array([NOW.replace(tzinfo=None)] * 2, pa.timestamp("ns" if places > 2 else "ms"))
        totals = pa.array([Decimal("1.50"), Decimal("2.25")], pa.decimal128(20, places))
        pq.write_table(pa.table({"id": ["o1", "o2"], "at": at, "total": totals}), bench.root / "data/o.parquet")
        assert bench.counts() == {"read": 2, found: 2}
