"""SipHash-2-4 (Aumasson and Bernstein, 2012) of many short texts at once.

pandas hashes texts with it as well, one Python object after the other. Here the steps of the
algorithm are done for a block of texts in the processor's cache, without the interpreter's lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from nclue_pandas.frames.words import WORD, TextWords

if TYPE_CHECKING:
    import pyarrow as pa

    from nclue_pandas.frames.words import Integers64

#: What the state begins with: "somepseudorandomlygeneratedbytes".
_START: Final = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
_ROUNDS_A_WORD, _LAST_ROUNDS = 2, 4
_FINAL: Final = np.uint64(0xFF)
_WORD_BITS: Final = 64


def siphash(texts: pa.Array, key: bytes) -> Integers64:
    """Hash texts (``string`` or ``large_string``) without nulls.

    Parameters
    ----------
    texts : pyarrow.Array, shape (n,)
        A block of texts: all work on it is done at once.
    key : bytes
        16 of them.

    Examples
    --------
    >>> import pyarrow as pa
    >>> [hex(value) for value in siphash(pa.array([""]), bytes(range(16)))]
    ['0x726fdb47dd0e0e31']
    """
    words = TextWords.of(texts)
    counts = words.lengths // WORD + 1
    hashes = np.empty(len(texts), dtype=np.uint64)
    for count in np.unique(counts).tolist():
        rows = np.flatnonzero(counts == count)
        state = _State(rows.size, key)
        for number in range(count - 1):
            state.add(words.read(number * WORD, rows))
        length = words.lengths[rows].astype(np.uint64) << np.uint64(_WORD_BITS - 8)
        state.add(words.read((count - 1) * WORD, rows) | length)
        hashes[rows] = state.finish()
    return hashes


class _State:
    """The four words of state of every text."""

    def __init__(self, size: int, key: bytes) -> None:
        keys = np.frombuffer(key, dtype="<u8")
        starts = (np.uint64(start) ^ keys[i % 2] for i, start in enumerate(_START))
        self._v0, self._v1, self._v2, self._v3 = (np.full(size, start) for start in starts)
        self._spare = np.empty(size, dtype=np.uint64)

    def add(self, words: Integers64) -> None:
        self._v3 ^= words
        self._mix(_ROUNDS_A_WORD)
        self._v0 ^= words

    def finish(self) -> Integers64:
        self._v2 ^= _FINAL
        self._mix(_LAST_ROUNDS)
        hashes: Integers64 = self._v0 ^ self._v1 ^ self._v2 ^ self._v3
        return hashes

    def _mix(self, rounds: int) -> None:
        v0, v1, v2, v3 = self._v0, self._v1, self._v2, self._v3
        for _ in range(rounds):
            v0 += v1
            self._turn(v1, 13)
            v1 ^= v0
            self._turn(v0, 32)
            v2 += v3
            self._turn(v3, 16)
            v3 ^= v2
            v0 += v3
            self._turn(v3, 21)
            v3 ^= v0
            v2 += v1
            self._turn(v1, 17)
            v1 ^= v2
            self._turn(v2, 32)

    def _turn(self, values: Integers64, bits: int) -> None:
        """Rotate to the left."""
        np.right_shift(values, np.uint64(_WORD_BITS - bits), out=self._spare)
        values <<= np.uint64(bits)
        values |= self._spare
