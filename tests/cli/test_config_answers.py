"""What `opscli config` says to programs and people about a project that is in order, and about one that is not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = "kind: project\nversion: 1\nname: shop\nenvironments: {prod: {live: true}}\n"
TOPIC = "kind: topic\nversion: 1\npolicy: opt_in\n"


def opscli(root: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "opscli", *words]
    variables = {"PATH": "/usr/bin:/bin", "HOME": str(root), **environment}
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, env=variables)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "configs" / "topics").mkdir(parents=True)
    (tmp_path / "configs" / "project.yaml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "configs" / "topics" / "news.yaml").write_text(TOPIC, encoding="utf-8")
    return tmp_path


def test_warnings_of_a_check_stand_in_the_envelope_or_on_stderr(root: Path) -> None:
    dotenv = root / ".env"
    dotenv.write_text("KEY=canary-1\n", encoding="utf-8")
    dotenv.chmod(0o644)
    asked = opscli(root, "config", "check", "--json")
    answer = json.loads(asked.stdout)
    assert (asked.returncode, asked.stderr, len(answer["warnings"])) == (0, "", 1)
    assert answer["warnings"][0].startswith(".env:1:1: ")
    assert "warnings" not in answer["data"]
    told = opscli(root, "config", "check")
    assert (told.returncode, told.stdout) == (0, "")
    assert "chmod 600 .env" in told.stderr


def test_what_a_value_may_be_is_said_where_there_are_several_forms(root: Path) -> None:
    (root / "configs" / "x.test.yaml").write_text(
        "kind: test\nversion: 1\nas_of: 2026-05-01\ngiven: {customers: [{id: a}]}\nexpect: {tags: {a: vip}}\n"
        "then: []\n",
        encoding="utf-8",
    )
    told = opscli(root, "config", "check").stderr
    assert "configs/x.test.yaml:5:20: a must be a list or a block of keys, not text\n" in told
    assert "then needs at least 1 item\n" in told


def test_a_long_list_of_names_is_cut(root: Path) -> None:
    for number in range(40):
        (root / "configs" / "topics" / f"t{number:02}.yaml").write_text(TOPIC, encoding="utf-8")
    refused = opscli(root, "config", "show", "topic", "zzzzzz")
    assert refused.returncode == 2
    assert 'no file of kind topic is named "zzzzzz"' in refused.stderr
    assert "and 17 more" in refused.stderr
    assert len(refused.stderr) < 300


def test_what_ran_is_told_also_while_files_are_broken(root: Path) -> None:
    (root / "jobs").mkdir()
    (root / "jobs" / "nightly.yaml").write_text("kind: job\nversion: 1\nsteps: [profiles]\n", encoding="utf-8")
    opscli(root, "run", "nightly")
    (root / "configs" / "topics" / "news.yaml").write_text(f"{TOPIC}oops: 1\n", encoding="utf-8")
    told = opscli(root, "config", "history", "--json")
    assert (told.returncode, len(json.loads(told.stdout)["data"])) == (0, 1)
    assert told.stderr == "the files have 1 problem (opscli config check); this is what ran\n"
    (root / "configs" / "project.yaml").write_text(f"{PROJECT}oops: 1\n", encoding="utf-8")
    assert opscli(root, "config", "history").returncode == 78


def test_what_a_broken_file_may_hold_is_not_called_missing(root: Path) -> None:
    for folder in ("channels", "campaigns", "templates/may"):
        (root / "configs" / folder).mkdir(parents=True)
    (root / "configs" / "templates" / "may" / "subject.txt").write_text("May", encoding="utf-8")
    (root / "configs" / "templates" / "may" / "body.txt").write_text("Hello {{ unsubscribe_url }}", encoding="utf-8")
    campaign = root / "configs" / "campaigns" / "may.yaml"
    campaign.write_text(
        "kind: campaign\nversion: 1\ntopic: news\nat: 2026-05-04 09:00\naudience: \"country = 'GB'\"\nsend: {template: may}\n",
        encoding="utf-8",
    )
    told = opscli(root, "config", "check").stderr
    assert "add one in configs/channels/" in told
    (root / "configs" / "channels" / "mail.yaml").write_text("kind: channel\nversion: 1\n", encoding="utf-8")
    told = opscli(root, "config", "check").stderr
    assert "configs/channels/mail.yaml:1:1" in told
    assert "add one in" not in told
