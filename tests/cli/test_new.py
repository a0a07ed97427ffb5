from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.calling import opscli


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "project.yaml").write_text("kind: project\nversion: 1\nname: shop\n", encoding="utf-8")
    return tmp_path


def test_a_file_is_written_once_and_never_over_another(root: Path) -> None:
    first = opscli(root, "new", "topic", "news", "--json")
    assert json.loads(first.stdout)["data"] == {
        "files": ["configs/topics/news.yaml"],
        "next": "opscli config show topic news",
        "problems": [],
    }
    written = (root / "configs" / "topics" / "news.yaml").read_text(encoding="utf-8")
    assert "# What an unknown consent means" in written
    assert "\nname: news\n" in written
    again = opscli(root, "new", "topic", "news", "--full")
    assert again.returncode == 2
    assert "configs/topics/news.yaml exists already" in again.stderr
    assert (root / "configs" / "topics" / "news.yaml").read_text(encoding="utf-8") == written


def test_what_the_project_lacks_is_said_with_its_place(root: Path) -> None:
    result = opscli(root, "new", "tags", "value")
    assert (result.returncode, result.stdout) == (3, "")
    assert 'unknown name "revenue_365d"' in result.stderr
    assert "configs/tags/value.yaml:" in result.stderr
    assert "opscli config check" in result.stderr


def test_it_can_be_printed_and_a_folder_kind_is_its_files(root: Path) -> None:
    printed = opscli(root, "new", "template", "hello", "--full", "--stdout")
    assert printed.returncode == 0
    assert printed.stdout.startswith("# configs/templates/hello/subject.txt\n")
    assert not (root / "configs" / "templates").exists()
    assert opscli(root, "new", "template", "hello", "--full").returncode == 0
    names = sorted(path.name for path in (root / "configs" / "templates" / "hello").iterdir())
    assert names == ["body.html", "body.txt", "subject.txt"]


def test_bad_names_and_kinds_are_usage_errors(root: Path) -> None:
    for words, hint in (
        (("tag", "x"), 'did you mean "tags"?'),
        (("topic", "Bad Name"), "^[a-z]"),
        (("test", "../x"), "no part of a path"),
    ):
        result = opscli(root, "new", *words)
        assert result.returncode == 2
        assert hint in result.stderr
    assert sorted(path.name for path in (root / "configs").iterdir()) == ["project.yaml"]
