"""The bytes of texts as whole numbers, eight at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from nclue_pandas.frames.screening import text_bytes

if TYPE_CHECKING:
    import pyarrow as pa

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
