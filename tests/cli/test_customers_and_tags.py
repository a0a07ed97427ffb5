"""`customer`, `tag` and `rule` as a user calls them, in one project that was run once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.calling import data, opscli

FILES = {
    "configs/project.yaml": "kind: project\nversion: 1\nname: shop\nclock: 2026-05-01T12:00:00Z\n",
    "configs/sources/crm.yaml": (
        "kind: source\nversion: 1\nname: crm\npath: data/crm.csv\nentity: customers\n"
        "map: {id: id, first_name: first, email: mail, created_at: created}\n"
    ),
    "configs/sources/orders.yaml": (
        "kind: source\nversion: 1\nname: orders\npath: data/orders.csv\nentity: orders\nrefers_to: crm\n"
        "map: {order_id: id, customer_ref: customer, ordered_at: at, amount: amount}\n"
    ),
    "configs/traits/facts.yaml": "kind: traits\nversion: 1\ntraits: {revenue: {sum: orders.amount}}\n",
    "configs/tags/value.yaml": (
        "kind: tags\nversion: 1\ndimension: value\nexclusive: true\n"
        'tags: [{name: high, when: "revenue > 50"}, {name: low, when: "revenue > 0"}]\n'
    ),
    "jobs/load.yaml": "kind: job\nversion: 1\nname: load\nsteps: [import, dedupe, profiles, tags]\n",
    "data/crm.csv": "id,first,mail,created\n1,Ann,ann@x.org,2026-01-01T00:00:00Z\n2,Bob,bob@x.org,2026-01-01T00:00:00Z\n",
    "data/orders.csv": "id,customer,at,amount\no1,1,2026-04-01T00:00:00Z,60\no2,2,2026-04-01T00:00:00Z,5\n",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    loaded = opscli(folder, "run", "load")
    assert loaded.returncode == 0, loaded.stderr
    return folder


def test_show_masks_personal_data_unless_asked(root: Path) -> None:
    masked = data(opscli(root, "customer", "show", "ann@x.org", "--json"))
    assert masked["profile"][0]["email"] == "a…@x.org"
    assert masked["tags"][0]["tag"] == "high"
    assert masked["orders"][0]["order_id"] == "o1"
    plain = opscli(root, "customer", "show", "1", "--show-pii")
    assert "ann@x.org" in plain.stdout
    assert "PROFILE" in plain.stdout


def test_list_count_and_find(root: Path) -> None:
    listed = opscli(root, "customer", "list", "--where", "has_tag('high')", "--columns", "revenue", "--format", "csv")
    assert [line.split(",")[1] for line in listed.stdout.splitlines()] == ["revenue", "60.0000"]
    assert opscli(root, "customer", "count", "--where", "revenue < 50").stdout == "1\n"
    assert len(opscli(root, "customer", "list", "--ids").stdout.split()) == 2
    assert opscli(root, "customer", "find", "nobody").returncode == 1


def test_a_condition_that_is_off_is_pointed_at(root: Path) -> None:
    answer = opscli(root, "rule", "eval", "revenue > 1 and revenu < 3")
    assert answer.returncode == 2
    assert 'character 17: unknown name "revenu"' in answer.stderr
    assert 'did you mean "revenue"?' in answer.stderr
    assert data(opscli(root, "rule", "eval", "revenue > 50", "--json"))["match"] == 1
    explained = opscli(root, "rule", "explain", "revenue > 50 or has_tag('low')", "--customer", "2")
    assert "  yes     at least one of these\n  no        revenue > 50" in explained.stdout
    assert "  yes       has_tag('low')" in explained.stdout


def test_the_caret_stands_below_the_character_also_after_chinese(root: Path) -> None:
    answer = opscli(root, "rule", "explain", "city = '西部' and 标签 > 1")
    assert answer.returncode == 2
    line, caret = answer.stderr.splitlines()[:2]
    assert (line, caret) == ("city = '西部' and 标签 > 1", " " * 18 + "^")
    assert "character 17" in answer.stderr


def test_a_condition_is_tried_with_parameters_samples_and_in_the_past(root: Path) -> None:
    words = ("rule", "eval", "revenue > :least", "--param", "least=50", "--sample", "1", "--json")
    found = data(opscli(root, *words))
    assert (found["match"], found["no_match"], found["unknown"]) == (1, 1, 0)
    assert [row["verdict"] for row in found["sample"]] == ["match", "no_match"]
    past = opscli(root, "rule", "explain", "revenue > 0", "--customer", "2", "--as-of", "2026-03-01", "--json")
    assert (data(past)["verdict"], data(past)["judged"]["values"]) == ("no", {"revenue": "0.0000"})
    assert data(past)["tree"]["op"] == ">"
    missing = opscli(root, "rule", "eval", "revenue > :least")
    assert (missing.returncode, 'unknown parameter ":least"' in missing.stderr) == (2, True)


def test_a_pin_is_planned_applied_explained_and_taken_back(root: Path) -> None:
    assert data(opscli(root, "tag", "apply", "--dry-run", "--json"))["counts"] == {"entered": 0, "left": 0}
    assert opscli(root, "tag", "add", "2", "high", "--reason", "key account").returncode == 0
    assert data(opscli(root, "tag", "apply", "--dry-run", "--json"))["counts"] == {"entered": 1, "left": 1}
    members = {row["tag"]: row["members"] for row in data(opscli(root, "tag", "list", "--json"))}
    assert members == {"high": 1, "low": 1}, "a dry run writes nothing"
    assert opscli(root, "tag", "apply").returncode == 0
    assert "key account" in opscli(root, "tag", "explain", "2", "high").stdout
    assert len(data(opscli(root, "tag", "history", "2", "--json"))) == 2
    assert opscli(root, "tag", "remove", "2", "high", "--unpin").returncode == 0
    assert opscli(root, "tag", "remove", "2", "high", "--unpin").returncode == 1
    assert opscli(root, "tag", "apply").returncode == 0
    assert len(data(opscli(root, "tag", "show", "high", "--json"))) == 1


def test_tags_of_another_instant_than_the_profiles_are_refused(root: Path) -> None:
    for words in ([], ["--dry-run"]):
        answer = opscli(root, "tag", "apply", "--as-of", "2026-06-01", *words)
        assert answer.returncode == 65
        assert "opscli tag apply --as-of 2026-05-01T12:00:00Z" in answer.stderr


def test_a_log_and_a_schema_come_in_the_envelope_too(root: Path) -> None:
    events = data(opscli(root, "logs", "--json"))
    assert events[0]["event"] == "run_started"
    assert json.loads(opscli(root, "logs", "--format", "jsonl").stdout.splitlines()[0]) == events[0]
    assert data(opscli(root, "config", "schema", "tags", "--json"))["type"] == "object"


def test_no_log_names_a_person(root: Path) -> None:
    assert opscli(root, "tag", "add", "ann@x.org", "low").returncode == 0
    texts = [path.read_text(encoding="utf-8") for path in (root / ".opscli" / "logs").iterdir()]
    assert texts
    assert not [text for text in texts if "x.org" in text or "Ann" in text]


def test_a_consent_takes_any_id_and_no_mistyped_topic(root: Path) -> None:
    assert opscli(root, "consent", "grant", "1", "--evidence", "a call").returncode == 0
    [word] = data(opscli(root, "consent", "show", "ann@x.org", "--json"))
    assert (word["status"], word["topic"]) == ("granted", "all")
    refused = opscli(root, "consent", "deny", "1", "--evidence", "a call", "--topic", "ofers")
    assert (refused.returncode, "topics are: all" in refused.stderr) == (2, True)


def test_nobody_with_a_score_is_said(root: Path) -> None:
    answer = opscli(root, "health", "show")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "nobody has a score yet\n")


def test_a_page_about_somebody_says_the_id_once(root: Path) -> None:
    page = opscli(root, "customer", "show", "1").stdout
    profile, _, traits = page.partition("TRAITS")
    assert ("customer_id" in profile, "customer_id" in traits.partition("TAGS")[0]) == (True, False)
