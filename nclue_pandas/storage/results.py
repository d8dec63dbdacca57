"""Results of the service: found by their final name or by listing, read as Arrow-backed frames.

A result file in ranges that can be read anywhere, in any order.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from nclue_pandas.assumptions import RESULT_COLUMNS
from nclue_pandas.errors import ObjectChangedError, ResultFormatError, ResultNotFoundError
from nclue_pandas.kernels.parallel import ahead, keep_freed, threads
from nclue_pandas.progress import DownloadProgress, track
from nclue_pandas.storage.result_lines import (
    BLOCK,
    LINE,
    empty_result,
    frame_of,
    result_names,
    score_table,
    scores_of,
    without_bom,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from nclue_pandas.storage.bucket import Bucket, ObjectInfo

#: Whole lines that belong together, in the order of the file.
Piece = tuple["memoryview | bytes", ...]
#: Seconds before each look for a result, about ten in all: a store may show it late.
VISIBLE_AFTER: Final = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0)
#: Blocks of an object that travel at the same time.
_BLOCKS_AT_ONCE: Final = 4
#: Bytes that Python adds to a block, with room to spare.
_SLACK: Final = 64 << 10
#: Bytes looked at for the columns.
_HEAD: Final = 64 << 10
_ENDING: Final = ".tsv"


class OneState:
    """Blocks of an object that are all of one state of it, as its ETag and its size tell."""

    def __init__(self, where: str, etag: str = "", size: int | None = None) -> None:
        self._where = where
        self._etags = {etag} - {""}
        self._sizes = {size} - {None}

    def __call__(self, body: bytes, etag: str, size: int | None = None) -> bytes:
        """Return a block.

        Raises
        ------
        ObjectChangedError
            When it is of another state than the others.
        """
        self._etags |= {etag} - {""}
        self._sizes |= {size} - {None}
        if len(self._etags) > 1 or len(self._sizes) > 1:
            raise ObjectChangedError(
                f"{self._where} was replaced while it was read. Read it again when nothing writes "
                "to it."
            )
        return body


def find_result(
    bucket: Bucket, path: str | None, *, sleep: Callable[[float], None] = time.sleep
) -> ObjectInfo:
    """Find the result file of a completed job.

    Whether the service tells the final name or the requested path is not documented: when no
    object has the name, the files that a directory or a stem leads to are listed. What is not
    there yet is looked for over some seconds.

    Parameters
    ----------
    bucket : Bucket
        Where it is.
    path : str or None
        As the service answers it.
    sleep : callable
        Waits for that many seconds.

    Returns
    -------
    ObjectInfo
        The file, the newest when there are several.

    Raises
    ------
    ResultNotFoundError
        When there is none.
    """
    key = (path or "").lstrip("/")
    if not key or ".." in key.split("/") or not key.isprintable():
        raise ResultNotFoundError(f"The service names no result file that can be read: {path!r}.")
    for pause in VISIBLE_AFTER:
        if pause:
            sleep(pause)
        found = _visible(bucket, key)
        if found is not None:
            return found
    raise ResultNotFoundError(
        f"No result file is at s3://{bucket.name}/{key}, nor under it; it was looked for over "
        f"{sum(VISIBLE_AFTER):g} seconds. It may have been moved or deleted: put it back, or "
        "delete the job (.delete()) and run it again."
    )


def _visible(bucket: Bucket, key: str) -> ObjectInfo | None:
    """Return the object of a key, or the newest of those that a directory or a stem leads to.

    It is always the answer to a HEAD, whose ETag is that of its blocks; that of a listing need not
    be.
    """
    if not key.endswith("/"):
        found = bucket.head(key)
        if found is not None:
            return found
    stem = key if key.endswith("/") else f"{key}_"
    files = [info for info in bucket.list(stem) if info.key.endswith(_ENDING)]
    newest = max(files, key=lambda info: (str(info.modified), info.key), default=None)
    return None if newest is None else bucket.head(newest.key)


def read_result(
    bucket: Bucket,
    path: str | None,
    *,
    columns: Sequence[str] = RESULT_COLUMNS,
    sleep: Callable[[float], None] = time.sleep,
) -> pd.DataFrame:
    """Read a result file: blocks of it are parsed while the next ones travel.

    Parameters
    ----------
    bucket : Bucket
        Where it is.
    path : str or None
        As the service answers it.
    columns : sequence of str
        Names of the first columns: an id and a number.
    sleep : callable
        Waits for a result that is not visible yet.

    Returns
    -------
    pandas.DataFrame
        Ids as ``string[pyarrow]``, the number as ``double[pyarrow]``, further columns as text.

    Raises
    ------
    ResultNotFoundError, ResultFormatError
        When the file is not there, empty, or not TAB-separated text.
    """
    found = find_result(bucket, path, sleep=sleep)
    return frame_of(pa.concat_tables(_tables(bucket, found, columns, BLOCK)))


def iter_result(
    bucket: Bucket,
    path: str | None,
    *,
    columns: Sequence[str] = RESULT_COLUMNS,
    block_bytes: int = BLOCK,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[pd.DataFrame]:
    """Read a result file some rows at a time; see :func:`read_result`.

    Parameters
    ----------
    bucket, path, columns, sleep
        As for :func:`read_result`.
    block_bytes : int
        Bytes read at a time; a few blocks are in memory at once.

    Yields
    ------
    pandas.DataFrame
        Rows in the file's order.
    """
    found = find_result(bucket, path, sleep=sleep)
    for table in _tables(bucket, found, columns, block_bytes):
        if table.num_rows:
            yield frame_of(table)


def _tables(
    bucket: Bucket, found: ObjectInfo, columns: Sequence[str], block_bytes: int
) -> Iterator[pa.Table]:
    """Parse the blocks of a file in order, some ahead of the one that is wanted."""
    where = f"s3://{bucket.name}/{found.key}"
    pieces = _whole_lines(_blocks(bucket, found, block_bytes), where)
    first = next(pieces, None)
    if first is None:
        raise empty_result(where)
    lines = without_bom(b"".join(first))
    names, header = result_names(_first_lines(lines), columns, where)
    if header:
        lines = lines[bytes(lines[:LINE]).find(b"\n") + 1 or len(lines) :]

    def parse(piece: Piece) -> pa.Table:
        return pa.concat_tables([score_table(part, names, where) for part in piece if len(part)])

    pattern = b"\t".join([b"", b"0", *[b""] * (len(names) - 2)])
    yield parse((pattern,)).slice(1)
    yield from ahead(parse, chain([(lines,)] if len(lines) else [], pieces), threads())


def _first_lines(lines: memoryview) -> bytes:
    """Return whole lines from the beginning, enough to know the file by."""
    head = bytes(lines[:_HEAD])
    if b"\n" not in head:
        head = bytes(lines[:LINE])
    return head[: head.rfind(b"\n") + 1 or LINE]


def _whole_lines(blocks: Iterator[bytes], where: str) -> Iterator[Piece]:
    """Cut what comes in blocks at line ends; only the lines that blocks tear apart are copied."""
    rest = b""
    for block in blocks:
        begin, end = block.find(b"\n") + 1, block.rfind(b"\n") + 1
        if end == 0:
            rest += block
            if len(rest) > LINE:
                raise ResultFormatError(f"{where} has a line of more than {LINE:,} bytes.")
            continue
        piece = _not_blank(rest + block[:begin], memoryview(block)[begin:end])
        rest = block[end:]
        if piece:
            yield piece
    if piece := _not_blank(rest):
        yield piece


def _not_blank(*parts: memoryview | bytes) -> Piece:
    return tuple(part for part in parts if bytes(part[:LINE]).strip() or bytes(part).strip())


def _blocks(bucket: Bucket, found: ObjectInfo, size: int) -> Iterator[bytes]:
    """Read an object some bytes at a time, several at once, and tell how far it is."""
    name = found.key.rpartition("/")[2]
    one = OneState(f"s3://{bucket.name}/{found.key}", found.etag, found.size)

    def read(start: int) -> bytes:
        return one(*bucket.get_state(found.key, start, min(start + size, found.size)))

    keep_freed(size + _SLACK)
    with track(DownloadProgress, name, total=found.size) as advance:
        for block in ahead(read, range(0, max(found.size, 1), size), _BLOCKS_AT_ONCE):
            advance(len(block))
            yield block


#: Bytes of a range: about 1.5 million users.
SPAN_BYTES: Final = 32 << 20
#: Bytes looked at for the columns, and read at a time to find the end of a line.
_FIRST_BYTES: Final = 64 << 10


@dataclass(frozen=True)
class ResultSpan:
    """The lines of a result file that begin in a range of bytes.

    Parameters
    ----------
    key : str
        Of the file.
    start, stop, size : int
        The range, and the bytes of the whole file.
    names : tuple of str
        Columns of the file.
    header : bool
        Whether the file begins with a header.
    etag : str
        Of the file when it was cut; empty where the store tells none.
    """

    key: str
    start: int
    stop: int
    size: int
    names: tuple[str, ...]
    header: bool
    etag: str = ""

    def read(self, bucket: Bucket) -> pd.DataFrame:
        """Read the lines; a line is of the range in which it begins."""
        one = OneState(f"s3://{bucket.name}/{self.key}", self.etag, self.size)
        body = one(*bucket.get_state(self.key, max(self.start - 1, 0), self.stop))
        first = 0
        if self.start or self.header:
            first = body.find(b"\n") + 1 or len(body)
        if not body[first:].strip():
            return self.pattern()
        end = self.stop
        while not body.endswith(b"\n") and end < self.size:
            more = one(*bucket.get_state(self.key, end, min(end + _FIRST_BYTES, self.size)))
            cut = more.find(b"\n") + 1 or len(more)
            body, end = body + more[:cut], end + cut
        return scores_of(body[first:], self.names, f"s3://{bucket.name}/{self.key}")

    def pattern(self) -> pd.DataFrame:
        """Return a frame of no rows with the file's columns."""
        line = "\t".join(["", "0", *[""] * (len(self.names) - 2)])
        return scores_of(f"{line}\n".encode(), self.names, self.key).iloc[:0]


