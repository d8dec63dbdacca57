"""Columns as codes of distinct values, without one large hash table for all of them.

A table of all distinct values of a long column does not fit the processor's cache, and every row
waits for memory. So rows are split by a few bytes of their values first: equal values meet in one
part, whose table is small, and the parts are encoded at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nclue_pandas.frames.columns import NO_ROWS, is_text, one_array
from nclue_pandas.frames.parallel import in_threads, slices
from nclue_pandas.frames.screening import text_bytes

if TYPE_CHECKING:
    from nclue_pandas.frames.columns import Positions

Codes = NDArray[np.int32]

#: Rows of a part: its distinct texts stay in the cache.
_PART_ROWS: Final = 1 << 17
_SLICE_ROWS: Final = 1 << 16
#: Bytes of a text that decide on its part, evenly spread up to the last; a power of two, by
#: which NumPy divides fast.
_BYTES: Final = 8
_MIX: Final = np.uint32(0x9E3779B1)


@dataclass(frozen=True, eq=False)
class Encoded:
    """A column as codes.

    Parameters
    ----------
    codes : numpy.ndarray of int32, shape (rows,)
        Position in `distinct`; -1 where the value is null.
    distinct : pyarrow.Array
        Without repeats, in no order; dictionaries may hold values that no row has, and nulls.
    """

    codes: Codes
    distinct: pa.Array


def encode_values(values: pa.Array | pa.ChunkedArray) -> Encoded:
    """Encode `values` as codes of distinct values.

    Parameters
    ----------
    values : pyarrow.Array or ChunkedArray
        Of any type; a dictionary is taken as it is.

    Examples
    --------
    >>> encoded = encode_values(pa.array(["b", None, "b"]))
    >>> encoded.codes.tolist(), encoded.distinct.to_pylist()
    ([0, -1, 0], ['b'])
    """
    kind = values.type
    if len(values) > _PART_ROWS and (is_text(kind) or pa.types.is_integer(kind)):
        return _encode_parts(values)
    encoded = one_array(values)
    if pa.types.is_float16(kind):  # not every pyarrow finds the distinct ones
        encoded = encoded.view(pa.uint16()).dictionary_encode()
        return Encoded(_codes(encoded), encoded.dictionary.view(kind))
    if not pa.types.is_dictionary(encoded.type):
        encoded = encoded.dictionary_encode()
    return Encoded(_codes(encoded), encoded.dictionary)


def _codes(encoded: pa.DictionaryArray) -> Codes:
    codes: NDArray[Any] = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return codes.astype(np.int32, copy=False)


def _encode_parts(values: pa.Array | pa.ChunkedArray) -> Encoded:
    """Split rows by their values, encode every part, and number the parts one after another."""
    parts = min(-(-len(values) // _PART_ROWS), np.iinfo(np.uint8).max)
    splits = in_threads(lambda piece: _Split.of(*piece, parts), _pieces(values))

    def encode(part: int) -> tuple[Positions, Encoded]:
        rows = np.concatenate([NO_ROWS, *(split.rows(part) for split in splits)])
        own = one_array(pa.chunked_array([split.values_of(part) for split in splits]))
        encoded = own.dictionary_encode()
        return rows, Encoded(_codes(encoded), encoded.dictionary)

    codes = np.empty(len(values), dtype=np.int32)
    encoded = in_threads(encode, range(parts))
    before = np.cumsum([0, *(len(own.distinct) for _, own in encoded)])

    def number(part: int) -> None:
        rows, own = encoded[part]
        codes[rows] = np.where(own.codes < 0, own.codes, own.codes + np.int32(before[part]))

    in_threads(number, range(parts))
    return Encoded(codes, one_array(pa.chunked_array([own.distinct for _, own in encoded])))


def _pieces(values: pa.Array | pa.ChunkedArray) -> list[tuple[int, pa.Array]]:
    """Cut values into pieces, each with the number of rows before it."""
    pieces, start = [], 0
    for chunk in values.chunks if isinstance(values, pa.ChunkedArray) else [values]:
        pieces += [(start + part.start, chunk[part]) for part in slices(len(chunk), _SLICE_ROWS)]
        start += len(chunk)
    return pieces


@dataclass(frozen=True, eq=False)
class _Split:
    """The values of a piece by part; equal values are of one part."""

    start: int
    order: NDArray[np.int32]
    values: pa.Array
    bounds: Positions

    @classmethod
    def of(cls, start: int, values: pa.Array, parts: int) -> _Split:
        mixed = _mixed_text(values) if is_text(values.type) else _mixed_integers(values)
        spread = (mixed * _MIX) >> np.uint32(8)
        part = (spread % np.uint32(parts)).astype(np.uint8)
        order = np.argsort(part, kind="stable").astype(np.int32)
        bounds = np.append(0, np.cumsum(np.bincount(part, minlength=parts)))
        return cls(start, order, values.take(pa.array(order)), bounds)

    def rows(self, part: int) -> Positions:
        own = self.order[self.bounds[part] : self.bounds[part + 1]]
        return own + np.int64(self.start)

    def values_of(self, part: int) -> pa.Array:
        return self.values[self.bounds[part] : self.bounds[part + 1]]


def _mixed_integers(values: pa.Array) -> NDArray[np.uint32]:
    numbers = values.fill_null(0).to_numpy(zero_copy_only=False).astype(np.uint64)
    mixed: NDArray[np.uint32] = (numbers ^ (numbers >> np.uint64(32))).astype(np.uint32)
    return mixed


def _mixed_text(texts: pa.Array) -> NDArray[np.uint32]:
    offsets, data = text_bytes(texts)
    lengths = np.diff(offsets)
    mixed = lengths.astype(np.uint32)
    if data.size:
        last = np.maximum(lengths - 1, 0)
        for step in range(1, _BYTES + 1):
            places = offsets[:-1] + (last * step) // _BYTES
            mixed *= np.uint32(31)
            mixed += data[np.minimum(places, data.size - 1, out=places)]
        mixed[lengths == 0] = 0
    return mixed
