from __future__ import annotations

from opscli.cli.fit import Column, fitting, measured

ID = "c_0123456789abcdef"


def names(room: int, *columns: Column) -> tuple[str, ...]:
    return fitting(columns, room)


def test_an_id_is_never_broken() -> None:
    column = measured("customer_id", [ID])
    assert column.least == len(ID)


def test_a_date_with_its_time_stays_on_one_line_and_a_sentence_may_break() -> None:
    assert measured("at", ["2018-01-01 07:30"]).least == 16
    assert measured("title", ["Interactions fell by half within thirty days"]).least == 18


def test_a_head_breaks_at_its_words_only() -> None:
    assert measured("config_version", ["1"]).least == len("version")


def test_what_does_not_fit_goes_from_the_right_and_empty_columns_go_first() -> None:
    first, empty, last = measured("id", [ID]), measured("reason", ["", ""]), measured("tag", ["x" * 20])
    assert names(80, first, empty, last) == ("id", "reason", "tag")
    assert names(46, first, empty, last) == ("id", "tag")
    assert names(30, first, empty, last) == ("id",)
    assert names(5, first, empty, last) == ("id",)
