"""Users of two datasets compared on the workers: the client gets counts, and few positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from dask import compute, delayed

from nclue_pandas.dask.pieces import Outcome, row_marks, row_numbers
from nclue_pandas.frames.columns import find_column
from nclue_pandas.frames.cross_checks import UNMATCHED, KnownUsers, Match, is_among
from nclue_pandas.frames.ids import id_text
from nclue_pandas.frames.partitions import numbered
from nclue_pandas.frames.problems import Fault
from nclue_pandas.kernels.hash import hash_ids

if TYPE_CHECKING:
    import pandas as pd

    from nclue_pandas.dask.pieces import Pieces
    from nclue_pandas.jobs.datasets import Columns
    from nclue_pandas.kernels.arrays import Flags
    from nclue_pandas.kernels.hash import Hashes


@dataclass(frozen=True, eq=False)
class DaskUsers:
    """Users whose hashes are on the workers: ascending, in a power of two of equal ranges."""

    hashes: tuple[Any, ...]

    @classmethod
    def of(cls, frames: tuple[Any, ...], user: str) -> DaskUsers:
        """Hash the ids of pieces where they are."""
        return cls(tuple(delayed(_ascending)(piece, user) for piece in frames))

    def contain(self, hashes: Hashes) -> Flags:
        """Tell which of some hashes, which ascend, are of these users."""
        width = 2**64 // len(self.hashes)
        starts = np.array([width * number for number in range(len(self.hashes))], dtype=np.uint64)
        ranges = np.split(hashes, np.searchsorted(hashes, starts[1:]))
        found = [
            delayed(is_among)(wanted, known)
            for wanted, known in zip(ranges, self.hashes, strict=True)
        ]
        flags: Flags = np.concatenate(compute(*found))
        return flags

    def smallest(self, count: int) -> Hashes:
        """Return the smallest hashes: few of each piece travel."""
        first = compute(*(delayed(_head)(hashes, count) for hashes in self.hashes))
        return np.sort(np.concatenate(first))[:count]

    def within(self, number: int, count: int) -> list[Any]:
        """Return the ranges that piece `number` of `count` has users in."""
        per_piece = len(self.hashes) / count
        first = int(number * per_piece)
        return list(self.hashes[first : max(first + 1, int((number + 1) * per_piece))])


def compare(
    pieces: Pieces, columns: Columns, users: KnownUsers | DaskUsers
) -> tuple[Match, list[Outcome]]:
    """Match answers without problems with users, where the pieces are.

    Returns the match of all answers, and the outcomes of the pieces that have some of other users,
    with the numbers of their first rows.
    """
    if isinstance(users, KnownUsers):
        users = DaskUsers((delayed(users.hashes),))
    count = len(pieces.frames)
    tasks = [
        delayed(_compare)(frame, piece, columns, users.within(number, count))
        for number, (frame, piece) in enumerate(pieces.counted)
    ]
    found: list[tuple[Match, Outcome]] = list(compute(*tasks))
    return Match.sum(match for match, _ in found), [told for _, told in found if told.problems]


def _ascending(frame: pd.DataFrame, user: str) -> Hashes:
    return np.sort(_hashes(frame, user))


def _head(hashes: Hashes, count: int) -> Hashes:
    return hashes[:count]


def _hashes(frame: pd.DataFrame, user: str) -> Hashes:
    return hash_ids(id_text(find_column(frame, user, "user")))


def _compare(
    frame: pd.DataFrame, piece: int | None, columns: Columns, known: list[Hashes]
) -> tuple[Match, Outcome]:
    """Match one piece with users that may be in it."""
    found = is_among(_hashes(frame, columns.user), np.concatenate(known))
    others = np.flatnonzero(~found)
    fault = Fault(UNMATCHED.code, UNMATCHED.message, UNMATCHED.remedy, others)
    numbers = row_numbers(frame, piece)
    told, marks = numbered([fault], numbers), row_marks([fault], frame, numbers)
    outcome = Outcome(problems=told, marks=marks)
    return Match.of(frame[columns.label], others), outcome if others.size else Outcome()
