from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.calling import opscli

HEALTH = (
    "kind: health # 说明\nversion: 1\nmeasures: [{trait: orders_90d, good: 9, bad: 0}]\n"
    "alert: {high_value: high_value, fallback_owner: lead} # who\n"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in (
        ("project.yaml", "kind: project\nversion: 1\nname: shop\n"),
        ("health/standard.yaml", HEALTH),
    ):
        path = tmp_path / "configs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_asked_whether_shown_what_and_done(root: Path) -> None:
    file = root / "configs" / "health" / "standard.yaml"
    asked = opscli(root, "config", "upgrade", "--check")
    assert (asked.returncode, asked.stdout) == (1, "")
    assert "configs/health/standard.yaml: kind health, version 1 → 2" in asked.stderr
    assert "opscli config upgrade --write" in asked.stderr

    shown = opscli(root, "config", "upgrade")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout == opscli(root, "config", "upgrade", "--diff").stdout
    assert "+alert: {audience: \"has_tag('high_value')\", fallback_owner: lead} # who\n" in shown.stdout
    assert file.read_text(encoding="utf-8") == HEALTH

    done = opscli(root, "config", "upgrade", "--write", "--json", "configs/health")
    (row,) = json.loads(done.stdout)["data"]["files"]
    assert (row["file"], row["version"], row["current"]) == ("configs/health/standard.yaml", 1, 2)
    assert file.read_text(encoding="utf-8").startswith("kind: health # 说明\nversion: 2\n")
    for option in ("--check", "--diff", "--write"):
        result = opscli(root, "config", "upgrade", option)
        assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_a_file_with_problems_is_left_alone(root: Path) -> None:
    file = root / "configs" / "health" / "standard.yaml"
    file.write_text(HEALTH + "no_such_key: 1\n", encoding="utf-8")
    result = opscli(root, "config", "upgrade", "--write")
    assert result.returncode == 78
    assert 'configs/health/standard.yaml:5:1: unknown key "no_such_key"' in result.stderr
    assert "version: 1" in file.read_text(encoding="utf-8")


def test_two_of_the_three_at_once_are_a_usage_error(root: Path) -> None:
    assert opscli(root, "config", "upgrade", "--check", "--write").returncode == 2
    assert opscli(root, "config", "upgrade", "nowhere.yaml").returncode == 2
