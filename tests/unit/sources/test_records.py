from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opscli.sources.formats.records import Shape, records


def read(text: str, width: int = 3) -> list[tuple[int, object]]:
    found = records(iter(text.splitlines(keepends=True)), Shape(delimiter=",", width=width))
    return [(record.line_no, record.cells or record.problem) for record in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('1,"a\nb",3\nx,y,z\n', [(1, ("1", "a\nb", "3")), (3, ("x", "y", "z"))]),
        ('1,"say ""hi""",3', [(1, ("1", 'say "hi"', "3"))]),
        ("1,,\n\n2,b,", [(1, ("1", "", "")), (3, ("2", "b", ""))]),
        ('1,12" screen,3', [(1, ("1", '12" screen', "3"))]),
        ("1,2\n1,2,3,4\n", [(1, "too_few_cells"), (2, "too_many_cells")]),
        ('1,"a"b,3\n4,5,6', [(1, "bad_quotes"), (2, ("4", "5", "6"))]),
    ],
)
def test_records(text: str, expected: list[tuple[int, object]]) -> None:
    assert read(text) == expected


def test_a_stray_quote_spoils_its_own_line_only() -> None:
    assert read('1,"a,3\n4,5,6\n7,"8",9\n') == [(1, "unclosed_quote"), (2, ("4", "5", "6")), (3, ("7", "8", "9"))]


def test_a_quote_that_never_closes_spoils_its_own_line_only() -> None:
    assert read('1,"a,3\n4,5,6\n7,8,9\n') == [(1, "unclosed_quote"), (2, ("4", "5", "6")), (3, ("7", "8", "9"))]


def test_a_ragged_record_over_several_lines_is_rejected_as_one() -> None:
    (record,) = records(iter(['1,"a\n', 'b",3,4\n']), Shape(delimiter=",", width=3))
    assert (record.line_no, record.problem, record.raw) == (1, "too_many_cells", '1,"a\nb",3,4')


@given(st.text(alphabet='a,"\n1', max_size=60))
def test_every_character_of_every_line_is_in_exactly_one_record(text: str) -> None:
    lines = text.splitlines(keepends=True)
    found = list(records(iter(lines), Shape(delimiter=",", width=2)))
    told = "\n".join(record.raw for record in found)
    assert [line for line in told.split("\n") if line] == [line for line in text.split("\n") if line]
    for record in found:
        assert lines[record.line_no - 1].startswith(record.raw.split("\n")[0])
