"""An interval of the AUROC by drawing the users again: slower than DeLong's, and free of formulas.

Positives and negatives are drawn apart, so that every draw has the counts of the data, as for
DeLong's variance.

References
----------
B. Efron, R. J. Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from nclue_pandas.errors.base import ConfigurationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nclue_pandas.frames.roc import Booleans, Floats

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
