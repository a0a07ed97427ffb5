from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from opscli.metrics.periods import Calendar
from opscli.reports.numbers import Printer
from opscli.reports.words import age, catalogue, named, period_name


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        ("money", 421510.19, "$421,510"),
        ("money", 32.2, "$32.20"),
        ("money", -5, "-$5.00"),
        ("percent", 0.2249, "22.5%"),
        ("count", 13086.0, "13,086"),
        ("points", 23.01, "23.0"),
        ("hours", 4.8, "4.8 h"),
        ("ratio", None, "–"),  # noqa: RUF001  the dash that is printed
        ("time", datetime.fromisoformat("2018-01-01T07:30"), "2018-01-01 07:30"),
    ],
)  # fmt: skip
def test_a_number_is_printed_by_its_unit(unit: str, value: float | None, text: str) -> None:
    assert Printer(unit, "USD").full(value) == text


@pytest.mark.parametrize(
    ("unit", "now", "before", "text"),
    [
        ("percent", 0.22, 0.20, "+2.0 pp"),
        ("money", 110.0, 100.0, "+10.0%"),
        ("money", 90.0, 0.0, "+$90.00"),
        ("money", 10.0, -5.0, "+$15.00"),
        ("points", 23.0, 27.5, "−4.5"),  # noqa: RUF001  a true minus
        ("percent", 0.03522, 0.03550, "0.0 pp"),
        ("count", 5.0, None, ""),
    ],
)  # fmt: skip
def test_shares_change_in_points_and_a_base_that_is_not_positive_has_no_percentage(
    unit: str, now: float, before: float | None, text: str
) -> None:
    assert Printer(unit, "USD").change(now, before) == text


def test_what_rounds_to_nothing_is_no_news() -> None:
    assert not Printer("percent").moved(0.03522, 0.03550)
    assert Printer("percent").moved(0.036, 0.035)


def test_axis_values_are_short() -> None:
    assert [Printer("money", "USD").short(value) for value in (0, 2500, 600_000, 1_500_000)] == [
        "$0",
        "$2.5k",
        "$600k",
        "$1.5M",
    ]
    assert Printer("percent").short(0.075) == "7.5%"


def test_both_languages_have_every_word() -> None:
    words = catalogue()["words"]
    assert set(words["en"]) == set(words["zh"])
    for key, text in words["en"].items():
        assert sorted(part.split("}")[0] for part in text.split("{")[1:]) == sorted(
            part.split("}")[0] for part in words["zh"][key].split("{")[1:]
        ), key


def test_names_and_periods_as_people_read_them() -> None:
    month = Calendar().period_of(date(2017, 12, 5), "month")

    assert (period_name(month, "en"), period_name(month, "zh-CN")) == ("Dec 2017", "2017年12月")
    assert (named("at_risk", "en"), named("at_risk", "zh"), named("my_tag", "zh")) == ("at risk", "有风险", "my tag")
    assert [age(timedelta(minutes=m)) for m in (5, 300, 6000)] == ["5 min", "5 h", "4 d"]
