"""Problems of rows, collected all at once, then raised or dropped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, cast

import numpy as np

from nclue_pandas.errors.base import (
    ConfigurationError,
    InvalidDataError,
    PersonalDataError,
    Problem,
)
from nclue_pandas.frames.reports import is_part

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from nclue_pandas.kernels.arrays import Flags, Positions

OnInvalid = Literal["raise", "drop"]
#: Rows of one problem that parts of a log tell; their number is told in any case.
ROWS_TOLD: Final = 1_000
#: Codes of the problems that are personal data.
PERSONAL_CODES = ("personal_data", "personal_id")


@dataclass(frozen=True, eq=False)
class Fault:
    """Rows that break one rule.

    Parameters
    ----------
    code : str
        Stable name of the rule.
    message : str
        What is wrong, without values of the rows.
    remedy : str
        What to do next.
    rows : numpy.ndarray of int64
        Ascending positions of the rows.
    values : tuple of str
        What the first of them hold, where a message shows it.
    """

    code: str
    message: str
    remedy: str
    rows: Positions
    values: tuple[str, ...] = ()

    @property
    def problem(self) -> Problem:
        """The fault as errors show it."""
        return Problem(
            self.code, self.message, self.remedy, tuple(self.rows.tolist()), values=self.values
        )

    def within(self, used: Flags | None) -> Fault:
        """Keep only the rows that are `used`; all of them when it is None."""
        if used is None:
            return self
        kept = used[self.rows]
        values = tuple(value for value, keep in zip(self.values, kept, strict=False) if keep)
        return replace(self, rows=self.rows[kept], values=values)


def check_on_invalid(value: str) -> OnInvalid:
    """Refuse any other value of ``on_invalid=``."""
    if value not in {"raise", "drop"}:
        raise ConfigurationError(f"on_invalid={value!r}: give 'raise' or 'drop'.")
    return cast("OnInvalid", value)


def raise_faults(faults: Iterable[Fault], frame: pd.DataFrame, *, every_row: bool = False) -> None:
    """Raise all faults that have rows, with the offending rows of `frame`."""
    problems = [fault.problem for fault in faults if fault.rows.size]
    raise_problems(problems, offending_rows(problems, frame), every_row=every_row)


def raise_problems(
    problems: Sequence[Problem], rows: pd.DataFrame, *, every_row: bool = False
) -> None:
    """Raise all problems at once, with the offending rows; do nothing when there is none.

    Parameters
    ----------
    problems : sequence of Problem
        What was found.
    rows : pandas.DataFrame
        The offending rows.
    every_row : bool
        Whether they were to be dropped, and no row would be left.

    Raises
    ------
    PersonalDataError
        When personal data is among them.
    InvalidDataError
        Otherwise.
    """
    if not problems:
        return
    personal = any(problem.code in PERSONAL_CODES for problem in problems)
    error = PersonalDataError if personal else InvalidDataError
    lead = "Every row would be dropped: " if every_row else ""
    raise error.of(problems, rows if len(rows) else None, lead=lead)


def offending_rows(problems: Iterable[Problem], frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `frame` that a problem names, each once, in their order."""
    named = [np.asarray(problem.rows, dtype=np.int64) for problem in problems]
    rows = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *named]))
    # Taking no rows by position would still copy the columns that come in chunks.
    return frame.iloc[rows] if rows.size else frame.iloc[:0]


def settle(
    faults: Sequence[Fault],
    personal: Sequence[Fault],
    frame: pd.DataFrame,
    on_invalid: OnInvalid,
) -> tuple[Flags | None, dict[str, int]]:
    """Raise the faults, or say which rows remain without them.

    Parameters
    ----------
    faults : sequence of Fault
        Rows to raise or drop.
    personal : sequence of Fault
        Personal data, raised in any case, except for rows that are dropped.
    frame : pandas.DataFrame
        What was looked at.
    on_invalid : {"raise", "drop"}
        What to do with `faults`.

    Returns
    -------
    kept : numpy.ndarray of bool, or None
        False for the rows to drop; None when every row stays.
    dropped : dict of str to int
        Number of rows by code. A row with two faults is counted under the first of them.

    Raises
    ------
    InvalidDataError
        Also when every row would be dropped.
    """
    if on_invalid == "raise":
        raise_faults([*faults, *personal], frame)
    dropped: dict[str, int] = {}
    kept = np.ones(len(frame), dtype=bool)
    for fault in faults:
        first = fault.within(kept).rows
        kept[first] = False
        if first.size or is_part():  # zeros keep the order of codes for the parts' sum
            dropped[fault.code] = dropped.get(fault.code, 0) + int(first.size)
    raise_faults([fault.within(kept) for fault in personal], frame)
    if len(frame) and not kept.any() and not is_part():
        raise_faults(faults, frame, every_row=True)
    return (kept if dropped else None), dropped
