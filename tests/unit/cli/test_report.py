from __future__ import annotations

from opscli.cli.report import as_csv, as_markdown, cell


def test_control_characters_of_imported_text_do_not_reach_the_terminal() -> None:
    assert cell("A\x1b[2Jnn\x07\x9b") == "A [2Jnn  "
    assert cell("two\nlines") == "two\nlines"


def test_a_markdown_cell_stays_in_its_row() -> None:
    assert as_markdown([{"a": "x|y\nz"}], ["a"]).splitlines()[-1] == "| x\\|y<br>z |"


def test_a_spreadsheet_runs_no_cell() -> None:
    assert as_csv([{"a": "=1+1", "b": -3}], ["a", "b"]) == "a,b\n'=1+1,-3\n"
