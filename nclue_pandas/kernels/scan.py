"""A fast first look at many texts: which of them need a closer one.

Works on the UTF-8 bytes of Arrow arrays, block by block, so that a block stays in the processor's
cache, and several blocks at once. It may suspect a text without reason, but never misses one of
the texts as they are: what cleaning changes is looked at again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nclue_pandas.kernels.arrays import NO_ROWS
from nclue_pandas.kernels.parallel import in_threads, slices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nclue_pandas.kernels.arrays import Flags, Positions

Bytes = NDArray[np.uint8]
_BLOCK_BYTES = 1 << 21
_SPACE, _DELETE, _GREATER, _HYPHEN, _POINT, _ZERO = 0x20, 0x7F, 0x3E, 0x2D, 0x2E, 0x30
#: First bytes of white space and of control characters beyond ASCII.
_LEAD_2, _LEADS_3 = 0xC2, (0xE1, 0xE2, 0xE3)
#: Those of control characters are two, which differ in one bit.
_LEADS, _LEADS_BIT = 0xE2, 0x20
#: Characters that composing (NFC) may change begin with this byte or a greater one, but for Chinese
#: ideographs and Korean syllables, whose first bytes are from the second to the third. One of these
#: begins other letters too, when the byte after it is less than the last.
_COMBINING, _IDEOGRAPHS, _LAST_SYLLABLES = 0xCC, 0xE4, 0xED
_FIRST_SYLLABLES, _SYLLABLE = 0xEA, 0xB0
#: The least and greatest last byte of white space beyond ASCII.
_WHITE_ENDS = 0x80, 0xAF


def unclean_suspects(texts: pa.Array | pa.ChunkedArray) -> Positions:
    r"""Return the positions of texts to look at closely, ascending.

    Empty texts, and those that may hold ``->`` or a control character, or begin or end with white
    space.

    Examples
    --------
    >>> unclean_suspects(pa.array(["plain", "a->b", " edge", "a\tb", ""])).tolist()
    [1, 2, 3, 4]
    """
    return _scan(texts, lambda block: (block.unclean(),))[0]


def uncomposed_suspects(texts: pa.Array | pa.ChunkedArray) -> Positions:
    r"""Return the positions of texts that may not be in the composed form of Unicode (NFC).

    Examples
    --------
    >>> uncomposed_suspects(pa.array(["tea", "\u00e9 가", "e\u0301"])).tolist()
    [2]
    """
    return _scan(texts, lambda block: (block.uncomposed(),))[0]


def formed_suspects(ids: pa.Array | pa.ChunkedArray) -> Positions:
    r"""Return the positions of ids that may hold what is not seen, or a fraction of zeros.

    Examples
    --------
    >>> formed_suspects(pa.array(["12", "12.0", " 12", "a.b", "\u0661"])).tolist()
    [1, 2, 4]
    """
    return _scan(ids, lambda block: (block.formed(),))[0]


@dataclass(frozen=True, eq=False)
class SequenceSuspects:
    """Positions of sequences to look at closely, ascending.

    Parameters
    ----------
    loose : numpy.ndarray of int64
        Blank sequences, and those that may have a blank behavior, or white space beside a
        separator.
    control : numpy.ndarray of int64
        Those that may hold a control character.
    """

    loose: Positions
    control: Positions


def sequence_suspects(texts: pa.Array | pa.ChunkedArray) -> SequenceSuspects:
    r"""Look at all sequences.

    Examples
    --------
    >>> found = sequence_suspects(pa.array(["a->b", "a-> b", "->a", "a->->b", "", "a\tb"]))
    >>> found.loose.tolist(), found.control.tolist()
    ([1, 2, 3, 4], [5])
    """
    return SequenceSuspects(
        *_scan(texts, lambda block: (block.loose_separators(), block.control()))
    )


def count_separators(texts: pa.Array | pa.ChunkedArray) -> NDArray[np.int64]:
    """Count the separators in each text; null has none.

    Examples
    --------
    >>> count_separators(pa.array(["a->b->c", None, "a"])).tolist()
    [2, 0, 0]
    """
    return _scan(texts, lambda block: (block.separators(),), rows=False)[0]


def _scan(
    texts: pa.Array | pa.ChunkedArray,
    look: Callable[[_Block], tuple[NDArray[np.int64], ...]],
    *,
    rows: bool = True,
) -> tuple[NDArray[np.int64], ...]:
    """Apply `look` to all blocks and join what each of its answers found.

    What it finds are `rows`, or a value for every row.
    """

    def found(part: tuple[int, pa.Array]) -> tuple[NDArray[np.int64], ...]:
        start, own = part
        offsets, data = text_bytes(own)
        return tuple(each + start if rows else each for each in look(_Block(data, offsets)))

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
        # Nearly always none is empty.
        self._filled = None if self._lengths.all() else np.flatnonzero(self._lengths)

    def unclean(self) -> Positions:
        flags = self._lengths == 0
        flags[self.control()] = True
        flags[self._texts_at(self._arrows())] = True
        flags[self._rows(self._white_edges())] = True
        return np.flatnonzero(flags)

    def control(self) -> Positions:
        data = self._data
        found = data < _SPACE
        found |= data == _DELETE
        found |= (data | _LEADS_BIT) == _LEADS
        return np.unique(self._texts_at(_places(found)))

    def formed(self) -> Positions:
        data, ends = self._data, self._ends()
        flags = np.zeros(self._lengths.size, dtype=bool)
        flags[self._texts_at(_places((data <= _SPACE) | (data >= _DELETE)))] = True
        if (data == _POINT).any():
            flags[self._rows(_places(data[ends] == _ZERO))] = True
        return np.flatnonzero(flags)

    def uncomposed(self) -> Positions:
        data = self._data
        if data.max(initial=0) < _COMBINING:
            return NO_ROWS
        other = np.subtract(data, np.uint8(_IDEOGRAPHS)) > _LAST_SYLLABLES - _IDEOGRAPHS
        found = _places((data >= _COMBINING) & other)
        letters = _places((data[:-1] == _FIRST_SYLLABLES) & (data[1:] < _SYLLABLE))
        return np.unique(self._texts_at(np.concatenate([found, letters])))

    def separators(self) -> NDArray[np.int64]:
        counts = np.diff(np.searchsorted(self._arrows(), self._offsets))
        # A hyphen of the text before, or at the very end, makes no arrow.
        begins = self._begins()
        torn = (self._data[begins] == _GREATER) & (self._data[begins - 1] == _HYPHEN)
        counts[self._rows(np.flatnonzero(torn))] -= 1
        return counts

    def loose_separators(self) -> Positions:
        """Tell where an arrow has white space or another arrow beside it, or a text an edge."""
        flags = self._lengths == 0
        flags[self._rows(self._white_edges())] = True
        ends = self._arrows()
        after = self._data[np.minimum(ends + 1, self._data.size - 1)]
        before = self._data[np.maximum(ends - 2, 0)]
        loose = (after <= _SPACE) | (after == _HYPHEN) | (before <= _SPACE)
        flags[self._texts_at(ends[loose])] = True
        # What begins or ends like an arrow may be one.
        first, last = self._data[self._begins()], self._data[self._ends()]
        flags[self._rows(np.flatnonzero((first == _HYPHEN) | (last == _GREATER)))] = True
        return np.flatnonzero(flags)

    def _begins(self) -> NDArray[Any]:
        """Return where the texts that are not empty begin."""
        begins = self._offsets[:-1]
        return begins if self._filled is None else begins[self._filled]

    def _ends(self) -> NDArray[Any]:
        """Return the places of their last bytes."""
        ends = self._offsets[1:] - 1
        return ends if self._filled is None else ends[self._filled]

    def _rows(self, filled: NDArray[Any]) -> NDArray[Any]:
        """Return which of all texts some of them are."""
        return filled if self._filled is None else self._filled[filled]

    def _texts_at(self, places: NDArray[Any]) -> NDArray[Any]:
        texts: NDArray[Any] = np.searchsorted(self._offsets, places, side="right") - 1
        return texts

    def _arrows(self) -> NDArray[Any]:
        ends = _places(self._data == _GREATER)
        arrows: NDArray[Any] = ends[self._data[ends - 1] == _HYPHEN]
        return arrows

    def _white_edges(self) -> Positions:
        """Return which of the filled texts begin or end with what may be white space."""
        ends = self._ends()
        first, last = self._data[self._begins()], self._data[ends]
        white = (first <= _SPACE) | (first == _LEAD_2) | (first - _LEADS_3[0] < len(_LEADS_3))
        white |= last <= _SPACE
        wide = _places((last >= _WHITE_ENDS[0]) & (last <= _WHITE_ENDS[1]))
        before = self._data[np.maximum(ends[wide] - 2, 0)]
        white[wide] |= (self._data[ends[wide] - 1] == _LEAD_2) | np.isin(before, _LEADS_3)
        return np.flatnonzero(white)


def _places(flags: Flags) -> NDArray[Any]:
    """Return where the flags are, of which there often are none."""
    return np.flatnonzero(flags) if flags.any() else NO_ROWS
