"""Logs of any kind as frames of a bounded size: frames, Arrow data of any library, files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow as pa

from nclue_pandas.errors.data import InvalidDataError, MissingColumnError
from nclue_pandas.frames.columns import require_frame
from nclue_pandas.logs.files import find_files, read_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nclue_pandas.logs.text_files import TextForm

#: Rows that are looked at to tell how large a row is.
_SAMPLE_ROWS: Final = 1_000


def frames_of(
    log: Any, columns: Mapping[Any, str] | None, batch_bytes: int, form: TextForm
) -> Iterator[pd.DataFrame]:
    """Read a log in frames of about `batch_bytes`, in the order of its rows.

    Parameters
    ----------
    log : pandas.DataFrame, Arrow data, path, or an iterable of them
        A path is a Parquet or text file, a directory of such files, or a URL that fsspec opens.
        Arrow data is what exports a stream of it. Paths of an iterable are read one after another.
    columns : mapping of str to str, or None
        Labels of the columns, each with the argument that named it; None for all columns.
    batch_bytes : int
        Bytes of a frame, about.
    form : TextForm
        How text files are written.

    Raises
    ------
    InvalidDataError, MissingColumnError
        When it cannot be read as a log.

    Examples
    --------
    >>> from nclue_pandas.logs.text_files import TextForm
    >>> table = pa.table({"user": ["a", "b"], "more": [1, 2]})
    >>> frames = frames_of([table, table], {"user": "user"}, 1 << 20, TextForm())
    >>> [frame.columns.tolist() for frame in frames]
    [['user'], ['user']]
    """
    if isinstance(log, (str, os.PathLike)):
        for path in find_files(os.fspath(log)):
            for frame in read_file(path, form, columns, batch_bytes):
                yield from _cut(frame, batch_bytes)
    elif isinstance(log, pd.DataFrame):
        yield from _cut(_narrow(log, columns), batch_bytes)
    elif hasattr(log, "__arrow_c_stream__") or isinstance(log, pa.RecordBatch):
        for table in _tables(log):
            yield from _cut(
                _narrow(require_frame(table, "log", on_dask=True), columns), batch_bytes
            )
    elif isinstance(log, Iterable):
        for part in log:
            yield from frames_of(part, columns, batch_bytes, form)
    else:
        raise InvalidDataError(
            f"A log must be a frame, an Arrow table, a path, or an iterable of them, not "
            f"{type(log).__name__}."
        )


def check_files(log: Any) -> None:
    """Refuse paths, also in a list of them, where no file is."""
    for each in log if isinstance(log, (list, tuple)) else [log]:
        if isinstance(each, (str, os.PathLike)):
            find_files(os.fspath(each))


def _tables(log: Any) -> Iterator[pa.Table]:
    """Read Arrow data of any library batch by batch."""
    if isinstance(log, pa.Table | pa.RecordBatch):
        yield pa.table(log) if isinstance(log, pa.Table) else pa.Table.from_batches([log])
        return
    try:
        reader = pa.RecordBatchReader.from_stream(log)
    except (pa.ArrowException, TypeError, ValueError) as error:  # a stream of no table
        raise InvalidDataError(f"The log, a {type(log).__name__}, is no table.") from error
    empty = True
    for batch in reader:
        empty = False
        yield pa.Table.from_batches([batch])
    if empty:
        yield reader.schema.empty_table()


def _narrow(log: pd.DataFrame, columns: Mapping[Any, str] | None) -> pd.DataFrame:
    """Leave out the columns that are not needed."""
    if columns is None:
        return log
    for label, argument in columns.items():
        if label not in log.columns:
            raise MissingColumnError.named(label, log.columns, argument)
    return log[list(columns)]


def _cut(frame: pd.DataFrame, batch_bytes: int) -> Iterator[pd.DataFrame]:
    """Cut a frame into slices of about `batch_bytes`; one without rows is one slice.

    How large rows are, each slice tells: they may grow.
    """
    start, rows = 0, _SAMPLE_ROWS
    while start < max(len(frame), 1):
        part = frame.iloc[start : start + rows]
        size = int(part.memory_usage(index=False, deep=True).sum())
        if size > 2 * batch_bytes and len(part) > 1:
            rows = max(len(part) // 2, 1)
            continue
        yield part
        start += rows
        rows = min(max(batch_bytes * len(part) // max(size, 1), 1), 8 * rows)
