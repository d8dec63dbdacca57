"""Lines of results and profiles as Arrow tables and frames: fixed types, ids stay text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from nclue_pandas.errors import ResultFormatError
from nclue_pandas.kernels.parallel import POOL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Bytes that travel at a time.
BLOCK: Final = 8 << 20
#: A line of a result is far shorter.
LINE: Final = 1 << 20
#: Bytes that Arrow's reader parses at a time: they stay in the cache, and end a longest line.
_PARSED: Final = LINE + (64 << 10)
#: More columns than any result has, and fewer than would hold up the reader.
_COLUMNS: Final = 1_000
_TEXT: Final[Mapping[str, pa.DataType]] = {}
_BOM: Final = b"\xef\xbb\xbf"
#: A first line of a profile with one of these words is a header.
_HEADER_WORDS: Final = frozenset({"user_id", "userid", "user", "id", "mid", "score", "label"})
#: The first column of a result by these names makes its line a header.
_ID_NAMES: Final = frozenset({"user_id", "userid", "user", "id", "mid", "uid", "customer_id"})
#: What names of the columns of a result hold.
_KNOWN_NAMES: Final = (
    *("user", "customer", "member", "account", "mid", "uid", "user_id", "id_", "_id", "아이디"),
    *("score", "prob", "predict", "similarity", "value", "label", "rank", "weight"),
    *("회원", "고객", "사용자", "점수", "확률", "예측", "유사도"),
)
#: What writers put where a value is missing; the name of no column.
_MISSING: Final = frozenset({text.lower() for text in csv.ConvertOptions().null_values}) | {
    "none",
    "<na>",
    r"\n",
}


def result_names(head: bytes, columns: Sequence[str], where: str) -> tuple[tuple[str, ...], bool]:
    r"""Tell the columns of a result from its first lines, and whether the first is a header.

    It is one when both of its first values are words, and one of them is known from headers; also
    when the id is a known name of ids and its number is unlike all others. A first line with
    anything else in the place of its number is an error, never a header: it would swallow a user.

    Parameters
    ----------
    head : bytes
        Whole lines.
    columns : sequence of str
        Names of the first columns, whatever a header says.
    where : str
        The file, for messages.

    Raises
    ------
    ResultFormatError
        When they are not such lines.

    Examples
    --------
    >>> result_names(b"id\tscore\tmore\na\t0.5\tx\n", ("user_id", "score"), "file")
    (('user_id', 'score', 'more'), True)
    """
    table = _parse(without_bom(head), where)
    first = _first(table)
    header = _is_result_header(first, table.column(1).slice(1))
    if not header and not _is_number(first[1]):
        raise ResultFormatError(
            f"{where}: the second column is not a number in every line: the first line, of "
            f"{first[0]!r}, has {first[1]!r} there, which is no name of a column either."
        )
    _numbers(table.column(1).slice(int(header)), where)
    names = first if header else _numbered(len(first))
    return tuple(_distinct([*columns[: len(names)], *names[len(columns) :]])), header


def empty_result(where: str) -> ResultFormatError:
    """Return the error for a result that holds nothing."""
    return ResultFormatError(f"{where} is empty. Delete the job (.delete()) and run it again.")


def without_bom(lines: bytes) -> memoryview:
    """Return the bytes of a file without the mark that some writers begin it with."""
    return memoryview(lines)[len(_BOM) if lines.startswith(_BOM) else 0 :]


def score_table(lines: memoryview | bytes, names: Sequence[str], where: str) -> pa.Table:
    r"""Read whole lines of a result without a header: an id, a number, further columns as text.

    Raises
    ------
    ResultFormatError
        When they are not such lines.

    Examples
    --------
    >>> score_table(b"0012\t0.5\nNA\t1\n", ("user_id", "score"), "file").to_pydict()
    {'user_id': ['0012', 'NA'], 'score': [0.5, 1.0]}
    """
    try:
        return _parse(lines, where, names, {names[1]: pa.float64()})
    except ResultFormatError:  # read as text, to tell why or to trim the numbers
        table = _parse(lines, where, names)
        return table.set_column(1, names[1], _numbers(table.column(1), where))


def scores_of(lines: bytes, names: Sequence[str], where: str) -> pd.DataFrame:
    """Read whole lines of a result without a header as a frame."""
    return frame_of(score_table(lines, names, where))


def frame_of(table: pa.Table) -> pd.DataFrame:
    """Return a frame that shares the table's memory."""
    return pd.DataFrame(
        {
            name: pd.Series(pd.arrays.ArrowExtensionArray(column), copy=False)
            for name, column in zip(table.column_names, table.columns, strict=True)
        },
        copy=False,
    )


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
    table = _parse(without_bom(body), "The profile")
    names = _first(table)
    if _is_profile_header(names, table.slice(1)):
        table = table.slice(1)
    else:
        names = _numbered(len(names))
    columns = [table.column(0), *map(_number_or_text, table.columns[1:])]
    return frame_of(pa.table(columns, names=_distinct(names)))


