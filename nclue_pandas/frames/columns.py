"""Columns of any kind of frame, found by name and read as Arrow arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from nclue_pandas.errors.data import InvalidDataError, MissingColumnError
from nclue_pandas.frames.memory import POOL
from nclue_pandas.frames.parallel import slices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Positions = NDArray[np.int64]
Flags = NDArray[np.bool_]
NO_ROWS: Positions = np.empty(0, dtype=np.int64)
#: What pyarrow raises for values without a common type, or text that is not Unicode.
NO_ARROW_TYPE: Final = (UnicodeEncodeError, OverflowError, pa.ArrowException)

#: Bytes of text from which 32-bit offsets are not safe any more.
_SMALL_TEXT = 2**31 - 2**16
#: Chunks of fewer rows are joined before they are worked on one by one.
_CHUNK_ROWS = 1 << 14
#: Bits of the smallest decimals of which Arrow finds the distinct values.
_SMALLEST_DECIMAL = 128
_UUID_BYTES = 16
#: Hexadecimal digits of a UUID before which its text has a hyphen.
_HYPHENS = (8, 12, 16, 20)


def require_frame(frame: object, argument: str) -> pd.DataFrame:
    """Return `frame` when it is a DataFrame, and say what it is otherwise."""
    if not isinstance(frame, pd.DataFrame):
        kind = type(frame).__name__
        raise InvalidDataError(f"{argument} must be a pandas DataFrame, not {kind}.")
    return frame


def is_label(frame: pd.DataFrame, name: Any) -> bool:
    """Tell whether a column, or a group of columns, has this label."""
    try:
        return bool(name in frame.columns)
    except TypeError:  # not hashable
        return False


def find_column(frame: pd.DataFrame, name: Any, argument: str) -> pd.Series[Any]:
    """Return the column `name`.

    Parameters
    ----------
    frame : pandas.DataFrame
        Any frame.
    name : hashable
        Label of the column.
    argument : str
        Keyword under which the user gave the name, for the message.

    Raises
    ------
    MissingColumnError
        When there is none; the message names what there is.
    InvalidDataError
        When several columns have this name.
    """
    if not is_label(frame, name):
        raise MissingColumnError.named(name, frame.columns, argument, levels=frame.index.names)
    column: pd.Series[Any] | pd.DataFrame = frame[name]
    if isinstance(column, pd.DataFrame):
        raise _several(frame, name, argument)
    return column


def _several(frame: pd.DataFrame, name: Any, argument: str) -> InvalidDataError:
    """Say that a label is that of a group of columns, or of several."""
    labels: list[Any] = list(frame.columns)
    if frame.columns.nlevels > 1:
        group = name if isinstance(name, tuple) else (name,)
        label = next(each for each in labels if each[: len(group)] == group)
        if label != name:
            return InvalidDataError(
                f"{name!r} (argument {argument}=) is the label of a group of columns. Give the "
                f"whole label of one of them, such as {label!r}."
            )
    count = labels.count(name)
    return InvalidDataError(
        f"{count} columns are named {name!r} (argument {argument}=). "
        "Rename them, so that it is clear which one is meant."
    )


def one_column(values: Any) -> pd.Series[Any] | None:
    """Return a series, an index, an array or a list as a series; None for anything else.

    Examples
    --------
    >>> one_column(("a", "b")).tolist(), one_column("ab"), one_column({"a", "b"})
    (['a', 'b'], None, None)
    """
    if isinstance(values, (pa.Array, pa.ChunkedArray)):
        values = pd.arrays.ArrowExtensionArray(values)
    kinds = (pd.Series, pd.Index, np.ndarray, pd.api.extensions.ExtensionArray, list, tuple)
    if not isinstance(values, kinds) or getattr(values, "ndim", 1) != 1:
        return None
    return values if isinstance(values, pd.Series) else pd.Series(values)


def to_arrow(column: pd.Series[Any]) -> pa.Array:
    """Return the values of any column as one Arrow array, without copies where possible.

    NaN, None, NaT and ``pd.NA`` become null, and UUIDs text.

    Raises
    ------
    pyarrow.ArrowException, UnicodeEncodeError, OverflowError
        When the values have no common Arrow type (:data:`NO_ARROW_TYPE`).
    """
    return one_array(_values(column))


def to_chunks(column: pd.Series[Any]) -> pa.ChunkedArray:
    """Return the values of any column in the chunks that they have, as :func:`to_arrow` reads it.

    Runs of small chunks become one, so that work chunk by chunk pays.

    Examples
    --------
    >>> to_chunks(pd.Series(["a", None])).to_pylist()
    ['a', None]
    """
    values = _values(column)
    if isinstance(values, pa.Array):
        return pa.chunked_array([values])
    if pa.types.is_dictionary(values.type):
        return pa.chunked_array([one_array(values)])
    chunks = list(_without_small(values.chunks))
    kinds = {chunk.type for chunk in chunks} or {values.type}
    kind = kinds.pop() if len(kinds) == 1 else pa.large_string()
    return pa.chunked_array([cast(chunk, kind) for chunk in chunks], kind)


def _values(column: pd.Series[Any]) -> pa.Array | pa.ChunkedArray:
    """Return the values in a type that Arrow's functions know, with nulls for what is missing."""
    values = pa.array(column, from_pandas=True)
    kind = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
    # Of NumPy's floats pyarrow has made nulls already.
    if pa.types.is_floating(kind) and not isinstance(column.dtype, np.dtype):
        return _rewritten(values, _nan_to_null)
    if kind == pa.uuid():
        return _rewritten(values, _uuid_text)
    if pa.types.is_decimal(kind) and kind.bit_width < _SMALLEST_DECIMAL:
        wide = pa.decimal128(kind.precision, kind.scale)
        return _rewritten(values, lambda chunk: chunk.cast(wide))
    return values


