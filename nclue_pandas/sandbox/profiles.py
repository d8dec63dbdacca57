"""Stand-ins for the profiles: likeness to keywords, and what a target group is fond of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy import sparse

from nclue_pandas.sandbox.model import Behaviors, numbered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

_LONGEST: Final = 4
#: An odd number without a pattern: hashes of character n-grams are polynomials of it.
_BASE: Final = np.uint64(0x9E3779B97F4A7C15)
#: Users whose n-grams are counted at a time.
_USERS: Final = 4096


class Likeness:
    """How much users' behaviors are like keywords: what is the same for all keywords.

    A user is a vector of character n-grams (of two to four, inside of words), weighted by their
    rarity, of which the length is all that is kept: the n-grams themselves are counted again for
    those of the keywords alone.

    Parameters
    ----------
    behaviors : Behaviors
        Of the users.

    Examples
    --------
    >>> likeness = Likeness(Behaviors.of(["running shoes->tent", "green tea"]))
    >>> likeness(["running"]).round(1).tolist()
    [0.7, 0.0]
    """

    def __init__(self, behaviors: Behaviors) -> None:
        words, of_texts = numbered(text.lower().split() for text in behaviors.texts)
        self._words = behaviors.matrix @ of_texts
        rows, hashes = _grams(words)
        self._hashes, columns = np.unique(hashes, return_inverse=True)
        ones = np.ones(len(rows), np.float32)
        shape = len(words), len(self._hashes)
        self._grams = sparse.csc_matrix((ones, (rows, columns)), shape=shape)
        self._rarity = self._rarities()
        self._lengths = self._measured()

    def __call__(self, keywords: Sequence[str]) -> Numbers:
        """Return how much each user's behaviors are like all of the keywords together.

        Parameters
        ----------
        keywords : sequence of str
            Combined by the geometric mean of their similarities: a user must be like each.

        Returns
        -------
        numpy.ndarray
            Cosine similarity, 0 to 1, one per user.
        """
        wanted, columns = self._vectors(keywords)
        users = _damped(self._words @ self._grams[:, columns])
        dots = users @ sparse.diags(self._rarity[columns]) @ wanted.T
        lengths = self._lengths[:, None]
        each = np.divide(dots, lengths, out=np.zeros_like(dots), where=lengths > 0)
        likeness: Numbers = np.prod(each, axis=1) ** (1 / len(keywords))
        return likeness.clip(0.0, 1.0)

    def _vectors(self, keywords: Sequence[str]) -> tuple[Any, NDArray[np.int64]]:
        """Return keywords as vectors of length 1, and the columns that they have."""
        words, of_keywords = numbered(keyword.lower().split() for keyword in keywords)
        rows, hashes = _grams(words)
        known = np.isin(hashes, self._hashes)
        places = np.searchsorted(self._hashes, hashes[known])
        columns, own = np.unique(places, return_inverse=True)
        ones, shape = np.ones(len(own)), (len(words), len(columns))
        grams = sparse.csr_matrix((ones, (rows[known], own)), shape=shape)
        weighted = (_damped(of_keywords @ grams) @ sparse.diags(self._rarity[columns])).toarray()
        lengths = np.linalg.norm(weighted, axis=1, keepdims=True)
        return weighted / np.where(lengths > 0, lengths, 1.0), columns

    def _rarities(self) -> Numbers:
        """Return how rare each n-gram is among users: the logarithm of their share, and one."""
        having = np.zeros(len(self._hashes))
        for counts in self._counted():
            having += np.bincount(counts.indices, minlength=len(having))
        rarity: Numbers = np.log((1 + self._words.shape[0]) / (1 + having)) + 1
        return rarity

    def _measured(self) -> Numbers:
        """Return the length of each user's vector."""
        squares = [_damped(counts).power(2) @ self._rarity**2 for counts in self._counted()]
        lengths: Numbers = np.sqrt(np.concatenate(squares))
        return lengths

    def _counted(self) -> Iterator[Any]:
        """Count the n-grams of some users at a time."""
        grams = self._grams.tocsr()
        starts = range(0, self._words.shape[0], _USERS)
        return (self._words[start : start + _USERS] @ grams for start in starts)


def _grams(words: list[str]) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Return the n-grams of words with a space at either side: which word, and a hash of each."""
    text = "".join(f" {word} " for word in words).encode("utf-32-le", "surrogatepass")
    characters = np.frombuffer(text, "<u4").astype(np.uint64) if text else np.empty(0, np.uint64)
    sizes = np.array([len(word) + 2 for word in words], dtype=np.int64)
    rows = np.repeat(np.arange(len(words)), sizes)
    left = np.repeat(np.cumsum(sizes), sizes) - np.arange(len(characters))
    hashes, found = characters, []
    for size in range(2, _LONGEST + 1):
        hashes = hashes[:-1] * _BASE + characters[size - 1 :]
        whole = left[: len(hashes)] >= size
        found.append((rows[: len(hashes)][whole], hashes[whole]))
    return np.concatenate([each for each, _ in found]), np.concatenate([each for _, each in found])


def _damped(counts: Any) -> Any:
    """Let what is there often count little more: one and the logarithm of a count."""
    damped = counts.astype(np.float64)
    damped.data = 1 + np.log(damped.data)
    return damped


#: Rows of a Shopping Intent profile, and users that an interest must have.
_INTERESTS: Final = 50
_SUPPORT: Final = 3


def shopping_intent(
    behaviors: Behaviors, in_target: NDArray[np.bool_]
) -> list[tuple[str, str, float, float]]:
    """Return what a target group does more often than all users.

    An honest stand-in: the interests come from the users' own behaviors, and demographics are
    reported as unknown, because a sandbox has no NAVER users to compare with.

    Parameters
    ----------
    behaviors : Behaviors
        Of the users.
    in_target : array of bool
        Who belongs to the target group.

    Returns
    -------
    list of tuple
        ``(category, value, share, lift)``: share among the target group, lift over all users.

    Examples
    --------
    >>> made = Behaviors.of(["tea"] * 4 + ["jam"] * 4)
    >>> shopping_intent(made, np.array([True] * 4 + [False] * 4))[-1]
    ('interest', 'tea', 1.0, 2.0)
    """
    everyone = np.bincount(behaviors.matrix.indices, minlength=len(behaviors.texts))
    target = np.bincount(behaviors.matrix[in_target].indices, minlength=len(behaviors.texts))
    shares = target / max(1, int(in_target.sum()))
    lifts = shares * len(in_target) / everyone
    fond = np.flatnonzero((target >= _SUPPORT) & (lifts > 1)).tolist()
    fond.sort(key=lambda code: (-lifts[code], behaviors.texts[code]))
    return [
        ("gender", "unknown", 1.0, 1.0),
        ("age", "unknown", 1.0, 1.0),
        *(
            ("interest", behaviors.texts[code], float(shares[code]), float(lifts[code]))
            for code in fond[:_INTERESTS]
        ),
    ]
