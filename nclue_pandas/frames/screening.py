"""A fast first look at many texts: which of them need a closer one.

Works on the UTF-8 bytes of Arrow arrays, block by block, so that a block stays in the processor's
cache, and several blocks at once. It may suspect a text without reason, but never misses one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nclue_pandas.frames.parallel import in_threads, slices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nclue_pandas.frames.columns import Flags, Positions

Bytes = NDArray[np.uint8]

_BLOCK_BYTES = 1 << 20
_BYTE = 0xFF
#: The least digits that any kind of personal data has (a passport number).
FEWEST_DIGITS: Final = 7

_SPACE, _DELETE, _AT, _GREATER, _HYPHEN, _ZERO = 0x20, 0x7F, 0x40, 0x3E, 0x2D, 0x30
#: First bytes of white space and of control characters beyond ASCII.
_LEAD_2, _LEADS_3 = 0xC2, (0xE1, 0xE2, 0xE3)
_LINE_SEPARATORS = 0xE2


@dataclass(frozen=True, eq=False)
class Suspects:
    """Positions of texts to look at closely, ascending.

    Parameters
    ----------
    unclean : numpy.ndarray of int64
        Empty texts, and those that may hold ``->`` or a control character, or begin or end with
        white space.
    personal : numpy.ndarray of int64
        Texts with an ``@`` or enough digits for personal data.
    """

    unclean: Positions
    personal: Positions


def suspects(texts: pa.Array | pa.ChunkedArray) -> Suspects:
    r"""Look at all `texts` (``string`` or ``large_string``).

    Examples
    --------
    >>> found = suspects(pa.array(["plain", "a->b", " edge", "a\tb", "", "010-1234-5678", "a@b"]))
    >>> found.unclean.tolist(), found.personal.tolist()
    ([1, 2, 3, 4], [5, 6])
    """
    unclean, personal = _scan(texts, lambda block: (block.unclean(), block.personal()))
    return Suspects(unclean, personal)


def control_suspects(texts: pa.Array | pa.ChunkedArray) -> Positions:
    r"""Return the positions of texts that may hold a control character, ascending.

    Examples
    --------
    >>> control_suspects(pa.array(["a->b", "a\tb"])).tolist()
    [1]
    """
    return _scan(texts, lambda block: (block.control(),))[0]


def _scan(
    texts: pa.Array | pa.ChunkedArray, look: Callable[[_Block], tuple[Positions, ...]]
) -> tuple[Positions, ...]:
    """Apply `look` to all blocks and join what each of its answers found."""

    def found(part: tuple[int, pa.Array]) -> tuple[Positions, ...]:
        start, own = part
        offsets, data = text_bytes(own)
        return tuple(positions + start for positions in look(_Block(data, offsets)))

    blocks = list(_blocks(texts)) or [(0, pa.array([], pa.string()))]
    return tuple(np.concatenate(column) for column in zip(*in_threads(found, blocks), strict=True))


def _blocks(texts: pa.Array | pa.ChunkedArray) -> Iterator[tuple[int, pa.Array]]:
    """Yield slices of about a block's bytes, each with the number of rows before it."""
    start = 0
    for chunk in texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]:
        rows = max(_BLOCK_BYTES * len(chunk) // max(chunk.nbytes, 1), 1)
        for part in slices(len(chunk), rows):
            yield start + part.start, chunk[part]
        start += len(chunk)


def text_bytes(texts: pa.Array) -> tuple[NDArray[Any], Bytes]:
    """Return the offsets (from 0) and the bytes of a text array, without a copy of the bytes."""
    wide = pa.types.is_large_string(texts.type)
    _, places, content = texts.buffers()
    if not len(texts) or places is None:
        return np.zeros(len(texts) + 1, dtype=np.int64), np.empty(0, dtype=np.uint8)
    offsets = np.frombuffer(places, dtype=np.int64 if wide else np.int32)
    offsets = offsets[texts.offset : texts.offset + len(texts) + 1]
    data = np.frombuffer(content, dtype=np.uint8) if content else np.empty(0, dtype=np.uint8)
    return offsets - offsets[0], data[offsets[0] : offsets[-1]]


class _Block:
    """Some texts in one piece of memory."""

    def __init__(self, data: Bytes, offsets: NDArray[Any]) -> None:
        self._data = data
        self._offsets = offsets
        self._lengths = np.diff(offsets)
        self._filled = np.flatnonzero(self._lengths)

    def unclean(self) -> Positions:
        flags = self._lengths == 0
        flags[self.control()] = True
        flags[self._texts_at(self._arrows())] = True
        flags[self._filled[self._white_edges()]] = True
        return np.flatnonzero(flags)

    def control(self) -> Positions:
        data = self._data
        found = (data < _SPACE) | (data == _DELETE) | (data == _LEAD_2) | (data == _LINE_SEPARATORS)
        return np.unique(self._texts_at(np.flatnonzero(found)))

    def personal(self) -> Positions:
        flags = np.zeros(self._lengths.size, dtype=bool)
        flags[self._texts_at(np.flatnonzero(self._data == _AT))] = True
        digits = np.subtract(self._data, np.uint8(_ZERO)) < 10  # noqa: PLR2004 - ten digits
        if np.count_nonzero(digits) >= FEWEST_DIGITS:
            starts = self._offsets[:-1][self._filled]
            # Without a cast, which is slow, where no count can exceed a byte.
            kind = np.uint8 if self._lengths.max() <= _BYTE else np.int32
            counts = np.add.reduceat(digits.view(np.uint8), starts, dtype=kind)
            flags[self._filled[counts >= FEWEST_DIGITS]] = True
        return np.flatnonzero(flags)

    def _texts_at(self, places: NDArray[Any]) -> NDArray[Any]:
        texts: NDArray[Any] = np.searchsorted(self._offsets, places, side="right") - 1
        return texts

    def _arrows(self) -> NDArray[Any]:
        ends = np.flatnonzero(self._data == _GREATER)
        arrows: NDArray[Any] = ends[self._data[ends - 1] == _HYPHEN]
        return arrows

    def _white_edges(self) -> Flags:
        """Tell which of the filled texts begin or end with what may be white space."""
        begins = self._offsets[:-1][self._filled]
        ends = self._offsets[1:][self._filled] - 1
        first, last = self._data[begins], self._data[ends]
        white = (first <= _SPACE) | (last <= _SPACE) | np.isin(first, (_LEAD_2, *_LEADS_3))
        wide = np.flatnonzero(last >= 0x80)  # noqa: PLR2004 - not ASCII
        before = self._data[np.maximum(ends[wide] - 2, 0)]
        white[wide] |= (self._data[ends[wide] - 1] == _LEAD_2) | np.isin(before, _LEADS_3)
        flags: Flags = white
        return flags
