"""A frame in pieces: made on the workers once, kept there, looked at and published from there.

A piece is what one output partition of the shuffle became. It stays where it was made
(``persist``), so that checking and publishing do not shuffle again; when a worker is lost, Dask
makes its pieces anew.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

import dask.dataframe as dd
import pandas as pd
import pyarrow as pa
from dask import compute, delayed, persist

from nclue_pandas.dask.originals import other_rows
from nclue_pandas.dask.outcomes import Outcome, Whole, numbered, row_counts, row_marks
from nclue_pandas.dask.routing import shuffle
from nclue_pandas.errors import InvalidDataError
from nclue_pandas.frames.columns import NO_ARROW_TYPE, to_arrow
from nclue_pandas.frames.faults import raise_problems
from nclue_pandas.frames.parts import on_a_part
from nclue_pandas.frames.reports import Report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nclue_pandas.dask.routing import Route
    from nclue_pandas.errors import Problem

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

    def __call__(self, part: pd.DataFrame) -> tuple[pd.DataFrame, Outcome]:
        """Return the frame made of `part`, and what there is to tell."""


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


def build(
    frame: dd.DataFrame,
    route: Route,
    work: Work,
    empty: pd.DataFrame,
    *,
    shown: int,
    every_row: bool = False,
) -> tuple[tuple[Any, ...], list[Outcome]]:
    """Do `work` on the rows of some users at a time; keep the frames on the workers.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        What the user gave, and columns that were added.
    route : Route
        How its rows travel.
    work : callable
        Runs on the workers.
    empty : pandas.DataFrame
        Pattern of what `work` makes.
    shown : int
        How many of the columns are the user's.
    every_row : bool
        Whether this is to tell why every row would be dropped.

    Returns
    -------
    frames : tuple of dask.delayed.Delayed
        Kept on the workers; made anew after a worker was lost, they must hold the same.
    outcomes : list of Outcome
        One for each.

    Raises
    ------
    InvalidDataError
        For the problems of all pieces at once, with the offending rows of `frame`.
    """
    parts = shuffle(frame, route).to_delayed()
    made = [delayed(_run, nout=3)(part, route, work, empty) for part in parts]
    kept = persist(*(each[position] for position in range(3) for each in made))
    frames, told, marks = (
        kept[start : start + len(made)] for start in range(0, len(kept), len(made))
    )
    outcomes = list(compute(*told))
    _raise(Whole.of(frame, route, outcomes), outcomes, work, shown, every_row=every_row)
    checked = zip(frames, compute(*marks), strict=True)
    return tuple(delayed(as_before)(each, mark) for each, mark in checked), outcomes


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


def _run(
    part: pd.DataFrame, route: Route, work: Work, empty: pd.DataFrame
) -> tuple[pd.DataFrame, Outcome, bytes]:
    """Work on one piece; problems are told, not raised, so that all pieces are looked at."""
    frame, rows = route.receive(part)
    lengths = row_counts(rows)
    try:
        with on_a_part():
            made, outcome = work(frame)
    except InvalidDataError as error:
        if not error.problems:
            raise
        marks = row_marks(error.problems, frame, rows)
        told = Outcome(problems=numbered(error.problems, rows), lengths=lengths, marks=marks)
        return empty, told, content_mark(empty)
    return made, replace(outcome, lengths=lengths), content_mark(made)


def _raise(
    whole: Whole, outcomes: list[Outcome], work: Work, shown: int, *, every_row: bool
) -> None:
    problems = [problem for each in outcomes for problem in each.problems]
    if not problems:
        return

    def look(rows: pd.DataFrame) -> list[Problem]:
        try:
            with on_a_part():
                work(rows)
        except InvalidDataError as error:
            return list(error.problems)
        return []

    merged, rows = whole.in_order(whole.merge(problems), look)
    raise_problems(merged, rows.iloc[:, :shown], every_row=every_row)
