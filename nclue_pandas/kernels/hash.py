"""Keyed hashes of texts, and the order of users that follows from them.

SipHash-2-4 (Aumasson and Bernstein, 2012). pandas hashes texts with it as well, one Python object
after the other. Here the bytes of texts are taken as whole numbers, eight at a time, and the steps
of the algorithm are done for a block of texts in the processor's cache, without the interpreter's
lock.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from nclue_pandas.kernels.arrays import Positions, one_array, pieces
from nclue_pandas.kernels.order import stable_order
from nclue_pandas.kernels.parallel import in_threads
from nclue_pandas.kernels.scan import text_bytes

Integers64 = NDArray[np.uint64]
#: Bytes of a word.
WORD: Final = 8
#: The bytes of a word that are kept, by their number.
_KEPT: Final = np.array([(1 << 8 * count) - 1 for count in range(WORD + 1)], dtype=np.uint64)


@dataclass(frozen=True, eq=False)
class TextWords:
    """Texts of which words can be read.

    Parameters
    ----------
    starts, lengths : numpy.ndarray of int, shape (n,)
        Where each text begins, and its bytes.
    """

    starts: NDArray[Any]
    lengths: NDArray[Any]
    _words: Integers64

    @classmethod
    def of(cls, texts: pa.Array) -> TextWords:
        """Lay texts (``string`` or ``large_string``) out for reading."""
        offsets, data = text_bytes(texts)
        padded = np.append(data, np.zeros(WORD, dtype=np.uint8))
        words = np.ndarray((data.size + 1,), dtype="<u8", buffer=padded, strides=(1,))
        return cls(offsets[:-1], np.diff(offsets), words)

    def read(self, skip: Any, rows: Any = slice(None)) -> Integers64:
        """Return the eight bytes after `skip` bytes of each text, zero after its end.

        Examples
        --------
        >>> import pyarrow as pa
        >>> [hex(word) for word in TextWords.of(pa.array(["0123456789", "ab"])).read(0)]
        ['0x3736353433323130', '0x6261']
        """
        left = np.minimum(self.lengths[rows] - skip, WORD)
        words: Integers64 = self._words[self.starts[rows] + skip] & _KEPT[left]
        return words


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


Hashes = NDArray[np.uint64]
NO_HASHES: Hashes = np.empty(0, dtype=np.uint64)
#: The key of the canonical order. Another key would give other files: never change it.
DEFAULT_KEY: Final = "nclue-pandas-ids"
_KEY_LENGTH = 16
#: Ids that are hashed at a time.
_BLOCK_ROWS: Final = 1 << 16
#: How bits are spread at last: SplitMix64 (Steele, Lea and Flood, 2014), as pandas does.
_SPREAD: Final = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
_LAST_SHIFT: Final = 31
_SIGN: Final = np.uint64(1 << 63)


def hash_ids(ids: pa.Array | pa.ChunkedArray, *, key: str = DEFAULT_KEY) -> Hashes:
    """Hash ids with SipHash-2-4: a pure function of the id's text and the key.

    These are the hashes of ``pandas.util.hash_array``, which spreads those of SipHash again.

    Parameters
    ----------
    ids : pyarrow.Array or ChunkedArray of string, shape (n,)
        Without nulls.
    key : str
        16 ASCII characters.

    Returns
    -------
    numpy.ndarray of uint64, shape (n,)
        The same on every machine and for every version of pandas.

    Examples
    --------
    >>> [int(value) for value in hash_ids(pa.array(["a", "가"]))]
    [8465967283306473811, 1062154029791849853]
    """
    hashes = np.empty(len(ids), dtype=np.uint64)

    def fill(block: tuple[int, pa.Array]) -> None:
        start, texts = block
        hashes[start : start + len(texts)] = _hash(texts, key)

    in_threads(fill, pieces(ids, _BLOCK_ROWS))
    return hashes


def _hash(ids: pa.Array, key: str) -> Hashes:
    hashes = siphash(ids, key.encode())
    for shift, factor in _SPREAD:
        hashes ^= hashes >> np.uint64(shift)
        hashes *= np.uint64(factor)
    hashes ^= hashes >> np.uint64(_LAST_SHIFT)
    return hashes


def derive_key(purpose: str, seed: object) -> str:
    """Make a hash key from a seed.

    Examples
    --------
    >>> len(derive_key("split", 0))
    16
    """
    digest = hashlib.blake2b(f"{purpose}:{seed!r}".encode(), digest_size=_KEY_LENGTH // 2)
    return digest.hexdigest()


def canonical_order(ids: pa.Array | pa.ChunkedArray, hashes: Hashes | None = None) -> Positions:
    """Return the positions that put ids in canonical order: by hash, then by UTF-8 bytes.

    Equal ids keep the order they have. `hashes` are those of :func:`hash_ids`, when they are
    known already.

    Examples
    --------
    >>> canonical_order(pa.array(["a", "b", "c"])).tolist()
    [1, 0, 2]
    """
    hashes = hash_ids(ids) if hashes is None else hashes
    signed = (hashes ^ _SIGN).view(np.int64)  # in the same order
    one_group = np.zeros(hashes.size, dtype=np.int32)
    order: Positions = stable_order(one_group, signed, None)
    ordered = hashes[order]
    if (ordered[1:] == ordered[:-1]).any():
        ranks = pc.rank(one_array(ids), tiebreaker="first").to_numpy().astype(np.int64)
        order = stable_order(one_group, signed, ranks)
    return order
