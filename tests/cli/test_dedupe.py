from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.calling import opscli

PROJECT = (
    "kind: project\nversion: 1\nname: shop\ntimezone: UTC\ncurrency: USD\ncountry: US\nclock: 2026-05-01T12:00:00Z\n"
)
SOURCE = """kind: source
version: 1
name: crm
path: data/crm.csv
entity: customers
map: {id: id, first_name: first, last_name: last, email: mail}
"""
JOB = "kind: job\nversion: 1\nname: load\nsteps: [import, dedupe]\n"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    files = {
        "configs/project.yaml": PROJECT,
        "configs/identity.yaml": "kind: identity\nversion: 1\nmatch: standard\n",
        "configs/sources/crm.yaml": SOURCE,
        "jobs/load.yaml": JOB,
        "data/crm.csv": "id,first,last,mail\n1,Ann,Lee,ann@x.org\n2,Ann,Lee,ANN@x.org\n3,Bob,Ray,info@x.org\n",
        "truth.csv": "source,source_id,person_id\ncrm,1,P\ncrm,2,P\ncrm,3,Q\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    loaded = opscli(folder, "run", "load")
    assert loaded.returncode == 0, loaded.stderr
    return folder


def test_the_evaluation_prints_precision_and_recall(root: Path) -> None:
    answer = opscli(root, "dedupe", "eval", "--truth", "truth.csv", "--json")
    assert answer.returncode == 0, answer.stderr
    data = json.loads(answer.stdout)["data"]
    assert (data["precision"], data["recall"], data["largest_customer"]) == (1.0, 1.0, 2)
    lines = opscli(root, "dedupe", "eval", "--truth", "truth.csv").stdout.splitlines()
    assert "precision               1.0000" in lines


def test_a_file_that_is_no_truth_is_unusable_data(root: Path) -> None:
    answer = opscli(root, "dedupe", "eval", "--truth", "data/crm.csv")
    assert answer.returncode == 65
    assert "source, source_id and person_id" in answer.stderr


def test_nothing_imported_is_no_evaluation(root: Path, tmp_path: Path) -> None:
    fresh = shutil.copytree(root, tmp_path / "fresh", ignore=shutil.ignore_patterns(".opscli"))
    answer = opscli(fresh, "dedupe", "eval", "--truth", "truth.csv")
    assert (answer.returncode, answer.stdout) == (65, "")
    assert "there are no records to compare" in answer.stderr


def test_a_dry_run_of_what_is_done_says_that_nothing_changes(root: Path) -> None:
    answer = opscli(root, "dedupe", "--dry-run", "--json")
    assert answer.returncode == 0, answer.stderr
    counts = json.loads(answer.stdout)["data"]["counts"]
    assert (counts["customers"], counts["changed_links"], counts["changed_golden"]) == (2, 0, 0)


def test_running_it_again_is_silent_in_a_pipe(root: Path) -> None:
    answer = opscli(root, "dedupe")
    assert (answer.returncode, answer.stdout) == (0, "")


def test_two_records_are_explained(root: Path) -> None:
    answer = opscli(root, "dedupe", "explain", "crm:1", "crm:2")
    assert answer.returncode == 0, answer.stderr
    assert "one customer: rule email_and_name" in answer.stdout
    assert "ann" not in answer.stdout


def test_explain_wants_two_records_or_a_customer(root: Path) -> None:
    assert opscli(root, "dedupe", "explain", "crm:1").returncode == 2


def test_the_ledger_is_empty_before_any_merge(root: Path) -> None:
    answer = opscli(root, "dedupe", "ledger", "--json")
    assert (answer.returncode, json.loads(answer.stdout)["data"]) == (0, [])
