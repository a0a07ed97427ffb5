"""Golden cases of `opscli test`: a project with tests in `config/`, what is printed in `expected/output.txt`."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.calling import opscli

CASES = sorted((Path(__file__).parent / "testing").iterdir())


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_what_opscli_test_prints(case: Path, tmp_path: Path, *, refresh_golden: bool) -> None:
    shutil.copytree(case / "config", tmp_path / "configs")
    answer = opscli(tmp_path, "test")
    assert answer.returncode == 1, answer.stderr
    text = re.sub(r"\d+\.\d+ (s|秒)", r"0.0 \1", answer.stdout)
    expected = case / "expected" / "output.txt"
    if refresh_golden:
        expected.parent.mkdir(exist_ok=True)
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
