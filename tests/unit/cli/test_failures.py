from __future__ import annotations

import pytest

from opscli.cli.failures import report_failure


def test_a_query_that_ctrl_c_stopped_is_no_unexpected_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert report_failure(RuntimeError("Query interrupted")) == 130
    assert capsys.readouterr().err == "opscli: stopped by SIGINT\n"


def test_any_other_fault_stays_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert report_failure(RuntimeError("odd")) == 70
    assert "please report it" in capsys.readouterr().err
