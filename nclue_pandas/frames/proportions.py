"""Shares of users: their intervals, their difference and ratio, tests, and how many users to ask.

Everything takes arrays, one entry for each comparison, or single numbers.

References
----------
.. [1] E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
   Journal of the American Statistical Association 22 (1927).
.. [2] R. G. Newcombe, "Interval estimation for the difference between independent proportions:
   comparison of eleven methods", Statistics in Medicine 17 (1998), method 10.
.. [3] A. Donner, G. Y. Zou, "Closed-form confidence intervals for functions of the normal mean and
   standard deviation", Statistical Methods in Medical Research 21 (2012).
.. [4] W. G. Cochran, "Some methods for strengthening the common chi-square tests", Biometrics 10
   (1954).
.. [5] J. L. Fleiss, B. Levin, M. C. Paik, "Statistical Methods for Rates and Proportions" (2003),
   chapter 4.
.. [6] Y. Benjamini, Y. Hochberg, "Controlling the false discovery rate", Journal of the Royal
   Statistical Society B 57 (1995).
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nclue_pandas.frames.statistics import normal_quantile
from nclue_pandas.translation import N_

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nclue_pandas.frames.statistics import Floats

Counts = Any  # an array of whole numbers, or one

#: Cochran's rule: from this expected count in every cell on, the normal distribution serves.
_FEW: Final = 5
#: A part of a sum that float64 does not feel.
_NOTHING: Final = 1e-17
_TABLE: Final = np.array([math.lgamma(n + 1) for n in range(32)])


def wilson(rate: Any, users: Counts, z: float) -> tuple[Floats, Floats]:
    """Return Wilson's interval of shares [1]_.

    Examples
    --------
    >>> low, high = wilson(np.array([0.5]), np.array([10]), 1.96)
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.237], [0.763])
    """
    scale = 1 + z * z / users
    center = (rate + z * z / (2 * users)) / scale
    spread = z * np.sqrt(rate * (1 - rate) / users + (z / (2 * users)) ** 2) / scale
    # Nothing but rounding would be left at the ends.
    low = np.where(np.equal(rate, 0), 0, np.maximum(center - spread, 0))
    return low, np.where(np.equal(rate, 1), 1, np.minimum(center + spread, 1))


def difference_interval(
    hits: tuple[Counts, Counts], users: tuple[Counts, Counts], confidence: float
) -> tuple[Floats, Floats]:
    """Return Newcombe's interval of the first share minus the second [2]_.

    Examples
    --------
    >>> low, high = difference_interval((56, 48), (70, 80), 0.95)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0524, 0.3339)
    """
    z = normal_quantile(confidence)
    one, other = hits[0] / users[0], hits[1] / users[1]
    (low1, high1), (low2, high2) = wilson(one, users[0], z), wilson(other, users[1], z)
    below = np.hypot(one - low1, high2 - other)
    above = np.hypot(high1 - one, other - low2)
    return one - other - below, one - other + above


def ratio_interval(
    hits: tuple[Counts, Counts], users: tuple[Counts, Counts], confidence: float
) -> tuple[Floats, Floats]:
    """Return an interval of the first share over the second: Wilson's two, combined [3]_.

    The upper bound is infinite where nobody has it in the second.

    Examples
    --------
    >>> low, high = ratio_interval((np.array([30]), np.array([20])), (100, 200), 0.95)
    >>> low.round(2).tolist(), high.round(2).tolist()
    ([1.8], [4.95])
    """
    z = normal_quantile(confidence)
    one, other = hits[0] / users[0], hits[1] / users[1]
    (low1, high1), (low2, high2) = wilson(one, users[0], z), wilson(other, users[1], z)
    product = one * other
    least = np.maximum(product**2 - low1 * high2 * (2 * one - low1) * (2 * other - high2), 0)
    most = np.maximum(product**2 - high1 * low2 * (2 * one - high1) * (2 * other - low2), 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        low = low1 * (2 * one - low1) / (product + np.sqrt(least))
        high = (product + np.sqrt(most)) / (low2 * (2 * other - low2))
    return np.where(one > 0, low, 0), np.where(other > 0, high, np.inf)


def difference_p_value(hits: tuple[int, int], users: tuple[int, int]) -> tuple[float, str]:
    """Test whether two shares are the same (two-sided); return the p value and the test's name.

    The score test (the chi-squared test of the 2 x 2 table), or Fisher's exact test where a cell
    has an expected count below 5 [4]_.

    Examples
    --------
    >>> p_value, test = difference_p_value((56, 48), (70, 80))
    >>> round(p_value, 4), test
    (0.008, 'score test')
    """
    total, positives = sum(users), sum(hits)
    fewest = min(users) * min(positives, total - positives) / total
    if fewest < _FEW:
        return _fisher(hits, users), N_("Fisher's exact test")
    pooled = positives / total
    error = math.sqrt(pooled * (1 - pooled) * (1 / users[0] + 1 / users[1]))
    return math.erfc(abs(hits[0] / users[0] - hits[1] / users[1]) / error / math.sqrt(2)), (
        N_("score test")
    )


def _fisher(hits: tuple[int, int], users: tuple[int, int]) -> float:
    """Return the probability of all tables that are as unlikely as this one, or less."""
    positives = sum(hits)
    possible = np.arange(max(0, positives - users[1]), min(positives, users[0]) + 1)
    logs = _log_hypergeometric(possible, positives, users[0], sum(users))
    chance = np.exp(logs - logs.max())
    here = chance[hits[0] - possible[0]]
    return min(1.0, float(chance[chance <= here * (1 + 1e-7)].sum() / chance.sum()))


def at_least_p_values(
    hits: NDArray[np.int64], having: NDArray[np.int64], drawn: int, total: int
) -> Floats:
    """Return how likely at least so many hits are among some users who are drawn at random.

    Fisher's exact test, one-sided, of many tables at once.

    Parameters
    ----------
    hits, having : numpy.ndarray of int64
        For each trait, how many of the drawn users and of all users have it.
    drawn, total : int
        Users drawn, and users of whom they are.

    Examples
    --------
    >>> at_least_p_values(np.array([3, 0]), np.array([4, 2]), 5, 10).round(4).tolist()
    [0.2619, 1.0]
    """
    rare = hits * total > having * drawn
    # Below the mean the other tail is summed: the one that is small, and exact.
    first = np.where(rare, hits, drawn - hits + 1)
    tail = _tail(first, np.where(rare, having, total - having), drawn, total)
    return np.where(rare, tail, 1 - tail)


def _tail(first: NDArray[np.int64], marked: NDArray[np.int64], drawn: int, total: int) -> Floats:
    """Sum hypergeometric probabilities from `first`, above the mean, upwards: each the next's."""
    sums: Floats = np.zeros(first.size)
    rows = np.flatnonzero(first <= np.minimum(marked, drawn))
    k, m = first[rows].astype(np.float64), marked[rows].astype(np.float64)
    terms = np.exp(_log_hypergeometric(first[rows], marked[rows], drawn, total))
    while rows.size:
        sums[rows] += terms
        terms *= (m - k) * (drawn - k) / ((k + 1) * (total - m - drawn + k + 1))
        k += 1
        felt = terms > sums[rows] * _NOTHING
        rows, k, m, terms = rows[felt], k[felt], m[felt], terms[felt]
    return np.minimum(sums, 1)


