"""The dataset files as bytes: one line per row, fields between TABs, UTF-8, no quoting.

The encoder is an iterator of batches: publishing, fingerprints and files all draw from it, and
none of them holds more than it needs. One kernel of pyarrow joins the fields of a batch; it is
as fast as the CSV writer and, unlike it, takes quotes as the plain characters they are here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nclue_pandas.assumptions import DELIMITER, LINE_END
from nclue_pandas.frames.memory import POOL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

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
