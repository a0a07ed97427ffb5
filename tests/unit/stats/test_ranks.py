from __future__ import annotations

from statistics import quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opscli.stats.ranks import auc, average_ranks, lift_at, median, quantile


def test_ties_share_their_ranks() -> None:
    assert average_ranks([3.0, 1.0, 3.0, 2.0]) == [3.5, 1.0, 3.5, 2.0]


def test_auc_of_a_perfect_a_reversed_and_a_blind_score() -> None:
    labels = [True, True, False, False]
    assert auc(labels, [4, 3, 2, 1]) == 1.0
    assert auc(labels, [1, 2, 3, 4]) == 0.0
    assert auc(labels, [7, 7, 7, 7]) == 0.5


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40))
def test_auc_equals_the_count_of_won_pairs(rows: list[tuple[bool, int]]) -> None:
    up = [score for label, score in rows if label]
    down = [score for label, score in rows if not label]
    labels, scores = [label for label, _ in rows], [float(score) for _, score in rows]
    if not up or not down:
        with pytest.raises(ValueError, match="at least one"):
            auc(labels, scores)
        return
    wins = sum((a > b) + (a == b) / 2 for a in up for b in down)
    assert auc(labels, scores) == pytest.approx(wins / (len(up) * len(down)))


def test_auc_refuses_unequal_lengths() -> None:
    with pytest.raises(ValueError, match="2 labels but 1 scores"):
        auc([True, False], [1.0])


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_quartiles_equal_the_inclusive_method(values: list[float]) -> None:
    expected = quantiles(values, n=4, method="inclusive")
    assert [quantile(values, share) for share in (0.25, 0.5, 0.75)] == pytest.approx(expected, abs=1e-6)


def test_median_of_an_even_sample_and_of_nothing() -> None:
    assert median([1, 2, 3, 10]) == 2.5
    with pytest.raises(ValueError, match="needs values"):
        median([])


def test_lift_compares_with_chance() -> None:
    labels = [True, True, False, False, False, False, False, False, False, False]
    scores = [9.0, 1.0, 8.0, 0, 0, 0, 0, 0, 0, 0]
    assert lift_at(labels, scores, 0.1) == pytest.approx(5.0)
    assert lift_at(labels, scores, 0.2) == pytest.approx(2.5)
    with pytest.raises(ValueError, match="a positive"):
        lift_at([False], [1.0], 1)
