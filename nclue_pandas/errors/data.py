"""Errors of frames: what the service would refuse, with the rows."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from nclue_pandas.errors.base import NclueError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

_ROWS_SHOWN = 5


@dataclass(frozen=True)
class Problem:
    """One kind of fault in a frame, and where it is.

    Parameters
    ----------
    code : str
        Stable name of the rule, for example ``"duplicate_id"``.
    message : str
        What is wrong, without values of the rows (they may be personal data).
    remedy : str
        What to do next.
    rows : tuple of int
        Positions (0-based, as for ``DataFrame.iloc``) of the rows at fault; empty when the
        fault is of the whole frame.
    total : int, optional
        How many rows are at fault, where `rows` holds only the first of them.
    """

    code: str
    message: str
    remedy: str
    rows: tuple[int, ...] = ()
    total: int | None = None

    def __str__(self) -> str:
        shown = ", ".join(str(row) for row in self.rows[:_ROWS_SHOWN])
        more = (self.total or len(self.rows)) - _ROWS_SHOWN
        where = ""
        if self.rows:
            where = f" (row positions {shown}{f' and {more:,} more' if more > 0 else ''})"
        return f"{self.message}{where}. {self.remedy}"


class InvalidDataError(NclueError, ValueError):
    """The frame holds what the service would refuse; nothing was sent.

    Attributes
    ----------
    problems : tuple of Problem
        Every fault found, each with its rows.
    rows : pandas.DataFrame or None
        The offending rows of the frame that was checked, each once, in their order.
    """

    def __init__(
        self, message: str, *, problems: Sequence[Problem] = (), rows: pd.DataFrame | None = None
    ) -> None:
        super().__init__(message)
        self.problems = tuple(problems)
        self.rows = rows

    @classmethod
    def of(cls, problems: Sequence[Problem], rows: pd.DataFrame | None = None) -> InvalidDataError:
        """Say all problems at once."""
        lines = "\n".join(f"  - [{problem.code}] {problem}" for problem in problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        tail = "\nThe offending rows are in the error's .rows." if rows is not None else ""
        return cls(f"{count} found, nothing was sent:\n{lines}{tail}", problems=problems, rows=rows)


class PersonalDataError(InvalidDataError):
    """Ids or texts look like personal data, which the service refuses (10109 to 10111)."""


class MissingColumnError(InvalidDataError, KeyError):
    """A named column is not in the frame."""

    @classmethod
    def named(cls, name: object, available: Iterable[object], argument: str) -> MissingColumnError:
        """Tell which columns there are, the nearest name first."""
        names = [str(column) for column in available]
        near = get_close_matches(str(name), names, n=1)
        guess = f" Did you mean {near[0]!r}?" if near else ""
        listed = ", ".join(repr(column) for column in names[:20]) or "none"
        more = f" and {len(names) - 20} more" if len(names) > 20 else ""  # noqa: PLR2004
        return cls(
            f"There is no column {name!r} (argument {argument}=).{guess} "
            f"The frame has: {listed}{more}."
        )


class SpillError(NclueError, OSError):
    """Temporary files of a log larger than memory cannot be written."""
