from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest

from opscli.calendars.holidays import public_holidays


def test_public_holidays_of_a_country_and_of_a_region() -> None:
    assert date(2017, 12, 25) in public_holidays("US")
    assert date(2017, 12, 26) not in public_holidays("US")
    assert date(2018, 11, 30) in public_holidays("GB-SCT")
    assert public_holidays("US").name(date(2018, 1, 1)) == "New Year's Day"


def test_own_closed_days_count_too() -> None:
    place = public_holidays("", frozenset({date(2026, 8, 14)}))
    assert date(2026, 8, 14) in place
    assert date(2026, 12, 25) not in place
    assert place.name(date(2026, 8, 14)) == "own closed day"
    assert place.name(date(2026, 8, 15)) is None


def test_an_unknown_place_is_refused() -> None:
    with pytest.raises(ValueError, match="no holiday calendar for 'XX'"):
        public_holidays("XX")


def test_the_library_is_loaded_only_when_asked() -> None:
    code = "import sys, opscli.calendars.holidays, opscli.calendars.business; sys.exit('holidays' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
