"""Quantiles of the normal and of Student's distribution, for intervals."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

import numpy as np

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
