"""Files of a log: found, opened and unpacked, and told apart by what they begin with.

Logs of any kind as frames of a bounded size: frames, Arrow data of any library, files.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final
from zipfile import BadZipFile, ZipFile

import pandas as pd
import pyarrow as pa
from pyarrow import parquet as pq

from nclue_pandas.errors import InvalidDataError, MissingColumnError
from nclue_pandas.frames.columns import require_frame
from nclue_pandas.streaming.text_files import read_text_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

    from nclue_pandas.streaming.text_files import TextForm

#: Ends of the names that are files of a log in a directory.
_KINDS: Final = (".parquet", ".csv", ".tsv", ".txt")
_PACKED: Final = (".gz", ".zip", ".bz2", ".xz")
_PARQUET, _ZIP, _OLD_EXCEL = b"PAR1", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
#: How a packed file begins -> what unpacks it.
_UNPACK: Final[dict[bytes, Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh9": bz2.open,
    b"\xfd7zX": lzma.open,
}
#: Rows of Parquet that are decoded at a time, at most, and rows by which others are judged first.
_ROWS_AT_ONCE: Final = 1_000
#: Bytes that a row may grow to while rows are as many as that.
_GROWN_ROW: Final = 4_096
_FILE_BUFFER: Final = 1 << 20


def find_files(path: str) -> list[str]:
    """Return the files of a path: itself, or those in the directory, by name.

    Raises
    ------
    InvalidDataError
        When there is none.
    """
    if "://" in path:
        return [path]
    if Path(path).is_file():
        return [path]
    if not Path(path).is_dir():
        raise InvalidDataError(
            f"There is no file {path!r}. Give a path, or an iterable of frames or Arrow batches."
        )
    found = sorted(
        entry.path for entry in os.scandir(path) if entry.is_file() and is_log(entry.name)
    )
    if not found:
        raise InvalidDataError(
            f"There is no file of {', '.join(_KINDS)} (nor one of them as .gz or .zip) in {path!r}."
        )
    return found


def is_log(path: str) -> bool:
    """Return whether a file in a directory is one of the log, by its name.

    Examples
    --------
    >>> is_log("shop/2026.csv.gz"), is_log("shop/_SUCCESS.csv"), is_log("shop/notes.md")
    (True, False, False)
    """
    name = PurePosixPath(path).name.lower()
    for packed in _PACKED:
        name = name.removesuffix(packed)
    return name.endswith(_KINDS) and not name.startswith(("_", "."))


def read_file(
    path: str, form: TextForm, columns: Mapping[Any, str] | None, batch_bytes: int
) -> Iterator[pd.DataFrame]:
    """Read a file in frames of about `batch_bytes`; all columns when none is named."""
    import fsspec

    try:
        with fsspec.open(path, "rb").open() as file, _unpacked(file, path) as (plain, name):
            if _begins(plain) == _PARQUET or name.lower().endswith(".parquet"):
                for table in _read_parquet(plain, columns, batch_bytes):
                    yield require_frame(table, "log")
            else:
                yield from read_text_file(plain, name, form, columns, batch_bytes)
    except FileNotFoundError as error:
        raise InvalidDataError(f"There is no file {path!r}.") from error
    except (pa.ArrowException, BadZipFile) as error:
        raise InvalidDataError(f"The log {path!r} cannot be read: {error}") from error


def _begins(file: BinaryIO) -> bytes:
    begin = file.read(4)
    file.seek(0)
    return begin


@contextmanager
def _unpacked(file: BinaryIO, path: str) -> Iterator[tuple[BinaryIO, str]]:
    """Unpack a file; return what is in it, and a name for it."""
    begin = _begins(file)
    opened: Any = file
    name = path
    if begin == _OLD_EXCEL:
        raise _workbook(path)
    if begin == _ZIP:
        archive = ZipFile(file)
        name = _member(archive, path)
        opened = archive.open(name)
        name = f"{path}/{name}"
    for magic, unpack in _UNPACK.items():
        if begin.startswith(magic):
            opened = unpack(file, "rb")
            name = str(PurePosixPath(path).with_suffix(""))
    try:
        yield opened, name
    finally:
        opened.close()


def _member(archive: ZipFile, path: str) -> str:
    """Return the one file in a zip archive."""
    names = [name for name in archive.namelist() if not name.endswith("/")]
    if "[Content_Types].xml" in names:
        raise _workbook(path)
    names = [name for name in names if not name.startswith("__MACOSX/")]
    if len(names) != 1:
        raise InvalidDataError(
            f"{path} holds {len(names):,} files, not one. Unpack it, and give the directory."
        )
    return names[0]


def _workbook(path: str) -> InvalidDataError:
    return InvalidDataError(
        f"{path} is an Excel workbook. Save it as CSV UTF-8, or read it with pandas.read_excel("
        "..., dtype=str) and give the frame."
    )


def _read_parquet(
    file: BinaryIO, columns: Mapping[Any, str] | None, batch_bytes: int
) -> Iterator[pa.Table]:
    # Reading ahead would keep all that was read until the end of the file, and without a buffer
    # a whole column of a row group would be held.
    parquet = pq.ParquetFile(file, pre_buffer=False, buffer_size=_FILE_BUFFER)
    for label, argument in (columns or {}).items():
        if label not in parquet.schema_arrow.names:
            raise MissingColumnError.named(label, parquet.schema_arrow.names, argument)
    names = None if columns is None else list(columns)
    # How large rows are is known once they are decoded only, and they may grow: a few are decoded
    # at a time, and these are put together.
    few = min(max(batch_bytes // _GROWN_ROW, 1), _ROWS_AT_ONCE)
    waiting: list[pa.RecordBatch] = []
    size = 0
    for batch in parquet.iter_batches(few, columns=names, use_threads=False):
        if waiting and size + batch.nbytes > batch_bytes:
            yield pa.Table.from_batches(waiting)
            waiting, size = [], 0
        waiting.append(batch)
        size += batch.nbytes
    if waiting:
        yield pa.Table.from_batches(waiting)


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
    >>> from nclue_pandas.streaming.text_files import TextForm
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
    start, rows = 0, _ROWS_AT_ONCE
    while start < max(len(frame), 1):
        part = frame.iloc[start : start + rows]
        size = int(part.memory_usage(index=False, deep=True).sum())
        if size > 2 * batch_bytes and len(part) > 1:
            rows = max(len(part) // 2, 1)
            continue
        yield part
        start += rows
        rows = min(max(batch_bytes * len(part) // max(size, 1), 1), 8 * rows)
