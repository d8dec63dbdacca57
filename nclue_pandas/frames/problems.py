"""Problems of rows, collected all at once, then raised or dropped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, cast

import numpy as np

from nclue_pandas.errors.base import (
    ConfigurationError,
    InvalidDataError,
    PersonalDataError,
    Problem,
)
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from nclue_pandas.kernels.arrays import Flags, Positions

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
    lead = _("Every row would be dropped: ") if every_row else ""
    raise error.of(problems, rows if len(rows) else None, lead=lead)


def offending_rows(problems: Iterable[Problem], frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `frame` that a problem names, each once, in their order."""
    named = [np.asarray(problem.rows, dtype=np.int64) for problem in problems]
    rows = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *named]))
    # Taking no rows by position would still copy the columns that come in chunks.
    return frame.iloc[rows] if rows.size else frame.iloc[:0]


@dataclass(frozen=True, eq=False)
class Settled:
    """What is to be done about the faults of some rows.

    Parameters
    ----------
    kept : numpy.ndarray of bool, or None
        False for the rows to drop; None when every row stays.
    dropped : dict of str to int
        Number of rows by code, also where it is 0: so the codes keep their order when the counts
        of several parts are added up. A row with two faults is counted under the first of them.
    problems : tuple of Fault
        To be raised.
    lost : tuple of Fault
        To be raised if these were all rows there are: each of them would be dropped.
    """

    kept: Flags | None
    dropped: dict[str, int]
    problems: tuple[Fault, ...] = ()
    lost: tuple[Fault, ...] = ()


def settle(
    faults: Sequence[Fault], personal: Sequence[Fault], rows: int, on_invalid: OnInvalid
) -> Settled:
    """Say which faults are to be raised, or which rows remain without them.

    Parameters
    ----------
    faults : sequence of Fault
        Rows to raise or drop.
    personal : sequence of Fault
        Personal data, raised in any case, except for rows that are dropped.
    rows : int
        How many were looked at.
    on_invalid : {"raise", "drop"}
        What to do with `faults`.
    """
    if on_invalid == "raise":
        problems = with_rows([*faults, *personal])
        if problems:
            return Settled(None, {}, problems)
    dropped: dict[str, int] = {}
    kept = np.ones(rows, dtype=bool)
    for fault in faults:
        first = fault.within(kept).rows
        kept[first] = False
        dropped[fault.code] = dropped.get(fault.code, 0) + int(first.size)
    problems = with_rows(fault.within(kept) for fault in personal)
    lost = () if kept.any() else with_rows(faults)
    return Settled(kept if any(dropped.values()) else None, dropped, problems, lost)


def with_rows(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Return the faults that have rows."""
    return tuple(fault for fault in faults if fault.rows.size)


def joined_faults(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Put the same fault of several looks at the same rows together; leave out those without rows.

    Examples
    --------
    >>> looks = [Fault("a", "", "", np.array([5, 9])), Fault("a", "", "", np.array([5, 7]))]
    >>> [each.rows.tolist() for each in joined_faults(looks)]
    [[5, 7, 9]]
    """
    same: dict[tuple[str, str], Fault] = {}
    for fault in with_rows(faults):
        known = same.setdefault((fault.code, fault.message), fault)
        first = min(known, fault, key=lambda each: int(each.rows[0]))
        rows = np.union1d(known.rows, fault.rows)
        same[fault.code, fault.message] = replace(known, rows=rows, values=first.values)
    return tuple(same.values())
