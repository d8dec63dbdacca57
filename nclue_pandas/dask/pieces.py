"""A frame in pieces: made on the workers once, kept there, looked at and published from there.

A piece is what one output partition of the shuffle became. It stays where it was made
(``persist``), so that checking and publishing do not shuffle again; when a worker is lost, Dask
makes its pieces anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

import dask.dataframe as dd
import pandas as pd
import pyarrow as pa
from dask import compute, delayed, persist

from nclue_pandas.dask.outcomes import Outcome, Whole, numbered, row_counts
from nclue_pandas.dask.routing import shuffle
from nclue_pandas.errors import InvalidDataError
from nclue_pandas.frames.faults import raise_problems
from nclue_pandas.frames.parts import on_a_part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nclue_pandas.dask.routing import Route
    from nclue_pandas.errors import Problem
    from nclue_pandas.frames.reports import Report

#: Attribute of the very Dask frame that came from here; what is derived from it has none.
_MARK: Final = "_nclue_pieces"
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
    report : Report or None
        How the frame was made.
    """

    frames: tuple[Any, ...]
    numbered: bool
    source: dd.DataFrame
    report: Report | None = None

    @property
    def counted(self) -> list[tuple[Any, int | None]]:
        """Each piece, and its number where its index does not number its rows."""
        return [
            (frame, None if self.numbered else number) for number, frame in enumerate(self.frames)
        ]


def pieces_of(frame: dd.DataFrame) -> Pieces | None:
    """Return the pieces that a frame was made from, when a verb of this package made it."""
    found = getattr(frame, _MARK, None)
    return found if isinstance(found, Pieces) else None


def gather(frame: dd.DataFrame, route: Route) -> Pieces:
    """Bring the rows of any frame together by user, with their numbers as index."""
    parts = shuffle(frame, route).to_delayed()
    return Pieces(persist(*(delayed(_received)(part, route) for part in parts)), True, frame)


def build(
    frame: dd.DataFrame, route: Route, work: Work, empty: pd.DataFrame
) -> tuple[tuple[Any, ...], list[Outcome]]:
    """Do `work` on the rows of some users at a time; keep the frames on the workers.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        What the user gave.
    route : Route
        How its rows travel.
    work : callable
        Runs on the workers.
    empty : pandas.DataFrame
        Pattern of what `work` makes.

    Returns
    -------
    frames : tuple of dask.delayed.Delayed
        Kept on the workers.
    outcomes : list of Outcome
        One for each.

    Raises
    ------
    InvalidDataError
        For the problems of all pieces at once, with the offending rows of `frame`.
    """
    parts = shuffle(frame, route).to_delayed()
    made = [delayed(_run, nout=2)(part, route, work, empty) for part in parts]
    kept = persist(*(each[0] for each in made), *(each[1] for each in made))
    frames, told = kept[: len(made)], kept[len(made) :]
    outcomes = list(compute(*told))
    _raise(frame, outcomes, work)
    return frames, outcomes


def collect(frames: Sequence[Any], empty: pd.DataFrame, report: Report) -> dd.DataFrame:
    """Make one Dask frame of pieces; the frame carries them and the report."""
    frame = dd.from_delayed(list(frames), meta=empty, verify_meta=False)
    setattr(frame, _MARK, Pieces(tuple(frames), False, frame, report))
    return frame


def _received(part: pd.DataFrame, route: Route) -> pd.DataFrame:
    frame, rows = route.receive(part)
    return frame.set_axis(rows)


def _run(
    part: pd.DataFrame, route: Route, work: Work, empty: pd.DataFrame
) -> tuple[pd.DataFrame, Outcome]:
    """Work on one piece; problems are told, not raised, so that all pieces are looked at."""
    frame, rows = route.receive(part)
    lengths = row_counts(rows)
    try:
        with on_a_part():
            made, outcome = work(frame)
    except InvalidDataError as error:
        if not error.problems:
            raise
        return empty, Outcome(problems=numbered(error.problems, rows), lengths=lengths)
    return made, replace(outcome, lengths=lengths)


def _raise(frame: dd.DataFrame, outcomes: list[Outcome], work: Work) -> None:
    problems = [problem for each in outcomes for problem in each.problems]
    if not problems:
        return
    whole = Whole.of(frame, outcomes)

    def look(rows: pd.DataFrame) -> list[Problem]:
        try:
            with on_a_part():
                work(rows)
        except InvalidDataError as error:
            return list(error.problems)
        return []

    merged = whole.in_order(whole.merge(problems), look)
    raise_problems(merged, whole.rows(merged))
