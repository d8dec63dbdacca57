"""What every piece of a frame tells: reports that add up, problems with the rows of the whole.

Frames lose their ``attrs`` between the workers of Dask, so what there is to tell travels beside
them, as small values of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from dask import compute, delayed

from nclue_pandas.dask.routing import ROW_BITS, pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import dask.dataframe as dd
    from numpy.typing import NDArray

    from nclue_pandas.errors import Problem
    from nclue_pandas.frames.reports import Report

#: Rows of one problem that are told; their number is told in any case.
ROWS_TOLD: Final = 1_000


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of one piece.

    Parameters
    ----------
    report : Report or None
        None when the piece has problems.
    problems, warnings : tuple of Problem
        With the numbers of rows as :mod:`~nclue_pandas.dask.routing` gives them.
    lengths : numpy.ndarray of int64
        Rows of the piece by input partition.
    last : pandas.DataFrame or None
        The row with the last time, for answers of a log.
    zoned : bool or None
        Whether times given as text have a time zone; None where that is not in question.
    """

    report: Report | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    lengths: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    last: pd.DataFrame | None = None
    zoned: bool | None = None


def numbered(problems: Iterable[Problem], rows: NDArray[np.int64]) -> tuple[Problem, ...]:
    """Name rows by their number in the whole frame instead of their position in a piece."""
    told = []
    for problem in problems:
        own = rows[list(problem.rows[:ROWS_TOLD])].tolist()
        told.append(replace(problem, rows=tuple(own), total=len(problem.rows)))
    return tuple(told)


def row_numbers(frame: pd.DataFrame, piece: int | None) -> NDArray[np.int64]:
    """Return the numbers of a piece's rows: its index, or their place in the piece of a number."""
    if piece is None:
        return frame.index.to_numpy()
    return np.arange(len(frame), dtype=np.int64) + (piece << ROW_BITS)


def row_counts(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many of the numbered rows are of each input partition."""
    return np.bincount(rows >> ROW_BITS)


@dataclass(frozen=True, eq=False)
class Whole:
    """The frame that the pieces are of, to tell problems as of one frame.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        As the user gave it.
    lengths : numpy.ndarray of int64
        Rows of its partitions.
    """

    frame: dd.DataFrame
    lengths: NDArray[np.int64]

    @classmethod
    def of(cls, frame: dd.DataFrame, outcomes: Sequence[Outcome]) -> Whole:
        """Add up the lengths that the pieces saw."""
        lengths = np.zeros(frame.npartitions, dtype=np.int64)
        for each in outcomes:
            lengths[: each.lengths.size] += each.lengths
        return cls(frame, lengths)

    def merge(self, problems: Iterable[Problem]) -> list[Problem]:
        """Put the same problem of several pieces together, with positions in the whole frame."""
        same: dict[tuple[str, str], list[Problem]] = {}
        for problem in problems:
            same.setdefault((problem.code, problem.message), []).append(problem)
        return [self._merged(each) for each in same.values()]

    def rows(self, problems: Iterable[Problem]) -> pd.DataFrame:
        """Fetch the rows that problems name, each once, in their order."""
        named = [np.asarray(problem.rows, dtype=np.int64) for problem in problems]
        positions = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *named]))
        ends = np.cumsum(self.lengths)
        of_partition = np.searchsorted(ends, positions, side="right")
        partitions = self.frame.to_delayed()
        taken = [
            delayed(_take)(
                partitions[number],
                positions[of_partition == number] - (ends[number] - self.lengths[number]),
            )
            for number in np.unique(of_partition).tolist()
        ]
        fetched: list[pd.DataFrame] = [*compute(*taken)]
        return pd.concat(fetched) if fetched else pattern(self.frame)

    def in_order(
        self, problems: Sequence[Problem], look: Callable[[pd.DataFrame], Sequence[Problem]]
    ) -> list[Problem]:
        """Order problems as `look` tells them when it looks at their rows."""
        order = [(each.code, each.message) for each in look(self.rows(problems))]
        known = dict(zip(order, range(len(order)), strict=True))
        return sorted(problems, key=lambda each: known.get((each.code, each.message), len(known)))

    def _merged(self, problems: list[Problem]) -> Problem:
        numbers = np.sort(np.concatenate([np.asarray(each.rows) for each in problems]))[:ROWS_TOLD]
        starts = np.cumsum(self.lengths) - self.lengths
        positions = starts[numbers >> ROW_BITS] + (numbers & ((1 << ROW_BITS) - 1))
        total = sum(each.total or 0 for each in problems)
        told = tuple(positions.tolist())
        return replace(problems[0], rows=told, total=total if total > len(told) else None)


def _take(frame: pd.DataFrame, rows: NDArray[np.int64]) -> pd.DataFrame:
    return frame.iloc[rows]
