"""Stand-ins for the profiles: likeness to keywords, and what a target group is fond of."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from nclue_pandas.contract import BEHAVIOR_SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Rows of a Shopping Intent profile, and users that an interest must have.
_INTERESTS: Final = 50
_SUPPORT: Final = 3


def similarity(
    sequences: Sequence[str], keywords: Sequence[str]
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return how much each user's behaviors are like all of the keywords together.

    Parameters
    ----------
    sequences : sequence of str
        One per user.
    keywords : sequence of str
        Combined by the geometric mean of their similarities: a user must be like each.

    Returns
    -------
    numpy.ndarray
        Cosine similarity of character n-grams, weighted by rarity; 0 to 1, one per user.

    Examples
    --------
    >>> similarity(["running shoes->tent", "green tea"], ["running"]).round(1).tolist()
    [0.7, 0.0]
    """
    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    users = grams.fit_transform(text.replace(BEHAVIOR_SEPARATOR, " ") for text in sequences)
    each = (users @ grams.transform(keywords).T).toarray().astype(np.float64)
    likeness: np.ndarray[Any, np.dtype[np.float64]] = np.prod(each, axis=1) ** (1 / len(keywords))
    clipped: np.ndarray[Any, np.dtype[np.float64]] = np.clip(likeness, 0.0, 1.0)
    return clipped


def shopping_intent(
    sequences: Sequence[str], in_target: np.ndarray[Any, np.dtype[np.bool_]]
) -> list[tuple[str, str, float, float]]:
    """Return what a target group does more often than all users.

    An honest stand-in: the interests come from the users' own behaviors, and demographics are
    reported as unknown, because a sandbox has no NAVER users to compare with.

    Parameters
    ----------
    sequences : sequence of str
        One per user.
    in_target : array of bool
        Who belongs to the target group.

    Returns
    -------
    list of tuple
        ``(category, value, share, lift)``: share among the target group, lift over all users.

    Examples
    --------
    >>> rows = shopping_intent(["tea"] * 4 + ["jam"] * 4, np.array([True] * 4 + [False] * 4))
    >>> rows[-1]
    ('interest', 'tea', 1.0, 2.0)
    """
    rows: list[tuple[str, str, float, float]] = [
        ("gender", "unknown", 1.0, 1.0),
        ("age", "unknown", 1.0, 1.0),
    ]
    everyone = _users_of(sequences)
    target = _users_of(s for s, inside in zip(sequences, in_target, strict=True) if inside)
    size = max(1, int(in_target.sum()))
    shares = {what: count / size for what, count in target.items() if count >= _SUPPORT}
    lifts = {what: share * len(sequences) / everyone[what] for what, share in shares.items()}
    fond = sorted((what for what in lifts if lifts[what] > 1), key=lambda w: (-lifts[w], w))
    return rows + [("interest", what, shares[what], lifts[what]) for what in fond[:_INTERESTS]]


def _users_of(sequences: Iterable[str]) -> Counter[str]:
    """Count the users of each behavior."""
    return Counter(
        what for sequence in sequences for what in set(sequence.split(BEHAVIOR_SEPARATOR))
    )