def result_spans(
    bucket: Bucket,
    path: str | None,
    *,
    columns: Sequence[str] = RESULT_COLUMNS,
    span_bytes: int = SPAN_BYTES,
    sleep: Callable[[float], None] = time.sleep,
) -> list[ResultSpan]:
    """Cut a result file into ranges.

    Parameters
    ----------
    bucket, path, columns, sleep
        As for :func:`~nclue_pandas.storage.results.read_result`.
    span_bytes : int
        Bytes of a range.

    Raises
    ------
    ResultNotFoundError, ResultFormatError
        When the file is not there, empty, or not TAB-separated text.
    ObjectChangedError
        When it is replaced meanwhile.
    """
    found = find_result(bucket, path, sleep=sleep)
    one = OneState(f"s3://{bucket.name}/{found.key}", found.etag, found.size)
    head = one(*bucket.get_state(found.key, 0, min(_FIRST_BYTES, found.size)))
    if found.size > len(head) and b"\n" in head:
        head = head[: head.rfind(b"\n") + 1]
    names, header = result_names(head, columns, f"s3://{bucket.name}/{found.key}")
    return [
        ResultSpan(
            found.key,
            start,
            min(start + span_bytes, found.size),
            found.size,
            names,
            header,
            found.etag,
        )
        for start in range(0, found.size, span_bytes)
    ]
