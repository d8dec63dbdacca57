"""Answers beside other users: how many of them are of the same, and which are not.

Users are told by the hash of their id's text, which puts every dataset in order anyway, so that no
id is read again. Of 10^7 users, two share a hash with a probability of about 10^-6; then one
answer too many counts as matched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from nclue_pandas.contract import ROWS_PER_LABEL
from nclue_pandas.errors.data import Problem
from nclue_pandas.frames.binary import read_binary
from nclue_pandas.frames.telling import tell

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from nclue_pandas.frames.columns import Flags, Positions
    from nclue_pandas.frames.hashing import Hashes

_REMEDY: Final = (
    "Ids are compared as text ('0012' is not '12'): check that both frames have the same kind of "
    "id, and that both or neither were pseudonymized."
)
#: An answer of a user that is not among others; the rows are to be filled in.
UNMATCHED: Final = Problem("unmatched_answers", "The user has no sequence", _REMEDY)


def is_among(hashes: Hashes, known: Hashes) -> Flags:
    """Tell which hashes are among `known`, which ascend.

    Examples
    --------
    >>> is_among(np.array([5, 2], dtype="uint64"), np.array([1, 2, 9], dtype="uint64")).tolist()
    [False, True]
    """
    if not known.size:
        return np.zeros(hashes.size, dtype=bool)
    places = np.searchsorted(known, hashes)
    np.minimum(places, known.size - 1, out=places)
    found: Flags = known[places] == hashes
    return found


class Users(Protocol):
    """Who is in a dataset, by the hashes of their ids."""

    def contain(self, hashes: Hashes) -> Flags:
        """Tell which of some hashes, which ascend, are of users of the dataset."""

    def smallest(self, count: int) -> Hashes:
        """Return the smallest hashes, ascending: a sample of the users."""


@dataclass(frozen=True, eq=False)
class KnownUsers:
    """Users of a frame in memory.

    Parameters
    ----------
    hashes : numpy.ndarray of uint64
        Of their ids, ascending.
    """

    hashes: Hashes

    def contain(self, hashes: Hashes) -> Flags:
        """Tell which of some hashes are of these users."""
        return is_among(hashes, self.hashes)

    def smallest(self, count: int) -> Hashes:
        """Return the smallest hashes."""
        return self.hashes[:count]


@dataclass(frozen=True)
class Match:
    """How many answers are of users that are somewhere else too.

    Parameters
    ----------
    size : int
        Answers.
    ones, zeros : int
        Those of them that match, by label.
    """

    size: int
    ones: int
    zeros: int

    @classmethod
    def of(cls, labels: pd.Series[Any], unmatched: Positions) -> Match:
        """Count valid labels, of which some rows match nobody."""
        flags = read_binary(labels, "label").ones
        ones = int(flags.sum()) - int(flags[unmatched].sum())
        return cls(flags.size, ones, flags.size - unmatched.size - ones)

    @classmethod
    def sum(cls, parts: Iterable[Match]) -> Match:
        """Add up the answers of disjoint users."""
        told = [(each.size, each.ones, each.zeros) for each in parts]
        return cls(*(sum(counts) for counts in zip(*told, strict=True)))

    @property
    def matched(self) -> int:
        """Answers that match."""
        return self.ones + self.zeros

    @property
    def too_few(self) -> bool:
        """Whether a label has too few users left to train on."""
        return min(self.ones, self.zeros) < ROWS_PER_LABEL

    def problem(self, unmatched: Problem) -> Problem:
        """Say of unmatched rows that they leave too few."""
        message = (
            f"{self._unmatched()}, which leaves {self.zeros:,} users with the label 0 and "
            f"{self.ones:,} with 1; the service needs at least {ROWS_PER_LABEL} of each"
        )
        return replace(unmatched, message=message)

    def warn(self, argument: str) -> None:
        """Warn when some answers of an argument match nobody."""
        if self.matched < self.size:
            tell(f"{argument}: {self._unmatched()}; the service ignores them. {_REMEDY}")

    def warn_of_seen(self) -> None:
        """Warn when test answers match users to train on."""
        if self.matched:
            tell(
                f"{self.matched:,} of {self.size:,} test answers are of users that are trained on "
                "too: the AUROC that the service tells will be too good. Take answers of other "
                "users, as split() gives them."
            )

    def _unmatched(self) -> str:
        return (
            f"{self.size - self.matched:,} of {self.size:,} answers are of users without a sequence"
        )
