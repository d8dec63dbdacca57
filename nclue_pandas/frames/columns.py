"""Columns of any kind of frame, found by name and read as Arrow arrays, texts, zeros and ones.

Here is the one place that says how a number or an object reads as text, and what a label is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from nclue_pandas.errors.base import InvalidDataError, MissingColumnError
from nclue_pandas.kernels.arrays import (
    NO_ROWS,
    Flags,
    Positions,
    cast,
    cast_chunks,
    is_text,
    is_view,
    null_rows,
    one_array,
    plain_text,
)
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


#: What pyarrow raises for values without a common type, decimals that are infinite, or text that
#: is not Unicode.
NO_ARROW_TYPE: Final = (UnicodeEncodeError, OverflowError, TypeError, pa.ArrowException)
#: How other libraries make a pandas DataFrame of theirs, or a frame of a query.
_CONVERSIONS: Final = ("to_pandas", "toPandas", "_to_pandas", "collect", "compute", "to_frame")
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
    how = _("Convert it with pandas.DataFrame(...).")
    if convert is not None and on_dask and kind.__module__.startswith("dask."):
        how = _(
            "Convert it with its {method}, or import nclue_pandas.dask and use the verbs of its "
            "own .nclue."
        ).format(method=convert)
    elif convert is not None:
        how = _("Convert it with its {method}.").format(method=convert)
    must = _("{argument} must be a pandas DataFrame, not {name}.")
    raise InvalidDataError(f"{must.format(argument=argument, name=name)} {how}") from cause


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
        if isinstance(dtype, pd.ArrowDtype) and is_view(dtype.pyarrow_dtype)
    ]
    if views:
        frame = frame.copy(deep=False)
    for position in views:
        texts = plain_text(one_array(pa.array(frame.iloc[:, position], from_pandas=True)))
        frame.isetitem(position, arrow_column(texts, pa.large_string()).array)
    return frame


def _laid_out(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind) and is_view(kind.value_type):
        return pa.dictionary(pa.int32(), pa.large_string())
    return pa.large_string() if is_view(kind) else kind


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
    told = [
        _("There is no column that a {kind} names: give {argument}= the name of one.").format(
            kind=type(value).__name__, argument=argument
        )
    ]
    if is_name(label) and label in labels:
        told.append(_("Did you mean {name}?").format(name=repr(label)))
    if labels:
        listed = ", ".join(repr(str(each)) for each in labels[:_NAMES_SHOWN])
        more = ", ..." if len(labels) > _NAMES_SHOWN else ""
        told.append(_("The frame has: {listed}.").format(listed=f"{listed}{more}"))
    told.append(_("Values that are in no column become one with frame.assign(name=values)."))
    raise MissingColumnError(" ".join(told))


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
    if is_view(kind):
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


def text_column(values: pa.Array | pa.ChunkedArray) -> pd.Series[Any]:
    """Return ids or texts as an Arrow-backed column, ``string[pyarrow]``, without a copy."""
    return arrow_column(values, pa.string())


def arrow_column(values: pa.Array | pa.ChunkedArray, kind: pa.DataType) -> pd.Series[Any]:
    """Return `values` as an Arrow-backed column of the type `kind`."""
    return pd.Series(pd.arrays.ArrowExtensionArray(cast_chunks(values, kind)))


#: From here on a float of a type no longer tells neighboring whole numbers apart.
_EXACT: Final = {pa.float16(): 2.0**11, pa.float32(): 2.0**24, pa.float64(): 2.0**53}
_ALL_DIGITS: Final = pa.decimal256(76, 0)
#: Types of which Arrow writes every value as a person would.
_PLAIN_TYPES: Final = (
    pa.types.is_integer,
    pa.types.is_boolean,
    pa.types.is_null,
    pa.types.is_timestamp,
    pa.types.is_date,
    pa.types.is_time,
)


@dataclass(frozen=True, eq=False)
class TextValues:
    """A column read as text.

    Parameters
    ----------
    texts : pyarrow.Array or ChunkedArray
        ``string``, ``large_string``, or a dictionary of one of them; null where the column is
        null or not readable as text.
    not_unicode : numpy.ndarray of int64
        Positions of texts with lone surrogates, which no encoding of Unicode can write.
    inexact : numpy.ndarray of int64
        Positions of floats too large to be exact, and of infinite numbers.
    fractional : numpy.ndarray of int64
        Positions of other numbers that are not whole, among boxed values.
    """

    texts: pa.Array | pa.ChunkedArray
    not_unicode: Positions
    inexact: Positions = field(default_factory=NO_ROWS.copy)
    fractional: Positions = field(default_factory=NO_ROWS.copy)


def read_text(column: pd.Series[Any], argument: str) -> TextValues:
    """Read any column of texts, numbers, booleans or mixed objects as text.

    Whole numbers read without a fraction (``17850.0`` is ``17850``), other floats in their
    shortest form; categories stay a dictionary.

    Parameters
    ----------
    column : pandas.Series
        Any dtype.
    argument : str
        Keyword under which the user named the column.

    Raises
    ------
    InvalidDataError
        When the values are of a type that has no plain text, such as lists, bytes or durations.

    Examples
    --------
    >>> import pandas as pd
    >>> read_text(pd.Series([17850.0, None, 2.5]), "user").texts.to_pylist()
    ['17850', None, '2.5']
    """
    read = read_chunks(column, argument)
    return replace(read, texts=one_array(read.texts))


def read_chunks(column: pd.Series[Any], argument: str) -> TextValues:
    """Read a column as :func:`read_text` does, without joining its chunks.

    Examples
    --------
    >>> import pandas as pd
    >>> read_chunks(pd.Series([17850.0]), "user").texts.type
    DataType(string)
    """
    try:
        values = to_chunks(column)
    except NO_ARROW_TYPE:
        read = read_objects(column, argument)
        return replace(read, texts=pa.chunked_array([read.texts]))
    texts = [to_text(chunk, argument) for chunk in values.chunks or [pa.array([], values.type)]]
    return TextValues(pa.chunked_array(texts), NO_ROWS, _inexact_rows(values))


def to_text(values: pa.Array, argument: str) -> pa.Array:
    """Return Arrow values as text, a dictionary where they are one."""
    kind = values.type
    if is_text(kind):
        return plain_text(values)
    if pa.types.is_dictionary(kind):
        texts = to_text(values.dictionary, argument)
        return pa.DictionaryArray.from_arrays(values.indices, texts)
    if pa.types.is_floating(kind):
        return _float_text(values)
    if pa.types.is_decimal(kind):
        integers = values.cast(_ALL_DIGITS, safe=False)
        return pc.if_else(
            pa.array(whole(values)), *(v.cast(pa.string()) for v in (integers, values))
        )
    if any(is_type(kind) for is_type in _PLAIN_TYPES):
        return cast(values, pa.string())
    raise _no_text(str(kind), argument)


def _inexact_rows(values: pa.ChunkedArray) -> Positions:
    """Return the positions of floats that may have been other numbers once, and of infinite ones.

    Examples
    --------
    >>> _inexact_rows(pa.chunked_array([[2.5, 2.0**53], [float("inf"), None]])).tolist()
    [1, 2]
    """
    kind = values.type
    if pa.types.is_dictionary(kind) and pa.types.is_floating(kind.value_type):
        encoded = one_array(values)
        flags = np.append(~_are_exact(encoded.dictionary), False)
        codes = encoded.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
        return np.flatnonzero(flags[codes])
    if not pa.types.is_floating(kind):
        return NO_ROWS
    return np.flatnonzero(
        np.concatenate([np.zeros(0, dtype=bool), *(~_are_exact(c) for c in values.chunks)])
    )


def _are_exact(floats: pa.Array) -> Flags:
    """Tell which floats are told apart from their neighbors; null is."""
    values = floats.cast(pa.float64()).to_numpy(zero_copy_only=False)
    exact: Flags = (np.abs(values) < _EXACT[floats.type]) | np.isnan(values)
    return exact


def whole(numbers: pa.Array) -> Flags:
    """Tell which floats or decimals are whole numbers, held exactly; null is none.

    Examples
    --------
    >>> whole(pa.array([1.0, 1.5, 2.0**24], pa.float32())).tolist()
    [True, False, False]
    """
    exact: Flags
    if pa.types.is_decimal(numbers.type):
        if numbers.type.scale >= numbers.type.precision:  # no digit is left for a whole number
            numbers = numbers.cast(pa.decimal256(_MOST_DIGITS, numbers.type.scale))
        same = pc.equal(pc.trunc(numbers), numbers).fill_null(False)
        exact = same.to_numpy(zero_copy_only=False)
        return exact
    floats = numbers.cast(pa.float64()).to_numpy(zero_copy_only=False)
    exact = (np.abs(floats) < _EXACT[numbers.type]) & (floats == np.trunc(floats))
    return exact


def _float_text(values: pa.Array) -> pa.Array:
    """Write whole numbers as integers and the others as they are."""
    is_whole = whole(values)
    numbers = np.where(is_whole, values.to_numpy(zero_copy_only=False), 0).astype(np.int64)
    integers = pa.array(numbers).cast(pa.string())
    texts = pc.if_else(pa.array(is_whole), integers, values.cast(pa.string()))
    return pc.if_else(pc.is_null(values), pa.scalar(None, pa.string()), texts)


def read_objects(column: pd.Series[Any], argument: str) -> TextValues:
    """Read boxed Python values of mixed types, or texts that Arrow refuses."""
    objects = [
        None if gone else value.item() if isinstance(value, np.generic) else value
        for value, gone in zip(column.to_numpy(dtype=object), column.isna(), strict=True)
    ]
    texts = [None if value is None else _object_text(value, argument) for value in objects]
    bad = [i for i, text in enumerate(texts) if text is not None and not is_unicode(text)]
    for row in bad:
        texts[row] = None
    numbers = [(i, value) for i, value in enumerate(objects) if isinstance(value, (float, Decimal))]
    inexact = [i for i, value in numbers if not _is_exact(value)]
    fractional = [i for i, value in numbers if _is_exact(value) and not _is_whole(value)]
    rows = (np.array(found, dtype=np.int64) for found in (bad, inexact, fractional))
    return TextValues(pa.array(texts, pa.large_string()), *rows)


def _number_text(value: float | Decimal) -> str:
    if _is_exact(value) and _is_whole(value):
        return str(int(value))
    return str(value) if isinstance(value, Decimal) else repr(float(value))


#: A bool is an int too, and members of enumerations are what they are made of.
_WRITERS: dict[type, Callable[[Any], str]] = {
    str: str.__str__,
    bool: lambda value: "true" if value else "false",
    int: int.__repr__,
    float: _number_text,
    Decimal: _number_text,
    UUID: str,
}


def _object_text(value: Any, argument: str) -> str:
    write = next((write for kind, write in _WRITERS.items() if isinstance(value, kind)), None)
    try:
        if write is not None:
            return write(value)
    except ValueError:  # more digits than Python writes
        pass
    raise _no_text(type(value).__name__, argument)


def _is_exact(value: float | Decimal) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite()
    return abs(value) < _EXACT[pa.float64()]


def _is_whole(value: float | Decimal) -> bool:
    if isinstance(value, Decimal):
        return value == value.to_integral_value()
    return value.is_integer()


def is_unicode(text: str) -> bool:
    """Tell whether UTF-8 can write a text: lone surrogates it cannot."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _no_text(kind: str, argument: str) -> InvalidDataError:
    return InvalidDataError(
        f"The column of {argument}= holds values of type {kind}, which cannot be read as text. "
        "Convert them to str first."
    )


