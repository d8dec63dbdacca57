"""Datasets of frames on Dask, looked at where the pieces are.

Every piece tells its problems and the digests of its buckets, which are small; the client makes
the fingerprint and the keys of them, and lets the workers write.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import dask.dataframe as dd
from dask import compute, delayed

from nclue_pandas.dask.matching import DaskUsers, compare
from nclue_pandas.dask.originals import unconverted
from nclue_pandas.dask.outcomes import Outcome, Whole, numbered, row_counts, row_marks, row_numbers
from nclue_pandas.dask.pieces import gather, pieces_of, report_of
from nclue_pandas.dask.routing import Route, pattern
from nclue_pandas.dask.writing import write
from nclue_pandas.errors import InvalidDataError
from nclue_pandas.frames.binary import read_binary
from nclue_pandas.frames.checks import EMPTY_FRAME, CheckReport, few_labels
from nclue_pandas.frames.checks import check as check_frame
from nclue_pandas.frames.parts import on_a_part
from nclue_pandas.frames.tokens import count_tokens
from nclue_pandas.jobs.sources import Columns, register_source
from nclue_pandas.storage.content import FrameContent
from nclue_pandas.storage.publish import describe, place_of, preview_parts

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from nclue_pandas.dask.pieces import Pieces
    from nclue_pandas.errors import Problem
    from nclue_pandas.frames.checks import FrameKind
    from nclue_pandas.frames.matching import KnownUsers, Match
    from nclue_pandas.jobs.reference import ClientLike
    from nclue_pandas.storage.content import BucketDigest
    from nclue_pandas.storage.layout import Kind, Place
    from nclue_pandas.storage.publish import Dataset


@dataclass(frozen=True)
class Lines:
    """What a row of a frame is in a file; travels to the workers.

    Parameters
    ----------
    kind : {"sequences", "answers"}
        What the frame holds.
    columns : Columns
        Names of its columns.
    """

    kind: Kind
    columns: Columns

    def check(self, frame: pd.DataFrame) -> CheckReport:
        """Find what the service would refuse in a part of a frame."""
        names = self.columns
        with on_a_part():
            return check_frame(
                frame, user=names.user, sequence=names.sequence, label=names.label, kind=self.kind
            )

    def content(self, frame: pd.DataFrame) -> FrameContent:
        """Return the lines of a frame without problems."""
        if self.kind == "sequences":
            return FrameContent.of_sequences(frame, self.columns.user, self.columns.sequence)
        return FrameContent.of_answers(frame, self.columns.user, self.columns.label)

    def inspect(self, frame: pd.DataFrame, rows: NDArray[np.int64]) -> Inspection:
        """Look at a piece, whose rows have these numbers in the whole frame."""
        found = self.check(frame)
        outcome = Outcome(
            problems=numbered(found.problems, rows),
            warnings=numbered(found.warnings, rows),
            lengths=row_counts(rows),
            marks=row_marks([*found.problems, *found.warnings], frame, rows),
        )
        inspection = Inspection(outcome, len(frame))
        if self.kind == "answers":
            read = read_binary(frame[self.columns.label], "label")
            ones, invalid = int(read.ones.sum()), read.null.size + read.other.size
            inspection = replace(inspection, ones=ones, zeros=len(frame) - ones - invalid)
        else:
            inspection = replace(inspection, tokens=count_tokens(frame[self.columns.sequence]))
        return (
            inspection
            if found.problems
            else replace(inspection, digests=self.content(frame).digests)
        )


@dataclass(frozen=True, eq=False)
class Inspection:
    """What one piece holds.

    Parameters
    ----------
    outcome : Outcome
        What the service would refuse.
    rows, tokens : int
        Rows, and estimated tokens of their sequences.
    ones, zeros : int
        Labels.
    digests : tuple of BucketDigest
        Of the buckets; none when the piece has problems.
    """

    outcome: Outcome
    rows: int
    tokens: int = 0
    ones: int = 0
    zeros: int = 0
    digests: tuple[BucketDigest, ...] = ()


@dataclass(frozen=True, eq=False)
class DaskSource:
    """A frame on Dask, as a source of jobs.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        Sequences or answers.
    lines : Lines
        What its rows are.
    """

    frame: dd.DataFrame
    lines: Lines

    def check(self) -> CheckReport:
        """Find what the service would refuse."""
        whole = self._whole()
        problems, rows = whole.in_order(
            whole.merge(self._all("problems")), lambda told: self.lines.check(told).problems
        )
        warnings, _ = whole.in_order(
            whole.merge(self._all("warnings")), lambda told: self.lines.check(told).warnings
        )
        size = sum(each.rows for each in self._inspections)
        told = (*problems, *self._counts(size))
        return CheckReport(self.lines.kind, size, told, tuple(warnings), rows)

    @property
    def columns(self) -> Columns:
        """Names of the columns."""
        return self.lines.columns

    def told(self) -> pd.DataFrame:
        """Return a frame of no rows that carries the report of the frame on Dask."""
        return stand_in(self.frame)

    def tokens(self) -> int:
        """Estimate the tokens of all sequences."""
        return sum(each.tokens for each in self._inspections)

    def users(self) -> DaskUsers:
        """Tell whose rows these are; the hashes of their ids stay on the workers."""
        return DaskUsers.of(self.pieces.frames, self.lines.columns.user)

    def match(self, users: KnownUsers | DaskUsers) -> Match:
        """Count the answers that are of some users."""
        return compare(self.pieces, self.lines.columns, users)[0]

    def unmatched(self, users: KnownUsers | DaskUsers) -> tuple[Problem, pd.DataFrame]:
        """Return the answers that are of other users: their positions, and the rows."""
        _, found = compare(self.pieces, self.lines.columns, users)
        whole = self._whole(found)
        (merged,) = whole.merge(problem for each in found for problem in each.problems)
        return merged, whole.fetch([merged]).rows

    def publish(self, client: ClientLike, name: str) -> Dataset:
        """Let the workers write the parts that are not there yet."""
        return write(self, client, self._place(client, name))

    def preview(self, client: ClientLike, name: str) -> Dataset:
        """Tell what :meth:`publish` would write."""
        dataset = describe(self._place(client, name), self.digests, client.storage.name)
        return preview_parts(dataset, client.storage)

    @cached_property
    def pieces(self) -> Pieces:
        """The rows of each user together: as a verb left them, or after a shuffle."""
        self.lines.check(pattern(self.frame))
        made, columns = pieces_of(self.frame), self.lines.columns
        named = {"sequences": "sequence", "answers": "label"}[self.lines.kind]
        roles = {"user": [columns.user], named: [getattr(columns, named)]}
        if made is not None and roles == {"user": ["user_id"], named: [named]}:
            return made
        frame = unconverted(self.frame)
        return gather(frame, Route.of(frame, roles))

    @cached_property
    def digests(self) -> tuple[BucketDigest, ...]:
        """The digests of all buckets that have lines, ascending."""
        return tuple(digest for each in self._inspections for digest in each.digests)

    @cached_property
    def _inspections(self) -> list[Inspection]:
        tasks = [delayed(_inspect)(self.lines, *counted) for counted in self.pieces.counted]
        return list(compute(*tasks))

    def _whole(self, found: Iterable[Outcome] = ()) -> Whole:
        """The frame whose rows are told, and what the pieces saw of it."""
        outcomes = [*(each.outcome for each in self._inspections), *found]
        return Whole.of(self.pieces.source, self.pieces.route, outcomes)

    def _all(self, name: str) -> list[Problem]:
        return [found for each in self._inspections for found in getattr(each.outcome, name)]

    def _counts(self, size: int) -> list[Problem]:
        """Return the problems that only the whole frame can have."""
        if size == 0:
            return [EMPTY_FRAME]
        if self.lines.kind == "sequences":
            return []
        ones, zeros = (
            sum(getattr(e, name) for e in self._inspections) for name in ("ones", "zeros")
        )
        return few_labels(ones, zeros)

    def _place(self, client: ClientLike, name: str) -> Place:
        return place_of(self, self.lines.kind, name, client.ref.prefix)


def check(
    frame: dd.DataFrame,
    *,
    user: str = "user_id",
    sequence: str = "sequence",
    label: str = "label",
    kind: FrameKind | None = None,
) -> CheckReport:
    """Find everything in a frame on Dask that the service would refuse.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        Sequences or answers.
    user, sequence, label, kind : as on pandas
        See :func:`nclue_pandas.check`.

    Returns
    -------
    CheckReport
        As on pandas; a problem names its first 1,000 rows, and how many there are. Positions
        are those of the partitions one after another.

    Raises
    ------
    MissingColumnError, InvalidDataError
        As on pandas.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = dd.from_pandas(pd.DataFrame({"user_id": ["a", "a"], "sequence": ["tea", ""]}))
    >>> [(problem.code, problem.rows) for problem in check(frame).problems]
    [('duplicate_id', (0, 1)), ('empty_sequence', (1,))]
    """
    if not isinstance(frame, dd.DataFrame):
        raise InvalidDataError(f"frame must be a Dask DataFrame, not {type(frame).__name__}.")
    with on_a_part():
        empty = pattern(frame)
        found = check_frame(empty, user=user, sequence=sequence, label=label, kind=kind).kind
    return make_source(frame, found, Columns(user, sequence, label)).check()


def make_source(frame: dd.DataFrame, kind: Kind, columns: Columns) -> DaskSource:
    """Return a frame on Dask as a source of jobs."""
    return DaskSource(frame, Lines(kind, columns))


def _inspect(lines: Lines, frame: pd.DataFrame, piece: int | None) -> Inspection:
    return lines.inspect(frame, row_numbers(frame, piece))


def stand_in(frame: dd.DataFrame) -> pd.DataFrame:
    """Return a frame of no rows that carries the report of a Dask frame."""
    made = report_of(frame)
    empty = pattern(frame).copy()
    return empty if made is None else made.attach(empty)


register_source(dd.DataFrame, make_source)
