"""The whole river: one nightly run, run again, resumed, doubled, planned, fed with broken things."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from opscli.engine.duckdb import DuckDBWarehouse
from opscli.engine.entity import standard_entities
from opscli.engine.versions import literal
from tests import calling
from tests.river.conftest import DAY_BEFORE, SLOT, River, armed, make


def test_a_run_fills_every_stage(finished: River) -> None:
    tables = finished.tables()
    for table in ("customers", "links", "lineage", "orders", "order_lines", "profiles", "tag_history", "health_scores"):
        assert tables[table], table
    assert tables["metric_values"]
    assert (finished.root / "out" / "daily.html").read_text(encoding="utf-8").startswith("<!")
    assert finished.mails(), "the winback campaign wrote mails"
    assert finished.state_rows("SELECT count(*) FROM outbox WHERE status = 'sent'")[0][0] == len(finished.mails())


def test_the_same_slot_again_is_a_no_op_and_quick(finished: River) -> None:
    for _ in range(3):  # what is kept of a check rests on the package too: made anew once when somebody edits that
        before = finished.files()
        started = time.perf_counter()
        again = calling.afresh(finished.root, "run", "nightly", "--json", env=finished.environment())
        seconds = time.perf_counter() - started
        assert calling.data(again)["already_done"] is True
        if finished.files() == before and seconds < 1.0 * _slowness():
            return
    assert finished.files() == before
    assert seconds < 1.0 * _slowness()


def _slowness() -> float:
    """How slow this machine is now: a bare Python start against the 30 ms of an idle one."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return max(1.0, (time.perf_counter() - started) / 0.03)


def test_the_next_slot_imports_only_what_changed(tmp_path: Path, sample: Callable[[str], Path]) -> None:
    river = make(tmp_path / "river")
    shutil.copytree(sample("2017-12-31"), river.root / "data")
    first = _counts(river.nightly("--slot", DAY_BEFORE))["import"]
    river.data("2018-01-01")
    second = _counts(river.nightly("--slot", SLOT))["import"]
    assert second["inserted"] + second["updated"] < 0.02 * first["inserted"]
    assert second["inserted"] > 0
    assert second["updated"] > 0, "orders under way change their status"
    assert second["read"] < 0.3 * first["read"], "files that did not change are not read again"


def _counts(answer: dict[str, object]) -> dict[str, dict[str, int]]:
    steps = answer["steps"]
    assert isinstance(steps, list)
    return {step["step"]: step["counts"] for step in steps}


def test_plan_says_exactly_what_the_run_then_does(river: River) -> None:
    before = river.files()
    done = river.call("plan", "nightly", "--json")
    assert done.returncode == 0, done.stderr
    planned = {step["step"]: step["counts"] for step in json.loads(done.stdout)["data"]["steps"]}
    assert river.files() == before, "a plan leaves nothing behind"
    assert planned == _counts(river.nightly())
    assert planned["campaigns"]


