"""`opscli test` as a user and a CI pipeline call it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.calling import opscli

FILES = {
    "configs/project.yaml": (
        "kind: project\nversion: 1\nname: shop\nclock: 2026-05-01T12:00:00Z\n"
        "warehouse: {env: NO_SUCH_WAREHOUSE}\nstate: {env: NO_SUCH_STATE}\n"
    ),
    "configs/traits/facts.yaml": "kind: traits\nversion: 1\ntraits: {revenue: {sum: orders.amount}}\n",
    "configs/tags/value.yaml": (
        "kind: tags\nversion: 1\ndimension: value\nexclusive: true\n"
        'tags: [{name: high, when: "revenue >= 50"}, {name: low, when: "revenue > 0"}]\n'
    ),
    "configs/tags/value.test.yaml": (
        "kind: test\nversion: 1\nas_of: 2026-05-01\ngiven: {customers: [{id: a}]}\ncases:\n"
        "  - {name: fifty is high, given: {orders: [{customer_ref: a, amount: 50}]}, expect: {tags: {a: [high]}}}\n"
        "  - {name: ten is high, given: {orders: [{customer_ref: a, amount: 10}]}, expect: {tags: {a: [high]}}}\n"
        "  - {name: nothing is none, expect: {tags: {a: []}}}\n"
    ),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_failure_is_exit_1_with_the_reason_and_a_junit_file(root: Path) -> None:
    answer = opscli(root, "test", "--junit", "out/result.xml")
    assert answer.returncode == 1
    assert answer.stderr == ""
    assert "FAILED  configs/tags/value.test.yaml::ten is high" in answer.stdout
    assert "revenue >= 50  revenue = 10" in answer.stdout
    assert "2 passed, 1 failed in" in answer.stdout
    assert not (root / ".opscli" / "warehouse.duckdb").exists()
    suite = ET.parse(root / "out" / "result.xml").getroot()[0]  # noqa: S314  our own file
    assert (suite.attrib["tests"], suite.attrib["failures"], suite.attrib["errors"]) == ("3", "1", "0")
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.attrib["message"] == "a has other tags than expected"


def test_chosen_cases_that_pass_are_exit_0(root: Path) -> None:
    answer = opscli(root, "test", "configs/tags", "-k", "not ten")
    assert (answer.returncode, answer.stdout.count("\nok")) == (0, 1)
    assert "2 passed in" in answer.stdout


def test_json_tells_places_and_code(root: Path) -> None:
    answer = opscli(root, "test", "--json", "--fail-fast")
    body: dict[str, Any] = json.loads(answer.stdout)
    assert (answer.returncode, body["code"], body["ok"]) == (1, 1, False)
    assert [item["result"] for item in body["data"]] == ["passed", "failed"]
    (failure,) = body["data"][1]["failures"]
    assert (failure["file"], failure["line"], failure["column"]) == ("configs/tags/value.test.yaml", 7, 94)
    assert (failure["expected"], failure["got"]) == ("high", "low")


def test_list_runs_nothing(root: Path) -> None:
    answer = opscli(root, "test", "--list", "--no-header")
    assert answer.returncode == 0
    assert answer.stdout.splitlines() == [
        f"configs/tags/value.test.yaml::{name}" for name in ("fifty is high", "ten is high", "nothing is none")
    ]


def test_a_bad_test_file_is_exit_78_for_test_and_check_but_stops_no_run(root: Path) -> None:
    path = root / "configs" / "tags" / "value.test.yaml"
    path.write_text(FILES["configs/tags/value.test.yaml"].replace("amount: 50", "amuont: 50"), encoding="utf-8")
    for words in (("test",), ("config", "check")):
        answer = opscli(root, *words)
        assert answer.returncode == 78, words
        assert 'unknown key "amuont"' in answer.stderr
        assert 'did you mean "amount"?' in answer.stderr
    assert opscli(root, "config", "show").returncode == 0


def test_words_that_are_off_are_exit_2_and_no_tests_are_said(root: Path) -> None:
    answer = opscli(root, "test", "configs/tags/valu.test.yaml")
    assert answer.returncode == 2
    assert 'did you mean "configs/tags/value.test.yaml"?' in answer.stderr
    (root / "configs" / "tags" / "value.test.yaml").unlink()
    nothing = opscli(root, "test")
    assert (nothing.returncode, nothing.stdout.strip()) == (0, "case")
    assert "opscli test new" in nothing.stderr


def test_new_writes_a_test_that_passes(root: Path) -> None:
    config = FILES["configs/project.yaml"].partition("warehouse:")[0]
    (root / "configs" / "project.yaml").write_text(config, encoding="utf-8")
    assert opscli(root, "test", "new", "tags/first").returncode == 0
    assert opscli(root, "test", "tags/first", "--list").returncode == 2
    assert opscli(root, "test", "configs/tags/first.test.yaml").returncode == 0
    assert opscli(root, "test", "new", "tags/first").returncode == 2


def test_a_real_customer_becomes_a_test_without_its_name(root: Path) -> None:
    more = {
        "configs/project.yaml": FILES["configs/project.yaml"].partition("warehouse:")[0],
        "configs/sources/crm.yaml": (
            "kind: source\nversion: 1\nname: crm\npath: data/crm.csv\nentity: customers\n"
            "map: {id: id, first_name: first, email: mail}\n"
        ),
        "configs/sources/orders.yaml": (
            "kind: source\nversion: 1\nname: orders\npath: data/orders.csv\nentity: orders\nrefers_to: crm\n"
            "map: {order_id: id, customer_ref: customer, ordered_at: at, amount: amount, store_id: store}\n"
        ),
        "jobs/load.yaml": "kind: job\nversion: 1\nname: load\nsteps: [import, dedupe, profiles, tags]\n",
        "data/crm.csv": "id,first,mail\nK77,Hildegard,hildegard@private.org\n",
        "data/orders.csv": "id,customer,at,amount,store\nO991,K77,2026-04-01T08:00:00Z,60.5,S12\n",
    }
    for name, text in more.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    assert opscli(root, "run", "load").returncode == 0
    written = opscli(root, "test", "new", "bug_17", "--from-customer", "hildegard@private.org", "--json")
    assert json.loads(written.stdout)["data"] == {"file": "configs/tests/bug_17.test.yaml"}
    text = (root / "configs" / "tests" / "bug_17.test.yaml").read_text(encoding="utf-8")
    assert "a@example.com" in text
    assert "amount: 60.5" in text
    assert "tags: {a: [high]}" in text
    assert [word for word in ("Hildegard", "private", "K77", "O991", "S12") if word in text] == []
    assert opscli(root, "test", "configs/tests").returncode == 0
