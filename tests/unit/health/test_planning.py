"""What planning a health alert asks of the project."""

from __future__ import annotations

from datetime import date

import pytest

from opscli.errors import ConfigInvalid
from opscli.health.planning import holidays_of


def test_due_days_know_the_holidays_of_the_country() -> None:
    assert date(2017, 12, 25) in holidays_of("US")


def test_a_country_without_known_holidays_is_a_mistake_in_the_project_file() -> None:
    with pytest.raises(ConfigInvalid) as refused:
        holidays_of("ZZ")
    assert refused.value.exit_code == 78
    (issue,) = refused.value.issues
    assert str(issue).splitlines() == [
        "configs/project.yaml:1:1: no holiday calendar for 'ZZ'",
        "  give country: a code whose holidays are known, such as US or GB",
    ]
