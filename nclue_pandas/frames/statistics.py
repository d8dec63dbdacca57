"""Ranking statistics of scores against 0/1 labels: AUROC, its variance and interval, curves.

Tied scores count half, as in the Mann-Whitney statistic. Everything is NumPy and of order
n log n. An interval comes from DeLong's variance, or from drawing the users again: slower, and free
of formulas. Positives and negatives are drawn apart, so that every draw has the counts of the data,
as for DeLong's variance.

References
----------
.. [1] E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, "Comparing the areas under two or more
   correlated receiver operating characteristic curves", Biometrics 44 (1988).
.. [2] X. Sun, W. Xu, "Fast implementation of DeLong's algorithm", IEEE Signal Processing
   Letters 21 (2014).
.. [3] R. G. Newcombe, "Confidence intervals for an effect size measure based on the
   Mann-Whitney statistic. Part 2", Statistics in Medicine 25 (2006), method 5.
.. [4] G. Qin, L. Hotilovac, "Comparison of non-parametric confidence intervals for the area under
   the ROC curve of a continuous-scale diagnostic test", Statistical Methods in Medical Research
   17 (2008).
.. [5] B. L. Welch, "The generalization of Student's problem when several different population
   variances are involved", Biometrika 34 (1947).
.. [6] B. Efron, R. J. Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nclue_pandas.errors.base import ConfigurationError

#: Points of the integral; the error of a quantile is below 1e-5 of it up to a confidence of 0.999.
_POINTS: Final = 1 << 14
#: From here on the expansion around the normal quantile is as good.
_MANY: Final = 200


def normal_quantile(confidence: float) -> float:
    """Return how many standard errors to each side hold the share `confidence`.

    Examples
    --------
    >>> round(normal_quantile(0.95), 2)
    1.96
    """
    return NormalDist().inv_cdf((1 + confidence) / 2)


def student_quantile(confidence: float, freedom: float) -> float:
    """Return the same where the error itself is estimated with `freedom` degrees of freedom.

    Parameters
    ----------
    confidence : float
        Between 0 and 1.
    freedom : float
        At least 1; need not be whole.

    Returns
    -------
    float
        Two-sided quantile of Student's t.

    Examples
    --------
    >>> round(student_quantile(0.95, 4), 3)
    2.776
    """
    z = normal_quantile(confidence)
    if freedom > _MANY:
        second = (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        return z + (z**3 + z) / (4 * freedom) + second
    # With t = sqrt(freedom) / tan(angle) the density is a power of the sine; the angles lie
    # closer together near 0, where it changes most.
    root = np.linspace(1, 0, _POINTS)
    density = np.sin(np.pi / 2 * root**2) ** (freedom - 1) * root
    mass = np.append(0, np.cumsum(density[1:] + density[:-1]))
    angle = np.pi / 2 * np.interp(confidence, mass / mass[-1], root) ** 2
    return math.sqrt(freedom) / math.tan(angle)


Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
_BISECTIONS: Final = 60
#: Below this, a difference of shares is the rounding of float64 and nothing else.
_ROUNDING: Final = 1e-14


@dataclass(frozen=True, eq=False)
class Placements:
    """AUROC of one score, and what each user adds to it (DeLong's structural components).

    Parameters
    ----------
    auroc : float
        Probability that a positive scores above a negative; ties count half.
    positives : numpy.ndarray of float64
        For each positive, the share of negatives below it.
    negatives : numpy.ndarray of float64
        For each negative, the share of positives above it.
    """

    auroc: float
    positives: Floats
    negatives: Floats


@dataclass(frozen=True, eq=False)
class Ranking:
    """Users from the highest score to the lowest, one entry for each distinct score.

    Parameters
    ----------
    thresholds : numpy.ndarray of float64
        The distinct scores, descending.
    users, positives : numpy.ndarray of int64
        How many users, and how many positives, score at the threshold or above.
    """

    thresholds: Floats
    users: NDArray[np.int64]
    positives: NDArray[np.int64]

    @property
    def negatives(self) -> NDArray[np.int64]:
        """How many negatives score at the threshold or above."""
        return self.users - self.positives

    def positives_among(self, users: NDArray[np.int64]) -> Floats:
        """Return the expected positives among the first `users`, ties in random order."""
        expected: Floats = np.interp(users, np.append(0, self.users), np.append(0, self.positives))
        return expected

    def score_of(self, positions: NDArray[np.int64]) -> Floats:
        """Return the scores of the users at these positions, 0 for the highest."""
        return self.thresholds[np.searchsorted(self.users, positions, side="right")]


def midranks(values: Floats) -> Floats:
    """Return ranks from 1 upwards; equal values share the mean of their ranks.

    Examples
    --------
    >>> midranks(np.array([0.5, 0.1, 0.5, 0.9])).tolist()
    [2.5, 1.0, 2.5, 4.0]
    """
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    shared: Floats = np.asarray(last - (counts - 1) / 2, dtype=np.float64)
    return shared[inverse]


def placements(scores: Floats, labels: Booleans) -> Placements:
    """Compute the AUROC of `scores` and every user's part in it.

    Parameters
    ----------
    scores : numpy.ndarray of float64, shape (n,)
        Finite.
    labels : numpy.ndarray of bool, shape (n,)
        At least one of each.

    Returns
    -------
    Placements
        The mean of ``positives``, and of ``negatives``, is the AUROC.

    Examples
    --------
    >>> placements(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])).auroc
    0.75
    """
    ranks = midranks(scores)
    m = int(labels.sum())
    n = labels.size - m
    below = ranks[labels] - midranks(scores[labels])
    above = m - (ranks[~labels] - midranks(scores[~labels]))
    return Placements(float(below.sum() / m / n), below / n, above / m)


def variance(positives: Floats, negatives: Floats) -> float | None:
    """Return DeLong's variance of a mean over positives and negatives [1]_.

    Parameters
    ----------
    positives, negatives : numpy.ndarray of float64
        As in :class:`Placements`, or the differences of two.

    Returns
    -------
    float or None
        None when there are fewer than two users of a label, which leaves it undefined.
    """
    m, n = positives.size, negatives.size
    if min(m, n) < 2:  # noqa: PLR2004 - a variance needs two values
        return None
    return float(np.var(positives, ddof=1) / m + np.var(negatives, ddof=1) / n)


def interval(of: Placements, confidence: float) -> tuple[float, float]:
    """Return :func:`delong` where it is defined, else :func:`newcombe`."""
    return delong(of, confidence) or newcombe(of, confidence)


def delong(of: Placements, confidence: float) -> tuple[float, float] | None:
    """Return an interval of the AUROC: DeLong's variance [1]_ on the logit scale [4]_.

    On the logit scale the interval stays within 0 and 1 and covers better near them. The variance
    is a sum of two estimates, so the quantile is Student's with Welch's degrees of freedom [5]_:
    with few positives the normal quantile gives intervals that are too short. None where the
    variance is zero or undefined: perfect separation, a single positive.
    """
    squared_error = variance(of.positives, of.negatives)
    if not squared_error or not 0 < of.auroc < 1:
        return None
    quantile = student_quantile(confidence, _freedom(of.positives, of.negatives))
    spread = quantile * math.sqrt(squared_error) / of.auroc / (1 - of.auroc)
    center = math.log(of.auroc / (1 - of.auroc))
    return _logistic(center - spread), _logistic(center + spread)


def _freedom(positives: Floats, negatives: Floats) -> float:
    """Return Welch's degrees of freedom of :func:`variance`."""
    m, n = positives.size, negatives.size
    one, other = np.var(positives, ddof=1) / m, np.var(negatives, ddof=1) / n
    return float((one + other) ** 2 / (one**2 / (m - 1) + other**2 / (n - 1)))


