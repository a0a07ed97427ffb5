"""The handbook of the demo project, in both languages."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import opscli
from opscli.phrases import LOCALES, use
from opscli.runner.book import handbook
from opscli.runner.compile import check_project

ROOT = Path(opscli.__file__).parent.parent
CASE = Path(__file__).parent / "handbook" / "demo_project_says_who_is_responsible_for_what"


@pytest.mark.parametrize("locale", LOCALES)
def test_the_demo_project(locale: str, tmp_path: Path, *, refresh_golden: bool) -> None:
    for folder in ("configs", "jobs"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    checked = check_project(tmp_path)
    use(locale)
    found = handbook(checked)
    assert handbook(check_project(tmp_path)) == found, "the same configuration gives the same text"
    found = found.replace(checked.loaded.version[:12], "<version>")
    expected = CASE / "expected" / f"handbook.{locale}.md"
    if refresh_golden:
        expected.write_text(found, encoding="utf-8")
    assert found == expected.read_text(encoding="utf-8")
