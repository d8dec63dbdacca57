"""A frame in pieces: made on the workers once, kept there, looked at and published from there.

A piece is what one output partition of the shuffle became. It stays where it was made
(``persist``), so that checking and publishing do not shuffle again; when a worker is lost, Dask
makes its pieces anew.

What every piece of a frame tells: reports that add up, problems with the rows of the whole. Frames
lose their ``attrs`` between the workers of Dask, so what there is to tell travels beside them, as
small values of its own.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

import dask.dataframe as dd
import numpy as np
import pandas as pd
import pyarrow as pa
from dask import compute, delayed, persist

from nclue_pandas.dask.originals import other_rows
from nclue_pandas.dask.routing import ROW_BITS, pattern, shuffle
from nclue_pandas.frames.columns import NO_ARROW_TYPE, to_arrow
from nclue_pandas.frames.partitions import ROWS_TOLD, merge_problems, numbered
from nclue_pandas.frames.problems import raise_problems
from nclue_pandas.frames.reports import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from nclue_pandas.dask.routing import Route
    from nclue_pandas.errors import Problem
    from nclue_pandas.frames.forms import Forms
    from nclue_pandas.frames.partitions import Built
    from nclue_pandas.frames.problems import Fault
    from nclue_pandas.frames.questions import Span


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of one piece.

    Parameters
    ----------
    report : Report or None
        None when the piece has problems.
    problems, warnings, lost : tuple of Problem
        With the numbers of rows as :mod:`~nclue_pandas.dask.routing` gives them. Those that are
        `lost` matter when every row of every piece would be dropped.
    lengths : numpy.ndarray of int64
        Rows of the piece by input partition.
    span, last : Span, int or None
        What was asked of a log, and its last event, for answers.
    marks : dict of int to int
        What the rows that problems name held, by their number.
    forms : Forms or None
        Ids of the piece's users that have a plainer form.
    beside : object
        What else a verb tells of a piece.
    """

    report: Report | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    lost: tuple[Problem, ...] = ()
    lengths: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    span: Span | None = None
    last: int | None = None
    marks: Mapping[int, int] = field(default_factory=dict)
    forms: Forms | None = None
    beside: Any = None


def row_marks(
    faults: Iterable[Fault], frame: pd.DataFrame, rows: NDArray[np.int64]
) -> dict[int, int]:
    """Return the hash of each row of a piece that is told, by its number."""
    told = [each.rows[:ROWS_TOLD] for each in faults]
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

    `rows` are as the user has them, `local` as the workers had them after the way.
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
        starts = np.cumsum(self.lengths) - self.lengths
        merged = []
        for problem in merge_problems(problems):
            numbers = np.asarray(problem.rows, dtype=np.int64)
            positions = starts[numbers >> ROW_BITS] + (numbers & ((1 << ROW_BITS) - 1))
            merged.append(replace(problem, rows=tuple(positions.tolist())))
        return merged

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
        self, problems: Sequence[Problem], look: Callable[[pd.DataFrame], Sequence[Fault]]
    ) -> tuple[list[Problem], pd.DataFrame]:
        """Order problems as `look` tells them when it looks at their rows; return the rows too."""
        told = self.fetch(problems)
        order = [(each.code, each.message) for each in look(told.local)] if problems else []
        known = dict(zip(order, range(len(order)), strict=True))
        ordered = sorted(
            problems, key=lambda each: known.get((each.code, each.message), len(known))
        )
        return ordered, told.rows


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


#: Attributes of the very Dask frame that came from here; what is derived from it has none.
_PIECES: Final = "_nclue_pieces"
_REPORT: Final = "_nclue_report"
_STRING: Final = pd.ArrowDtype(pa.string())
#: Patterns of what the verbs make.
SEQUENCES: Final = pd.DataFrame({"user_id": [], "sequence": []}, dtype=_STRING)
ANSWERS: Final = pd.DataFrame({"user_id": pd.Series(dtype=_STRING)}).assign(
    label=pd.Series(dtype=pd.ArrowDtype(pa.int8()))
)


class Work(Protocol):
    """What is done to the rows of some users, as if they were all there are."""

    def look(self, part: pd.DataFrame) -> frozenset[str]:
        """Return what is found among the times of `part`, where they are texts."""

    def knowing(self, found: frozenset[str]) -> Self:
        """Return the work that reads times as all that is found among them says."""

    def __call__(self, part: pd.DataFrame) -> tuple[Built[Any], Outcome]:
        """Return what a core made of `part`, and what else there is to tell."""

    def frame(self, table: pa.Table) -> pd.DataFrame:
        """Return what was made as a frame."""


@dataclass(frozen=True, eq=False)
class Pieces:
    """Sequences or answers in pieces that each hold whole buckets of users.

    Parameters
    ----------
    frames : tuple of dask.delayed.Delayed
        Ascending by bucket; a power of two of them.
    numbered : bool
        Whether the index of a piece holds the numbers of its rows in the frame they came from.
    source : dask.dataframe.DataFrame
        The frame whose rows are told.
    route : Route or None
        How its rows came to the pieces.
    """

    frames: tuple[Any, ...]
    numbered: bool
    source: dd.DataFrame
    route: Route | None = None

    @property
    def counted(self) -> list[tuple[Any, int | None]]:
        """Each piece, and its number where its index does not number its rows."""
        return [
            (frame, None if self.numbered else number) for number, frame in enumerate(self.frames)
        ]


