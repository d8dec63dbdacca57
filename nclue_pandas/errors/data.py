"""Errors of frames: what the service would refuse, with the rows."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from nclue_pandas.errors.base import NclueError
from nclue_pandas.errors.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

_ROWS_SHOWN = 5
#: Characters of a value in a table of rows.
_WIDEST = 40
_VALUES_SHOWN = 2


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
    argument : str, optional
        Under which name the frame was given to a verb that takes several.
    values : tuple of str
        What the first of the rows hold, where that helps and cannot be personal data.
    """

    code: str
    message: str
    remedy: str
    rows: tuple[int, ...] = ()
    total: int | None = None
    argument: str | None = None
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        shown = ", ".join(str(row) for row in self.rows[:_ROWS_SHOWN])
        more = (self.total or len(self.rows)) - _ROWS_SHOWN
        where = ""
        if self.rows:
            values = " and ".join(dict.fromkeys(self.values))
            where = f"such as {values}; " if values else ""
            where = f" ({where}row positions {shown}{f' and {more:,} more' if more > 0 else ''})"
        what = f"{self.argument}: " if self.argument else ""
        return f"{what}{self.message}{where}. {self.remedy}"


def first_values(problems: Iterable[Problem]) -> tuple[str, ...]:
    """Return what the first rows hold of one problem that was found in several parts of a frame.

    Examples
    --------
    >>> parts = [Problem("a", "", "", (5, 9), values=("e", "i")), Problem("a", "", "", (7,))]
    >>> first_values([*parts, Problem("a", "", "", (6,), values=("f",))])
    ('e', 'f')
    """
    shown = sorted(pair for each in problems for pair in zip(each.rows, each.values, strict=False))
    return tuple(value for _, value in shown[:_VALUES_SHOWN])


class InvalidDataError(NclueError, ValueError):
    """The frame holds what the service would refuse; nothing was sent.

    Attributes
    ----------
    problems : tuple of Problem
        Every fault found, each with its rows.
    rows : pandas.DataFrame or None
        The offending rows of the frame that was checked, each once, in their order. From a verb
        that checks several frames, the first level of the index names the frame.
    """

    remedy = (
        "Look at the error's .rows, and mend them, or leave them out with on_invalid='drop' where "
        "the frame is made."
    )

    def __init__(
        self, message: str, *, problems: Sequence[Problem] = (), rows: pd.DataFrame | None = None
    ) -> None:
        super().__init__(message)
        self.problems = tuple(problems)
        self.rows = rows

    def _more(self) -> list[str]:
        """Return the first offending rows, as a table."""
        if self.rows is None or not len(self.rows):
            return []
        count = min(len(self.rows), _ROWS_SHOWN)
        shown = self.rows.head(count).to_string(max_colwidth=_WIDEST)
        return ["", f"The first {count} of {len(self.rows):,}:", printable(shown, keep="\n")]

    @classmethod
    def of(
        cls, problems: Sequence[Problem], rows: pd.DataFrame | None = None, *, lead: str = ""
    ) -> InvalidDataError:
        """Say all problems at once."""
        lines = "\n".join(f"  - [{problem.code}] {problem}" for problem in problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        tail = "\nThe offending rows are in the error's .rows." if rows is not None else ""
        return cls(f"{lead}{count} found:\n{lines}{tail}", problems=problems, rows=rows)


class PersonalDataError(InvalidDataError):
    """Ids or texts look like personal data, which the service refuses (10109 to 10111)."""

    def _more(self) -> list[str]:
        """Return nothing: notebooks are passed on, and these rows are about people."""
        return []

    remedy = (
        'In texts: personal_data="mask" where the sequences are made. In ids: pseudonymize() '
        "the frames, and restore_ids() on the scores."
    )


class MissingColumnError(InvalidDataError, KeyError):
    """A named column is not in the frame."""

    remedy = "Give the name of a column that is there; the message lists them."

    @classmethod
    def named(
        cls,
        name: object,
        available: Iterable[object],
        argument: str,
        *,
        levels: Iterable[object] = (),
    ) -> MissingColumnError:
        """Tell which columns there are, and what was probably meant.

        Parameters
        ----------
        name : object
            The column that is missing.
        available : iterable
            The columns that there are.
        argument : str
            Keyword under which the user gave the name.
        levels : iterable
            Names of the frame's index.
        """
        names = [str(column) for column in available]
        listed = ", ".join(repr(column) for column in names[:20]) or "none"
        more = f" and {len(names) - 20} more" if len(names) > 20 else ""  # noqa: PLR2004
        guess = "It is in the index: reset_index() makes a column of it."
        if name not in [*levels]:
            guess = _other_frame(str(name), names) or _nearest(str(name), names)
        told = f"There is no column {name!r} (argument {argument}=)."
        return cls(" ".join(filter(None, (told, guess, f"The frame has: {listed}{more}."))))


def _nearest(name: str, names: Sequence[str]) -> str:
    """Tell the name that was probably meant: nearly the same, or one that holds it."""
    folded = {each.casefold(): each for each in reversed(names)}
    wanted = name.casefold()
    near = get_close_matches(wanted, folded, n=1) or [each for each in folded if wanted in each]
    return f"Did you mean {folded[near[0]]!r}?" if near and wanted else ""


def _other_frame(name: str, names: Sequence[str]) -> str:
    """Tell when another kind of frame was given than the one that has such a column."""
    if name == "label" and "sequence" in names:
        return "These look like sequences, not answers: to_answers() makes answers of the log."
    if name == "sequence" and "label" in names:
        return "These look like answers, not sequences: to_sequences() makes them of the log."
    if name in {"user_id", "sequence", "label"} and not {"sequence", "label", "score"} & {*names}:
        return "If this is an event log, to_sequences() or to_answers() comes first."
    return ""


class SpillError(NclueError, OSError):
    """Temporary files of a log larger than memory cannot be written."""

    remedy = "Make room on the disk, or name a directory with more of it."
