from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from opscli.metrics.periods import Calendar

NEW_YORK = Calendar(zone="America/New_York")
AS_OF = datetime.fromisoformat("2018-01-01T07:30")


@pytest.mark.parametrize(("grain", "label"), [("day", "2017-12-31"), ("week", "2017-W52"), ("month", "2017-12"),
                                              ("quarter", "2017-Q4"), ("year", "2017")])  # fmt: skip
def test_the_last_complete_period_half_past_two_on_new_year_in_new_york(grain: str, label: str) -> None:
    (period,) = NEW_YORK.last_complete(grain, 1, as_of=AS_OF)

    assert period.label == label
    assert period.end == datetime.fromisoformat("2018-01-01T05:00")


def test_a_period_that_ends_at_as_of_is_complete_and_one_that_ends_a_second_later_is_not() -> None:
    midnight = datetime.fromisoformat("2018-01-01T05:00")

    assert NEW_YORK.last_complete("day", 1, as_of=midnight)[0].label == "2017-12-31"
    assert NEW_YORK.last_complete("day", 1, as_of=midnight - timedelta(seconds=1))[0].label == "2017-12-30"


def test_settling_time_moves_the_last_complete_period_back() -> None:
    assert NEW_YORK.last_complete("month", 1, as_of=AS_OF, settle=timedelta(days=14))[0].label == "2017-11"


@pytest.mark.parametrize(("day", "hours"), [("2017-03-12", 23), ("2017-11-05", 25), ("2017-07-04", 24)])
def test_days_on_which_the_clock_changes_have_23_and_25_hours(day: str, hours: int) -> None:
    period = NEW_YORK.period_of(date.fromisoformat(day), "day")

    assert period.end - period.start == timedelta(hours=hours)


def test_periods_leave_no_gap_and_do_not_overlap() -> None:
    for grain in ("day", "week", "month", "quarter"):
        found = NEW_YORK.last_complete(grain, 60, as_of=AS_OF)
        assert all(one.end == two.start for one, two in pairwise(found))
        assert len(found) == 60


def test_iso_week_53_belongs_to_the_old_year() -> None:
    assert Calendar().period_of(date(2021, 1, 3), "week").label == "2020-W53"


def test_weeks_may_begin_on_sunday() -> None:
    period = Calendar(week_start="sunday").period_of(date(2018, 1, 3), "week")

    assert period.first_day == date(2017, 12, 31)
    assert period.label == "2017-12-31"


def test_between_holds_both_ends() -> None:
    found = Calendar().between("month", date(2017, 10, 15), date(2017, 12, 1))

    assert [period.label for period in found] == ["2017-10", "2017-11", "2017-12"]


def test_an_unknown_grain_is_refused() -> None:
    with pytest.raises(ValueError, match="no grain"):
        Calendar().period_of(date(2017, 1, 1), "fortnight")
