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
    from collections.abc import Callable, Iterable, Iterator

Positions = NDArray[np.int64]
Flags = NDArray[np.bool_]
NO_ROWS: Positions = np.empty(0, dtype=np.int64)
#: What pyarrow raises for values without a common type, decimals that are infinite, or text that
#: is not Unicode.
NO_ARROW_TYPE: Final = (UnicodeEncodeError, OverflowError, TypeError, pa.ArrowException)
#: How other libraries make a pandas DataFrame of theirs, or a frame of a query.
_CONVERSIONS: Final = ("to_pandas", "toPandas", "_to_pandas", "collect", "compute", "to_frame")

#: Bytes of text that 32-bit offsets reach.
SMALL_TEXT = 2**31 - 2**16
#: Bytes of a chunk that more text is cut into.
TEXT_LIMIT = 2**30
#: Chunks of fewer rows are joined before they are worked on one by one.
_CHUNK_ROWS = 1 << 14
#: Bits of the smallest decimals of which Arrow finds the distinct values.
_SMALLEST_DECIMAL = 128
#: Digits of the widest decimals.
_MOST_DIGITS = 76
#: Names of columns that a message lists.
_NAMES_SHOWN = 20
_UUID_BYTES = 16
#: Hexadecimal digits of a UUID before which its text has a hyphen.
_HYPHENS = (8, 12, 16, 20)


def require_frame(frame: Any, argument: str, *, on_dask: bool = False) -> pd.DataFrame:
    """Return `frame` as a DataFrame, and say what it is when it can be none.

    Tables of other libraries that export Arrow data (``__arrow_c_stream__``: pyarrow, polars,
    DuckDB) are taken without a copy. `on_dask` tells that Dask frames have a verb of their own.

    Examples
    --------
    >>> require_frame(pa.table({"user_id": ["a"]}), "events")["user_id"].tolist()
    ['a']
    """
    if isinstance(frame, pd.DataFrame):
        return _without_views(frame)
    cause: Exception | None = None
    if hasattr(frame, "__arrow_c_stream__"):
        try:
            return _as_frame(frame if isinstance(frame, pa.Table) else pa.table(frame))
        except (pa.ArrowException, TypeError, ValueError) as error:  # a stream of no table
            cause = error
    kind = type(frame)
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    convert = next((f".{each}()" for each in _CONVERSIONS if hasattr(frame, each)), None)
    how = "it with pandas.DataFrame(...)" if convert is None else f"it with its {convert}"
    if on_dask and kind.__module__.startswith("dask."):
        how += ", or import nclue_pandas.dask and use the verbs of its own .nclue"
    raise InvalidDataError(
        f"{argument} must be a pandas DataFrame, not {name}. Convert {how}."
    ) from cause


def _as_frame(table: pa.Table) -> pd.DataFrame:
    """Show a table as a frame; views of strings are laid out, which pandas cannot take rows of."""
    return pd.DataFrame(
        {
            position: arrow_column(column, _laid_out(column.type))
            for position, column in enumerate(table.columns)
        },
        copy=False,
    ).set_axis(table.column_names, axis=1)


def _without_views(frame: pd.DataFrame) -> pd.DataFrame:
    """Lay out the views of strings among the columns of a frame."""
    views = [
        position
        for position, dtype in enumerate(frame.dtypes)
        if isinstance(dtype, pd.ArrowDtype) and _is_view(dtype.pyarrow_dtype)
    ]
    if views:
        frame = frame.copy(deep=False)
    for position in views:
        texts = plain_text(one_array(pa.array(frame.iloc[:, position], from_pandas=True)))
        frame.isetitem(position, arrow_column(texts, pa.large_string()).array)
    return frame


def _laid_out(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind) and _is_view(kind.value_type):
        return pa.dictionary(pa.int32(), pa.large_string())
    return pa.large_string() if _is_view(kind) else kind


def is_label(frame: pd.DataFrame, name: Any) -> bool:
    """Tell whether a column, or a group of columns, has this label."""
    return is_name(name) and bool(name in frame.columns)


def is_name(value: Any) -> bool:
    """Tell whether a value can be the label of a column; data, lists and what is lazy are none.

    Examples
    --------
    >>> is_name("item"), is_name(("item", 1)), is_name(["item"]), is_name(pd.Series(["tea"]))
    (True, True, False, False)
    """
    try:
        hash(value)
        _ = bool(value == "")  # a label compares now; Dask's values do when they are computed
        holds_values = getattr(value, "shape", ()) != () or hasattr(value, "__arrow_c_array__")
    except (TypeError, ValueError, NotImplementedError):
        return False
    return not (holds_values or hasattr(value, "__arrow_c_stream__"))


