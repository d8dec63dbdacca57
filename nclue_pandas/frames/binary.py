"""Columns of zeros and ones, whatever their type: the one place that says what a label is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nclue_pandas.errors.data import InvalidDataError
from nclue_pandas.frames.columns import NO_ARROW_TYPE, null_rows, to_arrow
from nclue_pandas.frames.text_values import read_text, to_text

if TYPE_CHECKING:
    import pandas as pd

    from nclue_pandas.frames.columns import Flags, Positions

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
