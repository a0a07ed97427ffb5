# ruff: noqa: DTZ001  naive UTC, as everywhere inside
from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opscli.calendars.business import (
    BusinessCalendar,
    add_business_days,
    add_business_time,
    business_time,
    due_at,
    parse_due,
)
from opscli.calendars.holidays import public_holidays

NEW_YORK = BusinessCalendar(zone="America/New_York", holidays=public_holidays("US"))
LONDON = BusinessCalendar(zone="Europe/London")


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        ("2017-12-29T12:00", 2, "2018-01-03T22:00"),  # Friday: the weekend and New Year's Day do not count
        ("2017-12-31T07:30", 2, "2018-01-03T22:00"),  # Sunday, 02:30 in New York
        ("2018-01-03T02:00", 1, "2018-01-03T22:00"),  # still Tuesday evening in New York: the next day is Wednesday
        ("2018-01-03T15:00", 0, "2018-01-03T22:00"),
        ("2018-01-06T15:00", 0, "2018-01-08T22:00"),  # Saturday: today's close is Monday's
        ("2018-03-09T15:00", 1, "2018-03-12T21:00"),  # summer time began: 17:00 is an hour earlier in UTC
        ("2018-11-02T15:00", 1, "2018-11-05T22:00"),  # and it ended
    ],
)
def test_business_days_end_at_the_local_close(start: str, days: int, expected: str) -> None:
    assert add_business_days(datetime.fromisoformat(start), days, NEW_YORK) == datetime.fromisoformat(expected)


def test_friday_half_past_four_plus_an_hour_is_monday_half_past_nine() -> None:
    found = add_business_time(datetime(2026, 1, 9, 16, 30), timedelta(hours=1), LONDON)
    assert found == datetime(2026, 1, 12, 9, 30)


def test_a_deadline_exactly_at_close_stays_on_that_day() -> None:
    assert add_business_time(datetime(2026, 1, 9, 16), timedelta(hours=1), LONDON) == datetime(2026, 1, 9, 17)


def test_a_night_window_over_the_clock_change_has_its_real_length() -> None:
    nights = BusinessCalendar(zone="Europe/London", opens=time(0), closes=time(6), weekdays=frozenset(range(7)))
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    for day, hours in ((spring, 5), (autumn, 7)):
        opens, closes = nights.window(day)
        assert closes - opens == timedelta(hours=hours)


MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31))


@given(MOMENTS, st.integers(1, 60 * 200))
def test_adding_and_measuring_are_inverse(start: datetime, minutes: int) -> None:
    amount = timedelta(minutes=minutes)
    end = add_business_time(start, amount, LONDON)
    assert business_time(start, end, LONDON) == amount
    assert business_time(start, end - timedelta(seconds=1), LONDON) < amount


@given(MOMENTS, st.integers(0, 40 * 86_400), st.integers(0, 40 * 86_400))
def test_business_time_is_additive(start: datetime, first: int, second: int) -> None:
    middle = start + timedelta(seconds=first)
    end = middle + timedelta(seconds=second)
    whole = business_time(start, end, NEW_YORK)
    assert whole == business_time(start, middle, NEW_YORK) + business_time(middle, end, NEW_YORK)


@given(MOMENTS, st.integers(1, 30))
def test_more_business_days_are_later(start: datetime, days: int) -> None:
    assert start.date() <= add_business_days(start, days, NEW_YORK).date() + timedelta(days=1)
    assert add_business_days(start, days, NEW_YORK) < add_business_days(start, days + 1, NEW_YORK)


def test_due_reads_business_days_and_durations() -> None:
    assert parse_due("2bd") == 2
    assert parse_due("36h") == timedelta(hours=36)
    assert due_at(datetime(2018, 1, 1, 12), "3d", NEW_YORK) == datetime(2018, 1, 4, 12)
    assert due_at(datetime(2018, 1, 2, 12), "2bd", NEW_YORK) == datetime(2018, 1, 4, 22)
    with pytest.raises(ValueError, match="no due time, such as 2bd"):
        parse_due("soon")


def test_a_calendar_must_open_some_time() -> None:
    with pytest.raises(ValueError, match="open weekdays"):
        BusinessCalendar(weekdays=frozenset())
    with pytest.raises(ValueError, match="end after they start"):
        BusinessCalendar(opens=time(17), closes=time(9))

    class Always:
        def __contains__(self, day: object, /) -> bool:
            return True

    with pytest.raises(ValueError, match="no open day in ten years"):
        add_business_days(datetime(2026, 1, 1), 1, BusinessCalendar(holidays=Always()))


def test_negative_amounts_are_refused() -> None:
    with pytest.raises(ValueError, match="not taken away"):
        add_business_days(datetime(2026, 1, 1), -1, LONDON)
    with pytest.raises(ValueError, match="not taken away"):
        add_business_time(datetime(2026, 1, 1), timedelta(-1), LONDON)