def _log_hypergeometric(k: Counts, marked: Counts, drawn: int, total: int) -> Floats:
    """Return the log of the chance of `k` marked ones among those drawn."""
    return (
        _log_choose(marked, k)
        + _log_choose(total - marked, drawn - k)
        - _log_choose(np.int64(total), np.int64(drawn))
    )


def _log_choose(n: Counts, k: Counts) -> Floats:
    return _log_factorial(n) - _log_factorial(k) - _log_factorial(n - k)


def _log_factorial(n: Counts) -> Floats:
    """Return ln(n!): from a table, or by Stirling's series, exact to 10^-15 of it."""
    x = np.maximum(n, _TABLE.size).astype(np.float64)
    series = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / x**2) / x**2) / x**2) / x
    stirling = x * np.log(x) - x + np.log(2 * np.pi * x) / 2 + series
    return np.where(n < _TABLE.size, _TABLE[np.minimum(n, _TABLE.size - 1)], stirling)


def benjamini_hochberg(p_values: Floats) -> Floats:
    """Adjust p values for their number: to bound the share of false ones among those found [6]_.

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, 0.5, 0.02])).round(3).tolist()
    [0.03, 0.5, 0.03]
    """
    order = np.argsort(-p_values, kind="stable")
    ranks = np.arange(p_values.size, 0, -1)
    adjusted = np.empty(p_values.size)
    adjusted[order] = np.minimum.accumulate(np.minimum(p_values[order] * p_values.size / ranks, 1))
    return adjusted


def users_needed(
    rates: tuple[float, float], shares: tuple[float, float], confidence: float, power: float
) -> int | None:
    """Return how many users of both groups tell two rates apart, or None when they are equal [5]_.

    Parameters
    ----------
    rates : tuple of float
        Of the two groups.
    shares : tuple of float
        Of the users that are in each; they add up to 1.
    confidence, power : float
        Of the two-sided test, and how often it is to find the difference.

    Examples
    --------
    >>> users_needed((0.12, 0.10), (0.5, 0.5), 0.95, 0.8)
    7682
    """
    difference = rates[0] - rates[1]
    if not difference:
        return None
    mean = sum(rate * share for rate, share in zip(rates, shares, strict=True))
    same = math.sqrt(mean * (1 - mean) * sum(1 / share for share in shares))
    each = zip(rates, shares, strict=True)
    apart = math.sqrt(sum(rate * (1 - rate) / share for rate, share in each))
    reach = normal_quantile(confidence) * same + NormalDist().inv_cdf(power) * apart
    return math.ceil((reach / difference) ** 2)