def _rewritten(
    values: pa.Array | pa.ChunkedArray, rewrite: Callable[[pa.Array], pa.Array]
) -> pa.Array:
    """Rewrite the values, or the entries of a dictionary."""
    own = one_array(values)
    if not pa.types.is_dictionary(own.type):
        return rewrite(own)
    entries = rewrite(own.dictionary)
    if entries.null_count:
        return entries.take(own.indices)
    return pa.DictionaryArray.from_arrays(own.indices, entries)


def _nan_to_null(floats: pa.Array) -> pa.Array:
    return pa.array(floats.to_numpy(zero_copy_only=False), from_pandas=True)


def _uuid_text(values: pa.ExtensionArray) -> pa.Array:
    """Write UUIDs as RFC 9562 does: hexadecimal digits in five groups."""
    if not len(values):
        return pa.array([], pa.string())
    start = values.offset * _UUID_BYTES
    data = values.storage.buffers()[1].slice(start, len(values) * _UUID_BYTES)
    digits = np.frombuffer(data.to_pybytes().hex().encode(), np.uint8).reshape(len(values), -1)
    texts = np.insert(digits, _HYPHENS, ord("-"), axis=1)
    null = values.is_null().to_numpy(zero_copy_only=False)
    return pa.array(texts.view(f"S{texts.shape[1]}").ravel(), mask=null).cast(pa.string())


def _without_small(chunks: list[pa.Array]) -> Iterator[pa.Array]:
    """Join neighbors while they have few rows together."""
    run: list[pa.Array] = []
    for chunk in chunks:
        if run and sum(map(len, run)) + len(chunk) > _CHUNK_ROWS:
            yield one_array(pa.chunked_array(run))
            run = []
        run.append(chunk)
    if run:
        yield one_array(pa.chunked_array(run))


