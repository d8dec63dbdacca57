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

from nclue_pandas.frames.columns import NO_ROWS, gather, is_text, one_array
from nclue_pandas.frames.parallel import in_threads, slices
from nclue_pandas.frames.words import WORD, TextWords

if TYPE_CHECKING:
    from nclue_pandas.frames.columns import Positions

Codes = NDArray[np.int32]

#: Rows of a part: its distinct texts stay in the cache.
_PART_ROWS: Final = 1 << 17
_SLICE_ROWS: Final = 1 << 17
_MIX: Final = np.uint32(0x9E3779B1)
_WIDE_MIX: Final = np.uint64(0x9E3779B97F4A7C15)


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

    codes = np.empty(len(values), dtype=np.int32)

    def encode(part: int) -> pa.Array:
        rows = np.concatenate([NO_ROWS, *(split.rows(part) for split in splits)])
        own = one_array(pa.chunked_array([split.values_of(part) for split in splits]))
        encoded = own.dictionary_encode()
        codes[rows] = _codes(encoded)
        return encoded.dictionary

    distinct = in_threads(encode, range(parts))
    before = np.cumsum([0, *map(len, distinct)], dtype=np.int32)
    in_threads(lambda split: split.number(codes, before), splits)
    return Encoded(codes, one_array(pa.chunked_array(distinct)))


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
    part: NDArray[np.uint8]
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
        return cls(start, part, order, gather(values, order), bounds)

    def rows(self, part: int) -> Positions:
        own = self.order[self.bounds[part] : self.bounds[part + 1]]
        return own + np.int64(self.start)

    def values_of(self, part: int) -> pa.Array:
        return self.values[self.bounds[part] : self.bounds[part + 1]]


    def number(self, codes: Codes, before: Codes) -> None:
        """Add to the codes of each row those of the parts before its own."""
        own = codes[self.start : self.start + self.part.size]
        own += np.where(own < 0, 0, before[self.part]) if self.values.null_count else before[self.part]


def _mixed_integers(values: pa.Array) -> NDArray[np.uint32]:
    numbers = values.fill_null(0).to_numpy(zero_copy_only=False).astype(np.uint64)
    mixed: NDArray[np.uint32] = (numbers ^ (numbers >> np.uint64(32))).astype(np.uint32)
    return mixed


def _mixed_text(texts: pa.Array) -> NDArray[np.uint32]:
    """Mix the first and the last bytes of each text, and those in the middle of a longer one."""
    words = TextWords.of(texts)
    last = np.maximum(words.lengths - WORD, 0)
    mixed = (words.read(0) + words.lengths.astype(np.uint64)) * _WIDE_MIX
    mixed += words.read(last)
    longer = np.flatnonzero(words.lengths > 2 * WORD)
    if longer.size:
        mixed[longer] += words.read(last[longer] // 2, longer) * _WIDE_MIX
    mixed *= _WIDE_MIX
    return (mixed >> np.uint64(32)).astype(np.uint32)
