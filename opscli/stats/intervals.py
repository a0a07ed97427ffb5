"""Intervals that say how much a number from few rows is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist, fmean, variance


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate with its bounds, in the estimate's own unit."""

    estimate: float
    low: float
    high: float

    @property
    def margin(self) -> float:
        """Half of the width: the `± x` of a report."""
        return (self.high - self.low) / 2


def z_of(confidence: float) -> float:
    """Two-sided normal quantile: 1.96 for 0.95. Raises ValueError outside (0, 1)."""
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence lies between 0 and 1, not {confidence}")
    return NormalDist().inv_cdf((1 + confidence) / 2)


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> Interval:
    """Score interval of a proportion (Wilson 1927), as fractions in [0, 1].

    Unlike the Wald interval it stays inside [0, 1] and does not collapse at 0 of n.
    Raises ValueError when trials is 0 or successes is not in [0, trials].
    """
    if trials < 1 or not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials} is no proportion")
    z = z_of(confidence)
    share = successes / trials
    spread = 1 + z * z / trials
    centre = (share + z * z / (2 * trials)) / spread
    half = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / spread
    # The bounds at 0 of n and n of n are exactly 0 and 1; floating point may miss them by an ulp.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == trials else min(1.0, centre + half)
    return Interval(estimate=share, low=low, high=high)


def proportion_difference(first: tuple[int, int], second: tuple[int, int], confidence: float = 0.95) -> Interval:
    """Newcombe's (1998, method 10) interval of `first - second`, each (successes, trials), as fractions in [-1, 1].

    Built from two Wilson intervals, so it holds at small counts and at 0 of n.
    """
    one, two = wilson_interval(*first, confidence), wilson_interval(*second, confidence)
    difference = one.estimate - two.estimate
    low = difference - sqrt((one.estimate - one.low) ** 2 + (two.high - two.estimate) ** 2)
    high = difference + sqrt((one.high - one.estimate) ** 2 + (two.estimate - two.low) ** 2)
    return Interval(estimate=difference, low=low, high=high)


def mean_interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """Normal interval of a mean. Raises ValueError below two values: one value has no spread."""
    if len(values) < 2:  # noqa: PLR2004  the sample variance divides by n - 1
        raise ValueError("a mean's interval needs at least two values")
    mean = fmean(values)
    half = z_of(confidence) * sqrt(variance(values, mean) / len(values))
    return Interval(estimate=mean, low=mean - half, high=mean + half)


def nps(promoters: int, passives: int, detractors: int, confidence: float = 0.95) -> Interval:
    """Net Promoter Score in points, -100..100, with the margin of a difference of two shares of one sample.

    Var = (p + d - (p - d)²) / n. Few answers make a wide margin on purpose. Raises ValueError without any answer.
    """
    answers = promoters + passives + detractors
    if answers < 1 or min(promoters, passives, detractors) < 0:
        raise ValueError("an NPS needs at least one answer, and no negative count")
    up, down = promoters / answers, detractors / answers
    score = up - down
    half = z_of(confidence) * sqrt(max(0.0, up + down - score * score) / answers)
    low, high = max(-1.0, score - half), min(1.0, score + half)
    return Interval(estimate=100 * score, low=100 * low, high=100 * high)
