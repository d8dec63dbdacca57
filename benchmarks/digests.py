"""Digests of results: the same for the same rows, whatever library made them."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterable


def sequence_digest(ids: pa.ChunkedArray, texts: pa.ChunkedArray) -> str:
    """Digest one text for each id, in whatever order they come."""
    table = pa.table(
        {"id": pc.cast(ids, pa.large_string()), "text": pc.cast(texts, pa.large_string())}
    )
    return _digest(table.take(pc.sort_indices(table["id"])).itercolumns())


def score_digest(ids: pa.ChunkedArray, scores: pa.ChunkedArray) -> str:
    """Digest ids and scores in their order, scores to nine decimals."""
    rounded = pc.cast(pc.round(pc.multiply(scores, 1e9)), pa.int64())
    return _digest([pc.cast(ids, pa.large_string()), rounded])


def bytes_digest(pieces: Iterable[bytes]) -> str:
    """Digest the bytes of pieces one after another."""
    hashed = blake2b(digest_size=16)
    for piece in pieces:
        hashed.update(piece)
    return hashed.hexdigest()


def _digest(columns: Iterable[pa.ChunkedArray]) -> str:
    return bytes_digest(piece for column in columns for piece in _pieces(column))


def _pieces(column: pa.ChunkedArray) -> Iterable[bytes]:
    """Yield the bytes of numbers, or the lengths of texts and then their bytes."""
    if not pa.types.is_large_string(column.type):
        yield column.to_numpy().tobytes()
        return
    yield pc.binary_length(column).to_numpy().tobytes()
    for chunk in column.chunks:
        offsets = np.frombuffer(chunk.buffers()[1], np.int64, len(chunk) + 1, chunk.offset * 8)
        yield memoryview(chunk.buffers()[2] or b"")[offsets[0] : offsets[-1]]
