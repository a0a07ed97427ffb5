from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opscli.stats.intervals import mean_interval, nps, proportion_difference, wilson_interval, z_of


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [  # Newcombe 1998, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_agrees_with_published_values(successes: int, trials: int, low: float, high: float) -> None:
    found = wilson_interval(successes, trials)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert found.estimate == successes / trials


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_stays_inside_and_around_the_estimate(pair: tuple[int, int]) -> None:
    found = wilson_interval(*pair)
    assert 0 <= found.low <= found.estimate <= found.high <= 1
    assert found.low < found.high


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (5, 4), (-1, 4)])
def test_wilson_refuses_what_is_no_proportion(successes: int, trials: int) -> None:
    with pytest.raises(ValueError, match="no proportion"):
        wilson_interval(successes, trials)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [  # Newcombe 1998 (differences), table II, method 10
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_difference_agrees_with_published_values(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    found = proportion_difference(first, second)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_mean_interval_uses_the_sample_variance() -> None:
    found = mean_interval([1.0, 2.0, 3.0, 4.0])
    assert found.estimate == 2.5
    assert found.margin == pytest.approx(1.959964 * (5 / 3 / 4) ** 0.5, rel=1e-6)
    with pytest.raises(ValueError, match="two values"):
        mean_interval([1.0])


def test_nps_of_a_known_sample() -> None:
    found = nps(50, 30, 20)
    assert found.estimate == pytest.approx(30.0)
    assert found.margin == pytest.approx(100 * 1.959964 * ((0.7 - 0.09) / 100) ** 0.5, rel=1e-6)


def test_nps_keeps_to_its_scale_and_needs_an_answer() -> None:
    assert nps(1, 0, 0).high == 100.0
    assert nps(1, 0, 1).low == -100.0
    with pytest.raises(ValueError, match="at least one answer"):
        nps(0, 0, 0)


def test_more_confidence_is_wider() -> None:
    assert z_of(0.95) == pytest.approx(1.959964, abs=1e-6)
    assert wilson_interval(3, 10, 0.99).margin > wilson_interval(3, 10, 0.9).margin
    with pytest.raises(ValueError, match="between 0 and 1"):
        z_of(1)
