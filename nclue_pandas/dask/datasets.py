"""Datasets of frames on Dask, looked at where the pieces are.

Every piece tells its problems and the digests of its buckets, which are small; the client makes
the fingerprint and the keys of them, and lets the workers write.

Parts written by the workers that hold their pieces, each by a single PUT. The workers find keys in
their own environment. The client looks at every part before anything is made of them, and writes
the manifest last.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import dask.dataframe as dd
import pandas as pd
from dask import compute, delayed

from nclue_pandas.dask.matching import DaskUsers, compare
from nclue_pandas.dask.originals import other_rows, unconverted
from nclue_pandas.dask.pieces import (
    Outcome,
    Whole,
    gather,
    pieces_of,
    report_of,
    row_counts,
    row_marks,
    row_numbers,
)
from nclue_pandas.dask.routing import Route, pattern
from nclue_pandas.deadline import Deadline
from nclue_pandas.errors import IncompleteUploadError, InvalidDataError
from nclue_pandas.frames.checks import CheckReport, Looked, look_through, problems_of_whole
from nclue_pandas.frames.partitions import numbered
from nclue_pandas.frames.tokens import count_tokens
from nclue_pandas.jobs.datasets import Columns, as_source
from nclue_pandas.jobs.reference import resolve
from nclue_pandas.progress import UploadProgress, track
from nclue_pandas.signatures import named_options
from nclue_pandas.storage.content import FrameContent
from nclue_pandas.storage.layout import part_buckets
from nclue_pandas.storage.publish import (
    Prepared,
    describe,
    is_there,
    place_of,
    preview_parts,
    put_manifest,
    put_part,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nclue_pandas.dask.pieces import Pieces
    from nclue_pandas.errors import Problem
    from nclue_pandas.frames.checks import FrameKind
    from nclue_pandas.frames.cross_checks import KnownUsers, Match
    from nclue_pandas.jobs.reference import ClientLike, ClientRef
    from nclue_pandas.storage.content import BucketDigest
    from nclue_pandas.storage.layout import Kind, Place
    from nclue_pandas.storage.publish import Dataset, Part


def write(source: DaskSource, client: ClientLike, place: Place) -> Dataset:
    """Let the workers write the parts of a dataset, look at each, then write the manifest.

    The workers are told the reference of the client, which holds no key.
    """
    bucket = client.storage
    dataset = describe(place, source.digests, bucket.name)
    tasks = [
        delayed(_write)(frames, source.lines, Assignment.of(source, place, parts, client))
        for frames, parts in assign(source.pieces.frames, dataset.parts, place.parts)
    ]
    with track(UploadProgress, place.title, total=dataset.size) as advance:
        sent = [key for keys in compute(*tasks) for key in keys]
        advance(dataset.size)
    for part in dataset.parts:
        if not is_there(bucket, part.key, part.size):
            raise IncompleteUploadError(
                f"A worker wrote s3://{bucket.name}/{part.key}, but the store has no object of "
                f"{part.size:,} bytes there. No job was created from it. Run the same call again."
            )
    return replace(dataset, sent=(*sent, *put_manifest(bucket, place, dataset)))


def assign(
    frames: Sequence[Any], parts: Sequence[Part], count: int
) -> list[tuple[list[Any], list[Part]]]:
    """Match pieces with the parts of a layout: both are powers of two of bucket ranges.

    Parameters
    ----------
    frames : sequence
        The pieces, ascending.
    parts : sequence of Part
        Those that have lines.
    count : int
        Parts of the layout.

    Returns
    -------
    list of (pieces, parts)
        Either one piece with all of its parts, or one part with all of its pieces; where there
        are no lines there is no part, and the pieces must still have none.

    Examples
    --------
    >>> from nclue_pandas.storage.publish import Part
    >>> parts = [Part("", number, 1, 1) for number in range(2)]
    >>> [(frames, [p.number for p in each]) for frames, each in assign("abcd", parts, 2)]
    [(['a', 'b'], [0]), (['c', 'd'], [1])]
    """
    groups = min(len(frames), count)
    per_group, width = len(frames) // groups, count // groups
    matched: list[list[Part]] = [[] for _ in range(groups)]
    for part in parts:
        matched[part.number // width].append(part)
    return [
        (list(frames[group * per_group : (group + 1) * per_group]), own)
        for group, own in enumerate(matched)
    ]


@dataclass(frozen=True)
class Assignment:
    """What a worker is asked to write, and what the buckets of its parts must hold.

    `ends` is in seconds since the epoch: the worker may be on another machine.
    """

    place: Place
    parts: tuple[Part, ...]
    digests: tuple[BucketDigest, ...]
    ref: ClientRef
    ends: float = math.inf

    @classmethod
    def of(
        cls, source: DaskSource, place: Place, parts: Sequence[Part], client: ClientLike
    ) -> Assignment:
        """Tell a worker what the buckets of its parts must hold."""
        own = {bucket for p in parts for bucket in part_buckets(p.number, place.parts)}
        digests = tuple(each for each in source.digests if each.bucket in own)
        ends = time.time() + client.deadline.left()
        return cls(place, tuple(parts), digests, client.ref, ends)

    @property
    def deadline(self) -> Deadline:
        """The deadline on the clock of this machine."""
        left = max(0.0, self.ends - time.time())
        return Deadline.of(time, None if left == math.inf else left)


def _write(frames: list[pd.DataFrame], lines: Lines, assigned: Assignment) -> list[str]:
    """Write the parts of some pieces, on a worker; return the keys that were written."""
    content = lines.content(frames[0] if len(frames) == 1 else pd.concat(frames))
    if content.digests != assigned.digests:
        raise other_rows()
    bucket = resolve(assigned.ref).storage.within(assigned.deadline)
    prepared = Prepared(content, assigned.place)
    return [key for part in assigned.parts for key in put_part(bucket, prepared, part)]


@dataclass(frozen=True)
class Lines:
    """What a row of a frame is in a file; travels to the workers."""

    kind: Kind
    columns: Columns

    def check(self, frame: pd.DataFrame) -> Looked:
        """Find what the service would refuse in a part of a frame."""
        names = self.columns
        return look_through(
            frame, user=names.user, sequence=names.sequence, label=names.label, kind=self.kind
        )

    def content(self, frame: pd.DataFrame) -> FrameContent:
        """Return the lines of a frame without problems."""
        if self.kind == "sequences":
            return FrameContent.of_sequences(frame, self.columns.user, self.columns.sequence)
        return FrameContent.of_answers(frame, self.columns.user, self.columns.label)

    def inspect(self, frame: pd.DataFrame, piece: int | None) -> Inspection:
        """Look at a piece, on a worker."""
        rows = row_numbers(frame, piece)
        found = self.check(frame)
        outcome = Outcome(
            problems=numbered(found.problems, rows),
            warnings=numbered(found.doubts, rows),
            lengths=row_counts(rows),
            marks=row_marks([*found.problems, *found.doubts], frame, rows),
        )
        inspection = Inspection(outcome, len(frame), ones=found.ones, zeros=found.zeros)
        if self.kind == "sequences":
            inspection = replace(inspection, tokens=count_tokens(frame[self.columns.sequence]))
        return (
            inspection
            if found.problems
            else replace(inspection, digests=self.content(frame).digests)
        )


@dataclass(frozen=True, eq=False)
class Inspection:
    """What one piece holds; no digests when it has problems."""

    outcome: Outcome
    rows: int
    tokens: int = 0
    ones: int = 0
    zeros: int = 0
    digests: tuple[BucketDigest, ...] = ()


@dataclass(frozen=True, eq=False)
class DaskSource:
    """A frame on Dask, as a source of jobs."""

    frame: dd.DataFrame
    lines: Lines

    def check(self) -> CheckReport:
        """Find what the service would refuse."""
        whole = self._whole()
        problems, rows = whole.in_order(
            whole.merge(self._all("problems")), lambda told: self.lines.check(told).problems
        )
        warnings, _ = whole.in_order(
            whole.merge(self._all("warnings")), lambda told: self.lines.check(told).doubts
        )
        size = sum(each.rows for each in self._inspections)
        ones, zeros = (
            sum(getattr(each, name) for each in self._inspections) for name in ("ones", "zeros")
        )
        told = (*problems, *problems_of_whole(self.lines.kind, size, ones, zeros))
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
        tasks = [delayed(Lines.inspect)(self.lines, *counted) for counted in self.pieces.counted]
        return list(compute(*tasks))

    def _whole(self, found: Iterable[Outcome] = ()) -> Whole:
        """The frame whose rows are told, and what the pieces saw of it."""
        outcomes = [*(each.outcome for each in self._inspections), *found]
        return Whole.of(self.pieces.source, self.pieces.route, outcomes)

    def _all(self, name: str) -> list[Problem]:
        return [found for each in self._inspections for found in getattr(each.outcome, name)]

    def _place(self, client: ClientLike, name: str) -> Place:
        return place_of(self, self.lines.kind, name, client.ref.prefix)


@named_options
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
    looked = look_through(pattern(frame), user=user, sequence=sequence, label=label, kind=kind)
    found = looked.kind
    return DaskSource(frame, Lines(found, Columns(user, sequence, label))).check()


@as_source.register(dd.DataFrame)
def make_source(frame: dd.DataFrame, kind: Kind, columns: Columns) -> DaskSource:
    """Return a frame on Dask as a source of jobs."""
    return DaskSource(frame, Lines(kind, columns))


def stand_in(frame: dd.DataFrame) -> pd.DataFrame:
    """Return a frame of no rows that carries the report of a Dask frame."""
    made = report_of(frame)
    empty = pattern(frame).copy()
    return empty if made is None else made.attach(empty)
