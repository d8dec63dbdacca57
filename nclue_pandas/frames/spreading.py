"""Values spread over parts: equal values are of one part, and each part is encoded on its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from nclue_pandas.frames.columns import is_text
from nclue_pandas.frames.memory import POOL
from nclue_pandas.frames.words import WORD, TextWords

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
