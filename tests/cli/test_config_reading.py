"""`config show`, `config explain` and `config check` as people and programs read them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests import calling
from tests.calling import data

FILES = {
    "configs/project.yaml": (
        "kind: project\nversion: 1\nname: shop\nlimits: {max_recipients: 100}\n"
        "environments:\n  prod:\n    live: true\n    state: {env: OPS_STATE}\n"
    ),
    "configs/topics/offers.yaml": "kind: topic\nversion: 1\npolicy: opt_in\nowner: crm\n",
    "configs/health/standard.yaml": "kind: health\nversion: 2\nname: standard\nmeasures: [{trait: n, good: 5, bad: 0}]\n",
    "configs/traits/facts.yaml": "kind: traits\nversion: 1\ntraits: {n: {count: orders}}\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def opscli(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return calling.opscli(root, "config", *words)


def test_every_setting_says_where_it_comes_from(root: Path) -> None:
    plain = opscli(root, "show", "--env", "prod").stdout.splitlines()
    found = {line.partition(":")[0].strip(): line.partition("# ")[2] for line in plain}
    assert found["live"] == "environment prod, line 7"
    assert found["state"] == "environment prod, line 8"
    assert (found["max_recipients"], found["currency"]) == ("line 4", "default")
    assert found["environment"] == "", "the call chose it"
    origins = data(opscli(root, "show", "--env", "prod", "--json"))["origins"]
    assert origins["live"] == "environment prod: configs/project.yaml:7"
    assert origins["limits.max_recipients"] == "configs/project.yaml:4"


def test_a_document_is_shown_with_its_defaults(root: Path) -> None:
    text = opscli(root, "show", "topic", "offers").stdout
    assert text.startswith("# configs/topics/offers.yaml\n")
    assert [line.split("# ")[1] for line in text.splitlines() if line.startswith("name: offers")] == ["the file's name"]
    shown = data(opscli(root, "show", "health", "standard", "--json"))
    assert (shown["coverage"], shown["measures"][0]["weight"]) == (0.5, 1)
    assert shown["origins"]["measures.0.weight"] == "default"
    assert shown["origins"]["measures.0.good"] == "configs/health/standard.yaml:4"
    assert data(opscli(root, "show", "topic", "--json"))[0]["owner"] == "crm"


def test_one_key_is_explained_with_what_stands_below_it(root: Path) -> None:
    keys = [key["key"] for key in data(opscli(root, "explain", "campaign.reentry", "--json"))["keys"]]
    assert keys == ["reentry", "reentry.after"]
    assert opscli(root, "explain", "campaign.steps.send").stdout.startswith("campaign.steps[].send\n")
    assert "(type: email)" in opscli(root, "explain", "channel.host").stdout
    for asked, proposed in (
        ("reentry", "campaign.reentry"),
        ("campaign.rentry", "campaign.reentry"),
        ("campaign.after", "campaign.reentry.after"),
    ):
        refused = opscli(root, "explain", asked)
        assert refused.returncode == 2
        assert f"opscli config explain {proposed}" in refused.stderr


def test_a_check_counts_by_kind(root: Path) -> None:
    found = data(opscli(root, "check", "--json"))
    assert found["kinds"] == {"health": 1, "project": 1, "topic": 1, "traits": 1}
    assert (found["documents"], found["environment"]) == (4, "default")
    assert opscli(root, "check").stdout == "", "silent on success in a pipe"


def test_the_handbook_goes_to_a_file_and_speaks_both_languages(root: Path) -> None:
    assert "## Gaps\n\n- trait file facts has no owner, purpose" in opscli(root, "handbook").stdout
    written = opscli(root, "handbook", "--locale", "zh", "--output", "handbook.md")
    assert (written.returncode, written.stdout) == (0, "")
    text = (root / "handbook.md").read_text(encoding="utf-8")
    assert "- **负责人：** crm" in text  # noqa: RUF001  Chinese marks
    assert opscli(root, "handbook", "--output", "no/such/folder.md").returncode == 73
    assert opscli(root, "handbook", "--locale", "fr").returncode == 2