def _parse(
    lines: memoryview | bytes,
    where: str,
    names: Sequence[str] = (),
    kinds: Mapping[str, pa.DataType] = _TEXT,
) -> pa.Table:
    """Split lines at TABs; every value stays the text that it is, but in columns of `kinds`."""
    names = names or [str(number) for number in range(_width(lines, where))]
    try:
        return csv.read_csv(
            pa.BufferReader(pa.py_buffer(lines)),
            read_options=csv.ReadOptions(
                column_names=names, block_size=_PARSED, use_threads=len(lines) > BLOCK
            ),
            parse_options=csv.ParseOptions(
                delimiter="\t", quote_char=False, newlines_in_values=False
            ),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()) | dict(kinds),
                null_values=[],
                strings_can_be_null=False,
            ),
            memory_pool=POOL,
        )
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise ResultFormatError(f"{where} is not TAB-separated UTF-8 text: {error}") from None


def _width(lines: memoryview | bytes, where: str) -> int:
    """Tell the number of columns from the first line."""
    head = bytes(lines[:LINE])
    if not head.strip():
        raise empty_result(where)
    first = head.lstrip(b"\r\n").split(b"\n", 1)[0]
    width = first.count(b"\t") + 1
    if width == 1:
        raise ResultFormatError(
            f"{where} is not TAB-separated: its first line has no TAB and begins with "
            f"{first[:40]!r}."
        )
    if width > _COLUMNS:
        raise ResultFormatError(f"{where} has {width:,} columns, which no result has.")
    return width


def _numbers(texts: pa.ChunkedArray, where: str) -> pa.ChunkedArray:
    try:
        return pc.cast(pc.utf8_trim_whitespace(texts), pa.float64())
    except pa.ArrowInvalid as error:
        raise ResultFormatError(
            f"{where}: the second column is not a number in every line ({error})."
        ) from None


def _first(table: pa.Table) -> list[str]:
    """Return the values of the first line, without space around them."""
    return [column[0].as_py().strip() for column in table.columns]


def _is_profile_header(first: Sequence[str], rest: pa.Table) -> bool:
    """Return whether the first line of a profile names the columns of the rest.

    Names are there and distinct. They are told by a known word, in a line without numbers, or by
    a column that holds numbers below its name.
    """
    if any(map(_is_missing, first)) or len(set(first)) < len(first):
        return False
    numbers = list(map(_is_number, first))
    if not any(numbers) and not _HEADER_WORDS.isdisjoint(map(str.lower, first)):
        return True
    return any(
        not number and _holds_numbers(column)
        for number, column in zip(numbers[1:], rest.columns[1:], strict=True)
    )


def _is_result_header(first: Sequence[str], others: pa.ChunkedArray) -> bool:
    """Tell whether the first line of a result names its columns."""
    name, number = (text.casefold() for text in first[:2])
    if _is_number(number):
        whole = pc.all(pc.match_substring_regex(others, r"^\s*-?[0-9]+\s*$")).as_py()
        unlike = not any(map(str.isdigit, number)) or (number.isdigit() and not whole)
        return name in _ID_NAMES and len(others) > 0 and unlike
    words = not any(map(str.isdigit, number)) and _is_word(number)
    return words and any(known in text for text in (name, number) for known in _KNOWN_NAMES)


def _holds_numbers(column: pa.ChunkedArray) -> bool:
    """Return whether a column has numbers, and nothing else but missing values."""
    texts = pc.utf8_trim_whitespace(column)
    missing = pc.is_in(pc.utf8_lower(texts), value_set=pa.array(sorted(_MISSING)))
    told = texts.filter(pc.invert(missing))
    return len(told) > 0 and pa.types.is_floating(_number_or_text(told).type)


def _numbered(count: int) -> list[str]:
    return [f"col_{number}" for number in range(1, count + 1)]


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


def _is_missing(text: str) -> bool:
    return text.lower() in _MISSING


def _is_word(text: str) -> bool:
    return any(map(str.isalpha, text)) and not (_is_number(text) or _is_missing(text))


def _distinct(names: Sequence[str]) -> list[str]:
    """Number names that repeat, so that no column is lost."""
    seen: dict[str, int] = {}
    made = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        made.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return made
