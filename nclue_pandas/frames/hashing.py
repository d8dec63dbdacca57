"""Keyed hashes of ids, and the order of users that follows from them."""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from nclue_pandas.frames.columns import Positions, one_array

Hashes = NDArray[np.uint64]
NO_HASHES: Hashes = np.empty(0, dtype=np.uint64)

#: The key of the canonical order. Another key would give other files: never change it.
DEFAULT_KEY: Final = "nclue-pandas-ids"
_KEY_LENGTH = 16
#: Ids that are boxed at a time.
_BLOCK = 1 << 16


def hash_ids(ids: pa.Array | pa.ChunkedArray, *, key: str = DEFAULT_KEY) -> Hashes:
    """Hash ids with SipHash-2-4: a pure function of the id's text and the key.

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
    chunks = ids.chunks if isinstance(ids, pa.ChunkedArray) else [ids]
    hashes = [
        pd.util.hash_array(
            chunk.slice(start, _BLOCK).to_numpy(zero_copy_only=False).astype(object),
            hash_key=key,
            categorize=False,
        )
        for chunk in chunks
        for start in range(0, len(chunk), _BLOCK)
    ]
    return np.concatenate([NO_HASHES, *hashes])


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
    order = np.argsort(hashes)
    ordered = hashes[order]
    if (ordered[1:] == ordered[:-1]).any():
        ranks = pc.rank(one_array(ids), tiebreaker="first").to_numpy()
        order = np.lexsort((ranks, hashes))
    return order.astype(np.int64, copy=False)
