"""A character of a text value is found where it stands in the file, in every way in which YAML lets it be written."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from opscli.config.document import Document
from opscli.config.reader import read_yaml

MARK = "HERE"


def position_of_mark(text: str) -> tuple[int, int]:
    """Line and column at which a problem at MARK in the value of `when` is told."""
    tree, issues = read_yaml(text, "x.yaml")
    assert tree is not None
    assert not issues
    document = Document(kind="tags", version=1, name="x", file="x.yaml", data=tree.data, marks=tree.marks)
    issue = document.issue(("when",), "it", offset=tree.data["when"].index(MARK))
    return issue.line, issue.column


def place_of_mark(text: str) -> tuple[int, int]:
    before = text[: text.index(MARK)].replace("\r\n", "\n")
    return before.count("\n") + 1, len(before) - before.rfind("\n")


@pytest.mark.parametrize(
    "written",
    [
        "when: country = 'GB' and HERE > 3",
        "when:   \"country = 'GB' and HERE > 3\"",
        "when: 'country = ''GB'' and HERE > 3'",
        "when: \"country = '\\u0042 \\x41\\\\' and\\tHERE > 3\"",
        "when: |\n  country = 'GB'\n  and (city is null\n    or HERE > 3)\n",
        "when: >\n  country = 'GB'\n\n\n    and x = 1\n  and HERE > 3\n",
        "when: >-  # why\n\n  country = 'GB'\n  and HERE > 3\n",
        "when: |2\n    country = 'GB'\n    and HERE > 3\n",
        "when: country = 'GB'\n  and HERE > 3",
        "when: \"country = 'GB'\n\n  and HERE > 3\"",
        "when: \"country = 'GB' \\\n  and HERE > 3\"",
        "when: 'country = ''GB''\n  and HERE > 3'",
        "when: &w \"country = 'GB' and HERE > 3\"",
        "when: !!str country = 'GB' and HERE > 3",
        "a: &w >\n  country = 'GB'\n  and HERE > 3\nwhen: *w",
        "when: |\r\n  country = 'GB'\r\n  and HERE > 3\r\n",
        "a: '上海 😀'\nwhen: >\n  city = '上海 😀'\n  and 城市 = '😀' and HERE > 3\n",
        "\ufeffwhen: |\n  city = 'a'\n  and HERE",
    ],
)
def test_the_place_of_a_problem(written: str) -> None:
    assert position_of_mark(written) == place_of_mark(written)


def test_a_problem_of_the_whole_text_is_told_where_it_begins() -> None:
    tree, _ = read_yaml("when: >\n  HERE", "x.yaml")
    assert tree is not None
    document = Document(kind="tags", version=1, name="x", file="x.yaml", data=tree.data, marks=tree.marks)
    assert [document.issue(("when",), "it", offset=offset).line for offset in (None, 0)] == [1, 2]
    elsewhere = document.issue(("then",), "it", offset=7)
    assert (elsewhere.line, elsewhere.column) == (1, 1), "what is not in the text has no characters there"


words = st.lists(st.text(alphabet="ab'\"\\é上😀 \n\t:#>|&!\u00a0\u3000", max_size=12), min_size=1, max_size=8)


@given(before=words, after=words, style=st.sampled_from(["", "'", '"', "|", ">"]), width=st.integers(8, 60))
def test_texts_that_a_program_wrote(before: list[str], after: list[str], style: str, width: int) -> None:
    value = f"{' '.join(before)}{MARK}{' '.join(after)}"
    written = yaml.safe_dump({"when": value}, default_style=style or None, width=width, allow_unicode=True)
    tree, issues = read_yaml(written, "x.yaml")
    assume(tree is not None and not issues and tree.data["when"] == value)
    assume(MARK in written)
    assert position_of_mark(written) == place_of_mark(written), json.dumps(written)
