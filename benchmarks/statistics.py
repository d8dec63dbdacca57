"""What is told of repeated measurements: medians, ratios pair by pair, spread, growth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

#: Round -> what was measured in it.
Rounds = Mapping[int, float]


@dataclass(frozen=True)
class Spread:
    """A median and how far the repeats were apart.

    Parameters
    ----------
    median, low, high : float
        Of the repeats.
    repeats : int
        How many there were.
    """

    median: float
    low: float
    high: float
    repeats: int

    @classmethod
    def of(cls, rounds: Rounds) -> Spread | None:
        """Sum up measurements; None when there are none."""
        values = list(rounds.values())
        if not values:
            return None
        return cls(median(values), min(values), max(values), len(values))

    def show(self, digits: int = 2) -> str:
        """Return ``median (low to high)``."""
        return f"{self.median:.{digits}f} ({self.low:.{digits}f} to {self.high:.{digits}f})"


def ratios(above: Rounds, below: Rounds) -> dict[int, float]:
    """Divide what was measured in the same round.

    Rounds that only one of both has are left out, and those with nothing to divide by.
    """
    return {number: above[number] / below[number] for number in above if below.get(number)}


def growth_per_decade(small: tuple[int, float], large: tuple[int, float]) -> float:
    """Return by how much a time grows when the rows grow ten times.

    Parameters
    ----------
    small, large : (int, float)
        Rows and seconds.
    """
    (rows, seconds), (more_rows, more_seconds) = small, large
    decades = math.log10(more_rows / rows)
    return (more_seconds / seconds) ** (1 / decades)
