from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from opscli.config.load import find_root, load
from opscli.config.secrets import dotenv_warnings
from opscli.errors import ConfigInvalid, UsageError

Write = Callable[[str, str], Path]
TOPIC = "kind: topic\nversion: 1\npolicy: opt_in\n"


def test_the_root_is_the_nearest_parent_with_a_project_file(root: Path) -> None:
    deep = root / "configs" / "tags"
    deep.mkdir()
    assert find_root(deep) == root


def test_no_project_names_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        find_root(tmp_path)
    assert "--project DIR" in caught.value.remedy


def test_a_document_is_named_by_its_file_unless_it_says_otherwise(root: Path, write: Write) -> None:
    write("configs/topics/offers.yaml", TOPIC)
    write("configs/topics/other.yaml", TOPIC + "name: news\n")
    names = [document.name for document in load(root, None).documents if document.kind == "topic"]
    assert names == ["news", "offers"]


def test_the_version_changes_with_content_and_not_with_comments(root: Path, write: Write) -> None:
    write("configs/topics/offers.yaml", TOPIC)
    first = load(root, None).version
    write("configs/topics/offers.yaml", "# a remark\n" + TOPIC)
    assert load(root, None).version == first
    write("configs/topics/offers.yaml", TOPIC.replace("opt_in", "opt_out"))
    assert load(root, None).version != first


def test_a_template_is_a_folder_and_its_texts_count(root: Path, write: Write) -> None:
    write("configs/templates/may/subject.txt", "Hello")
    write("configs/templates/may/body.html", "<p>Good news</p>")
    loaded = load(root, None)
    template = next(document for document in loaded.documents if document.kind == "template")
    assert (template.name, template.data["subject"], template.data["html"]) == ("may", "Hello", "<p>Good news</p>")
    assert loaded.texts["configs/templates/may/subject.txt"] == "Hello"
    write("configs/templates/may/subject.txt", "Hello again")
    assert load(root, None).version != loaded.version


def test_tests_of_the_config_are_no_config(root: Path, write: Write) -> None:
    write("configs/topics/offers.test.yaml", "kind: test\n")
    assert [document.kind for document in load(root, None).documents] == ["project"]


def test_the_environment_comes_from_the_call_then_the_variable_then_the_dotenv(
    root: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPSCLI_ENV", raising=False)
    assert load(root, None).environment == "default"
    write(".env", "OPSCLI_ENV=dev\n").chmod(0o600)
    assert load(root, None).environment == "dev"
    monkeypatch.setenv("OPSCLI_ENV", "prod")
    assert load(root, None).environment == "prod"
    assert load(root, "test").environment == "test"


def test_a_dotenv_that_others_can_read_is_a_warning(root: Path, write: Write) -> None:
    path = write(".env", "A=b\n")
    path.chmod(0o644)
    assert [warning.how for warning in dotenv_warnings(root)] == ["chmod 600 .env"]
    path.chmod(0o600)
    assert not dotenv_warnings(root)


def test_bytes_that_are_no_utf8_are_a_problem_with_a_place(root: Path) -> None:
    folder = root / "configs" / "topics"
    folder.mkdir()
    (folder / "offers.yaml").write_bytes(b"kind: topic\npurpose: caf\xe9\n")
    with pytest.raises(ConfigInvalid) as caught:
        load(root, None)
    assert caught.value.details[0].startswith("configs/topics/offers.yaml:2:13: the file is not UTF-8 here")


def test_five_hundred_files_are_checked_within_two_seconds(root: Path, write: Write) -> None:
    for number in range(500):
        write(f"configs/topics/topic_{number}.yaml", TOPIC + f"purpose: number {number}\n")
    load(root, None)  # compiles the schemas, as the first file of a process does
    start = time.process_time()
    assert len(load(root, None).documents) == 501
    assert time.process_time() - start < 2