def test_a_plan_after_a_run_changes_nothing_either(finished: River, tmp_path: Path) -> None:
    river = River(tmp_path / "copy")
    shutil.copytree(finished.root, river.root)
    river.data("2018-01-01")
    before = {name: digest for name, digest in river.files().items() if not name.startswith(".opscli/locks/")}
    done = river.call("plan", "nightly", "--slot", "2018-01-02T07:30:00Z", "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    after = {name: digest for name, digest in river.files().items() if not name.startswith(".opscli/locks/")}
    assert after == before
    assert json.loads(done.stdout)["data"]["steps"]


SHORT = ("warehouse.after_commit:kill:3", "step.campaigns.done:kill", "ledger.step_finished:kill:7")


@pytest.mark.parametrize("fault", SHORT)
def test_killed_and_run_again_gives_the_same_result(fault: str, river: River, finished: River) -> None:
    survives(fault, river, finished)


@pytest.mark.faults
def test_killed_at_every_fault_point_and_run_again_gives_the_same_result(
    river: River, finished: River, tmp_path: Path
) -> None:
    """A trace run lists the points that a run passes; then each is a place to die, at its first and last time."""
    traced = River(tmp_path / "traced")
    shutil.copytree(river.root, traced.root)
    trace = tmp_path / "trace"
    assert traced.call("run", "nightly", env=armed(trace=trace)).returncode == 0
    passed = Counter(trace.read_text(encoding="utf-8").split())
    assert len(passed) > 20
    for point, times in sorted(passed.items()):
        for hit in sorted({1, times}):
            copy = River(tmp_path / f"{point}-{hit}")
            shutil.copytree(river.root, copy.root)
            survives(f"{point}:kill:{hit}", copy, finished)
            shutil.rmtree(copy.root)


def survives(fault: str, river: River, finished: River) -> None:
    """Die at that point, run the same command again: the result of the undisturbed run, and no second mail."""
    killed = river.call("run", "nightly", env=armed(fault))
    assert killed.returncode == -9, killed.stderr
    assert river.call("run", "nightly").returncode == 0
    assert set(river.mails()) == set(finished.mails()), "bytes differ: each project signs its links with its own key"
    expected, found = finished.tables(), river.tables()
    assert set(found) == set(expected)
    for table, rows in expected.items():
        if table not in _ACTIVITY:
            assert found[table] == rows, table
    assert _messages(river) == _messages(finished)
    assert _statuses(river) == [("nightly", "ok")]


_ACTIVITY = ("messages", "message_events", "enrolment_events", "task_events", "alert_events")
"""Copies of state events: a run that was killed after its campaigns finds them already there when it copies."""


def _messages(river: River) -> list[tuple[object, ...]]:
    return river.state_rows("SELECT message_key, customer_id, status FROM outbox ORDER BY message_key")


def _statuses(river: River) -> list[tuple[object, ...]]:
    return river.state_rows("SELECT job, status FROM runs")


def test_two_nightly_runs_at_once_one_works_the_other_says_75(river: River, finished: River) -> None:
    command = [sys.executable, "-m", "opscli", "run", "nightly"]
    both = [
        subprocess.Popen(command, cwd=river.root, env=river.environment(), stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = [process.communicate() for process in both]
    codes = sorted(process.returncode for process in both)
    assert codes == [0, 75], answers
    words = next(answer[1] for process, answer in zip(both, answers, strict=True) if process.returncode)
    assert "in use by process" in words
    assert set(river.mails()) == set(finished.mails())


def test_a_broken_row_is_a_reject_with_file_and_line(river: River) -> None:
    crm = river.root / "data" / "crm_contacts.csv"
    lines = crm.read_bytes().split(b"\n")
    lines.insert(3, b"this is;no row")
    crm.write_bytes(b"\n".join(lines))
    done = river.call("run", "nightly", "--json")
    assert done.returncode == 3, done.stderr
    written = next((river.root / "rejects").rglob("crm.csv")).read_text(encoding="utf-8")
    assert "crm_contacts.csv" in written
    assert ",4," in written or ";4;" in written
    assert "this is;no row" in written


def test_broken_config_is_refused_with_every_problem_and_nothing_runs(river: River) -> None:
    (river.root / "configs" / "tags" / "value.yaml").write_text(
        'kind: tags\nversion: 1\ndimension: value\ntags: [{name: high_value, wen: "revenu_365d >= 5000"}]\n',
        encoding="utf-8",
    )
    (river.root / "jobs" / "nightly.yaml").write_text("kind: job\nversion: 1\nsteps: [imprt]\n", encoding="utf-8")
    done = river.call("run", "nightly")
    assert done.returncode == 78
    assert "configs/tags/value.yaml:4:" in done.stderr
    assert "did you mean" in done.stderr.lower()
    assert not (river.root / ".opscli" / "warehouse.duckdb").exists()


def test_a_missing_input_file_is_a_clear_error_and_nothing_is_half_written(river: River) -> None:
    (river.root / "data" / "crm_contacts.csv").unlink()
    done = river.call("run", "nightly")
    assert done.returncode == 65
    assert "data/crm_contacts.csv" in done.stderr
    assert "→" in done.stderr
    assert not river.mails()
    assert _statuses(river) == [("nightly", "failed")]


def test_profiles_of_the_past_equal_those_of_data_cut_at_that_instant(finished: River, tmp_path: Path) -> None:
    """`--as-of` on full data, against data in which nothing of that instant or later is left.

    Who is the same person is today's answer in both (links carry no past), so the cut is made after dedupe.
    """
    instant = datetime(2017, 12, 1, 5)  # noqa: DTZ001  naive UTC; midnight in New York
    profiles = {}
    for name in ("full", "cut"):
        river = River(tmp_path / name)
        shutil.copytree(finished.root, river.root)
        if name == "cut":
            assert _cut(river, instant) > 1000
        river.nightly("--slot", f"{instant.isoformat()}Z", "--only", "profiles")
        profiles[name] = river.tables()["profiles"]
    assert len(profiles["cut"]) > 100
    assert profiles["full"] == profiles["cut"]
    assert profiles["full"] != finished.tables()["profiles"]


def _cut(river: River, instant: datetime) -> int:
    """Remove every version that was not known yet and every event that had not happened yet; how many rows."""
    warehouse = DuckDBWarehouse(river.root / ".opscli" / "warehouse.duckdb", river.root / "scratch")
    removed = 0
    with warehouse.write() as session:
        for entity in standard_entities().values():
            if entity.versions_table in session.tables():
                late = [f"known_from > {literal(instant)}"]
                late += [f'"{entity.time}" >= {literal(instant)}'] if entity.time else []
                removed += session.execute(f"DELETE FROM {entity.versions_table} WHERE {' OR '.join(late)}")
    warehouse.close()
    return removed


def test_a_changed_config_does_not_slip_into_a_resumed_run(river: River) -> None:
    assert river.call("run", "nightly", env=armed("step.profiles.locked:kill")).returncode == -9
    topic = river.root / "configs" / "topics" / "offers.yaml"
    topic.write_text(topic.read_text(encoding="utf-8") + "owner: marketing\n", encoding="utf-8")
    refused = river.call("run", "nightly")
    assert refused.returncode == 78
    assert "--accept-config" in refused.stderr
    assert river.nightly("--accept-config")["attempt"] == 2


def test_silence_in_cron_when_all_is_well(river: River) -> None:
    done = river.call("run", "nightly")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_later_export_of_the_erp_moves_orders_and_parcels_on_in_the_profile(
    tmp_path: Path, sample: Callable[[str], Path]
) -> None:
    """Order and delivery status of one day, then of three days later: what arrived meanwhile is seen in profiles."""
    river = make(tmp_path / "erp")
    shutil.copytree(sample("2017-12-29"), river.root / "data")
    river.nightly("--slot", "2017-12-29T07:30:00Z")
    before = _waiting(river)
    shutil.copytree(sample("2018-01-01"), river.root / "data", dirs_exist_ok=True)
    river.nightly("--slot", SLOT)
    updated = dict(_rows(river, "SELECT source, updated FROM loads WHERE updated > 0"))
    assert {"orders", "shipments"} <= set(updated)
    after = _waiting(river)
    arrived = {customer for customer in before if after.get(customer, 0) < before[customer]}
    assert arrived
    customer = min(arrived)
    (traits,) = json.loads(river.call("customer", "show", customer, "--json").stdout)["data"]["traits"]
    assert traits["parcels_in_transit"] == after.get(customer, 0)
    assert traits["last_delivery_at"] >= "2017-12-29"


def _waiting(river: River) -> dict[str, int]:
    """Customers with parcels in transit, as their profiles say."""
    return dict(_rows(river, "SELECT customer_id, parcels_in_transit FROM profiles WHERE parcels_in_transit > 0"))


def _rows(river: River, sql: str) -> list[tuple[Any, ...]]:
    warehouse = DuckDBWarehouse(river.root / ".opscli" / "warehouse.duckdb", river.root / "scratch")
    with warehouse.read() as session:
        rows = session.rows(sql)
    warehouse.close()
    return rows
