"""Whom to address: the highest scored users, and a control group among them.

References
----------
.. [1] P. C. Austin, "Balance diagnostics for comparing the distribution of baseline covariates
   between treatment groups in propensity-score matched samples", Statistics in Medicine 28 (2009).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from nclue_pandas.errors.base import ConfigurationError, InvalidDataError
from nclue_pandas.frames.alignment import UserScores
from nclue_pandas.frames.columns import is_label, require_frame, text_column
from nclue_pandas.frames.cross_checks import Known
from nclue_pandas.frames.reports import AudienceReport, is_many, tell
from nclue_pandas.frames.reports import share as share_of
from nclue_pandas.frames.splitting import check_seed
from nclue_pandas.kernels.hash import canonical_order, derive_key, hash_ids
from nclue_pandas.signatures import named_options
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    import pandas as pd

    from nclue_pandas.frames.statistics import Floats
    from nclue_pandas.kernels.arrays import Flags, Positions

TREATMENT: Final = "treatment"
CONTROL: Final = "control"

_HASHES: Final = 2.0**64
_LEAD: Final = N_("These scores cannot be ranked")


@named_options
def audience(
    scores: pd.DataFrame,
    *,
    share: float | None = None,
    size: int | None = None,
    control: float = 0.1,
    seed: int | str = 0,
    user: str = "user_id",
    score: str = "score",
    group: str = "group",
) -> pd.DataFrame:
    """Choose the highest scored users, and keep a control group of them out of the campaign.

    A user is of the control group when a hash of seed and id falls below `control`: the group
    depends on nothing else, so that it stays when rows are added, removed or reordered, and it is
    balanced by score, and by everything else, up to chance.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row per user: `user`, `score` (any finite number; higher means more likely). Other
        columns are kept. It is not changed.
    share : float, optional
        Of the users, above 0 and at most 1; the number is rounded down. Either this or `size`.
    size : int, optional
        Number of users, the control group included.
    control : float, default 0.1
        Share of the audience that is not addressed, from 0 to below 1. It is reached up to
        chance. With 0 there is nothing to compare with in :func:`measure`.
    seed : int or str, default 0
        Another seed, another control group; the name of the campaign is a good one. The same seed
        keeps the same users out of every campaign.
    user, score : str
        Names of the columns.
    group : str
        Name of the new column.

    Returns
    -------
    pandas.DataFrame
        Rows of `scores`, highest first, with the column `group` (string[pyarrow]):
        ``"treatment"`` for those to address, ``"control"`` for those to leave alone.
        :func:`report` tells the sizes, the lowest score that is in, how many users tie there, and
        how far the groups' scores are apart: the standardized difference of their means, of
        which 0.1 and less is commonly taken for balance (Austin, Statistics in Medicine 28, 2009).

    Raises
    ------
    ConfigurationError
        When not exactly one of `share` and `size` is given, or an option is out of its range.
    MissingColumnError
        When a column is not there.
    InvalidDataError
        For null or repeated ids, scores that are null or not finite, more users asked for than
        there are, or a column `group` that is there already.

    Warns
    -----
    NclueDataWarning
        When many users of the audience tie at its border with users who are left out: a hash of
        seed and id decides between them, not the order of the rows. When nobody is in the
        control group.

    Examples
    --------
    >>> import pandas as pd
    >>> import nclue_pandas as nclue
    >>> scores = pd.DataFrame({"user_id": range(1_000), "score": [n / 1_000 for n in range(1_000)]})
    >>> chosen = nclue.audience(scores, share=0.1, control=0.2, seed="spring sale")
    >>> chosen["group"].value_counts().to_dict()
    {'treatment': 76, 'control': 24}
    >>> float(chosen["score"].min())
    0.9
    """
    check_size(share, size)
    _check_control(control)
    seed = check_seed(seed)
    scores = require_frame(scores, "scores")
    if is_label(scores, group):
        raise InvalidDataError(
            _("The scores have a column {name!r} already. Name the new one with group=.").format(
                name=group
            )
        )
    read = UserScores.of(scores, user=user, score=score, lead=_LEAD)
    ids, values = read.ids, read.values  # noqa: PD011 - no frame
    chosen = highest(ids, values, size_of(share, size, len(ids)), seed)
    hashes = hash_ids(ids.take(pa.array(chosen.rows)), key=derive_key("control", seed))
    held = hashes / _HASHES < control
    made = _report(chosen, values, held, seed)
    _tell(made, control)
    groups = pa.array(np.where(held, CONTROL, TREATMENT), pa.string())
    rows = scores.iloc[chosen.rows]
    known = Known.of_scores(scores)  # what the scores were made of, for evaluate()
    return known.carry(made.attach(rows.assign(**{group: text_column(groups).array})))


@dataclass(frozen=True, eq=False)
class Highest:
    """The users with the highest scores.

    Parameters
    ----------
    rows : numpy.ndarray of int64
        Their positions, highest first.
    users : int
        Of whom they are.
    tied, tied_in : int
        Users that have the lowest score of them, and those that are among them.
    """

    rows: Positions
    users: int
    tied: int
    tied_in: int


def highest(ids: pa.Array[Any], values: Floats, size: int, seed: int | str) -> Highest:
    """Choose users by score; equal ones by a hash of seed and id, wherever their rows are.

    Examples
    --------
    >>> chosen = highest(pa.array(list("abcd")), np.array([1.0, 2.0, 1.0, 1.0]), 2, seed=0)
    >>> chosen.rows.size, int(chosen.rows[0]), chosen.tied, chosen.tied_in
    (2, 1, 3, 1)
    """
    lowest = np.partition(values, values.size - size)[values.size - size]
    candidates = np.flatnonzero(values >= lowest)
    texts = ids.take(pa.array(candidates))
    by_hash = candidates[canonical_order(texts, hash_ids(texts, key=derive_key("ties", seed)))]
    rows = by_hash[np.argsort(-values[by_hash], kind="stable")][:size]
    tied = np.count_nonzero(values[candidates] == lowest)
    tied_in = np.count_nonzero(values[rows] == lowest)
    return Highest(rows, values.size, int(tied), int(tied_in))


def check_size(share: object, size: object) -> None:
    """Refuse options that do not say how many users are meant."""
    if (share is None) == (size is None):
        raise ConfigurationError(
            _("Give either share= (such as 0.1) or size= (a number of users).")
        )
    if share is None:
        if isinstance(size, bool) or not isinstance(size, Integral) or int(size) < 1:
            text = _("size={size!r}: give a whole number of users, at least 1.")
            raise ConfigurationError(text.format(size=size))
    elif isinstance(share, bool) or not isinstance(share, Real) or not 0 < float(share) <= 1:
        text = _("share={share!r}: give a share above 0, at most 1, such as 0.1.")
        raise ConfigurationError(text.format(share=share))


def _check_control(control: object) -> None:
    if isinstance(control, bool) or not isinstance(control, Real) or not 0 <= float(control) < 1:
        text = _("control={control!r}: give a share from 0 to below 1, as 0.1.")
        raise ConfigurationError(text.format(control=control))


def size_of(share: float | None, size: int | None, users: int) -> int:
    """Return how many of the users are meant; at least one, or it is an error."""
    # A share such as 0.29 of 100 is 28.999999999999996 in floats.
    wanted = int(size) if size is not None else math.floor(round((share or 0) * users, 6))
    if not 1 <= wanted <= users:
        raise InvalidDataError(
            _(
                "{option}={given} asks for {wanted:,} of {users:,} users. Give another one, or "
                "more scores."
            ).format(
                option="share" if size is None else "size",
                given=size if share is None else share,
                wanted=wanted,
                users=users,
            )
        )
    return wanted


def _report(chosen: Highest, values: Floats, held: Flags, seed: int | str) -> AudienceReport:
    inside = values[chosen.rows]
    treated, control = inside[~held], inside[held]
    return AudienceReport(
        users=chosen.users,
        audience=inside.size,
        treatment=treated.size,
        control=control.size,
        control_share=share_of(control.size, inside.size),
        seed=seed,
        lowest_score=float(inside[-1]),
        tied=chosen.tied,
        tied_in=chosen.tied_in,
        treatment_mean=float(treated.mean()) if treated.size else None,
        control_mean=float(control.mean()) if control.size else None,
        standardized_difference=_standardized(treated, control),
    )


def _standardized(treated: Floats, control: Floats) -> float | None:
    """Return the difference of two means in standard deviations [1]_, where it is defined."""
    if min(treated.size, control.size) < 2:  # noqa: PLR2004 - a variance needs two values
        return None
    spread = math.sqrt((treated.var(ddof=1) + control.var(ddof=1)) / 2)
    return float((treated.mean() - control.mean()) / spread) if spread else None


def _tell(made: AudienceReport, control: float) -> None:
    """Warn of a border that many users share, and of a control group that is empty."""
    if made.tied > made.tied_in and is_many(made.tied_in, made.audience):
        tell(
            _(
                "{tied:,} users have the lowest score of the audience, {score:g}, and {inside:,} "
                "of them are in it: a hash of seed and id decided. A size that ends between two "
                "scores is {smaller:,} or {larger:,}."
            ).format(
                tied=made.tied,
                score=made.lowest_score,
                inside=made.tied_in,
                smaller=made.audience - made.tied_in,
                larger=made.audience - made.tied_in + made.tied,
            )
        )
    if control and not made.control:
        tell(
            _(
                "None of the {count:,} users is in the control group. Give a larger audience, or "
                "a larger control=."
            ).format(count=made.audience)
        )
