"""Lines of dataset files: user id, TAB, text or label; encoded while they are read."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nclue_pandas.assumptions import DELIMITER, LINE_END
from nclue_pandas.kernels.parallel import POOL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from typing_extensions import Buffer

if TYPE_CHECKING:
    Lengths = NDArray[np.int64]
#: Bytes of a batch: small enough for the processor's cache, large enough to keep Python out.
BATCH_BYTES: Final = 2 << 20


def encode(table: pa.Table, *, batch_bytes: int = BATCH_BYTES) -> Iterator[memoryview]:
    r"""Encode rows as lines.

    Parameters
    ----------
    table : pyarrow.Table of n rows
        Columns in the order of the file: text without TAB, CR or LF, or integers. A null
        becomes an empty field.
    batch_bytes : int
        Bytes of a batch, about; a longer line is a batch of its own.

    Yields
    ------
    memoryview of bytes
        Whole lines. The batches one after another are the file.

    Examples
    --------
    >>> table = pa.table({"user_id": ["0012", "가"], "sequence": ['a "b"->c', "d"]})
    >>> b"".join(encode(table)).decode()
    '0012\ta "b"->c\n가\td\n'
    """
    if table.num_rows == 0:
        return
    ends = np.cumsum(line_lengths(table))
    start = 0
    while start < table.num_rows:
        done = ends[start - 1] if start else 0
        stop = int(np.searchsorted(ends, done + batch_bytes, side="right"))
        stop = max(stop, start + 1)
        yield _lines(table.slice(start, stop - start))
        start = stop


def line_lengths(table: pa.Table) -> Lengths:
    r"""Return the bytes of every line, its end included, without encoding it.

    Examples
    --------
    >>> line_lengths(pa.table({"user_id": ["0012", "가"], "label": [0, 1]})).tolist()
    [7, 6]
    """
    total = np.full(table.num_rows, table.num_columns, dtype=np.int64)  # separators, line end
    for column in table.columns:
        lengths = pc.fill_null(pc.binary_length(_as_text(column)), 0)
        total += lengths.to_numpy().astype(np.int64, copy=False)
    return total


def _lines(rows: pa.Table) -> memoryview:
    """Join the fields of a batch by one kernel, and show the bytes that it wrote."""
    fields = [pc.fill_null(_as_text(column), "") for column in rows.combine_chunks().columns]
    kind = pa.large_string() if any(_is_large(field) for field in fields) else pa.string()
    joined: list[pa.Array | pa.Scalar] = []
    for field in fields:
        joined += [_one(field).cast(kind), pa.scalar(DELIMITER.decode(), kind)]
    joined[-1] = pa.scalar(LINE_END.decode(), kind)
    lines = _one(pc.binary_join_element_wise(*joined, pa.scalar("", kind), memory_pool=POOL))
    _, offsets, values = lines.buffers()
    width = np.int64 if _is_large(lines) else np.int32
    bounds = np.frombuffer(offsets, width, len(lines) + 1, lines.offset * width().itemsize)
    return memoryview(values).cast("B")[int(bounds[0]) : int(bounds[-1])]


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return column if text else column.cast(pa.string())


def _is_large(column: pa.Array | pa.ChunkedArray) -> bool:
    return bool(pa.types.is_large_string(column.type))


def _one(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    if isinstance(column, pa.Array):
        return column
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


class PartBody(io.RawIOBase):
    r"""Lines of some tables, encoded as they are read: no more than a batch is ever held.

    It can be read again from any place: it is once to be signed and once to be sent.

    Parameters
    ----------
    tables : callable
        Returns an iterator of the tables, the same at every call.
    size : int
        Bytes of all lines.

    Examples
    --------
    >>> import pyarrow as pa
    >>> body = PartBody(lambda: iter([pa.table({"user_id": ["a"], "label": [1]})]), 4)
    >>> body.read(), body.seek(2), body.read()
    (b'a\t1\n', 2, b'1\n')
    """

    def __init__(self, tables: Callable[[], Iterator[pa.Table]], size: int) -> None:
        super().__init__()
        self._tables = tables
        self._size = size
        self._wanted = 0
        self._start_anew()

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the place in bytes."""
        return self._wanted

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place; going back encodes again what is before it."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._wanted, io.SEEK_END: self._size}[whence]
        self._wanted = max(start + offset, 0)
        return self._wanted

    def readinto(self, buffer: Buffer) -> int:
        """Fill `buffer`, as far as there are lines, and return how many bytes that are."""
        if self._wanted < self._at:
            self._start_anew()
        while self._at < self._wanted and self._more():
            self._advance(self._wanted - self._at)
        target = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(target) and self._more():
            piece = self._advance(len(target) - filled)
            target[filled : filled + len(piece)] = piece
            filled += len(piece)
        self._wanted += filled
        return filled

    def md5(self) -> str:
        """Return the MD5 of all lines, in hexadecimal digits; what was not read yet is encoded."""
        while self._more():
            self._advance(len(self._rest))
        return self._hashed.hexdigest()

    def _start_anew(self) -> None:
        self._hashed = hashlib.md5(usedforsecurity=False)
        self._batches = (lines for table in self._tables() for lines in encode(table))
        self._rest = memoryview(b"")
        self._at = 0

    def _more(self) -> bool:
        """Encode the next batch when the last one is used up; return whether there is any."""
        if not self._rest:
            self._rest = next(self._batches, self._rest)
        return bool(self._rest)

    def _advance(self, most: int) -> memoryview:
        piece, self._rest = self._rest[:most], self._rest[most:]
        self._at += len(piece)
        self._hashed.update(piece)
        return piece
