"""What is kept of a configuration, what git is asked, and how moves and schedules are told."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from opscli.config.document import Document
from opscli.errors import UsageError
from opscli.phrases import use
from opscli.phrases.spacing import spaced
from opscli.runner import git, stored
from opscli.runner.conditions import Conditions
from opscli.runner.schedules import in_words
from opscli.runner.sentences import moves


def document(**data: object) -> Document:
    return Document(
        kind="project", version=1, name="shop", file="configs/project.yaml",
        data={"kind": "project", "version": 1, "name": "shop", **data}, marks={("name",): (3, 7)},
    )  # fmt: skip


def run(root: Path, *words: str) -> str:
    name = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    return subprocess.run(["git", *name, *words], cwd=root, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "project.yaml").write_text("kind: project\nversion: 1\nname: shop\n", encoding="utf-8")
    run(tmp_path, "init", "-q")
    run(tmp_path, "add", ".")
    run(tmp_path, "commit", "-q", "-m", "first")
    return tmp_path


def test_what_is_packed_comes_back_with_its_lines_and_without_plain_secrets() -> None:
    content = stored.pack([document(id_key="canary", holdout="5%")])
    (back,) = stored.unpack(content)
    assert (back.name, back.file, back.mark(("name",)), back.data["holdout"]) == (
        "shop",
        "configs/project.yaml",
        (3, 1),
        "5%",
    )
    assert back.data["id_key"] not in ("canary", "")
    assert stored.comparable([document(id_key="canary")])[0].data["id_key"] == back.data["id_key"]
    assert stored.comparable([document(id_key="other")])[0].data["id_key"] != back.data["id_key"]
    assert stored.comparable([document(id_key={"env": "KEY"})])[0].data["id_key"] == {"env": "KEY"}


def test_a_configuration_that_the_first_releases_stored_can_be_read() -> None:
    old = '[{"data": {"kind": "topic", "name": "offers", "policy": "opt_in", "version": 1}, "file": "configs/topics/offers.yaml", "kind": "topic"}]'
    (back,) = stored.unpack(old)
    assert (back.kind, back.name, back.version) == ("topic", "offers", 1)


def test_git_is_asked_for_the_commit_and_whether_the_configuration_differs(repository: Path) -> None:
    commit = run(repository, "rev-parse", "HEAD")
    assert git.commit_of(repository) == commit
    (repository / "data.csv").write_text("1", encoding="utf-8")
    assert git.commit_of(repository) == commit, "data are no configuration"
    (repository / "configs" / "new.yaml").write_text("x", encoding="utf-8")
    assert git.commit_of(repository) == f"{commit}+"


def test_no_hook_and_no_other_repository_is_involved(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marker = repository / "ran"
    hook = repository / "monitor"
    hook.write_text(f"#!/bin/sh\ntouch {marker}\n", encoding="utf-8")
    hook.chmod(0o755)
    run(repository, "config", "core.fsmonitor", str(hook))
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert git.commit_of(repository) is not None
    assert not marker.exists()


def test_without_git_there_is_no_commit(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert git.commit_of(Path("/")) is None
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert git.commit_of(repository) is None


def test_a_revision_is_no_option(repository: Path, tmp_path: Path) -> None:
    for revision in ("--output=/tmp/x", "no-such"):
        with pytest.raises(UsageError):
            git.write_revision(repository, revision, tmp_path / "out")
    git.write_revision(repository, "HEAD", tmp_path / "out")
    assert (tmp_path / "out" / "configs" / "project.yaml").is_file()


def test_the_fewest_moves_are_told() -> None:
    assert moves(["a", "b", "c", "d"], ["b", "c", "d", "a"]) == [("a", "")]
    assert moves(["a", "b", "c"], ["a", "c", "b"]) in ([("c", "b")], [("b", "")])
    assert moves(["a", "b"], ["a", "b"]) == []


def test_conditions_of_unknown_names_are_read_and_broken_ones_left_as_they_are() -> None:
    reading = Conditions(labels={"revenue": "Revenue"})
    assert reading.canonical("revenue>=5000 AND country='GB'") == "revenue >= 5000 and country = 'GB'"
    assert reading.canonical({"all": ["revenue >= 5000", "country = 'GB'"]}) == "revenue >= 5000 and country = 'GB'"
    assert reading.words("revenue >= 5000") == "Revenue is at least 5000"
    assert reading.words("revenue >=") == "revenue >="


@pytest.mark.parametrize(
    ("cron", "chinese"),
    [
        ("30 2 * * *", "每天 02:30"),
        ("0 9 * * 1-5", "周一至周五 09:00"),
        ("0 9,17 * * 1", "周一 09:00、17:00"),
        ("*/15 * * * *", "每 15 分钟"),
        ("5 * * * *", "每小时第 5 分钟"),
        ("0 6 1 * *", "每月 1 日 06:00"),
        ("0 6 1 2 *", "0 6 1 2 *"),
    ],
)
def test_schedules_in_chinese(cron: str, chinese: str) -> None:
    use("zh")
    assert in_words(cron) == chinese


def test_chinese_has_spaces_only_beside_latin() -> None:
    use("zh")
    assert spaced("影响 活动 winback,由5改为 6") == "影响活动 winback,由 5 改为 6"
