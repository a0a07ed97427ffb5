from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from opscli.health import health

if TYPE_CHECKING:
    from tests.unit.health.conftest import Lab

SMALLEST = "{kind: health, version: 2, measures: [{trait: orders_90d, good: 9, bad: 0}]}"


def spec_of(lab: Lab, text: str) -> health.HealthSpec:
    lab.configure(text)
    spec = lab.specs["standard"]
    assert isinstance(spec, health.HealthSpec)
    return spec


def problems(lab: Lab, text: str) -> list[str]:
    return [issue.what for issue in health.check(spec_of(lab, text), lab.project().catalog)]


def test_the_smallest_file_has_the_stated_defaults(lab: Lab) -> None:
    spec = spec_of(lab, SMALLEST)
    assert (spec.coverage, spec.bands) == (Decimal("0.5"), health.Bands())
    assert (spec.bands.healthy, spec.bands.watch) == (Decimal(70), Decimal(40))
    assert (spec.alert, spec.caps) == (None, ())
    assert problems(lab, SMALLEST) == []


def test_the_alert_reads_percentages_and_durations(lab: Lab) -> None:
    text = SMALLEST[:-1] + ", alert: {fallback_owner: x, breaker: 12.5%, freshness: 36h, min_account_age: 90d}}"
    alert = spec_of(lab, text).alert
    assert alert is not None
    assert (alert.breaker, alert.interactions_drop) == (Decimal("12.5"), Decimal(50))
    assert (alert.freshness, alert.min_account_age) == (timedelta(hours=36), timedelta(days=90))
    assert (alert.audience, alert.no_login) == ("has_tag('high_value')", timedelta(days=30))
    assert problems(lab, text) == []


MEASURE = "{trait: %s, good: %s, bad: %s}"


@pytest.mark.parametrize(
    ("measure", "what"),
    [
        (("order_90d", 9, 0), 'unknown trait "order_90d"'),
        (("orders_90d", "7d", 0), '"orders_90d" is integer, so `good` cannot be 7d'),
        (("last_order_at", "7d", 60), '"last_order_at" is timestamp, so `bad` cannot be 60'),
        (("orders_90d", 3, 3), "good and bad are the same"),
        (("favourite", 3, 1), '"favourite" is a text and has no good or bad'),
    ],
)
def test_measures_that_cannot_be_judged_are_named(lab: Lab, measure: tuple[Any, ...], what: str) -> None:
    assert problems(lab, "{kind: health, version: 2, measures: [%s]}" % (MEASURE % measure)) == [what]


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ("bands: {healthy: 40, watch: 60}", "watch begins at 60, healthy at 40"),
        ("caps: [{when: orders_90d, at: 30}]", "this gives integer, a condition gives true or false"),
        ("alert: {fallback_owner: x, audience: has_tag('gold')}", 'unknown tag "gold"'),
        ("alert: {fallback_owner: x, login: orders_90d}", '"orders_90d" is integer and cannot be used as a time'),
        ("alert: {fallback_owner: x, feeds: [products]}", 'there is no feed "products"'),
        ("alert: {fallback_owner: x, owner: boss}", 'customers have no text field "boss"'),
    ],
)
def test_what_leans_on_other_files_is_checked(lab: Lab, more: str, what: str) -> None:
    assert problems(lab, f"{SMALLEST[:-1]}, {more}}}") == [what]


def test_decay_needs_a_time(lab: Lab) -> None:
    text = "{kind: health, version: 2, measures: [{trait: last_nps, good: 9, bad: 0, decay: {by: %s, half_life: 90d}}]}"
    assert problems(lab, text % "last_nps_at") == []
    assert problems(lab, text % "last_nps") == ['"last_nps" is integer and cannot be used as a time']
