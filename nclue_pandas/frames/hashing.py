"""Keyed hashes of ids, and the order of users that follows from them."""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from nclue_pandas.frames.columns import Positions, one_array, pieces
from nclue_pandas.frames.ordering import stable_order
from nclue_pandas.frames.parallel import in_threads
from nclue_pandas.frames.siphash import siphash

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
