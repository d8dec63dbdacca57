"""Record batches on disk, written one after another and read by their place."""

from __future__ import annotations

import errno
import shutil
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
from filelock import FileLock, Timeout

from nclue_pandas.errors import SpillError
from nclue_pandas.kernels.arrays import cast_chunks, one_array
from nclue_pandas.kernels.parallel import give_back

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from numpy.typing import NDArray

#: Rows on disk are told apart by this many ranges of buckets, each of the same width.
PIECES: Final = 256
_PREFIX: Final = "nclue-stream-"
_LOCK: Final = "in_use.lock"
#: Seconds before which a directory may belong to a run that only begins.
_YOUNG: Final = 30


@dataclass(frozen=True)
class Span:
    """Where a record batch is in a file.

    Parameters
    ----------
    start, size : int
        Bytes.
    """

    start: int
    size: int


class SpillFolder(TemporaryDirectory[str]):
    """A directory for files of one run, known as in use for as long as its process lives.

    Making one removes those of runs that were killed and could not remove their own.

    Parameters
    ----------
    directory : path, optional
        Where it is made.

    Raises
    ------
    SpillError
        When it cannot be made.
    """

    def __init__(self, directory: str | os.PathLike[str] | None = None) -> None:
        place = Path(directory or gettempdir())
        _sweep(place)
        with _told_as_full(place):
            super().__init__(prefix=_PREFIX, dir=directory, ignore_cleanup_errors=True)
            self._lock = FileLock(Path(self.name) / _LOCK)
            self._lock.acquire()

    def cleanup(self) -> None:
        """Remove the directory."""
        self._lock.release()
        super().cleanup()


def _sweep(place: Path) -> None:
    """Remove the directories whose process is gone: nobody holds their lock."""
    for folder in place.glob(f"{_PREFIX}*"):
        with suppress(OSError, Timeout):
            lock = folder / _LOCK
            if lock.exists() and time.time() - lock.stat().st_mtime > _YOUNG:
                with FileLock(lock, timeout=0):
                    shutil.rmtree(folder, ignore_errors=True)


class BatchFile:
    """Record batches of one schema in one file; may be read in several threads at once.

    The file is not buffered: what was written is on the disk, or the call that wrote it fails.

    Parameters
    ----------
    path : pathlib.Path
        Written anew.

    Raises
    ------
    SpillError
        When it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with _told_as_full(path.parent):
            self._file = path.open("w+b", buffering=0)
        self._lock = threading.Lock()
        self._schema: pa.Schema | None = None
        self.size = 0

    def append(self, batch: pa.RecordBatch) -> Span:
        """Write a batch at the end.

        Raises
        ------
        SpillError
            When the disk is full or fails.
        """
        self._schema = batch.schema
        body = batch.serialize()
        with self._lock, _told_as_full(self._path.parent):
            self._file.seek(self.size)
            left = memoryview(body)
            while left:  # one call writes at most 2 GiB, and less where the disk ends
                left = left[self._file.write(left) :]
        span = Span(self.size, body.size)
        self.size += body.size
        return span

    def read(self, span: Span) -> pa.RecordBatch:
        """Read a batch into memory.

        Raises
        ------
        SpillError
            When the disk fails, or the file is shorter than it was.
        """
        body = pa.allocate_buffer(span.size)
        with self._lock, _told_as_full(self._path.parent):
            self._file.seek(span.start)
            left = memoryview(body)
            while left:
                count = self._file.readinto(left)
                if not count:
                    raise OSError(errno.EIO, f"{self._path.name} is shorter than it was")
                left = left[count:]
        return pa.ipc.read_record_batch(body, self._schema)

    def close(self) -> None:
        """Close and remove the file."""
        self._file.close()
        self._path.unlink(missing_ok=True)


@contextmanager
def _told_as_full(directory: Path) -> Iterator[None]:
    """Tell an error of the disk as ours, with what is free."""
    try:
        yield
    except OSError as error:
        free = shutil.disk_usage(directory).free if directory.exists() else 0
        raise SpillError(
            f"Nothing more can be written to or read from {directory} ({error.strerror}; {free:,} "
            "bytes are free). Sorting a log by user needs about twice its size: name a "
            "directory with enough room by directory=."
        ) from error


@dataclass(eq=False)
class Runs:
    """Rows of a log on disk by range of buckets, in the order in which they came.

    Parameters
    ----------
    file : BatchFile
        Where they are.
    run_bytes : int
        Bytes that are sorted in memory at a time.
    """

    file: BatchFile
    run_bytes: int
    rows: int = 0
    sizes: list[int] = field(default_factory=lambda: [0] * PIECES)
    _spans: list[list[Span]] = field(default_factory=lambda: [[] for _ in range(PIECES)])
    _tables: list[pa.Table] = field(default_factory=list)
    _pieces: list[NDArray[np.uint8]] = field(default_factory=list)
    _waiting: int = 0

    def add(self, table: pa.Table, pieces: NDArray[np.uint8]) -> None:
        """Take rows, each with the number of its piece."""
        self.rows += table.num_rows
        self._tables.append(table)
        self._pieces.append(pieces)
        self._waiting += table.nbytes
        if self._waiting >= self.run_bytes:
            self.flush()

    def flush(self) -> None:
        """Write what waits, piece by piece."""
        if not self._tables:
            return
        pieces = np.concatenate(self._pieces)
        table = pa.concat_tables(self._tables)
        schema, order = table.schema, pa.array(np.argsort(pieces, kind="stable"))
        columns = [one_array(column).take(order) for column in table.columns]
        self._tables, self._pieces, self._waiting = [], [], 0
        self._write(columns, schema, np.bincount(pieces, minlength=PIECES))
        del table, columns
        give_back()

    def _write(self, columns: list[pa.Array], schema: pa.Schema, rows: NDArray[np.int64]) -> None:
        """Write columns that are in the order of the pieces, of which each has so many `rows`.

        Long text is ``large_string`` in them; every batch of the file has the one schema.
        """
        ends = np.cumsum(rows).tolist()
        for piece, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
            parts = [
                cast_chunks(column[start:end], kind)
                for column, kind in zip(columns, schema.types, strict=True)
            ]
            for batch in pa.table(parts, schema).to_batches() if start < end else ():
                span = self.file.append(batch)
                self._spans[piece].append(span)
                self.sizes[piece] += span.size

    def ranges(self, limit: int) -> Iterator[range]:
        """Yield neighboring pieces that have at most `limit` bytes together, at least one."""
        start, size = 0, 0
        for piece, own in enumerate(self.sizes):
            if piece > start and size + own > limit:
                yield range(start, piece)
                start, size = piece, 0
            size += own
        yield range(start, PIECES)

    def read(self, pieces: range) -> pa.Table | None:
        """Read the rows of some pieces, those of each piece in the order of the log."""
        spans = [span for piece in pieces for span in self._spans[piece]]
        return pa.Table.from_batches([self.file.read(span) for span in spans]) if spans else None
