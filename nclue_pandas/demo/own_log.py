"""A log of one's own from a file, read as ``stream_sequences`` reads it, with times as told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from nclue_pandas.errors import InvalidDataError
from nclue_pandas.frames.columns import read_text
from nclue_pandas.frames.times import read_times
from nclue_pandas.streaming.files import frames_of
from nclue_pandas.streaming.text_files import TextForm, require_columns

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from pathlib import Path

#: Bytes of the frames that the log is put together from.
_FRAME_BYTES = 64 << 20


def form_of(options: argparse.Namespace) -> TextForm:
    """Return how the file is written, by the options of the command."""
    return TextForm(options.encoding, options.sep, options.header, options.quotes)


def read_log(path: Path, form: TextForm) -> pd.DataFrame:
    """Read a log from a Parquet or text file, or from a directory of them.

    Parameters
    ----------
    path : Path
        Text files hold text: 0012 keeps its zeros, NA is an id, and an empty cell is null.
    form : TextForm
        How a text file is written.

    Returns
    -------
    pandas.DataFrame
        The log.

    Raises
    ------
    InvalidDataError
        When the file cannot be read so; it says what else to give.
    """
    frames = list(frames_of(path, None, _FRAME_BYTES, form))
    if not frames:
        raise InvalidDataError(f"{path} holds no rows.")
    return pd.concat(frames, ignore_index=True)


def find_columns(events: pd.DataFrame, form: TextForm, named: dict[str, str]) -> dict[str, Any]:
    """Return the labels of columns by argument; without a header they are numbers."""
    numbered = {name: int(given) for name, given in named.items() if given.isdecimal()}
    columns: dict[str, Any] = named if form.header else {**named, **numbered}
    require_columns({label: name for name, label in columns.items()}, list(events.columns), form)
    return columns


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


def as_numbers(column: pd.Series[Any], bounds: Mapping[str, str | None]) -> dict[str, Any]:
    """Read cutoff, horizon and their like as whole numbers where the times are plain numbers.

    Examples
    --------
    >>> as_numbers(pd.Series([1, 2]), {"cutoff": "2", "horizon": "90D"})
    {'cutoff': 2, 'horizon': '90D'}
    """
    if read_times(column).unit is not None:
        return dict(bounds)
    return {
        name: int(text) if text is not None and text.strip().lstrip("+-").isdecimal() else text
        for name, text in bounds.items()
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
