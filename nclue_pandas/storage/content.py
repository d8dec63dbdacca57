"""What a dataset holds, by bucket: the lines in canonical order and the fingerprint of them.

A user's bucket is the top bits of the hash of the id, so the canonical order of users is the
order of buckets. A frame in memory, sequences on disk and the partitions of a cluster all give
their lines bucket by bucket, and the same lines get the same fingerprint whichever it was.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import pyarrow as pa

from nclue_pandas.frames.answers import label_faults
from nclue_pandas.frames.columns import find_column, read_binary, read_chunks
from nclue_pandas.frames.ids import id_chunks, id_text
from nclue_pandas.frames.problems import raise_faults
from nclue_pandas.kernels.arrays import take_rows
from nclue_pandas.kernels.hash import canonical_order, hash_ids
from nclue_pandas.storage import layout
from nclue_pandas.storage.layout import BUCKETS
from nclue_pandas.storage.lines import encode, line_lengths

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from nclue_pandas.kernels.arrays import Flags, Positions
    from nclue_pandas.kernels.hash import Hashes

_DIGEST_SIZE: Final = 16
_THREADS: Final = 3
#: Rows of neighboring buckets, about, that a thread digests at a time.
_RUN_ROWS: Final = 1 << 15
#: Rows that are gathered at a time, about: of one bucket at least.
_GATHERED_ROWS: Final = 1 << 11


@dataclass(frozen=True)
class BucketDigest:
    """What one bucket holds.

    Parameters
    ----------
    bucket : int
        Its number.
    rows, size : int
        Lines and bytes.
    digest : bytes
        Of the lines in canonical order.
    """

    bucket: int
    rows: int
    size: int
    digest: bytes


def digest_buckets(table: pa.Table, buckets: range, bounds: Positions) -> Iterator[BucketDigest]:
    """Digest the lines of neighboring buckets, given in canonical order.

    Parameters
    ----------
    table : pyarrow.Table
        The lines of all of them: small buckets are encoded together.
    buckets : range
        Their numbers.
    bounds : numpy.ndarray of int64, shape (buckets + 1,)
        The rows at which they begin, and the end of the last.

    Yields
    ------
    BucketDigest
        Of each bucket that has lines.
    """
    sizes = np.diff(np.append(0, np.cumsum(line_lengths(table)))[bounds])
    rest, batches = memoryview(b""), encode(table)
    for bucket, rows, size in zip(buckets, np.diff(bounds).tolist(), sizes.tolist(), strict=True):
        hashed, left = blake2b(digest_size=_DIGEST_SIZE), size
        while left:
            rest = rest or next(batches)
            piece, rest = rest[:left], rest[left:]
            hashed.update(piece)
            left -= len(piece)
        if rows:
            yield BucketDigest(bucket, rows, size, hashed.digest())


class Digested(Protocol):
    """What is known of the lines of a dataset, wherever they are."""

    @property
    def digests(self) -> tuple[BucketDigest, ...]:
        """What the buckets that have lines hold, ascending."""


class Content(Digested, Protocol):
    """The lines of a dataset."""

    def tables(self, buckets: range) -> Iterator[pa.Table]:
        """Yield the rows of neighboring buckets in canonical order, some at a time."""


def fingerprint(content: Digested) -> str:
    """Return the fingerprint of the content: a pure function of its lines."""
    return layout.fingerprint((each.bucket, each.digest) for each in content.digests)


def bucket_numbers(hashes: Hashes) -> NDArray[np.int64]:
    """Return the bucket of each hash: its top bits."""
    return (hashes >> np.uint64(64 - layout.BUCKET_BITS)).astype(np.int64)


class FrameContent:
    """The lines of a frame in memory.

    A frame in canonical order, as ``to_sequences`` makes it, is used as it is; of any other the
    rows of some buckets are gathered when they are wanted, so that no second frame is held.

    Parameters
    ----------
    table : pyarrow.Table
        ``user_id`` and a text or a number, without nulls in ids.

    Attributes
    ----------
    hashes : numpy.ndarray of uint64
        Of the ids, ascending.
    """

    def __init__(self, table: pa.Table) -> None:
        hashes = hash_ids(table.column("user_id"))
        self._table = table
        self._order: NDArray[np.int64] | None = None
        if np.any(hashes[1:] <= hashes[:-1]):
            self._order = canonical_order(table.column("user_id"), hashes)
            hashes = hashes[self._order]
        self.hashes = hashes
        first = np.arange(BUCKETS, dtype=np.uint64) << np.uint64(64 - layout.BUCKET_BITS)
        self._bounds = np.append(np.searchsorted(hashes, first), hashes.size)
        self.digests = tuple(self._digest())

    @classmethod
    def of_sequences(cls, frame: pd.DataFrame, user: str, sequence: str) -> FrameContent:
        """Take ids and sequences from a frame."""
        texts = read_chunks(find_column(frame, sequence, "sequence"), "sequence").texts
        ids = id_chunks(find_column(frame, user, "user"))
        return cls(pa.table({"user_id": ids, "sequence": texts}))

    @classmethod
    def of_answers(cls, frame: pd.DataFrame, user: str, label: str) -> FrameContent:
        """Take ids and labels from a frame.

        Raises
        ------
        InvalidDataError
            When a label is null or neither 0 nor 1, with the rows.
        """
        read = read_binary(find_column(frame, label, "label"), "label")
        raise_faults(label_faults(read), frame)
        labels = pa.array(read.ones.view(np.int8))
        ids = id_text(find_column(frame, user, "user"))
        return cls(pa.table({"user_id": ids, "label": labels}))

    def tables(self, buckets: range) -> Iterator[pa.Table]:
        """Yield the rows of neighboring buckets in canonical order, some at a time."""
        for step in self._steps(buckets):
            yield self._rows(step)

    def rows_where(self, flags: Flags) -> Positions:
        """Return the rows of the frame, ascending, whose place among the hashes is flagged."""
        places = np.flatnonzero(flags)
        return places if self._order is None else np.sort(self._order[places])

    def _steps(self, buckets: range) -> Iterable[range]:
        """Take rows that are in order at once, and gather others some buckets at a time."""
        if self._order is None:
            return [buckets]
        runs = self._bounds[buckets.start : buckets.stop] // _GATHERED_ROWS
        starts = np.flatnonzero(np.diff(runs, prepend=-1)) + buckets.start
        return map(range, starts.tolist(), [*starts[1:].tolist(), buckets.stop])

    def _rows(self, buckets: range) -> pa.Table:
        first, last = self._bounds[buckets.start], self._bounds[buckets.stop]
        if self._order is None:
            return self._table.slice(first, last - first)
        rows = self._order[first:last]
        return pa.table(
            {name: take_rows(self._table.column(name), rows) for name in self._table.column_names}
        )

    def _digest(self) -> Iterable[BucketDigest]:
        """Digest the buckets that have lines, in threads: hashing releases the GIL."""

        def digest(run: range) -> list[BucketDigest]:
            made: list[BucketDigest] = []
            for step in self._steps(run):
                bounds = self._bounds[step.start : step.stop + 1]
                made += digest_buckets(self._rows(step), step, bounds - bounds[0])
            return made

        width = max(BUCKETS * _RUN_ROWS // max(self.hashes.size, _RUN_ROWS), 1)
        runs = [range(start, min(start + width, BUCKETS)) for start in range(0, BUCKETS, width)]
        with ThreadPoolExecutor(_THREADS) as pool:
            return chain.from_iterable(pool.map(digest, runs))
