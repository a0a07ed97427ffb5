from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opscli.sources.formats.records import Shape, readings, split

COMMA = Shape(delimiter=",", width=3)


@pytest.mark.parametrize(
    ("text", "cells", "problem"),
    [
        ('1,"a\nb",3', ["1", "a\nb", "3"], ""),
        ('1,"say ""hi""",3', ["1", 'say "hi"', "3"], ""),
        ("1,,", ["1", "", ""], ""),
        ('1,12" screen,3', ["1", '12" screen', "3"], "stray_quote"),
        ('1,"a"b,3', ["1", "a"], "bad_quotes"),
        ('1,"a,3', ["1"], "unclosed_quote"),
        ('"",x,""', ["", "x", ""], ""),
    ],
)
def test_cells_by_the_letter(text: str, cells: list[str], problem: str) -> None:
    assert split(text, COMMA) == (cells, problem)


def test_a_backslash_escapes_quotes_and_delimiters_and_nothing_else() -> None:
    shape = Shape(delimiter=";", width=3, escape="\\")
    assert split(r'"say \"hi\"";a\;b;C:\temp', shape) == (['say "hi"', "a;b", r"C:\temp"], "")
    assert split('"ends in \\\\";b;c', shape) == (["ends in \\", "b", "c"], "")


@given(
    rows=st.lists(st.lists(st.text(alphabet='ab",;\n|', max_size=6), min_size=2, max_size=2), min_size=1, max_size=3),
    delimiter=st.sampled_from([",", ";", "|"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_what_pythons_writer_writes_is_read_back(rows: list[list[str]], delimiter: str, quoting: int) -> None:
    for cells in rows:
        out = io.StringIO()
        csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator="").writerow(cells)  # type: ignore[arg-type]
        shape = Shape(delimiter=delimiter, width=2)
        assert split(out.getvalue(), shape) == (cells, "")
        assert readings(out.getvalue(), shape)[0].cells == tuple(cells)
        assert readings(out.getvalue(), shape)[0].oddities == 0
        if "\n" not in out.getvalue():
            assert shape.clean.fullmatch(out.getvalue())


@pytest.mark.parametrize(
    ("text", "best", "oddities"),
    [
        ('"1,a,"b, c"', ('"1', "a", "b, c"), 1),
        ('1,""a, b",c', ("1", '"a, b', "c"), 1),
        ('1,"a, b"",c', ("1", 'a, b"', "c"), 1),
        ('1,"a, "b" c",d', ("1", 'a, "b" c', "d"), 2),
        ('1, "a, b" ,d', ("1", "a, b", "d"), 0),
    ],
)
def test_the_reading_with_fewest_oddities_comes_first(text: str, best: tuple[str, ...], oddities: int) -> None:
    first = readings(text, COMMA)[0]
    assert (first.cells, first.oddities) == (best, oddities)


def test_a_text_of_quotes_is_given_up_soon() -> None:
    assert len(readings('"' * 5000 + "," + '"' * 5000, COMMA)) <= 64
    assert not COMMA.clean.fullmatch('a,"b' * 20_000)


@pytest.mark.parametrize("line", ['1,"a"b,3', "1,2", "1,2,3,4", '1,"a,3', "1,a\rb,3", "1,a\0,3", '1,a"b,3'])
def test_such_a_line_is_not_clean(line: str) -> None:
    assert not COMMA.clean.fullmatch(line)
