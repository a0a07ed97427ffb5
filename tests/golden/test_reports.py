"""Each folder in golden/reports is a project with its input and the CSV files of its report; its name is what it proves."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.calling import opscli

CASES = sorted(path for path in (Path(__file__).parent / "reports").iterdir() if path.is_dir())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_report_of_the_case(case: Path, tmp_path: Path, *, refresh_golden: bool) -> None:
    shutil.copytree(case / "config", tmp_path / "configs", ignore=shutil.ignore_patterns("job.yaml"))
    shutil.copytree(case / "input", tmp_path / "data")
    (tmp_path / "jobs").mkdir()
    shutil.copy(case / "config" / "job.yaml", tmp_path / "jobs" / "all.yaml")
    done = opscli(tmp_path, "run", "all")
    assert done.returncode == 0, done.stderr

    found = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "out").glob("*.csv")}
    expected = case / "expected"
    if refresh_golden:
        expected.mkdir(exist_ok=True)
        for name, text in found.items():
            (expected / name).write_text(text, encoding="utf-8")
    assert found == {path.name: path.read_text(encoding="utf-8") for path in expected.glob("*.csv")}
