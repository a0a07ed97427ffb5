from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.calling import opscli

BROKEN = Path(__file__).parent.parent / "golden" / "config" / "literal_secret_is_refused_without_being_shown"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(BROKEN / "config", tmp_path, dirs_exist_ok=True)
    return tmp_path


def repair(root: Path) -> None:
    path = root / "configs" / "channels" / "mail.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("hunter2-canary", "{env: SMTP_PASSWORD}"), encoding="utf-8"
    )


def test_a_broken_project_is_refused_with_its_places(root: Path) -> None:
    result = opscli(root, "config", "check")
    assert result.returncode == 78
    assert result.stdout == ""
    assert result.stderr.startswith((BROKEN / "expected" / "problems.txt").read_text(encoding="utf-8"))
    assert "canary" not in result.stderr


def test_a_sound_project_is_silent_in_a_pipe(root: Path) -> None:
    repair(root)
    result = opscli(root, "config", "check")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    body = json.loads(opscli(root, "config", "check", "--json").stdout)
    assert body["ok"]
    assert body["data"]["documents"] == 2


def test_show_redacts_and_resolves(root: Path) -> None:
    repair(root)
    assert "password: '*** (env SMTP_PASSWORD)'" in opscli(root, "config", "show", "channel", "mail").stdout
    settings = json.loads(opscli(root, "config", "show", "--json").stdout)["data"]
    assert (settings["environment"], settings["live"]) == ("default", False)


def test_a_mistyped_kind_or_name_is_a_usage_error_with_the_nearest(root: Path) -> None:
    repair(root)
    for words, hint in (
        (("show", "chanel"), "channel"),
        (("show", "channel", "mial"), "mail"),
        (("explain", "tag"), "tags"),
    ):
        result = opscli(root, "config", *words)
        assert result.returncode == 2
        assert f'did you mean "{hint}"?' in result.stderr


def test_no_project_is_a_usage_error(tmp_path: Path) -> None:
    result = opscli(tmp_path, "config", "check")
    assert result.returncode == 2
    assert "--project DIR" in result.stderr


def test_schemas_are_written_for_editors(root: Path) -> None:
    repair(root)
    assert opscli(root, "config", "schema", "--write").returncode == 0
    schema = json.loads((root / ".opscli" / "schemas" / "tags.v1.schema.json").read_text(encoding="utf-8"))
    assert json.loads(opscli(root, "config", "schema", "tags").stdout) == schema


def test_entities_say_which_source_feeds_them(root: Path) -> None:
    repair(root)
    rows = {row["entity"]: row for row in json.loads(opscli(root, "entity", "list", "--json").stdout)["data"]}
    assert rows["orders"]["sources"] == "not set up"
    columns = json.loads(opscli(root, "entity", "show", "orders", "--json").stdout)["data"]
    assert {"column": "amount", "type": "money", "required": True}.items() <= {**columns[3]}.items()
