"""Results of the service: found by their final name or by listing, read as Arrow-backed frames."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from nclue_pandas.assumptions import RESULT_COLUMNS
from nclue_pandas.errors import ResultFormatError, ResultNotFoundError
from nclue_pandas.progress import DownloadProgress, track

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nclue_pandas.storage.bucket import Bucket, ObjectInfo

_BLOCK: Final = 8 << 20
#: An object larger than a range is read in ranges, some at a time.
_RANGE: Final = 16 << 20
_RANGES_AT_ONCE: Final = 4
_TEXT: Final[Mapping[str, pa.DataType]] = {}
_ENDING: Final = ".tsv"
_BOM: Final = b"\xef\xbb\xbf"
#: A line of a result is far shorter.
_LINE: Final = 1 << 20
#: More columns than any result has, and fewer than would hold up the reader.
_COLUMNS: Final = 1_000
#: A first line of these words, or of no number where numbers follow, is a header.
_HEADER_WORDS: Final = frozenset({"user_id", "userid", "user", "id", "mid", "score", "label"})


def find_result(bucket: Bucket, path: str | None) -> ObjectInfo:
    """Find the result file of a completed job.

    Whether the service tells the final name or the requested path is not documented: when no
    object has the name, the files that a directory or a stem leads to are listed.

    Parameters
    ----------
    bucket : Bucket
        Where it is.
    path : str or None
        As the service answers it.

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
    if not key.endswith("/"):
        found = bucket.head(key)
        if found is not None:
            return found
    stem = key if key.endswith("/") else f"{key}_"
    files = [info for info in bucket.list(stem) if info.key.endswith(_ENDING)]
    if not files:
        raise ResultNotFoundError(
            f"No result file is at s3://{bucket.name}/{key}, nor under it. It may have been moved "
            "or deleted; run the job again under another name."
        )
    return max(files, key=lambda info: (str(info.modified), info.key))


def read_result(
    bucket: Bucket, path: str | None, *, columns: Sequence[str] = RESULT_COLUMNS
) -> pd.DataFrame:
    """Read a result file.

    Parameters
    ----------
    bucket : Bucket
        Where it is.
    path : str or None
        As the service answers it.
    columns : sequence of str
        Names of the first columns: an id and a number.

    Returns
    -------
    pandas.DataFrame
        Ids as ``string[pyarrow]``, the number as ``double[pyarrow]``, further columns as text.

    Raises
    ------
    ResultNotFoundError, ResultFormatError
        When the file is not there, empty, or not TAB-separated text.
    """
    found = find_result(bucket, path)
    where = f"s3://{bucket.name}/{found.key}"
    header, table = _parse_scores(_download(bucket, found), where)
    return _named(table, header, columns, where)


def iter_result(
    bucket: Bucket,
    path: str | None,
    *,
    columns: Sequence[str] = RESULT_COLUMNS,
    block_bytes: int = _BLOCK,
) -> Iterator[pd.DataFrame]:
    """Read a result file some rows at a time; see :func:`read_result`.

    Parameters
    ----------
    bucket, path, columns
        As for :func:`read_result`.
    block_bytes : int
        Bytes read at a time.

    Yields
    ------
    pandas.DataFrame
        Rows in the file's order.
    """
    found = find_result(bucket, path)
    where = f"s3://{bucket.name}/{found.key}"
    header: list[str] | None = None
    first = True
    rest = b""
    read = 0
    for new in _blocks(bucket, found, block_bytes):
        read += block_bytes
        block = rest + new
        end = len(block) if read >= found.size else block.rfind(b"\n") + 1
        rest = block[end:]
        if end == 0:
            if len(block) > _LINE:
                raise ResultFormatError(f"{where} has a line of more than {_LINE:,} bytes.")
            continue
        lines = pa.py_buffer(block).slice(0, end)
        if first:
            header, table = _parse_scores(lines, where)
            first = False
        else:
            table = _parse_numbers(lines, where)
        if table.num_rows:
            yield _named(table, header, columns, where)
    if first:
        raise ResultFormatError(f"{where} is empty. Run the job again under another name.")


def _blocks(bucket: Bucket, found: ObjectInfo, size: int) -> Iterator[bytes]:
    """Read an object some bytes at a time, and tell how far it is."""
    name = found.key.rpartition("/")[2]
    with track(DownloadProgress, name, total=found.size) as advance:
        for start in range(0, max(found.size, 1), size):
            end = min(start + size, found.size)
            whole = start == 0 and end == found.size
            block = bucket.get(found.key) if whole else bucket.get(found.key, start=start, end=end)
            advance(len(block))
            yield block


def result_names(head: bytes, columns: Sequence[str], where: str) -> tuple[tuple[str, ...], bool]:
    r"""Tell the columns of a result from its first lines, and whether the first is a header.

    Examples
    --------
    >>> result_names(b"id\tscore\tmore\na\t0.5\tx\n", ("user_id", "score"), "file")
    (('user_id', 'score', 'more'), True)
    """
    header, table = _split_header(_parse(pa.py_buffer(head), where))
    return tuple(_named(table, header, columns, where).columns), header is not None


def scores_of(lines: bytes, names: Sequence[str], where: str) -> pd.DataFrame:
    """Read whole lines of a result without a header."""
    return _named(_parse_numbers(pa.py_buffer(lines), where), None, names, where)


