"""Columns as codes of distinct values, without one large hash table for all of them.

A table of all distinct values of a long column does not fit the processor's cache, and every row
waits for memory. So rows are split by a few bytes of their values first: equal values meet in one
part, whose table is small, and the parts are encoded at the same time. Where a sample tells that
values repeat, and of fewer rows, one table is faster.

Processor time of one table by that of parts (2 shared cores, pyarrow 26):

======================  =======  =======  =======  =======
rows                    200,000  500,000     10^6   4x10^6
======================  =======  =======  =======  =======
text ids, 10 rows each     0.56      1.8      2.7      2.9
whole numbers, the same    0.27     0.37     0.94      1.6
20,000 texts, by Zipf      0.28     0.26     0.34     0.24
======================  =======  =======  =======  =======
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from nclue_pandas.kernels.arrays import NO_ROWS, gather, is_text, one_array, pieces, take_rows
from nclue_pandas.kernels.hash import WORD, TextWords
from nclue_pandas.kernels.parallel import POOL, empty, in_threads

if TYPE_CHECKING:
    from nclue_pandas.kernels.arrays import Positions

Codes = NDArray[np.int32]
#: Rows of a part: its distinct values stay in the cache.
PART_ROWS: Final = 1 << 17
#: A part is told by a byte.
_MOST_PARTS: Final = 1 << 8
#: Windows of numbers are at most two to this power.
_MOST_WINDOW_BITS: Final = 7
#: Whole numbers are looked up in tables while they span at most this many numbers for each row.
_SPARSEST: Final = 16
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)


class Spread(Protocol):
    """A way to spread values.

    Parameters
    ----------
    parts : int
        How many there are.
    """

    @property
    def parts(self) -> int:
        """How many parts there are."""

    def parts_of(self, values: pa.Array) -> NDArray[np.uint8]:
        """Return the part of each value."""

    def encode(self, values: pa.Array, part: int) -> tuple[Codes, pa.Array]:
        """Return the codes of all values of a part, -1 for null, and what they stand for."""


def spread_of(values: pa.Array | pa.ChunkedArray) -> Spread:
    """Choose the way for text or whole numbers."""
    if pa.types.is_integer(values.type) and not values.null_count:
        ends = pc.min_max(values)
        least, greatest = ends["min"].as_py(), ends["max"].as_py()
        if greatest - least < _SPARSEST * len(values):
            return _Windows(
                least, max((greatest - least).bit_length() - _MOST_WINDOW_BITS, 0), greatest
            )
    return _Hashed(min(-(-len(values) // PART_ROWS), _MOST_PARTS - 1))


@dataclass(frozen=True)
class _Hashed:
    """Values of any kind by a mixture of their bits, each part with a table of hashes."""

    parts: int

    def parts_of(self, values: pa.Array) -> NDArray[np.uint8]:
        mixed = _mixed_text(values) if is_text(values.type) else _mixed_integers(values)
        high = (mixed >> np.uint64(40)).astype(np.uint32)
        return (high % np.uint32(self.parts)).astype(np.uint8)

    def encode(self, values: pa.Array, part: int) -> tuple[Codes, pa.Array]:  # noqa: ARG002
        encoded = pc.dictionary_encode(values, memory_pool=POOL)
        return filled(encoded.indices, -1), encoded.dictionary


@dataclass(frozen=True)
class _Windows:
    """Whole numbers by the window of numbers that they are in, each looked up in a table.

    Parameters
    ----------
    least, greatest : int
        The ends of all numbers.
    bits : int
        Of the numbers of a window.
    """

    least: int
    bits: int
    greatest: int

    @property
    def parts(self) -> int:
        return ((self.greatest - self.least) >> self.bits) + 1

    def parts_of(self, values: pa.Array) -> NDArray[np.uint8]:
        distances = _distances(values.to_numpy(), self.least)
        parts: NDArray[np.uint8] = (distances >> distances.dtype.type(self.bits)).astype(np.uint8)
        return parts

    def encode(self, values: pa.Array, part: int) -> tuple[Codes, pa.Array]:
        numbers = values.to_numpy()
        start = self.least + (part << self.bits)
        places = _distances(numbers, start).astype(np.intp)
        seen = np.zeros(1 << self.bits, dtype=bool)
        seen[places] = True
        present = np.flatnonzero(seen)
        table = np.empty(seen.size, dtype=np.int32)
        table[present] = np.arange(present.size, dtype=np.int32)
        distinct = present.astype(numbers.dtype) + numbers.dtype.type(start)
        return table[places], pa.array(distinct, values.type)


def filled(values: pa.Array, instead: int) -> NDArray[Any]:
    """Return whole numbers as they are, without a copy when none is null.

    Examples
    --------
    >>> filled(pa.array([5, None]), 0).tolist()
    [5, 0]
    """
    numbers: NDArray[Any] = (values.fill_null(instead) if values.null_count else values).to_numpy()
    return numbers


def _distances(numbers: NDArray[Any], least: int) -> NDArray[Any]:
    """Return how far numbers are from the least: what wraps around is right without a sign."""
    distances: NDArray[Any] = numbers - numbers.dtype.type(least)
    return distances.view(f"u{numbers.itemsize}")


def _mixed_integers(values: pa.Array) -> NDArray[np.uint64]:
    mixed: NDArray[np.uint64] = filled(values, 0).astype(np.uint64) * _MIX
    return mixed


def _mixed_text(texts: pa.Array) -> NDArray[np.uint64]:
    """Mix the first and the last bytes of each text, and those in the middle of a longer one."""
    words = TextWords.of(texts)
    last = np.maximum(words.lengths - WORD, 0)
    mixed = (words.read(0) + words.lengths.astype(np.uint64)) * _MIX
    mixed += words.read(last)
    longer = np.flatnonzero(words.lengths > 2 * WORD)
    if longer.size:
        mixed[longer] += words.read(last[longer] // 2, longer) * _MIX
    mixed *= _MIX
    return mixed


#: Rows whose parts are told apart at a time.
_SLICE_ROWS: Final = 1 << 17
#: Rows from which splitting texts and whole numbers is faster than one table, measured.
_SPLIT_TEXTS: Final = 1 << 18
_SPLIT_INTEGERS: Final = 1 << 19
#: Rows that are looked at to tell whether values repeat, and how many of them may be distinct. Of
#: these rows half are when all have about 10,000 values: more do not stay in the cache.
_SAMPLE: Final = 1 << 14
_MOST_DISTINCT: Final = 0.5
#: Rows of repeated values that a thread encodes at a time.
_REPEATED_ROWS: Final = 1 << 19


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
        values = coded(values)
        if values.type == kind and len(values) > (
            _SPLIT_TEXTS if is_text(kind) else _SPLIT_INTEGERS
        ):
            return _encode_parts(values)
    encoded = one_array(values)
    if pa.types.is_float16(kind):  # not every pyarrow finds the distinct ones
        encoded = encoded.view(pa.uint16()).dictionary_encode()
        return Encoded(_codes(encoded), encoded.dictionary.view(kind))
    if not pa.types.is_dictionary(encoded.type):
        encoded = encoded.dictionary_encode()
    return Encoded(_codes(encoded), encoded.dictionary)


def coded(values: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return values that repeat as one dictionary array, and others as they are.

    Slices of them are encoded at once.

    Examples
    --------
    >>> coded(pa.chunked_array([["tea"] * 50, ["jam"] * 50])).dictionary.to_pylist()
    ['tea', 'jam']
    """
    if pa.types.is_dictionary(values.type) or not repeats(values):
        return values
    parts = in_threads(
        lambda piece: pc.dictionary_encode(piece[1], memory_pool=POOL),
        pieces(values, _REPEATED_ROWS),
    )
    return one_array(pa.chunked_array(parts, pa.dictionary(pa.int32(), values.type)))


def repeats(values: pa.Array | pa.ChunkedArray) -> bool:
    """Tell by a sample of the rows whether values repeat so often that encoding them pays.

    Examples
    --------
    >>> repeats(pa.array(["tea", "jam"] * 50)), repeats(pa.array(range(100)))
    (True, False)
    """
    size = min(len(values), _SAMPLE)
    rows = np.linspace(0, len(values) - 1, size).astype(np.int64)
    found = take_rows(values, rows).dictionary_encode().dictionary
    return len(found) < _MOST_DISTINCT * size


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
