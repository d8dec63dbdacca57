"""How far two runs of scores differ, without any answers.

References
----------
.. [1] N. Siddiqi, "Credit Risk Scorecards" (2006): the limits 0.10 and 0.25 of the population
   stability index.
.. [2] B. Yurdakul, J. Naranjo, "Statistical properties of the population stability index", Journal
   of Risk Model Validation 14 (2020).
.. [3] E. B. Wilson, M. M. Hilferty, "The distribution of chi-square", Proceedings of the National
   Academy of Sciences 17 (1931).
.. [4] A. Kolmogorov (1933), N. Smirnov (1948): the limiting distribution of the largest difference
   of two distribution functions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from numbers import Integral, Real
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from nclue_pandas import display
from nclue_pandas.errors.base import ConfigurationError, InvalidDataError
from nclue_pandas.frames.alignment import UserScores
from nclue_pandas.frames.audience import highest
from nclue_pandas.frames.columns import require_frame
from nclue_pandas.frames.evaluation import plain
from nclue_pandas.frames.statistics import midranks
from nclue_pandas.kernels.hash import hash_ids
from nclue_pandas.signatures import named_options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from matplotlib.axes import Axes

    from nclue_pandas.frames.statistics import Floats

_SOME: Final = 0.10
_LARGE: Final = 0.25
_SOURCE: Final = "Siddiqi, Credit Risk Scorecards, 2006"
#: What chance exceeds 5 times of 100.
_CHANCE: Final = 0.95
#: An order that agrees less than this many standard errors has nothing in common.
_ERRORS: Final = NormalDist().inv_cdf(_CHANCE)
#: Users that must be in both before their order is judged.
_FEWEST: Final = 30
#: Below, chance exceeds it for certain; below the second, another series is the short one.
_CERTAIN: Final = 0.1
_SMALL: Final = 1.18
_MOVERS_SHOWN: Final = 5
_SHOWN: Final[Mapping[str, Callable[[Any], str]]] = {
    "user_id": str,
    "score_before": "{:.4g}".format,
    "score_after": "{:.4g}".format,
    "percentile_before": display.percent,
    "percentile_after": display.percent,
}


@dataclass(frozen=True, eq=False, repr=False)
class Drift(display.Shown):
    """How far two runs of scores differ.

    Parameters
    ----------
    users : tuple of int
        Scored users before and after.
    both : int
        Users that are in both.
    psi : float
        Population stability index of all users' scores.
    psi_chance : float
        What it exceeds 5 times of 100 if nothing but chance differs: with few users it is high.
    ks : float
        Kolmogorov-Smirnov statistic: the largest difference of the two distribution functions.
    ks_p_value : float
        Of the test that they are the same, as if the users of both were different ones; of the
        same users it errs towards 1.
    rank_correlation : float or None
        Spearman's, of the users in both; None when all their scores are equal.
    share, kept : float
        How much of the users are the highest, and how much of the highest before, of those in
        both, are so after.
    bins : pandas.DataFrame
        Groups by score of near-equal size before, lowest first: ``score_max`` (null for the last,
        which has no end), ``before`` and ``after`` (int64, users), ``share_before``,
        ``share_after`` and ``psi`` (its part), double.
    moved : pandas.DataFrame
        The users in both, those who moved farthest first: ``user_id`` (string), ``score_before``,
        ``score_after``, ``percentile_before``, ``percentile_after`` (rank over users, above 0 to
        1) and ``change`` of it, double.
    """

    users: tuple[int, int]
    both: int
    psi: float
    psi_chance: float
    ks: float
    ks_p_value: float
    rank_correlation: float | None
    share: float
    kept: float
    bins: pd.DataFrame
    moved: pd.DataFrame

    @property
    def verdict(self) -> str:
        """``"stable"``, ``"moved"`` or ``"wrong"``, as :attr:`sentence` says."""
        return self._judged()[0]

    @property
    def sentence(self) -> str:
        """Whether something is wrong, in plain words, and whose limits say so."""
        return self._judged()[1]

    def _judged(self) -> tuple[str, str]:
        index = f"the population stability index is {self.psi:.3f}"
        order = self.rank_correlation
        if (
            order is not None
            and self.both >= _FEWEST
            and order * math.sqrt(self.both - 1) < _ERRORS
        ):
            return "wrong", (
                f"Something is wrong: the order of the users has nothing in common with the one "
                f"before (rank correlation {order:.3f}). Check the ids and the task of both runs."
            )
        if self.psi < _SOME:
            return "stable", f"The scores are stable: {index}, below {_SOME:.2f} ({_SOURCE})."
        if self.psi <= self.psi_chance:
            return "stable", (
                f"The scores are as stable as so few users can show: {index}, and chance alone "
                f"reaches {self.psi_chance:.3f}."
            )
        if self.psi < _LARGE:
            return "moved", (
                f"The scores have moved: {index}, from {_SOME:.2f} to {_LARGE:.2f} ({_SOURCE}). "
                "Look at who moved before they are used."
            )
        return "wrong", (
            f"Something is wrong, or the users are others: {index}, {_LARGE:.2f} or more "
            f"({_SOURCE}). Check the log, the cutoff and the task of both runs."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return all figures as plain Python, verdict and sentence too, without the users."""
        figures = {each.name: getattr(self, each.name) for each in fields(self)}
        del figures["moved"]
        judged = {"verdict": self.verdict, "sentence": self.sentence}
        return {**{name: plain(value) for name, value in figures.items()}, **judged}

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the share of the users in each bin before and after.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            What to draw on; by default a new figure's.

        Returns
        -------
        matplotlib.axes.Axes
            What was drawn on.
        """
        from nclue_pandas.plotting.campaigns import plot_drift

        return plot_drift(self, ax=ax)

    def _card(self) -> display.Card:
        """Describe the figures, who moved, and what it comes to."""
        before, after = self.users
        gone, new = before - self.both, after - self.both
        order = "undefined" if self.rank_correlation is None else f"{self.rank_correlation:.3f}"
        among = f"of the first {display.percent(self.share)} are so again"
        counts = f"{display.count(before)} before, {display.count(after)} after"
        facts = [
            ("Users", f"{counts} ({display.count(gone)} gone, {display.count(new)} new)"),
            ("Stability index", f"{self.psi:.3f} (chance alone reaches {self.psi_chance:.3f})"),
            ("Kolmogorov-Smirnov", f"{self.ks:.3f} (p {display.p_value(self.ks_p_value)})"),
            ("Rank correlation", order),
            ("Highest", f"{display.percent(self.kept)} {among}"),
        ]
        shown = display.Table.of(self.moved.head(_MOVERS_SHOWN), _SHOWN)
        mood: dict[str, display.Mood] = {"stable": "good", "moved": "busy", "wrong": "bad"}
        return display.Card(
            "Drift of scores",
            state=self.verdict,
            mood=mood[self.verdict],
            facts=facts,
            tables=[shown],
            notes=[self.sentence],
        )


@named_options
def drift(
    scores: pd.DataFrame,
    newer: pd.DataFrame,
    *,
    bins: int = 10,
    share: float = 0.1,
    user: str = "user_id",
    score: str = "score",
) -> Drift:
    """Compare two runs of scores without answers: whether something is wrong, and who moved.

    Both are to be scores of one task. Scores of another task have another scale.

    Parameters
    ----------
    scores : pandas.DataFrame
        The run before. One row per user: `user`, `score` (any finite number).
    newer : pandas.DataFrame
        The run after, of the same form. Ids are compared as text.
    bins : int, default 10
        Groups by score, of near-equal size before, for the population stability index; equal
        scores are in one group, so there may be fewer. At least 2.
    share : float, default 0.1
        How much of the users are the highest, between 0 and 1.
    user, score : str
        Names of the columns in both.

    Returns
    -------
    Drift
        It shows itself, and has ``verdict``, ``sentence``, ``plot()`` and ``to_dict()``. A bin
        that is empty on one side counts as half a user, or the index would be infinite. Below
        0.10 it is taken for stable, from 0.25 on for a change that wants an explanation (Siddiqi,
        Credit Risk Scorecards, 2006), unless chance alone reaches as much with so few users
        (Yurdakul and Naranjo, Journal of Risk Model Validation 14, 2020).

    Raises
    ------
    ConfigurationError
        For other `bins` or another `share`.
    MissingColumnError
        When a frame has no such column.
    InvalidDataError
        For null or repeated ids, scores that are null or not finite, or no user in both.

    Examples
    --------
    >>> import pandas as pd
    >>> import nclue_pandas as nclue
    >>> before = pd.DataFrame({"user_id": range(1_000), "score": [n / 1_000 for n in range(1_000)]})
    >>> found = nclue.drift(before, before.assign(score=before["score"] ** 2))
    >>> found.verdict, round(found.psi, 3), found.rank_correlation
    ('wrong', 0.383, 1.0)
    """
    _check_options(bins, share)
    first, second = (
        UserScores.of(
            require_frame(frame, name), user=user, score=score, lead=f"These {what} cannot be used"
        )
        for frame, name, what in ((scores, "scores", "scores"), (newer, "newer", "newer scores"))
    )
    before, newest = first.values, second.values  # noqa: PD011 - no frames
    known, after = second.of_users(first.ids)
    both = int(known.sum())
    if not both:
        raise InvalidDataError(
            f"None of the {len(first.ids):,} users is among the {len(second.ids):,} of newer. Ids "
            "are compared as text ('0012' is not '12'): check that both frames have the same kind "
            "of id, and that both or neither were pseudonymized."
        )
    ids = first.ids.filter(pa.array(known))
    old, new = before[known], after[known]
    ranks = midranks(old), midranks(new)
    table = stability(before, newest, bins)
    ks = largest_difference(before, newest)
    sizes = before.size, newest.size
    return Drift(
        users=sizes,
        both=both,
        psi=float(table["psi"].sum()),
        psi_chance=_chi_squared(max(len(table) - 1, 1)) * (1 / sizes[0] + 1 / sizes[1]),
        ks=ks,
        ks_p_value=kolmogorov(ks * math.sqrt(sizes[0] * sizes[1] / sum(sizes))),
        rank_correlation=_correlation(*ranks),
        share=float(share),
        kept=_kept(ids, old, new, share),
        bins=table,
        moved=_moved(ids, (old, new), ranks),
    )


def stability(before: Floats, after: Floats, bins: int) -> pd.DataFrame:
    """Group both by quantiles of the scores before; see :class:`Drift`.

    Examples
    --------
    >>> table = stability(np.arange(4.0), np.array([0.0, 0, 0, 3]), 2)
    >>> table["before"].tolist(), table["after"].tolist(), round(table["psi"].sum(), 3)
    ([2, 2], [3, 1], 0.275)
    """
    inner = np.unique(np.percentile(before, np.linspace(0, 100, bins + 1))[1:-1])
    counts = np.array(
        [
            np.bincount(np.searchsorted(inner, values), minlength=inner.size + 1)
            for values in (before, after)
        ]
    )
    filled = counts.any(axis=0)
    counts, edges = counts[:, filled], np.append(inner, np.nan)[filled]
    one, other = np.maximum(counts, 0.5) / counts.sum(axis=1, keepdims=True)
    frame: pd.DataFrame = pa.table(
        {
            "score_max": pa.array(edges, from_pandas=True),
            "before": counts[0],
            "after": counts[1],
            "share_before": counts[0] / before.size,
            "share_after": counts[1] / after.size,
            "psi": (other - one) * np.log(other / one),
        }
    ).to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def largest_difference(before: Floats, after: Floats) -> float:
    """Return the Kolmogorov-Smirnov statistic of two samples.

    Examples
    --------
    >>> largest_difference(np.array([1.0, 2, 3]), np.array([2.0, 3, 4]))
    0.33333333333333337
    """
    ordered = np.sort(before), np.sort(after)
    points = np.concatenate(ordered)  # in order: unordered ones miss the cache at every step
    one, other = (np.searchsorted(values, points, side="right") / values.size for values in ordered)
    return float(np.abs(one - other).max())


def kolmogorov(scaled: float) -> float:
    """Return how likely chance exceeds a statistic, times the root of n m / (n + m) [4]_.

    Examples
    --------
    >>> round(kolmogorov(1.36), 3), kolmogorov(0)
    (0.049, 1.0)
    """
    if scaled < _CERTAIN:
        return 1.0
    k = np.arange(1, 101)
    if scaled < _SMALL:
        terms = np.exp(-((2 * k - 1) ** 2) * math.pi**2 / (8 * scaled**2))
        return float(1 - math.sqrt(2 * math.pi) / scaled * terms.sum())
    return float(2 * np.sum((-1.0) ** (k - 1) * np.exp(-2 * k**2 * scaled**2)))


def _chi_squared(freedom: int) -> float:
    """Return the quantile of chi-squared that chance exceeds 5 times of 100 [3]_."""
    part = 2 / (9 * freedom)
    return float(freedom * (1 - part + NormalDist().inv_cdf(_CHANCE) * math.sqrt(part)) ** 3)


def _correlation(before: Floats, after: Floats) -> float | None:
    """Return the correlation of ranks, Spearman's, where both have more than one."""
    one, other = (ranks - (ranks.size + 1) / 2 for ranks in (before, after))
    spread = math.sqrt(np.sum(one**2) * np.sum(other**2))
    return float(np.sum(one * other) / spread) if spread else None


