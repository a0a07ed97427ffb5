from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from opscli.metrics.periods import Calendar
from opscli.reports.numbers import Printer
from opscli.reports.words import age, period_name, segment


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


def test_units_are_words_of_the_language() -> None:
    hours, shares = Printer("hours", locale="zh"), Printer("percent", locale="zh")
    assert (hours.full(4.5), shares.change(0.25, 0.2), shares.margin(0.2, 0.3)) == (
        "4.5 小时",
        "+5.0 个百分点",
        "± 5.0 个百分点",
    )


def test_names_and_periods_as_people_read_them() -> None:
    month = Calendar().period_of(date(2017, 12, 5), "month")

    assert (period_name(month, "en"), period_name(month, "zh-CN")) == ("Dec 2017", "2017年12月")
    assert (segment("at_risk", "en"), segment("at_risk", "zh"), segment("my_tag", "zh")) == (
        "at risk",
        "有风险",
        "my tag",
    )
    assert [age(timedelta(minutes=m)) for m in (5, 300, 6000)] == ["5 min", "5 h", "4 d"]
    assert [age(timedelta(minutes=m), "zh") for m in (5, 300, 6000)] == ["5 分钟", "5 小时", "4 天"]
