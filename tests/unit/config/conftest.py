from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pytest


class Write(Protocol):
    def __call__(self, file: str, text: str) -> Path: ...


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project folder with nothing but its project file."""
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "project.yaml").write_text("kind: project\nversion: 1\nname: shop\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def write(root: Path) -> Write:
    """Write a file of the project."""

    def put(file: str, text: str) -> Path:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return put
