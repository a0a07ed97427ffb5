"""`opscli health` and `opscli task` as a person calls them, on the project of a golden case."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests import calling
from tests.calling import data

CASE = Path(__file__).parents[1] / "golden" / "health" / "alert_boundaries"


def opscli(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return calling.opscli(cwd, *words)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, run up to the tags; never changed."""
    folder = tmp_path_factory.mktemp("prepared")
    shutil.copytree(CASE / "config", folder, dirs_exist_ok=True)
    shutil.copytree(CASE / "input", folder / "data")
    steps = [word for step in ("import", "dedupe", "profiles", "tags") for word in ("--only", step)]
    run = opscli("run", "nightly", *steps, cwd=folder)
    assert run.returncode == 0, run.stderr
    return folder


@pytest.fixture
def shop(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "shop"))


def test_from_plan_to_done(shop: Path) -> None:
    planned = opscli("health", "alert", "--dry-run", cwd=shop)
    assert (planned.returncode, "8 alerts" in planned.stdout) == (0, True)
    assert data(opscli("task", "list", "--json", cwd=shop)) == []
    assert opscli("health", "score", cwd=shop).returncode == 0
    made = data(opscli("health", "alert", "--json", cwd=shop))
    assert (made["counts"]["tasks_created"], made["counts"]["scored"]) == (8, 0)
    assert data(opscli("health", "alert", "--json", cwd=shop))["skipped"] == {"same_episode": 8}

    listed = opscli("task", "list", "--owner", "lead", cwd=shop)
    lines = listed.stdout.splitlines()
    assert lines[0].split() == ["task_id", "due", "title", "owner", "priority", "customer_id"]
    assert ["  No login for 50 days  " in line for line in lines[1:]] == [True, True]
    assert "2018-01-03 17:00" in lines[1], "due times are those of the business zone"

    task = lines[1].split()[0]
    shown = opscli("task", "show", task, cwd=shop)
    assert "No login for 50 days (last 2017-11-12)." in shown.stdout
    assert "fallback: " in shown.stdout
    assert data(opscli("task", "done", task, "--outcome", "saved", "--json", cwd=shop))["status"] == "done"
    again = opscli("task", "done", task, cwd=shop)
    assert (again.returncode, "is done already" in again.stderr) == (2, True)
    [closed] = data(opscli("task", "list", "--status", "done", "--json", cwd=shop))
    assert (closed["task_id"], closed["outcome"]) == (task, "saved")


def test_explain_adds_up(shop: Path) -> None:
    opscli("health", "score", cwd=shop)
    [view] = data(opscli("health", "explain", "under_half_of_8@example.com", "--json", cwd=shop))["scores"]
    assert round(sum(item["part"] for item in view["measures"]), 2) == view["score"] == 83.33
    text = opscli("health", "explain", "under_half_of_8", cwd=shop).stdout
    assert text.splitlines()[1] == "score 83.33  healthy  new  coverage 100%"
    shown = opscli("health", "show", "under_half_of_8", "--format", "csv", "--no-header", cwd=shop).stdout
    assert ",standard,83.33,healthy,new," in shown
    bands = data(opscli("health", "show", "--json", cwd=shop))
    assert {row["band"]: row["customers"] for row in bands} == {"healthy": 5, "watch": 1, "critical": 6, "unknown": 2}


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("health", "explain", "nobody@example.com"), "leads to no customer"),
        (("health", "score", "--model", "other"), "there is no health model 'other'"),
        (("task", "show", "t_nothing"), "no task has the id"),
        (("task", "list", "--priority", "urgent"), "no priority 'urgent'"),
        (("task", "done", "t_nothing", "--outcome", "won"), "no outcome 'won'"),
    ],
)
def test_wrong_words_are_usage_errors_with_a_way_out(prepared: Path, words: tuple[str, ...], what: str) -> None:
    refused = opscli(*words, cwd=prepared)
    assert refused.returncode == 2
    assert what in refused.stderr
    assert "→" in refused.stderr


def changed(shop: Path, old: str, new: str) -> None:
    config = shop / "configs" / "health" / "standard.yaml"
    config.write_text(config.read_text().replace(old, new))


def test_a_stale_feed_is_65(shop: Path) -> None:
    changed(shop, "breaker: 100%", "breaker: 100%, freshness: 1min")
    refused = opscli("health", "alert", cwd=shop)
    assert (refused.returncode, "no health alert: events end at 2018-01-01 07:27" in refused.stderr) == (65, True)
    assert opscli("task", "list", cwd=shop).stderr == "no tasks\n"


def test_a_flood_is_4_until_it_is_approved(shop: Path) -> None:
    changed(shop, "breaker: 100%", "breaker: 10%")
    refused = opscli("health", "alert", cwd=shop)
    assert (refused.returncode, "would be alerted at once" in refused.stderr) == (4, True)
    assert data(opscli("task", "list", "--json", cwd=shop)) == []
    assert opscli("health", "alert", "--approve", cwd=shop).returncode == 0
    assert len(data(opscli("task", "list", "--json", cwd=shop))) == 8
