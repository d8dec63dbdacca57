"""Values of any column as text: the one place that says how a number or an object reads."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nclue_pandas.errors.data import InvalidDataError
from nclue_pandas.frames.columns import (
    NO_ARROW_TYPE,
    NO_ROWS,
    Flags,
    Positions,
    cast,
    is_text,
    one_array,
    plain_text,
    to_chunks,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

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