def pieces_of(frame: dd.DataFrame) -> Pieces | None:
    """Return the pieces that a frame was made from, when a verb of this package made it."""
    found = getattr(frame, _PIECES, None)
    return found if isinstance(found, Pieces) else None


def report_of(frame: dd.DataFrame) -> Report | None:
    """Return the report of a frame that a verb of this package made."""
    found = getattr(frame, _REPORT, None)
    return found if isinstance(found, Report) else None


def set_report(frame: dd.DataFrame, report: Report) -> dd.DataFrame:
    """Let a Dask frame carry a report, and return it."""
    setattr(frame, _REPORT, report)
    return frame


def gather(frame: dd.DataFrame, route: Route) -> Pieces:
    """Bring the rows of any frame together by user, with their numbers as index."""
    parts = shuffle(frame, route).to_delayed()
    kept = persist(*(delayed(_received)(part, route) for part in parts))
    return Pieces(kept, True, frame, route)


@dataclass(frozen=True, eq=False)
class Made:
    """Frames that were made on the workers, and what there is to tell.

    Parameters
    ----------
    frames : tuple of dask.delayed.Delayed
        Kept on the workers; made anew after a worker was lost, they must hold the same.
    outcomes : list of Outcome
        One for each.
    work : Work
        What was done.
    whole : Whole
        The frame that they were made of.
    shown : int
        How many of its columns are the user's.
    """

    frames: tuple[Any, ...]
    outcomes: list[Outcome]
    work: Work
    whole: Whole
    shown: int

    def raise_problems(self) -> None:
        """Raise the problems of all pieces at once, with the offending rows."""
        self._raise([found for each in self.outcomes for found in each.problems])

    def raise_lost(self) -> None:
        """Tell why every row would be dropped."""
        self._raise([found for each in self.outcomes for found in each.lost], every_row=True)

    def _raise(self, problems: list[Problem], *, every_row: bool = False) -> None:
        def look(rows: pd.DataFrame) -> Sequence[Fault]:
            built, _ = self.work(rows)
            return built.lost if every_row else built.problems

        if problems:
            merged, rows = self.whole.in_order(self.whole.merge(problems), look)
            raise_problems(merged, rows.iloc[:, : self.shown], every_row=every_row)


def build(frame: dd.DataFrame, route: Route, work: Work, *, shown: int) -> Made:
    """Do `work` on the rows of some users at a time; keep the frames on the workers."""
    parts = shuffle(frame, route).to_delayed()
    found = delayed(frozenset.union)(*(delayed(_look)(part, route, work) for part in parts))
    made = [delayed(_run, nout=3)(part, route, work, found) for part in parts]
    found, *kept = persist(found, *(each[position] for position in range(3) for each in made))
    frames, told, marks = (
        kept[start : start + len(made)] for start in range(0, len(kept), len(made))
    )
    outcomes = list(compute(*told))
    checked = zip(frames, compute(*marks), strict=True)
    pieces = tuple(delayed(as_before)(each, mark) for each, mark in checked)
    whole = Whole.of(frame, route, outcomes)
    return Made(pieces, outcomes, work.knowing(*compute(found)), whole, shown)


def collect(frames: Sequence[Any], empty: pd.DataFrame, report: Report) -> dd.DataFrame:
    """Make one Dask frame of pieces; the frame carries them and the report."""
    frame = dd.from_delayed(list(frames), meta=empty, verify_meta=False)
    setattr(frame, _PIECES, Pieces(tuple(frames), False, frame))
    return set_report(frame, report)


def content_mark(frame: pd.DataFrame) -> bytes:
    """Return what tells the content of a frame from that of another.

    Examples
    --------
    >>> content_mark(SEQUENCES) == content_mark(SEQUENCES.copy())
    True
    """
    digest = hashlib.blake2b(digest_size=16)
    for place in range(frame.shape[1]):
        column = frame.iloc[:, place]
        try:
            values = to_arrow(column)
        except NO_ARROW_TYPE:
            values = pa.array([ascii(value) for value in column])
        batch = pa.record_batch([values], ["values"])
        digest.update(str(values.type).encode() + batch.serialize())
    return digest.digest()


def as_before(frame: pd.DataFrame, mark: bytes) -> pd.DataFrame:
    """Return a piece that holds what it held when it was made first."""
    if content_mark(frame) != mark:
        raise other_rows()
    return frame


def _received(part: pd.DataFrame, route: Route) -> pd.DataFrame:
    frame, rows = route.receive(part)
    return frame.set_axis(rows)


def _look(part: pd.DataFrame, route: Route, work: Work) -> frozenset[str]:
    return work.look(route.receive(part)[0])


def _run(
    part: pd.DataFrame, route: Route, work: Work, found: frozenset[str]
) -> tuple[pd.DataFrame, Outcome, bytes]:
    """Work on one piece; problems are told, not raised, so that all pieces are looked at."""
    frame, rows = route.receive(part)
    built, outcome = work.knowing(found)(frame)
    told = replace(
        outcome,
        report=built.report,
        problems=numbered(built.problems, rows),
        lost=numbered(built.lost, rows),
        lengths=row_counts(rows),
        marks=row_marks([*built.problems, *built.lost], frame, rows),
    )
    made = work.frame(built.table)
    return made, told, content_mark(made)
