"""Parts written by the workers that hold their pieces, each by a single PUT.

The workers find keys in their own environment. The client looks at every part before anything is
made of them, and writes the manifest last.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd
from dask import compute, delayed

from nclue_pandas.dask.originals import other_rows
from nclue_pandas.deadline import Deadline
from nclue_pandas.errors import IncompleteUploadError
from nclue_pandas.jobs.reference import resolve
from nclue_pandas.progress import UploadProgress, track
from nclue_pandas.storage.layout import part_buckets
from nclue_pandas.storage.publish import Prepared, describe, is_there, put_manifest, put_part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nclue_pandas.dask.publishing import DaskSource, Lines
    from nclue_pandas.jobs.reference import ClientLike, ClientRef
    from nclue_pandas.storage.content import BucketDigest
    from nclue_pandas.storage.layout import Place
    from nclue_pandas.storage.publish import Dataset, Part


def write(source: DaskSource, client: ClientLike, place: Place) -> Dataset:
    """Let the workers write the parts of a dataset, look at each, then write the manifest.

    Parameters
    ----------
    source : DaskSource
        The pieces, without problems.
    client : ClientLike
        Whose bucket it is. The workers are told its reference, which holds no key.
    place : Place
        The keys.
    """
    bucket = client.storage
    dataset = describe(place, source.digests, bucket.name)
    tasks = [
        delayed(_write)(frames, source.lines, Assignment.of(source, place, parts, client))
        for frames, parts in assign(source.pieces.frames, dataset.parts, place.parts)
    ]
    with track(UploadProgress, place.name, total=dataset.size) as advance:
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
    """What a worker is asked to write.

    Parameters
    ----------
    place : Place
        The keys.
    parts : tuple of Part
        The worker's own.
    digests : tuple of BucketDigest
        What the buckets of these parts held when the fingerprint was made.
    ref : ClientRef
        The account, without keys.
    ends : float
        When the call ends, in seconds since the epoch: a worker may be on another machine.
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
