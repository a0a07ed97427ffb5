"""Lines of text in both languages."""

from __future__ import annotations

import pytest

from opscli.phrases.lines import width, wrapped

CHINESE = "同一客户能否再次进入:never、always,或 {after: 90d}(从上次进入算起)。"


def test_english_breaks_at_spaces_and_keeps_long_words() -> None:
    assert list(wrapped("one two three four", 9)) == ["one two", "three", "four"]
    assert list(wrapped("see opscli_config_explain now", 8)) == ["see", "opscli_config_explain", "now"]
    assert list(wrapped("one two three", 9, "  ")) == ["one two", "  three"]
    assert list(wrapped("", 9)) == []


@pytest.mark.parametrize("columns", [8, 13, 20, 40])
def test_chinese_breaks_anywhere_but_before_a_closing_mark(columns: int) -> None:
    lines = list(wrapped(CHINESE, columns))
    assert len(lines) > 1
    assert "".join(lines).replace(" ", "") == CHINESE.replace(" ", "")
    assert not [line for line in lines if line[0] in "、。"]
    assert all(width(line) <= columns + 2 for line in lines if " " not in line and "{" not in line)