def _kept(ids: pa.Array[Any], before: Floats, after: Floats, share: float) -> float:
    """Return how much of the highest before are so after."""
    size = max(1, int(share * len(ids)))
    one, other = (highest(ids, values, size, seed=0).rows for values in (before, after))
    return float(np.isin(one, other).mean())


def _moved(
    ids: pa.Array[Any], scores: tuple[Floats, Floats], ranks: tuple[Floats, Floats]
) -> pd.DataFrame:
    """Return the users, those who moved farthest first; equal ones in an order of their ids."""
    percentiles = [each / each.size for each in ranks]
    change = percentiles[1] - percentiles[0]
    # Differences of float64 that are equal up to rounding are equal.
    order = np.lexsort((hash_ids(ids), -np.abs(change).round(12)))
    frame: pd.DataFrame = pa.table(
        {
            "user_id": ids.take(pa.array(order)),
            "score_before": scores[0][order],
            "score_after": scores[1][order],
            "percentile_before": percentiles[0][order],
            "percentile_after": percentiles[1][order],
            "change": change[order],
        }
    ).to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def _check_options(bins: object, share: object) -> None:
    if isinstance(bins, bool) or not isinstance(bins, Integral) or int(bins) < 2:  # noqa: PLR2004
        raise ConfigurationError(f"bins={bins!r}: give a whole number, at least 2.")
    if isinstance(share, bool) or not isinstance(share, Real) or not 0 < float(share) < 1:
        raise ConfigurationError(f"share={share!r}: give a share between 0 and 1, such as 0.1.")
