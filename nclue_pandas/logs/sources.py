"""Logs of any kind as frames of a bounded size: frames, Arrow tables and batches, files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow as pa
from pyarrow import csv
from pyarrow import parquet as pq

from nclue_pandas.errors.data import InvalidDataError, MissingColumnError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

_KINDS: Final = (".parquet", ".csv", ".tsv", ".csv.gz", ".tsv.gz")
_TEXT_ROLES: Final = frozenset({"user", "behavior"})
#: Rows that are looked at to tell how large a row is.
_SAMPLE_ROWS: Final = 1_000
#: A CSV reader holds several blocks, as text and as columns.
_FILE_BUFFER: Final = 1 << 20
_LEAST_BLOCK, _MOST_BLOCK = 1 << 16, 8 << 20


def frames_of(log: Any, columns: Mapping[Any, str], batch_bytes: int) -> Iterator[pd.DataFrame]:
    """Read a log in frames of about `batch_bytes`, in the order of its rows.

    Parameters
    ----------
    log : pandas.DataFrame, pyarrow.Table or RecordBatch, path, or an iterable of them
        A path is a Parquet, CSV or TSV file, a directory of such files, or a URL that fsspec
        opens. Paths of an iterable are read one after another.
    columns : mapping of str to str
        Labels of the columns, each with the argument that named it.
    batch_bytes : int
        Bytes of a frame, about.

    Raises
    ------
    InvalidDataError, MissingColumnError
        When it cannot be read as a log.

    Examples
    --------
    >>> table = pa.table({"user": ["a", "b"], "more": [1, 2]})
    >>> [frame.columns.tolist() for frame in frames_of([table, table], {"user": "user"}, 1 << 20)]
    [['user'], ['user']]
    """
    if isinstance(log, (str, os.PathLike)):
        for path in _files(os.fspath(log)):
            for part in _read_file(path, columns, batch_bytes):
                yield from _cut(_as_frame(part), columns, batch_bytes)
    elif isinstance(log, pd.DataFrame | pa.Table | pa.RecordBatch):
        yield from _cut(_as_frame(_narrow(log, columns)), columns, batch_bytes)
    elif isinstance(log, Iterable):
        for part in log:
            yield from frames_of(part, columns, batch_bytes)
    else:
        raise InvalidDataError(
            f"A log must be a frame, an Arrow table, a path, or an iterable of them, not "
            f"{type(log).__name__}."
        )


def _narrow(log: Any, columns: Mapping[Any, str]) -> Any:
    """Leave out the columns that are not needed."""
    names = log.columns if isinstance(log, pd.DataFrame) else log.schema.names
    _require(columns, names)
    return log[list(columns)] if isinstance(log, pd.DataFrame) else log.select(list(columns))


def _require(columns: Mapping[Any, str], names: Iterable[Any]) -> None:
    names = list(names)
    for label, argument in columns.items():
        if label not in names:
            raise MissingColumnError.named(label, names, argument)


def _as_frame(part: pd.DataFrame | pa.Table | pa.RecordBatch) -> pd.DataFrame:
    """Show Arrow data as a frame, without a copy."""
    if isinstance(part, pd.DataFrame):
        return part
    table = pa.table(part) if isinstance(part, pa.RecordBatch) else part
    return pd.DataFrame(
        {
            name: pd.Series(pd.arrays.ArrowExtensionArray(column), copy=False)
            for name, column in zip(table.column_names, table.columns, strict=True)
        },
        copy=False,
    )


def _cut(
    frame: pd.DataFrame, columns: Mapping[Any, str], batch_bytes: int
) -> Iterator[pd.DataFrame]:
    """Cut a frame into slices of about `batch_bytes`; one without rows is one slice."""
    sample = frame.head(_SAMPLE_ROWS)
    size = sum(int(sample[label].memory_usage(index=False, deep=True)) for label in columns)
    rows = max(batch_bytes * len(sample) // max(size, 1), 1)
    for start in range(0, max(len(frame), 1), rows):
        yield frame.iloc[start : start + rows]


def _files(path: str) -> list[str]:
    """Return the files of a path: itself, or those in the directory, by name."""
    if "://" in path or not os.path.isdir(path):  # noqa: PTH112 - URLs are no Path
        return [path]
    found = sorted(entry.path for entry in os.scandir(path) if _kind(entry.path))
    if not found:
        raise InvalidDataError(f"There is no file of {', '.join(_KINDS)} in {path!r}.")
    return found


def _kind(path: str) -> str | None:
    name = PurePosixPath(path.split("?", maxsplit=1)[0]).name.lower()
    return next((kind for kind in _KINDS if name.endswith(kind)), None)


def _read_file(path: str, columns: Mapping[Any, str], batch_bytes: int) -> Iterator[pa.RecordBatch]:
    kind = _kind(path)
    if kind is None:
        raise InvalidDataError(
            f"The log {path!r} is no file of {', '.join(_KINDS)}, nor a directory of them. Read "
            "it by yourself, and give an iterable of frames or Arrow batches."
        )
    try:
        with _open(path, compressed=kind.endswith(".gz")) as file:
            if kind == ".parquet":
                yield from _read_parquet(file, columns, batch_bytes)
            else:
                delimiter = "\t" if kind.startswith(".tsv") else ","
                yield from _read_csv(file, columns, batch_bytes, delimiter)
    except pa.ArrowException as error:
        raise InvalidDataError(f"The log {path!r} cannot be read: {error}") from error


def _open(path: str, *, compressed: bool) -> BinaryIO:
    """Open a file, or what fsspec finds at a URL."""
    import fsspec

    opened: BinaryIO = fsspec.open(path, "rb", compression="gzip" if compressed else None).open()
    return opened


def _read_parquet(
    file: BinaryIO, columns: Mapping[Any, str], batch_bytes: int
) -> Iterator[pa.RecordBatch]:
    # Reading ahead would keep all that was read until the end of the file, and without a buffer
    # a whole column of a row group would be held.
    parquet = pq.ParquetFile(file, pre_buffer=False, buffer_size=_FILE_BUFFER)
    _require(columns, parquet.schema_arrow.names)
    names = list(columns)
    # How large rows are when they are decoded, the first rows tell, not the file's own figures.
    first = next(parquet.iter_batches(_SAMPLE_ROWS, columns=names, use_threads=False), None)
    if first is not None:
        rows = max(batch_bytes * len(first) // max(first.nbytes, 1), 1)
        yield from parquet.iter_batches(rows, columns=names, use_threads=False)


def _read_csv(
    file: BinaryIO, columns: Mapping[Any, str], batch_bytes: int, delimiter: str
) -> Iterator[pa.RecordBatch]:
    """Read ids and behaviors as the text that they are; times by what the first rows show."""
    parse = csv.ParseOptions(delimiter=delimiter)
    header = csv.read_csv(pa.BufferReader(file.readline()), parse_options=parse)
    _require(columns, header.column_names)
    file.seek(0)
    block = min(max(batch_bytes // 8, _LEAST_BLOCK), _MOST_BLOCK)
    text = {label: pa.string() for label, argument in columns.items() if argument in _TEXT_ROLES}
    yield from csv.open_csv(
        file,
        read_options=csv.ReadOptions(block_size=block, use_threads=False),
        parse_options=parse,
        convert_options=csv.ConvertOptions(include_columns=list(columns), column_types=text),
    )
