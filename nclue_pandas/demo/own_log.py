"""A log of one's own from a file: its ids as they are written, and what a file may be like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from nclue_pandas.errors import InvalidDataError

if TYPE_CHECKING:
    from pathlib import Path

#: What spreadsheets put between columns in the place of commas -> how the option spells it.
_SEPARATORS: Final = {"\t": r"'\t'", ";": "';'", "|": "'|'"}
#: What Excel writes in Korea.
_KOREAN: Final = "cp949"
_TRIED_LINES: Final = 1_000


@dataclass(frozen=True)
class Form:
    r"""How a CSV file is written.

    Parameters
    ----------
    encoding : str
        Of its text.
    sep : str
        What stands between two columns: one character, or ``\t`` for a TAB.
    """

    encoding: str = "utf-8"
    sep: str = ","

    def options(self) -> dict[str, Any]:
        """Return the arguments for pandas."""
        sep = "\t" if self.sep in {r"\t", "TAB", "tab"} else self.sep
        if len(sep) != 1:
            raise InvalidDataError(f"--sep {sep!r} is no separator: give one character, or '\\t'.")
        return {"encoding": self.encoding, "sep": sep}


def read_log(path: Path, form: Form, user: str | None) -> pd.DataFrame:
    """Read a log from a CSV or Parquet file.

    Parameters
    ----------
    path : Path
        ``.parquet``, or anything else for CSV.
    form : Form
        How a CSV file is written.
    user : str or None
        Column of the ids, which stay as they are written: 0012 keeps its zeros, and NA is an id.

    Returns
    -------
    pandas.DataFrame
        The log.

    Raises
    ------
    InvalidDataError
        When the file cannot be read so; it says what else to give.
    """
    if not path.is_file():
        raise InvalidDataError(f"There is no file {path}.")
    parquet = path.suffix == ".parquet"
    try:
        return pd.read_parquet(path) if parquet else _read_csv(path, form, user)
    except InvalidDataError:
        raise
    except (ValueError, OSError, LookupError) as error:  # pyarrow's and pandas' own are of these
        hint = "" if parquet else _hint(path, form, error)
        raise InvalidDataError(
            f"{path} cannot be read as {'Parquet' if parquet else 'CSV'}: {error}{hint}"
        ) from error


def _read_csv(path: Path, form: Form, user: str | None) -> pd.DataFrame:
    events: pd.DataFrame = pd.read_csv(path, **form.options())
    if len(events.columns) == 1:
        _check_single(path, str(events.columns[0]))
    if user in events.columns:
        ids = pd.read_csv(
            path, usecols=[str(user)], dtype=str, keep_default_na=False, **form.options()
        )
        events[user] = ids[user]
    return events


def _check_single(path: Path, column: str) -> None:
    """Refuse a file whose columns were not told apart."""
    for separator, spelled in _SEPARATORS.items():
        if separator in column:
            raise InvalidDataError(
                f"{path} was read as a single column, {column!r}: its columns are not separated "
                f"by the separator that was expected. Give --sep {spelled}."
            )


def _hint(path: Path, form: Form, error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        if _reads_as(path, _KOREAN, form):
            return (
                f". It reads as {_KOREAN}, which Excel writes in Korea: give --encoding {_KOREAN}."
            )
        return f". Give --encoding, such as {_KOREAN} (Excel in Korea) or utf-16."
    if isinstance(error, LookupError):
        return f". Give --encoding a name that Python knows, such as utf-8 or {_KOREAN}."
    if isinstance(error, pd.errors.ParserError):
        return ". If its columns are not separated by commas, give --sep, such as ';' or '\\t'."
    return ""


def _reads_as(path: Path, encoding: str, form: Form) -> bool:
    other = Form(encoding, form.sep)
    try:
        pd.read_csv(path, nrows=_TRIED_LINES, on_bad_lines="skip", **other.options())
    except ValueError:
        return False
    return encoding != form.encoding
