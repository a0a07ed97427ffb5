"""Lines of text in both languages."""

from __future__ import annotations

from opscli.phrases.lines import width, wrapped


def test_words_stay_whole_and_later_lines_are_indented() -> None:
    assert list(wrapped("one two three four", 9)) == ["one two", "three", "four"]
    assert list(wrapped("  ~ one two three", 12, "    ")) == ["  ~ one two", "    three"]
    assert list(wrapped("x" * 30, 12, "  ")) == ["x" * 30], "what cannot be broken can at least be copied"
    assert list(wrapped("", 12)) == []


def test_chinese_breaks_anywhere_but_no_mark_begins_a_line_and_no_bracket_ends_one() -> None:
    text = "同一客户能否再次进入：never（不能）、always（上一次结束后即可），或 {after: 90d}（从上次进入算起）。"  # noqa: RUF001  Chinese marks
    for columns in range(14, 90):
        lines = list(wrapped(text, columns))
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert max(map(width, lines)) <= columns
        assert not [line for line in lines if line[0] in "，。、：）" or line[-1] == "（"]  # noqa: RUF001  Chinese marks