def require_name(value: Any, argument: str, columns: Iterable[Any]) -> None:
    """Refuse data where the name of a column belongs."""
    if is_name(value):
        return
    labels = list(columns)
    label = getattr(value, "name", None)
    guess = f" Did you mean {label!r}?" if is_name(label) and label in labels else ""
    listed = ", ".join(repr(str(each)) for each in labels[:_NAMES_SHOWN])
    has = f" The frame has: {listed}{', ...' if len(labels) > _NAMES_SHOWN else ''}."
    raise MissingColumnError(
        f"There is no column that a {type(value).__name__} names: give {argument}= the name of "
        f"one.{guess}{has if labels else ''} Values that are in no column become one with "
        "frame.assign(name=values)."
    )


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
    require_name(name, argument, frame.columns)
    if not is_label(frame, name):
        raise MissingColumnError.named(name, frame.columns, argument, levels=frame.index.names)
    column: pd.Series[Any] | pd.DataFrame = frame[name]
    if isinstance(column, pd.DataFrame):
        raise _several(frame, name, argument)
    return _dense(column)


def _dense(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a sparse column with all its values: no reader need know of the others."""
    if isinstance(column.dtype, pd.SparseDtype):
        dense: pd.Series[Any] = column.sparse.to_dense()  # type: ignore[attr-defined]
        return dense
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
    if isinstance(values, pa.Array) or _is_foreign_column(values):
        values = pd.arrays.ArrowExtensionArray(
            pa.chunked_array([values] if isinstance(values, pa.Array) else values)
        )
    kinds = (pd.Series, pd.Index, np.ndarray, pd.api.extensions.ExtensionArray, list, tuple)
    if not isinstance(values, kinds) or getattr(values, "ndim", 1) != 1:
        return None
    return _dense(values if isinstance(values, pd.Series) else pd.Series(values))


def _is_foreign_column(values: Any) -> bool:
    """Tell whether another library, such as polars, can hand over a column of Arrow data."""
    if not hasattr(values, "__arrow_c_stream__") or isinstance(values, (pd.Series, pd.DataFrame)):
        return False
    return not hasattr(values, "columns")


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
    if _is_view(kind):
        return _rewritten(values, plain_text)
    if pa.types.is_decimal(kind) and (kind.scale < 0 or kind.bit_width < _SMALLEST_DECIMAL):
        wide = _usual_decimal(kind)
        return _rewritten(values, lambda chunk: chunk.cast(wide))
    return values


def _usual_decimal(kind: pa.DataType) -> pa.DataType:
    """Return the type of decimals, of those that all of Arrow's functions know, for `kind`."""
    if kind.scale < 0:  # digits before the point only, the last of them zeros
        return pa.decimal256(_MOST_DIGITS, 0)
    return pa.decimal128(kind.precision, kind.scale)


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
    elif pa.types.is_string(values.type) and values.nbytes > SMALL_TEXT:
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
    """Return values as another type, as they are when they are of it.

    Text becomes ``string`` where it has at most 2 GiB, wherever in a longer column it begins.
    """
    if values.type == kind:
        return values
    if pa.types.is_string(kind) and _text_end(values) > SMALL_TEXT:
        values = pa.concat_arrays([values], memory_pool=POOL)  # whose offsets begin at 0
    return pc.cast(values, kind, memory_pool=POOL)


def text_array(values: pa.Array) -> pa.Array:
    """Return text as ``string``, and what 32-bit offsets do not reach as ``large_string``."""
    if _text_end(values) > SMALL_TEXT:
        values = pa.concat_arrays([values], memory_pool=POOL)
    return values if _text_end(values) > SMALL_TEXT else cast(values, pa.string())


def _text_end(values: pa.Array) -> int:
    """Return where ``large_string`` texts end in their buffer; 0 for other types."""
    if not pa.types.is_large_string(values.type) or not len(values):
        return 0
    return int(np.frombuffer(values.buffers()[1], np.int64)[values.offset + len(values)])


def small_chunks(texts: pa.Array, limit: int) -> list[pa.Array]:
    """Cut ``large_string`` texts into ``string`` chunks of about `limit` bytes at most.

    Examples
    --------
    >>> [chunk.to_pylist() for chunk in small_chunks(pa.array(["aa", "b", "cc"]), limit=3)]
    [['aa', 'b'], ['cc']]
    """
    lengths = pc.binary_length(texts).fill_null(0).to_numpy(zero_copy_only=False)
    ends = np.cumsum(lengths, dtype=np.int64)
    bounds = np.flatnonzero(np.diff(np.maximum(ends - 1, 0) // limit, append=-1)) + 1
    starts = np.append(0, bounds)[:-1]
    return [
        cast(texts.slice(start, stop - start), pa.string())
        for start, stop in zip(starts.tolist(), bounds.tolist(), strict=True)
    ]


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
    return pd.Series(pd.arrays.ArrowExtensionArray(cast_chunks(values, kind)))


def cast_chunks(values: pa.Array | pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """Return `values` as chunks of the type `kind`, in more of them where one cannot hold all."""
    chunks: list[pa.Array] = []
    for chunk in values.chunks if isinstance(values, pa.ChunkedArray) else [values]:
        much = pa.types.is_string(kind) and _text_end(chunk) > SMALL_TEXT
        chunks += small_chunks(chunk, TEXT_LIMIT) if much else [cast(chunk, kind)]
    return pa.chunked_array(chunks, kind)
