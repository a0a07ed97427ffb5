"""What ships: a released version never changes, every document is described, labelled in both languages and legal."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from opscli.config.document import Document
from opscli.config.presets import FOLDER, presets, shipped
from opscli.config.schemas import folder_of, versions_of
from opscli.config.validate import validate

RELEASED = Path(__file__).with_name("presets.sha256")
"""A line a file: SHA-256 and name. Lines are added with a new version; none of them is ever changed."""
DOCUMENTS = [document for preset in presets() for document in shipped(preset)]


def digests() -> dict[str, str]:
    files = sorted(path for path in FOLDER.rglob("*") if path.is_file())
    return {path.relative_to(FOLDER).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def labels(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        yield from ([node["label"]] if "label" in node else [])
        for value in node.values():
            yield from labels(value)
    elif isinstance(node, list):
        for item in node:
            yield from labels(item)


def test_a_released_version_never_changes() -> None:
    lines = [line.split("  ") for line in RELEASED.read_text(encoding="utf-8").splitlines()]
    assert digests() == {file: digest for digest, file in lines}, "ship the change as a new version of the preset"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda item: item.file)
def test_a_document_is_legal_named_by_its_file_and_explained(document: Document) -> None:
    assert validate(document) == ()
    path = Path(document.file)
    assert (path.parent.name, path.stem) == (folder_of(document.kind), document.name)
    assert document.version in versions_of(document.kind)
    assert document.data["purpose"]
    found = list(labels(document.data))
    assert all(set(label) == {"en", "zh"} for label in found)
    if document.kind == "traits":
        assert all("label" in trait for trait in document.data["traits"].values())
    elif document.kind == "tags":
        assert all("label" in tag for tag in document.data["tags"])
    else:
        assert "label" in document.data


@pytest.mark.parametrize("preset", presets())
def test_a_preset_has_a_page_and_stands_in_its_reports(preset: str) -> None:
    metrics = {document.name for document in shipped(preset) if document.kind == "metric"}
    reports = [document for document in shipped(preset) if document.kind == "report"]
    assert [document.name for document in reports] == ["overview"]
    shown = {block["kpi"] for document in reports for block in document.data["layout"] if "kpi" in block}
    assert shown <= metrics
