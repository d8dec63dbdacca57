"""The times of a log of one's own as the options say: in a unit, in a format, or plain numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow as pa

from nclue_pandas.errors import InvalidDataError
from nclue_pandas.frames.columns import read_text
from nclue_pandas.frames.times import read_times

if TYPE_CHECKING:
    from collections.abc import Mapping

_DIGITS: Final = re.compile(r"[+-]*\d+")


def convert_times(column: pd.Series[Any], unit: str | None, form: str | None) -> pd.Series[Any]:
    """Read times as ``--time-unit`` or ``--time-format`` says; what cannot be read stays text.

    Examples
    --------
    >>> convert_times(pd.Series(["01/02/2026", "soon"]), None, "%d/%m/%Y").tolist()
    ['2026-02-01', 'soon']
    """
    if unit is not None and form is not None:
        raise InvalidDataError("Give --time-unit or --time-format, not both.")
    if unit is None and form is None:
        return column
    texts = read_text(column, "time").texts.cast(pa.large_string())
    written = pd.Series(texts.to_pandas(), index=column.index, dtype="string")
    times = _in_format(written, form) if form is not None else _in_unit(column, str(unit))
    unreadable = times.isna() & written.notna()
    if unreadable.any():
        return times.astype("string").where(~unreadable, written)
    return times


def as_numbers(column: pd.Series[Any], bounds: Mapping[str, Any]) -> dict[str, Any]:
    """Read cutoff, horizon and their like as whole numbers where the times are plain numbers.

    Examples
    --------
    >>> as_numbers(pd.Series([1, 2]), {"cutoff": "2", "horizon": "90D"})
    {'cutoff': 2, 'horizon': '90D'}
    """
    if read_times(column).unit is not None:
        return dict(bounds)
    return {
        name: int(bound) if isinstance(bound, str) and _DIGITS.fullmatch(bound.strip()) else bound
        for name, bound in bounds.items()
    }


def _in_format(written: pd.Series[Any], form: str) -> pd.Series[Any]:
    try:
        times: pd.Series[Any] = pd.to_datetime(
            written.astype(object), format=form, errors="coerce", utc="%z" in form
        )
    except ValueError as error:
        raise InvalidDataError(f"--time-format {form!r} cannot be used: {error}.") from error
    return times


def _in_unit(column: pd.Series[Any], unit: str) -> pd.Series[Any]:
    read = read_times(column)
    if read.unit is not None:
        raise InvalidDataError(f"--time-unit {unit}: the times are no whole numbers.")
    return pd.Series(pd.DatetimeIndex(read.ticks.view(f"M8[{unit}]")), index=column.index)
