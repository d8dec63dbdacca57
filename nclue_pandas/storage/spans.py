"""A result file in ranges that can be read anywhere, in any order."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nclue_pandas.assumptions import RESULT_COLUMNS
from nclue_pandas.storage.result_lines import result_names, scores_of
from nclue_pandas.storage.results import OneState, find_result

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from nclue_pandas.storage.bucket import Bucket

#: Bytes of a range: about 1.5 million users.
SPAN_BYTES: Final = 32 << 20
#: Bytes looked at for the columns, and read at a time to find the end of a line.
_HEAD: Final = 64 << 10


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
            more = one(*bucket.get_state(self.key, end, min(end + _HEAD, self.size)))
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
    head = one(*bucket.get_state(found.key, 0, min(_HEAD, found.size)))
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