def _download(bucket: Bucket, found: ObjectInfo) -> pa.Buffer:
    """Read an object, a large one in ranges that travel at the same time."""
    if found.size <= _RANGE:
        return pa.py_buffer(b"".join(_blocks(bucket, found, _RANGE)))
    whole = pa.allocate_buffer(found.size)
    target = memoryview(whole).cast("B")
    name = found.key.rpartition("/")[2]
    with (
        track(DownloadProgress, name, total=found.size) as advance,
        ThreadPoolExecutor(_RANGES_AT_ONCE) as pool,
    ):

        def read(start: int) -> None:
            end = min(start + _RANGE, found.size)
            target[start:end] = bucket.get(found.key, start=start, end=end)
            advance(end - start)

        list(pool.map(read, range(0, found.size, _RANGE)))
    return whole


def read_tsv(body: bytes) -> pd.DataFrame:
    r"""Read a downloaded profile: whatever columns come, with a header when there is one.

    Parameters
    ----------
    body : bytes
        TAB-separated text.

    Returns
    -------
    pandas.DataFrame
        Arrow-backed; the first column is text, others that hold numbers only are
        ``double[pyarrow]``.

    Raises
    ------
    ResultFormatError
        When it is empty or not TAB-separated text.

    Examples
    --------
    >>> frame = read_tsv(b"category\tshare\ntea\t0.5\n")
    >>> frame.columns.tolist(), frame["share"].tolist()
    (['category', 'share'], [0.5])
    """
    header, table = _split_header(_parse(pa.py_buffer(body), "The profile"))
    names = header or [f"col_{number}" for number in range(1, table.num_columns + 1)]
    columns = [table.column(0), *map(_number_or_text, table.columns[1:])]
    return _frame(pa.table(columns, names=_distinct(names)))


def _parse_scores(body: pa.Buffer, where: str) -> tuple[list[str] | None, pa.Table]:
    """Tell by the first lines whether there is a header, and read the others."""
    head = _beginning(body, _LINE)
    lines = head.rfind(b"\n") + 1
    if lines == 0 or len(head) == body.size:
        return _split_header(_parse(body, where))
    header, _ = _split_header(_parse(body.slice(0, lines), where))
    if header is not None:
        body = body.slice(head.find(b"\n") + 1)
    return header, _parse_numbers(body, where)


def _beginning(body: pa.Buffer, size: int) -> bytes:
    return bytes(memoryview(body)[:size])


def _parse_numbers(body: pa.Buffer, where: str) -> pa.Table:
    """Read lines whose second field is a number in one go; other lines as text, to tell why."""
    try:
        return _parse(body, where, {"1": pa.float64()})
    except ResultFormatError:
        return _parse(body, where)


def _parse(body: pa.Buffer, where: str, kinds: Mapping[str, pa.DataType] = _TEXT) -> pa.Table:
    """Split lines at TABs; every value stays the text that it is, but in columns of `kinds`."""
    if _beginning(body, len(_BOM)) == _BOM:
        body = body.slice(len(_BOM))
    head = _beginning(body, _LINE)
    if not head.strip():
        raise ResultFormatError(f"{where} is empty. Run the job again under another name.")
    first = head.split(b"\n", 1)[0]
    width = first.count(b"\t") + 1
    if width == 1:
        raise ResultFormatError(
            f"{where} is not TAB-separated: its first line has no TAB and begins with "
            f"{first[:40]!r}."
        )
    if width > _COLUMNS:
        raise ResultFormatError(f"{where} has {width:,} columns, which no result has.")
    names = [str(number) for number in range(width)]
    try:
        return csv.read_csv(
            pa.BufferReader(body),
            read_options=csv.ReadOptions(column_names=names, block_size=_BLOCK),
            parse_options=csv.ParseOptions(
                delimiter="\t", quote_char=False, newlines_in_values=False
            ),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()) | dict(kinds),
                null_values=[],
                strings_can_be_null=False,
            ),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise ResultFormatError(f"{where} is not TAB-separated UTF-8 text: {error}") from None


def _split_header(table: pa.Table) -> tuple[list[str] | None, pa.Table]:
    """Take a header off, when the first line is one.

    It is one when it holds a known word, or when a column is numbers below it and not in it.
    """
    first = [column[0].as_py() for column in table.columns]
    rest = table.slice(1)
    known = any(value.strip().lower() in _HEADER_WORDS for value in first[1:]) or (
        first[0].strip().lower() in _HEADER_WORDS and not _is_number(first[1])
    )
    if known or any(
        not _is_number(value) and rest.num_rows and _is_number(column[1].as_py())
        for value, column in zip(first[1:], table.columns[1:], strict=True)
    ):
        return [value.strip() for value in first], rest
    return None, table


def _named(
    table: pa.Table, header: list[str] | None, columns: Sequence[str], where: str
) -> pd.DataFrame:
    names = header or [f"col_{number}" for number in range(1, table.num_columns + 1)]
    names = _distinct([*columns[: table.num_columns], *names[len(columns) :]])
    numbers = table.column(1)
    try:
        if numbers.type != pa.float64():
            numbers = pc.cast(pc.utf8_trim_whitespace(numbers), pa.float64())
    except pa.ArrowInvalid as error:
        raise ResultFormatError(
            f"{where}: the second column is not a number in every line ({error})."
        ) from None
    arrays = [table.column(0), numbers, *table.columns[2:]]
    return _frame(pa.table(arrays, names=names))


def _frame(table: pa.Table) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: pd.Series(pd.arrays.ArrowExtensionArray(column), copy=False)
            for name, column in zip(table.column_names, table.columns, strict=True)
        },
        copy=False,
    )


def _number_or_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return pc.cast(column, pa.float64())
    except pa.ArrowInvalid:
        return column


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _distinct(names: Sequence[str]) -> list[str]:
    """Number names that repeat, so that no column is lost."""
    seen: dict[str, int] = {}
    made = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        made.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return made
