"""Measures of order: how well a score sorts, and quantiles of a sample."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor


def average_ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 1, ties share the mean of their ranks (so AUC gives a tie half a win)."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for position in order[start : end + 1]:
            ranks[position] = (start + end) / 2 + 1
        start = end + 1
    return ranks


def auc(labels: Sequence[bool], scores: Sequence[float]) -> float:
    """Chance that a random positive scores above a random negative (Mann-Whitney U / n₁n₀); a tie counts half.

    Raises ValueError when lengths differ or one of the classes is missing.
    """
    if len(labels) != len(scores):
        raise ValueError(f"{len(labels)} labels but {len(scores)} scores")
    positives = sum(map(bool, labels))
    negatives = len(labels) - positives
    if not positives or not negatives:
        raise ValueError("an AUC needs at least one positive and one negative")
    rank_sum = sum(rank for rank, label in zip(average_ranks(scores), labels, strict=True) if label)
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def quantile(values: Sequence[float], share: float) -> float:
    """Linear-interpolated quantile (type 7, as numpy and DuckDB's quantile_cont). Raises ValueError when empty."""
    if not values or not 0 <= share <= 1:
        raise ValueError("a quantile needs values and a share within 0..1")
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    below = floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def median(values: Sequence[float]) -> float:
    """The middle value, or the mean of the two middle ones."""
    return quantile(values, 0.5)


def lift_at(labels: Sequence[bool], scores: Sequence[float], share: float) -> float:
    """Positives among the top `share` of scores over the positives expected there by chance; ties keep input order.

    Raises ValueError when nothing is positive or the share holds nobody.
    """
    taken = round(len(labels) * share)
    positives = sum(map(bool, labels))
    if not taken or not positives:
        raise ValueError("lift needs a positive and at least one row in the share")
    best = sorted(range(len(labels)), key=lambda row: -scores[row])[:taken]
    hits = sum(bool(labels[row]) for row in best)
    return (hits / taken) / (positives / len(labels))
