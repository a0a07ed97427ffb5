"""Terminals, pipes and full disks, as the shell gives them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

OPSCLI = f"{sys.executable} -m opscli"


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", "-c", line],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_a_reader_that_has_gone_is_141_and_silent() -> None:
    result = shell(f"{OPSCLI} exit-codes | true; echo ${{PIPESTATUS[0]}}")
    assert (result.stdout, result.stderr) == ("141\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("words", ["exit-codes", "exit-codes --json"])
def test_a_full_disk_is_74_in_words(words: str) -> None:
    result = shell(f"{OPSCLI} {words} >/dev/full")
    assert result.returncode == 74
    assert result.stderr.startswith("opscli: the disk is full")
    assert "Traceback" not in result.stderr


def test_a_closed_stdout_is_no_failure() -> None:
    assert shell(f"{OPSCLI} exit-codes >&-").returncode == 0


def test_an_ascii_terminal_gets_escapes() -> None:
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    result = shell(f"{OPSCLI} config explain '→'", **ascii_only)
    assert result.returncode == 2
    assert "\\u2192" in result.stderr


def test_words_that_are_off_are_told_in_json_wherever_json_was_asked_for() -> None:
    result = shell(f"{OPSCLI} customer list --limit x --json")
    assert result.returncode == 2
    assert json.loads(result.stdout)["code"] == 2


def test_a_long_argument_is_not_repeated_at_length() -> None:
    result = shell(f"{OPSCLI} config explain {'x' * 10_000}")
    assert result.returncode == 2
    assert len(result.stderr) < 3000
