"""Sequences on disk: a value that is iterated, published and closed."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa

from nclue_pandas.errors import ConfigurationError, InvalidDataError
from nclue_pandas.frames.checks import EMPTY_FRAME, CheckReport
from nclue_pandas.frames.columns import text_column
from nclue_pandas.frames.cross_checks import KnownUsers
from nclue_pandas.frames.reports import ATTRIBUTE
from nclue_pandas.jobs.datasets import as_source
from nclue_pandas.kernels.hash import NO_HASHES, hash_ids
from nclue_pandas.storage.layout import BUCKETS
from nclue_pandas.storage.publish import prepare, preview, publish

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from tempfile import TemporaryDirectory
    from types import TracebackType

    from nclue_pandas.errors import Problem
    from nclue_pandas.frames.reports import SequenceReport
    from nclue_pandas.jobs.datasets import Columns
    from nclue_pandas.jobs.reference import ClientLike
    from nclue_pandas.storage.content import BucketDigest
    from nclue_pandas.storage.layout import Kind
    from nclue_pandas.storage.publish import Dataset, Prepared
    from nclue_pandas.streaming.spill import BatchFile, Span

#: Bytes of a frame that iteration yields, about.
_FRAME_BYTES = 16 << 20


@dataclass(eq=False)
class SequenceStore:
    """Sequences of a log that is larger than memory, on disk.

    Made by :func:`nclue_pandas.stream_sequences`. Wherever a sequence frame is published, it is
    published the same: :func:`nclue_pandas.create_feature`, :meth:`Client.create_feature`,
    :func:`nclue_pandas.predict`. Its files are removed when it is closed, when it is no longer
    used, and when the interpreter ends.

    Parameters
    ----------
    directory : tempfile.TemporaryDirectory
        Where the file is; removed with it.
    file : BatchFile
        Sequences in canonical order.
    spans : mapping of int to list of Span
        Where the rows of a bucket are.
    digests : tuple of BucketDigest
        What the buckets hold.
    report : SequenceReport
        What was dropped, cut and replaced.
    warnings : tuple of Problem
        What the service may refuse, found when they were made.

    Examples
    --------
    >>> import nclue_pandas as nclue
    >>> log = pd.DataFrame({"who": ["b", "a"], "when": [2, 1], "what": ["tea", "jam"]})
    >>> with nclue.stream_sequences(log, user="who", time="when", behavior="what") as store:
    ...     sorted(store.to_frame()["sequence"]), len(store)
    (['jam', 'tea'], 2)
    """

    directory: TemporaryDirectory[str]
    file: BatchFile
    spans: Mapping[int, list[Span]]
    digests: tuple[BucketDigest, ...]
    report: SequenceReport
    warnings: tuple[Problem, ...] = ()

    def __post_init__(self) -> None:
        self._remove = weakref.finalize(self, _remove, self.file, self.directory)

    def __len__(self) -> int:
        """Return the number of users."""
        return self.report.users

    def __repr__(self) -> str:
        return f"<SequenceStore: {len(self):,} users, {self.file.size:,} bytes on disk>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[pd.DataFrame]:
        """Yield frames of ``user_id`` and ``sequence``, some users at a time, in order."""
        waiting: list[pa.Table] = []
        for table in self.tables(range(BUCKETS)):
            waiting.append(table)
            if sum(each.nbytes for each in waiting) >= _FRAME_BYTES:
                yield _as_frame(waiting)
                waiting = []
        if waiting:
            yield _as_frame(waiting)

    @property
    def attrs(self) -> dict[str, Any]:
        """What a frame of these sequences carries: :func:`nclue_pandas.report` reads it."""
        return {ATTRIBUTE: self.report.to_json()}

    def tables(self, buckets: range) -> Iterator[pa.Table]:
        """Yield the rows of neighboring buckets in canonical order, some at a time."""
        if not self._remove.alive:
            raise ConfigurationError(
                "This SequenceStore is closed, and its files are removed. Use it inside its "
                "with block, or make it again with stream_sequences()."
            )
        for bucket in buckets:
            for span in self.spans.get(bucket, ()):
                yield pa.Table.from_batches([self.file.read(span)])

    def to_frame(self) -> pd.DataFrame:
        """Read all sequences into memory: the frame that ``to_sequences`` makes.

        Returns
        -------
        pandas.DataFrame
            ``user_id`` and ``sequence``, both string[pyarrow].
        """
        empty = pa.table({name: pa.array([], pa.string()) for name in ("user_id", "sequence")})
        return self.report.attach(_as_frame([*self.tables(range(BUCKETS))] or [empty]))

    def close(self) -> None:
        """Remove the files; again does nothing."""
        self._remove()


def _remove(file: BatchFile, directory: TemporaryDirectory[str]) -> None:
    file.close()
    directory.cleanup()


def _as_frame(tables: list[pa.Table]) -> pd.DataFrame:
    table = pa.concat_tables(tables)
    return pd.DataFrame({name: text_column(table.column(name)) for name in table.column_names})


@dataclass(frozen=True)
class StoreSource:
    """Sequences on disk, as a source of jobs.

    Parameters
    ----------
    store : SequenceStore
        Checked row by row when they were made: nobody could change them since.
    """

    store: SequenceStore

    def check(self) -> CheckReport:
        """Find what the service would refuse: no user at all."""
        problems = () if len(self.store) else (EMPTY_FRAME,)
        found = self.store.warnings
        return CheckReport("sequences", len(self.store), problems, found, pd.DataFrame())

    def told(self) -> SequenceStore:
        """Return the store, whose ``attrs`` are those of a frame."""
        return self.store

    def tokens(self) -> int:
        """Return the estimated tokens of all sequences."""
        return self.store.report.tokens

    def users(self) -> KnownUsers:
        """Tell whose rows these are: 8 bytes a user, read from the file."""
        tables = self.store.tables(range(BUCKETS))
        return KnownUsers(np.concatenate([NO_HASHES, *(hash_ids(t["user_id"]) for t in tables)]))

    def publish(self, client: ClientLike, name: str) -> Dataset:
        """Write the parts that are not there yet."""
        return publish(self._prepared(client, name), client.storage)

    def preview(self, client: ClientLike, name: str) -> Dataset:
        """Tell what :meth:`publish` would write."""
        return preview(self._prepared(client, name), client.storage)

    def _prepared(self, client: ClientLike, name: str) -> Prepared:
        return prepare(self.store, "sequences", name, client.ref.prefix)


@as_source.register(SequenceStore)
def make_source(store: SequenceStore, kind: Kind, columns: Columns) -> StoreSource:
    """Return sequences on disk as a source of jobs."""
    if kind != "sequences" or {columns.user, columns.sequence} != {"user_id", "sequence"}:
        raise InvalidDataError(
            "A SequenceStore holds sequences in the columns 'user_id' and 'sequence'. Leave the "
            "names of columns out, and give answers as a frame."
        )
    return StoreSource(store)
