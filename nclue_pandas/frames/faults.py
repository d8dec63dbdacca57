"""Faults of rows, collected all at once, then raised or dropped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

import numpy as np

from nclue_pandas.errors.base import ConfigurationError
from nclue_pandas.errors.data import InvalidDataError, PersonalDataError, Problem
from nclue_pandas.frames.parts import is_part

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from nclue_pandas.frames.columns import Flags, Positions

OnInvalid = Literal["raise", "drop"]

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
    """

    code: str
    message: str
    remedy: str
    rows: Positions

    @property
    def problem(self) -> Problem:
        """The fault as errors show it."""
        return Problem(self.code, self.message, self.remedy, tuple(self.rows.tolist()))

    def within(self, used: Flags | None) -> Fault:
        """Keep only the rows that are `used`; all of them when it is None."""
        if used is None:
            return self
        return Fault(self.code, self.message, self.remedy, self.rows[used[self.rows]])


def check_on_invalid(value: str) -> OnInvalid:
    """Refuse any other value of ``on_invalid=``."""
    if value not in {"raise", "drop"}:
        raise ConfigurationError(f"on_invalid={value!r}: give 'raise' or 'drop'.")
    return cast("OnInvalid", value)


def raise_faults(faults: Iterable[Fault], frame: pd.DataFrame) -> None:
    """Raise all faults that have rows, with the offending rows of `frame`."""
    problems = [fault.problem for fault in faults if fault.rows.size]
    raise_problems(problems, offending_rows(problems, frame))


def raise_problems(problems: Sequence[Problem], rows: pd.DataFrame) -> None:
    """Raise all problems at once, with the offending rows; do nothing when there is none.

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
    raise error.of(problems, rows if len(rows) else None)


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
    return (kept if dropped else None), dropped
