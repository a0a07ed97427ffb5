"""A kept project is the project that the files say, or it is not used at all."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest

import opscli
from opscli.config.reader import Written
from opscli.config.seal import take_seal
from opscli.errors import ConfigInvalid, UsageError
from opscli.runner.compile import check_project, read_project
from opscli.runner.kept import FILE, FOLDER, Checked, keep, recall

DEMO = Path(opscli.__file__).parent.parent
PROJECT = "kind: project\nversion: 1\nname: shop\nenvironments: {prod: {live: true}}\n"
TOPIC = "kind: topic\nversion: 1\npolicy: opt_in\npurpose: News we have\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("topics", "templates"):
        (tmp_path / "configs" / folder).mkdir(parents=True)
    (tmp_path / "configs" / "project.yaml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "configs" / "topics" / "news.yaml").write_text(TOPIC, encoding="utf-8")
    settle(tmp_path)
    return tmp_path


def settle(root: Path) -> None:
    """Wait until an edit could be told from the last one."""
    while not take_seal(root).settled:
        time.sleep(0.01)


def kept(root: Path) -> Path:
    return root / FOLDER / FILE


def checked_and_kept(root: Path) -> Checked:
    check_project(root)
    assert kept(root).exists()
    found = recall(root, "default")
    assert found is not None
    return found


def test_what_is_kept_is_what_the_files_say(tmp_path: Path) -> None:
    for folder in ("configs", "jobs"):
        shutil.copytree(DEMO / folder, tmp_path / folder)
    entity = "kind: entity\nversion: 1\nextends: standard\nschema: {properties: {weight: {type: number}}}\n"
    (tmp_path / "configs" / "entities").mkdir()
    (tmp_path / "configs" / "entities" / "orders.yaml").write_text(entity, encoding="utf-8")
    settle(tmp_path)
    found, read = checked_and_kept(tmp_path), read_project(tmp_path, "default")
    assert list(found.loaded.documents) == list(read.loaded.documents)
    assert [dict(document.marks) for document in found.loaded.documents] == [
        dict(document.marks) for document in read.loaded.documents
    ]
    assert dict(found.loaded.texts) == dict(read.loaded.texts)
    assert found.loaded.version == read.loaded.version
    assert {kind: dict(named) for kind, named in found.specs.items()} == read.specs
    assert dict(found.catalog.entities) == dict(read.catalog.entities)
    assert found.catalog.entities["orders"].type_of("weight") == "float"
    assert {name: dict(entries) for name, entries in found.catalog.entries.items()} == read.catalog.entries
    assert found.catalog.types("trait") == read.catalog.types("trait") != {}


def test_a_number_still_prints_as_it_was_written(root: Path) -> None:
    path = root / "configs" / "project.yaml"
    path.write_text(PROJECT + "holdout: 0.10\n", encoding="utf-8")
    settle(root)
    written = checked_and_kept(root).loaded.project.data["holdout"]
    assert isinstance(written, Written)
    assert str(written) == "0.10"


def test_only_the_owner_may_read_it_and_git_leaves_it_alone(root: Path) -> None:
    checked_and_kept(root)
    assert kept(root).stat().st_mode & 0o777 == 0o600
    assert (root / FOLDER).stat().st_mode & 0o777 == 0o700
    assert (root / FOLDER / ".gitignore").read_text(encoding="utf-8") == "*\n"
    assert [path.name for path in (root / FOLDER).iterdir() if path.name.startswith(FILE)] == [FILE]


def test_an_edit_that_keeps_size_and_time_is_seen(root: Path) -> None:
    path = root / "configs" / "topics" / "news.yaml"
    checked_and_kept(root)
    before = path.stat()
    path.write_text(TOPIC.replace("News", "Olds"), encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    topics = [item for item in check_project(root).loaded.documents if item.kind == "topic"]
    assert topics[0].data["purpose"] == "Olds we have"


@pytest.mark.parametrize(
    ("file", "text"),
    [("configs/topics/more.yaml", TOPIC), ("jobs/j.yaml", "kind: job\nversion: 1\nsteps: [import]\n")],
)
def test_a_new_file_is_seen(root: Path, file: str, text: str) -> None:
    before = len(checked_and_kept(root).loaded.documents)
    (root / file).parent.mkdir(exist_ok=True)
    (root / file).write_text(text, encoding="utf-8")
    assert recall(root, "default") is None
    assert len(check_project(root).loaded.documents) == before + 1


def test_a_file_that_is_gone_or_an_empty_template_is_seen(root: Path) -> None:
    checked_and_kept(root)
    (root / "configs" / "templates" / "may").mkdir()
    with pytest.raises(ConfigInvalid):
        check_project(root)
    (root / "configs" / "templates" / "may").rmdir()
    (root / "configs" / "topics" / "news.yaml").unlink()
    assert {item.kind for item in check_project(root).loaded.documents} == {"project"}


def test_a_project_with_problems_is_never_kept(root: Path) -> None:
    checked_and_kept(root)
    (root / "configs" / "topics" / "news.yaml").write_text(TOPIC.replace("opt_in", "opt_im"), encoding="utf-8")
    settle(root)
    for _ in range(2):
        with pytest.raises(ConfigInvalid):
            check_project(root)


def test_an_edit_while_the_files_are_read_is_not_sealed_as_good(root: Path) -> None:
    seal, checked = take_seal(root), read_project(root, None)
    (root / "configs" / "topics" / "news.yaml").write_text("kind: nonsense\n", encoding="utf-8")
    keep(checked, seal)
    assert not kept(root).exists()
    with pytest.raises(ConfigInvalid):
        check_project(root)


def test_right_after_an_edit_nothing_is_kept_as_a_second_one_could_not_be_told(root: Path) -> None:
    path = root / "configs" / "topics" / "news.yaml"
    for _ in range(20):  # on a busy machine the moment may have passed already
        path.write_text(TOPIC.replace("News", "Olds"), encoding="utf-8")
        if not (seal := take_seal(root)).settled:
            break
    assert not seal.settled
    keep(read_project(root, None), seal)
    assert not kept(root).exists()


@pytest.mark.parametrize("damage", ["torn", "changed", "empty", "nonsense", "other seal", "writable by others"])
def test_a_file_that_cannot_be_trusted_is_passed_over(root: Path, damage: str) -> None:
    checked_and_kept(root)
    path, content = kept(root), kept(root).read_bytes()
    if damage == "writable by others":
        path.chmod(0o666)
    else:
        path.write_bytes(
            {
                "torn": content[:-20],
                "changed": content.replace(b"News", b"Olds"),
                "empty": b"",
                "nonsense": b"\xff\x00" * 50,
                "other seal": b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n",
            }[damage]
        )
    assert recall(root, "default") is None
    assert "News" in str(check_project(root).loaded.documents[-1].data)
    assert recall(root, "default") is not None, "and it is made anew"


def test_a_copy_of_the_folder_is_read_anew(root: Path, tmp_path: Path) -> None:
    checked_and_kept(root)
    shutil.copytree(root, tmp_path / "copy", copy_function=shutil.copy2)
    assert recall(tmp_path / "copy", "default") is None


def test_a_folder_that_cannot_be_written_costs_only_the_shortcut(root: Path) -> None:
    (root / FOLDER).write_text("a file is in the way", encoding="utf-8")
    assert check_project(root).settings.name == "shop"
    assert check_project(root).settings.name == "shop"


def test_the_environment_is_chosen_anew_each_time(root: Path) -> None:
    checked_and_kept(root)
    assert check_project(root, "prod").loaded.environment == "prod"
    with pytest.raises(UsageError, match="unknown environment prd"):
        check_project(root, "prd")


def test_parts_are_lines_of_json(root: Path) -> None:
    checked_and_kept(root)
    digest, head, *parts = kept(root).read_text(encoding="utf-8").splitlines()
    assert len(digest) == 64
    assert len(json.loads(head)["parts"]) == len(parts)
