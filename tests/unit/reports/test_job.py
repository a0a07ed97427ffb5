from __future__ import annotations

import csv
import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from opscli.charts.width import width
from opscli.cli.pages import page_lines
from opscli.errors import CannotCreate, ConfigInvalid, TryLater, UsageError
from opscli.reports import job

OPTIONS = {"report": "daily"}


def files(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in sorted((root / "out").rglob("*")) if path.is_file()
    }


def test_a_run_does_what_its_plan_said_and_the_second_run_stores_nothing(daily: Any) -> None:
    first = daily.run(job, options=OPTIONS)
    written = files(daily.root)
    second = daily.run(job, options=OPTIONS)

    assert (
        first.details["counts"]["values"] == first.changed == daily.rows("SELECT COUNT(*) FROM metric_values")[0][0] > 0
    )
    assert second.details["counts"]["values"] == 0
    assert files(daily.root) == written, "the same as_of gives the same bytes"


def test_stored_values_are_those_of_the_page(daily: Any) -> None:
    daily.run(job, options=OPTIONS)

    april = "period = TIMESTAMP '2026-04-01' AND grain = 'month'"
    assert daily.rows(
        f"SELECT value, rows FROM metric_values WHERE metric = 'orders' AND dimension = '' AND {april}"
    ) == [(20, 20)]
    by_channel = f"SELECT member, value FROM metric_values WHERE dimension = 'channel' AND {april} ORDER BY 1"
    assert daily.rows(by_channel) == [("=cmd()", 10), ("web", 10)]
    days = daily.rows("SELECT COUNT(*) FROM metric_values WHERE metric = 'revenue' AND grain = 'day'")
    assert days == [(30,)]


def test_a_later_as_of_adds_its_own_values(daily: Any) -> None:
    daily.run(job, options=OPTIONS)
    before = daily.rows("SELECT COUNT(*) FROM metric_values")[0][0]
    outcome = daily.run(job, options=OPTIONS, as_of=daily.as_of + timedelta(days=1))

    assert outcome.changed > 0
    assert daily.rows("SELECT COUNT(*) FROM metric_values")[0][0] == before + outcome.changed


def test_a_metric_without_data_is_left_out_and_says_what_to_add(daily: Any) -> None:
    outcome = daily.run(job, options=OPTIONS)

    assert outcome.details["not_set_up"] == ["First response is not set up: add a source for tickets."]
    assert "add a source for tickets" in (daily.root / "out/daily.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("compare", [["previous"], ["previous", "year_ago"]])
def test_the_year_before_is_named_where_it_is_asked_for_and_known(daily: Any, compare: list[str]) -> None:
    for days in (370, 400):
        daily.load("orders", _order(daily.as_of - timedelta(days=days)))
    layout = [{"kpi": "revenue", "periods": 2}]
    daily.write(
        "reports/daily.yaml", {"kind": "report", "version": 1, "name": "daily", "layout": layout, "compare": compare}
    )

    (block,) = job.plan(daily.context(options=OPTIONS)).page.blocks
    assert block.notes == (("+890.0% vs Apr 2025",) if "year_ago" in compare else ())


def test_a_year_before_in_which_the_data_begin_is_no_measure(daily: Any) -> None:
    """Data that begin in the middle of a period make a small number, and any change against it a large one."""
    daily.load("orders", _order(daily.as_of - timedelta(days=370)))
    layout = [{"kpi": "revenue", "periods": 2}]
    report = {"kind": "report", "version": 1, "name": "daily", "layout": layout, "compare": ["year_ago"]}
    daily.write("reports/daily.yaml", report)

    assert job.plan(daily.context(options=OPTIONS)).page.blocks[0].notes == ()


def _order(moment: datetime) -> dict[str, Any]:
    return {"order_id": f"{moment}", "ordered_at": moment, "customer_ref": "a", "amount": 100, "status": "paid"}


def test_a_dry_run_leaves_no_file(daily: Any) -> None:
    outcome = daily.run(job, options=OPTIONS, dry=True)

    assert outcome.details["files"] == ["out/daily.html", "out/daily/", "out/daily.json", "out/daily.md"]
    assert not (daily.root / "out").exists()


def test_csv_names_rows_and_hashes_and_a_formula_stays_text(daily: Any) -> None:
    daily.run(job, options=OPTIONS)
    folder = daily.root / "out/daily"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))

    assert {entry["file"] for entry in manifest["files"]} | {"manifest.json"} == {
        path.name for path in folder.iterdir()
    }
    for entry in manifest["files"]:
        data = (folder / entry["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == entry["sha256"]
        assert len(list(csv.reader(data.decode().splitlines()))) == entry["rows"] + 1
    assert "'=cmd()" in (folder / "orders_by_channel.csv").read_text(encoding="utf-8")


def test_an_unwritable_place_is_exit_73_and_nothing_half_written(daily: Any) -> None:
    (daily.root / "out").write_text("a file where a folder should be", encoding="utf-8")

    with pytest.raises(CannotCreate, match=r"daily\.html") as caught:
        daily.run(job, options=OPTIONS)
    assert caught.value.exit_code == 73
    assert (daily.root / "out").read_text(encoding="utf-8") == "a file where a folder should be"


def test_a_plan_on_a_warehouse_that_moved_is_refused(daily: Any) -> None:
    ctx = daily.context(options=OPTIONS)
    plan = job.plan(ctx)
    daily.insert("loads", [{"load_seq": 2, "source": "crm"}])

    with pytest.raises(TryLater):
        job.run(plan, ctx)


def test_an_unknown_report_names_the_known_ones(daily: Any) -> None:
    with pytest.raises(UsageError, match="weekly") as caught:
        job.plan(daily.context(options={"report": "weekly"}))
    assert "daily" in caught.value.remedy


def test_an_unknown_metric_and_a_path_outside_are_both_refused_at_their_place(daily: Any) -> None:
    daily.write(
        "reports/bad.yaml",
        "kind: report\nversion: 1\nname: bad\nlayout:\n  - {kpi: revenu}\noutputs: [{html: ../x.html}]\n",
    )

    with pytest.raises(ConfigInvalid) as caught:
        daily.project()
    text = "\n".join(caught.value.details)
    assert 'configs/reports/bad.yaml:5:11: unknown metric "revenu"' in text
    assert "an output outside the project" in text


def test_erasing_a_customer_removes_nothing_because_nobody_stands_there(daily: Any) -> None:
    assert job.erase(["a"], daily.context()) == 0


@pytest.mark.parametrize("locale", ["en", "zh"])
@pytest.mark.parametrize("columns", [80, 140])
def test_the_terminal_page_fits_and_speaks_the_locale(daily: Any, columns: int, locale: str) -> None:
    daily.write("project.yaml", {"kind": "project", "version": 1, "name": "shop", "locale": locale})
    page = job.plan(daily.context(options=OPTIONS)).page
    lines = ["".join(text for text, _ in line) for line in page_lines(page, columns)]

    assert all(width(line.rstrip()) <= columns for line in lines)
    assert any(("销售额" if locale == "zh" else "Revenue") in line for line in lines)
    assert any(("多卖" if locale == "zh" else "What to do: Sell more") in line for line in lines)