def one_array(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Join the chunks of `values`; text of 2 GiB and more becomes ``large_string``."""
    if isinstance(values, pa.Array):
        return values
    if values.num_chunks == 1:
        return values.chunk(0)
    if values.num_chunks == 0:
        return pa.array([], values.type)
    if pa.types.is_dictionary(values.type):
        values = values.unify_dictionaries()
    elif pa.types.is_string(values.type) and values.nbytes > _SMALL_TEXT:
        values = values.cast(pa.large_string())
    return pa.concat_arrays(values.chunks, memory_pool=POOL)


def pieces(values: pa.Array | pa.ChunkedArray, rows: int) -> list[tuple[int, pa.Array]]:
    """Cut values into pieces of at most `rows`, each with the number of rows before it.

    Examples
    --------
    >>> [(start, len(piece)) for start, piece in pieces(pa.chunked_array([[1, 2, 3], [4]]), 2)]
    [(0, 2), (2, 1), (3, 1)]
    """
    found, start = [], 0
    for chunk in values.chunks if isinstance(values, pa.ChunkedArray) else [values]:
        found += [(start + part.start, chunk[part]) for part in slices(len(chunk), rows)]
        start += len(chunk)
    return found


def take_rows(values: pa.Array | pa.ChunkedArray, rows: NDArray[Any]) -> pa.Array:
    """Gather rows, in any order, from every chunk that has some of them.

    Much faster than Arrow's own gathering from chunks, and nothing is joined before.

    Examples
    --------
    >>> take_rows(pa.chunked_array([["a", "b"], ["c"]]), np.array([2, 0])).to_pylist()
    ['c', 'a']
    """
    if isinstance(values, pa.Array) or values.num_chunks <= 1:
        return gather(one_array(values), rows)
    if np.any(rows[1:] < rows[:-1]):
        order = np.argsort(rows, kind="stable")
        back = np.empty(rows.size, dtype=np.int64)
        back[order] = np.arange(rows.size)
        return gather(take_rows(values, rows[order]), back)
    ends = np.cumsum([0, *map(len, values.chunks)])
    cuts = np.searchsorted(rows, ends).tolist()
    found = [
        gather(chunk, rows[start:stop] - end)
        for chunk, start, stop, end in zip(values.chunks, cuts[:-1], cuts[1:], ends, strict=False)
        if start < stop
    ]
    return one_array(pa.chunked_array(found, values.type))


def gather(values: pa.Array, rows: NDArray[Any]) -> pa.Array:
    """Take rows by their positions, which must all be there: nothing looks."""
    return pc.take(values, pa.array(rows), boundscheck=False, memory_pool=POOL)


def cast(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return values as another type, as they are when they are of it."""
    return values if values.type == kind else pc.cast(values, kind, memory_pool=POOL)


def is_text(kind: pa.DataType) -> bool:
    """Tell whether an Arrow type is text of any layout."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or _is_view(kind))


def _is_view(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string_view(kind))


def plain_text(values: pa.Array) -> pa.Array:
    """Return text as ``string`` or ``large_string``; views of strings are laid out."""
    return values.cast(pa.large_string()) if _is_view(values.type) else values


def null_rows(values: pa.Array | pa.ChunkedArray) -> Positions:
    """Return the positions of the nulls."""
    if values.null_count == 0:
        return NO_ROWS
    flags = one_array(pc.is_null(values)).to_numpy(zero_copy_only=False)
    return np.flatnonzero(flags).astype(np.int64)


def text_column(values: pa.Array | pa.ChunkedArray) -> pd.Series[Any]:
    """Return ids or texts as an Arrow-backed column, ``string[pyarrow]``, without a copy."""
    return arrow_column(values, pa.string())


def arrow_column(values: pa.Array | pa.ChunkedArray, kind: pa.DataType) -> pd.Series[Any]:
    """Return `values` as an Arrow-backed column of the type `kind`."""
    chunks = values.chunks if isinstance(values, pa.ChunkedArray) else [values]
    chunked = pa.chunked_array([cast(chunk, kind) for chunk in chunks], kind)
    return pd.Series(pd.arrays.ArrowExtensionArray(chunked))
