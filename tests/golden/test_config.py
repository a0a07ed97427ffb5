"""Each folder in golden/config is a broken project and the words that it is refused with; its name is what it proves."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from opscli.errors import ConfigInvalid
from opscli.runner.compile import check_project

CASES = sorted(path for path in (Path(__file__).parent / "config").iterdir() if path.is_dir())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_refused_with_these_words(case: Path, *, refresh_golden: bool) -> None:
    start = time.process_time()
    with pytest.raises(ConfigInvalid) as caught:
        check_project(case / "config")
    assert caught.value.exit_code == 78
    assert time.process_time() - start < 2
    found = "\n".join(caught.value.details) + "\n"
    expected = case / "expected" / "problems.txt"
    if refresh_golden:
        expected.parent.mkdir(exist_ok=True)
        expected.write_text(found, encoding="utf-8")
    assert found == expected.read_text(encoding="utf-8")
    assert "canary" not in found