def newcombe(of: Placements, confidence: float) -> tuple[float, float]:
    """Return an interval of the AUROC that needs only its value and the counts [3]_."""
    z = normal_quantile(confidence)
    return _newcombe(of.auroc, of.positives.size, of.negatives.size, z)


def _logistic(x: float) -> float:
    return 0.5 * (1 + math.tanh(x / 2))


def _newcombe(auroc: float, m: int, n: int, z: float) -> tuple[float, float]:
    half = (m + n) / 2 - 1

    def beyond(theta: float) -> bool:
        shape = 1 + half * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        return abs(theta - auroc) > z * math.sqrt(theta * (1 - theta) * shape / (m * n))

    def bound(end: float) -> float:
        inside = auroc
        for _ in range(_BISECTIONS):
            middle = (inside + end) / 2
            inside, end = (inside, middle) if beyond(middle) else (middle, end)
        return inside

    return bound(0.0), bound(1.0)


def difference_test(first: Placements, other: Placements) -> tuple[float, float] | None:
    """Test whether two scores of the same users have the same AUROC (paired, two-sided) [1]_.

    Returns
    -------
    tuple of float, or None
        Standard error of ``other.auroc - first.auroc``, and the p-value. None when the
        variance of the difference is undefined, or zero with a difference that is not.
    """
    squared_error = variance(other.positives - first.positives, other.negatives - first.negatives)
    difference = other.auroc - first.auroc
    if squared_error is None:
        return None
    error = math.sqrt(squared_error)
    if error < _ROUNDING:
        return (0.0, 1.0) if abs(difference) < _ROUNDING else None
    return error, math.erfc(abs(difference) / error / math.sqrt(2))


