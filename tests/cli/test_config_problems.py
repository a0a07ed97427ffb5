"""How problems of config reach people and programs."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.calling import opscli

PROJECT = "kind: project\nversion: 1\nname: shop\n"


def call(*argv: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(cwd), "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    return opscli(cwd, *argv, env=environment)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    topics = tmp_path / "configs" / "topics"
    topics.mkdir(parents=True)
    (tmp_path / "configs" / "project.yaml").write_text(PROJECT, encoding="utf-8")
    for number in range(60):
        text = f"kind: topic\nversion: 1\npolicy: opt_in\nkey_{number}: 1\n"
        (topics / f"topic_{number:02}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_people_see_the_first_fifty_and_how_many_are_left(root: Path) -> None:
    done = call("config", "check", cwd=root)
    assert (done.returncode, done.stdout) == (78, "")
    lines = done.stderr.splitlines()
    assert lines[0] == 'configs/topics/topic_00.yaml:4:1: unknown key "key_0"'
    assert sum(".yaml:" in line for line in lines) == 50
    assert lines[-3:] == [
        "… and 10 more; --json has all of them",
        "opscli: the configuration has 60 problems",
        "  → fix the places above, then: opscli config check",
    ]


def test_programs_get_all_of_them_in_parts(root: Path) -> None:
    done = call("config", "check", "--json", cwd=root)
    assert done.returncode == 78
    error = json.loads(done.stdout)["error"]
    assert len(error["issues"]) == 60
    assert error["issues"][0] == {
        "file": "configs/topics/topic_00.yaml",
        "line": 4,
        "column": 1,
        "what": 'unknown key "key_0"',
        "why": "kind topic has no such key",
        "how": "known here: kind, label, name, owner, policy, purpose, runbook, version",
    }


def test_a_place_can_be_opened_from_where_the_user_stands(root: Path) -> None:
    below = call("config", "check", cwd=root / "configs" / "topics")
    assert below.stderr.startswith("../../configs/topics/topic_00.yaml:4:1: ")
    beside = root / "beside"
    beside.mkdir()
    named = call("config", "check", "--project", "..", cwd=beside)
    assert named.stderr.startswith("../configs/topics/topic_00.yaml:4:1: ")
