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

from nclue_pandas.dask.originals import other_rows
from nclue_pandas.dask.routing import ROW_BITS, pattern
from nclue_pandas.errors.data import first_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import dask.dataframe as dd
    from numpy.typing import NDArray

    from nclue_pandas.dask.routing import Route
    from nclue_pandas.errors import Problem
    from nclue_pandas.frames.forms import Forms
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
    marks : dict of int to int
        What the rows that problems name held, by their number.
    forms : Forms or None
        Ids of the piece's users that have a plainer form.
    """

    report: Report | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    lengths: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    last: pd.DataFrame | None = None
    zoned: bool | None = None
    marks: Mapping[int, int] = field(default_factory=dict)
    forms: Forms | None = None


def numbered(problems: Iterable[Problem], rows: NDArray[np.int64]) -> tuple[Problem, ...]:
    """Name rows by their number in the whole frame instead of their position in a piece."""
    told = []
    for problem in problems:
        own = rows[list(problem.rows[:ROWS_TOLD])].tolist()
        told.append(replace(problem, rows=tuple(own), total=len(problem.rows)))
    return tuple(told)


def row_marks(
    problems: Iterable[Problem], frame: pd.DataFrame, rows: NDArray[np.int64]
) -> dict[int, int]:
    """Return the hash of each row of a piece that is told, by its number."""
    told = [np.asarray(each.rows[:ROWS_TOLD], dtype=np.int64) for each in problems]
    places = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *told]))
    return dict(zip(rows[places].tolist(), hashes(frame.iloc[places]).tolist(), strict=True))


def hashes(frame: pd.DataFrame) -> NDArray[np.uint64]:
    """Return a hash of the values of each row."""
    objects = frame.astype(object)
    texts = objects.where(objects.notna(), None).map(ascii)
    found: NDArray[np.uint64] = np.asarray(
        pd.util.hash_pandas_object(texts, index=False), np.uint64
    )
    return found


def row_numbers(frame: pd.DataFrame, piece: int | None) -> NDArray[np.int64]:
    """Return the numbers of a piece's rows: its index, or their place in the piece of a number."""
    if piece is None:
        return frame.index.to_numpy()
    return np.arange(len(frame), dtype=np.int64) + (piece << ROW_BITS)


def row_counts(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many of the numbered rows are of each input partition."""
    return np.bincount(rows >> ROW_BITS)


@dataclass(frozen=True, eq=False)
class Told:
    """Rows that problems name, in the order of the whole frame.

    Parameters
    ----------
    rows : pandas.DataFrame
        As the user has them.
    local : pandas.DataFrame
        As the workers had them after the way.
    """

    rows: pd.DataFrame
    local: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Whole:
    """The frame that the pieces are of, to tell problems as of one frame.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        As the user gave it.
    route : Route or None
        How its rows came to the pieces; None where the pieces are the frame's own partitions.
    lengths : numpy.ndarray of int64
        Rows of its partitions.
    marks : dict of int to int
        What the rows that problems name held, by their number.
    """

    frame: dd.DataFrame
    route: Route | None
    lengths: NDArray[np.int64]
    marks: Mapping[int, int]

    @classmethod
    def of(cls, frame: dd.DataFrame, route: Route | None, outcomes: Sequence[Outcome]) -> Whole:
        """Add up what the pieces saw."""
        lengths = np.zeros(frame.npartitions, dtype=np.int64)
        marks: dict[int, int] = {}
        for each in outcomes:
            lengths[: each.lengths.size] += each.lengths
            marks |= each.marks
        return cls(frame, route, lengths, marks)

    def merge(self, problems: Iterable[Problem]) -> list[Problem]:
        """Put the same problem of several pieces together, with positions in the whole frame."""
        same: dict[tuple[str, str], list[Problem]] = {}
        for problem in problems:
            same.setdefault((problem.code, problem.message), []).append(problem)
        return [self._merged(each) for each in same.values()]

    def fetch(self, problems: Iterable[Problem]) -> Told:
        """Fetch the rows that problems name, each once, in their order.

        Raises
        ------
        InvalidDataError
            When they are not the rows that the pieces saw.
        """
        named = [np.asarray(problem.rows, dtype=np.int64) for problem in problems]
        positions = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *named]))
        ends = np.cumsum(self.lengths)
        of_partition = np.searchsorted(ends, positions, side="right")
        partitions = self.frame.to_delayed()
        taken = []
        for number in np.unique(of_partition).tolist():
            length = int(self.lengths[number])
            places = positions[of_partition == number] - (ends[number] - length)
            marks = [self.marks.get(place + (number << ROW_BITS)) for place in places.tolist()]
            taken.append(delayed(_take)(partitions[number], places, length, self.route, marks))
        fetched: list[Told] = [*compute(*taken)]
        if not fetched:
            return Told(pattern(self.frame), pattern(self.frame))
        return Told(pd.concat([t.rows for t in fetched]), pd.concat([t.local for t in fetched]))

    def in_order(
        self, problems: Sequence[Problem], look: Callable[[pd.DataFrame], Sequence[Problem]]
    ) -> tuple[list[Problem], pd.DataFrame]:
        """Order problems as `look` tells them when it looks at their rows; return the rows too."""
        told = self.fetch(problems)
        order = [(each.code, each.message) for each in look(told.local)] if problems else []
        known = dict(zip(order, range(len(order)), strict=True))
        ordered = sorted(
            problems, key=lambda each: known.get((each.code, each.message), len(known))
        )
        return ordered, told.rows

    def _merged(self, problems: list[Problem]) -> Problem:
        numbers = np.sort(np.concatenate([np.asarray(each.rows) for each in problems]))[:ROWS_TOLD]
        starts = np.cumsum(self.lengths) - self.lengths
        positions = starts[numbers >> ROW_BITS] + (numbers & ((1 << ROW_BITS) - 1))
        total = sum(each.total or 0 for each in problems)
        told = tuple(positions.tolist())
        return replace(
            problems[0],
            rows=told,
            total=total if total > len(told) else None,
            values=first_values(problems),
        )


def _take(
    frame: pd.DataFrame,
    places: NDArray[np.int64],
    length: int,
    route: Route | None,
    marks: list[int | None],
) -> Told:
    """Take rows of a partition, which must have as many as before, and these as they were."""
    if len(frame) != length:
        raise other_rows()
    rows = frame.iloc[places]
    local = rows if route is None else route.local(rows)
    if route is not None and hashes(local).tolist() != marks:
        raise other_rows()
    return Told(rows, local)
