"""A log of one's own from a file, read as ``stream_sequences`` reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from nclue_pandas.errors import InvalidDataError
from nclue_pandas.logs.sources import frames_of
from nclue_pandas.logs.text_files import TextForm, require_columns

if TYPE_CHECKING:
    import argparse
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