_ONE: Final = r"^(?:1(?:\.0*)?|(?i:true))$"
_ZERO: Final = r"^(?:0(?:\.0*)?|(?i:false))$"


@dataclass(frozen=True, eq=False)
class Binary:
    """A column read as yes and no.

    Parameters
    ----------
    ones : numpy.ndarray of bool, shape (rows,)
        True where the value is one.
    null, other : numpy.ndarray of int64
        Positions of nulls, and of values that are neither 0 nor 1.
    """

    ones: Flags
    null: Positions
    other: Positions


def read_binary(column: pd.Series[Any], argument: str) -> Binary:
    """Read bool, 0 and 1 of any number type, or texts of them in any case, such as True or 1.0.

    Examples
    --------
    >>> import pandas as pd
    >>> read = read_binary(pd.Series([1.0, 0.0, None, 2.0]), "label")
    >>> read.ones.tolist(), read.null.tolist(), read.other.tolist()
    ([True, False, False, False], [2], [3])
    """
    try:
        values = to_arrow(column)
    except NO_ARROW_TYPE:
        return _texts(read_text(column, argument).texts, column.isna().to_numpy())
    kind = values.type
    if pa.types.is_dictionary(kind):
        values = values.dictionary_decode()
        kind = values.type
    if pa.types.is_boolean(kind):
        return Binary(_flags(values), null_rows(values), _positions(np.zeros(len(values), bool)))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        ones, zeros = (_flags(pc.equal(values, pa.scalar(n, kind))) for n in (1, 0))
        null = null_rows(values)
        return Binary(ones, null, np.setdiff1d(_positions(~ones & ~zeros), null))
    if pa.types.is_temporal(kind):
        raise InvalidDataError(f"The column of {argument}= is of type {kind}, not 0 and 1.")
    texts = to_text(values, argument)
    return _texts(texts, pc.is_null(texts).to_numpy(zero_copy_only=False))


def _texts(texts: pa.Array, null: Flags) -> Binary:
    """Read texts, as files and spreadsheets hold labels and booleans: ``1.0``, ``TRUE``."""
    if pa.types.is_null(texts.type):
        texts = texts.cast(pa.string())
    ones, zeros = (_flags(pc.match_substring_regex(texts, form)) for form in (_ONE, _ZERO))
    return Binary(ones & ~null, _positions(null), _positions(~ones & ~zeros & ~null))


def _flags(values: pa.Array) -> Flags:
    flags: Flags = values.fill_null(False).to_numpy(zero_copy_only=False)
    return flags


def _positions(flags: Flags) -> Positions:
    return np.flatnonzero(flags).astype(np.int64, copy=False)