def ranking(scores: Floats, labels: Booleans) -> Ranking:
    """Sort users by descending score and count users and positives at every distinct score."""
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    last = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), ordered.size - 1)
    hits = np.cumsum(labels[order], dtype=np.int64)
    return Ranking(ordered[last], (last + 1).astype(np.int64), hits[last])


def average_precision(of: Ranking) -> float:
    """Return the precision at every distinct score, weighted by the recall gained there.

    Examples
    --------
    >>> average_precision(ranking(np.array([0.9, 0.8, 0.1]), np.array([True, False, True])))
    0.8333333333333333
    """
    gained = np.diff(of.positives, prepend=0) / of.positives[-1]
    return float(np.sum(gained * (of.positives / of.users)))


def roc_points(of: Ranking) -> tuple[Floats, Floats]:
    """Return false and true positive rates from (0, 0) to (1, 1), one point for each score."""
    false = np.append(0, of.negatives) / of.negatives[-1]
    true = np.append(0, of.positives) / of.positives[-1]
    return false, true


#: Users drawn at a time, which bounds the memory.
_AT_ONCE: Final = 1 << 21
_FEWEST: Final = 100


@dataclass(frozen=True)
class Bootstrap:
    """How users are drawn again for :func:`evaluate`.

    Parameters
    ----------
    resamples : int, default 2000
        Draws, at least 100. The time grows with draws times users.
    seed : int, default 0
        The same seed gives the same interval.

    Raises
    ------
    ConfigurationError
        For fewer than 100 draws, or a seed that is negative.

    Examples
    --------
    >>> Bootstrap(resamples=10_000)
    Bootstrap(resamples=10000, seed=0)
    """

    resamples: int = 2_000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.resamples < _FEWEST:
            raise ConfigurationError(
                f"resamples={self.resamples!r} is too few for an interval: give at least {_FEWEST}."
            )
        if self.seed < 0:
            raise ConfigurationError(f"seed={self.seed!r} is negative: give 0 or more.")

    def aurocs(self, scores: Floats, labels: Booleans) -> Floats:
        """Return the AUROC of every draw.

        Parameters
        ----------
        scores : numpy.ndarray of float64, shape (n,)
            Finite.
        labels : numpy.ndarray of bool, shape (n,)
            At least one of each.

        Returns
        -------
        numpy.ndarray of float64, shape (resamples,)
            In the order of the draws.
        """
        distinct, place = np.unique(scores, return_inverse=True)
        positives, negatives = place[labels], place[~labels]
        random = np.random.default_rng(self.seed)
        step = max(1, _AT_ONCE // (labels.size + distinct.size))
        parts = []
        for start in range(0, self.resamples, step):
            draws = min(step, self.resamples - start)
            won = _drawn(random, positives, draws, distinct.size)
            lost = _drawn(random, negatives, draws, distinct.size)
            # Negatives below each score, and half of those that tie with it.
            below = np.cumsum(lost, axis=1) - lost / 2
            parts.append((won * below).sum(axis=1) / positives.size / negatives.size)
        return np.concatenate(parts)

    def interval(self, scores: Floats, labels: Booleans, confidence: float) -> tuple[float, float]:
        """Return the percentile interval of the AUROC."""
        tail = (1 - confidence) / 2
        low, high = np.quantile(self.aurocs(scores, labels), (tail, 1 - tail))
        return float(low), float(high)


def _drawn(
    random: np.random.Generator, places: NDArray[np.int64], draws: int, distinct: int
) -> NDArray[np.int64]:
    """Draw as many users as there are, with replacement; count them at every distinct score."""
    chosen = places[random.integers(0, places.size, (draws, places.size))]
    chosen += np.arange(draws)[:, None] * distinct
    counts = np.bincount(chosen.ravel(), minlength=draws * distinct)
    return counts.reshape(draws, distinct)
