"""A part as a file that is encoded while it is read."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

from nclue_pandas.storage.text import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa
    from typing_extensions import Buffer


class PartBody(io.RawIOBase):
    r"""Lines of some tables, encoded as they are read: no more than a batch is ever held.

    It can be read again from any place: it is once to be signed and once to be sent.

    Parameters
    ----------
    tables : callable
        Returns an iterator of the tables, the same at every call.
    size : int
        Bytes of all lines.

    Examples
    --------
    >>> import pyarrow as pa
    >>> body = PartBody(lambda: iter([pa.table({"user_id": ["a"], "label": [1]})]), 4)
    >>> body.read(), body.seek(2), body.read()
    (b'a\t1\n', 2, b'1\n')
    """

    def __init__(self, tables: Callable[[], Iterator[pa.Table]], size: int) -> None:
        super().__init__()
        self._tables = tables
        self._size = size
        self._wanted = 0
        self._start_anew()

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the place in bytes."""
        return self._wanted

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place; going back encodes again what is before it."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._wanted, io.SEEK_END: self._size}[whence]
        self._wanted = max(start + offset, 0)
        return self._wanted

    def readinto(self, buffer: Buffer) -> int:
        """Fill `buffer`, as far as there are lines, and return how many bytes that are."""
        if self._wanted < self._at:
            self._start_anew()
        while self._at < self._wanted and self._more():
            self._advance(self._wanted - self._at)
        target = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(target) and self._more():
            piece = self._advance(len(target) - filled)
            target[filled : filled + len(piece)] = piece
            filled += len(piece)
        self._wanted += filled
        return filled

    def md5(self) -> str:
        """Return the MD5 of all lines, in hexadecimal digits; what was not read yet is encoded."""
        while self._more():
            self._advance(len(self._rest))
        return self._hashed.hexdigest()

    def _start_anew(self) -> None:
        self._hashed = hashlib.md5(usedforsecurity=False)
        self._batches = (lines for table in self._tables() for lines in encode(table))
        self._rest = memoryview(b"")
        self._at = 0

    def _more(self) -> bool:
        """Encode the next batch when the last one is used up; return whether there is any."""
        if not self._rest:
            self._rest = next(self._batches, self._rest)
        return bool(self._rest)

    def _advance(self, most: int) -> memoryview:
        piece, self._rest = self._rest[:most], self._rest[most:]
        self._at += len(piece)
        self._hashed.update(piece)
        return piece
