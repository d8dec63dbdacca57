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

from nclue_pandas.frames.columns import NO_ROWS, gather, is_text, one_array, pieces
from nclue_pandas.frames.memory import empty
from nclue_pandas.frames.parallel import in_threads
from nclue_pandas.frames.spreading import PART_ROWS, filled, spread_of

if TYPE_CHECKING:
    from nclue_pandas.frames.columns import Positions
    from nclue_pandas.frames.spreading import Spread

Codes = NDArray[np.int32]

#: Rows whose parts are told apart at a time.
_SLICE_ROWS: Final = 1 << 17


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
    if len(values) > PART_ROWS and (is_text(kind) or pa.types.is_integer(kind)):
        return _encode_parts(values)
    encoded = one_array(values)
    if pa.types.is_float16(kind):  # not every pyarrow finds the distinct ones
        encoded = encoded.view(pa.uint16()).dictionary_encode()
        return Encoded(_codes(encoded), encoded.dictionary.view(kind))
    if not pa.types.is_dictionary(encoded.type):
        encoded = encoded.dictionary_encode()
    return Encoded(_codes(encoded), encoded.dictionary)


def _codes(encoded: pa.DictionaryArray) -> Codes:
    codes: NDArray[Any] = filled(encoded.indices, -1)
    return codes.astype(np.int32, copy=False)


def _encode_parts(values: pa.Array | pa.ChunkedArray) -> Encoded:
    """Spread rows by their values, encode every part, and number the parts one after another."""
    spread = spread_of(values)
    splits = in_threads(lambda piece: _Split.of(*piece, spread), pieces(values, _SLICE_ROWS))
    codes = empty(len(values), np.int32)

    def encode(part: int) -> pa.Array:
        own = one_array(pa.chunked_array([split.values_of(part) for split in splits]))
        rows = np.concatenate([NO_ROWS, *(split.rows(part) for split in splits)])
        codes[rows], distinct = spread.encode(own, part)
        return distinct

    distinct = in_threads(encode, range(spread.parts))
    before = np.cumsum([0, *map(len, distinct)], dtype=np.int32)
    in_threads(lambda split: split.number(codes, before), splits)
    return Encoded(codes, one_array(pa.chunked_array(distinct)))


@dataclass(frozen=True, eq=False)
class _Split:
    """The values of a piece by part; equal values are of one part."""

    start: int
    part: NDArray[np.uint8]
    ordered: Positions
    values: pa.Array
    bounds: Positions

    @classmethod
    def of(cls, start: int, values: pa.Array, spread: Spread) -> _Split:
        part = spread.parts_of(values)
        order = np.argsort(part, kind="stable")
        bounds = np.append(0, np.cumsum(np.bincount(part, minlength=spread.parts)))
        return cls(start, part, order + start, gather(values, order), bounds)

    def rows(self, part: int) -> Positions:
        return self.ordered[self.bounds[part] : self.bounds[part + 1]]

    def values_of(self, part: int) -> pa.Array:
        return self.values[self.bounds[part] : self.bounds[part + 1]]

    def number(self, codes: Codes, before: Codes) -> None:
        """Add to the codes of the rows the numbers of codes in the parts before theirs."""
        own = codes[self.start : self.start + self.part.size]
        added = before[self.part]
        own += np.where(own < 0, 0, added) if self.values.null_count else added
