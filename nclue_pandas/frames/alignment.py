"""Scores and answers of the same users, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nclue_pandas.errors.base import InvalidDataError, Problem
from nclue_pandas.frames.columns import find_column, read_binary, require_frame
from nclue_pandas.frames.ids import id_text
from nclue_pandas.frames.problems import offending_rows
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from nclue_pandas.frames.statistics import Booleans, Floats


_LEAD: Final = N_("These scores and answers cannot be compared")
_WHERE: Final = N_("The offending rows are in the error's .rows.")


@dataclass(frozen=True, eq=False)
class Aligned:
    """One or more scores of the same users, and their answers.

    Parameters
    ----------
    scores : dict of str to numpy.ndarray of float64
        By name, in the order of the answers.
    labels : numpy.ndarray of bool
        Of the users that have an answer and every one of the scores.
    unmatched_scores : dict of str to int
        By name, how many scored users have no answer.
    unmatched_answers : dict of str to int
        By name, how many answered users have no score.
    """

    scores: dict[str, Floats]
    labels: Booleans
    unmatched_scores: dict[str, int]
    unmatched_answers: dict[str, int]


@dataclass(frozen=True, eq=False)
class UserScores:
    """The scores of a frame, by the text of the id.

    Parameters
    ----------
    ids : pyarrow.Array of string, shape (users,)
        Without nulls and repeats.
    values : numpy.ndarray of float64, shape (users,)
        Finite.
    """

    ids: pa.Array[Any]
    values: Floats

    @classmethod
    def of(cls, frame: pd.DataFrame, *, user: str, score: str, lead: str = _LEAD) -> UserScores:
        """Read a score frame.

        Raises
        ------
        MissingColumnError
            When it has no such column.
        InvalidDataError
            For null or repeated ids, and a score that is null or not finite; `lead` begins the
            message.
        """
        ids, values = _ids(frame, user, "scores"), _scores(frame, score)
        wrong = _problem("score", "A score is null or not finite", ~np.isfinite(values))
        _check(frame, id_problems(ids, "scores"), wrong, lead=lead)
        return cls(ids, values)

    def of_users(self, wanted: pa.Array[Any]) -> tuple[Booleans, Floats]:
        """Return whether each of some ids has a score, and the score (NaN where it has none)."""
        positions = pc.index_in(wanted, value_set=self.ids).fill_null(-1).to_numpy()
        return positions >= 0, np.append(self.values, np.nan)[positions]


def align(
    named: Mapping[str, pd.DataFrame],
    answers: pd.DataFrame,
    *,
    user: str,
    score: str,
    label: str,
) -> Aligned:
    """Match score frames with answers by the text of the id.

    Parameters
    ----------
    named : mapping of str to pandas.DataFrame
        Score frames with the columns `user` and `score`; at least one.
    answers : pandas.DataFrame
        With the columns `user` and `label`, as :func:`~nclue_pandas.to_answers` reads it.
    user, score, label : str
        Names of the columns.

    Returns
    -------
    Aligned
        The users that are in all of the frames.

    Raises
    ------
    MissingColumnError
        When a frame has no such column.
    InvalidDataError
        For null or repeated ids, a score that is null or not finite, a label other than 0 and 1,
        no common user, or users that all have the same label.
    """
    ids, ones = read_answers(answers, user=user, label=label)
    found = np.ones(len(ids), dtype=bool)
    columns, unmatched_scores, unmatched_answers = {}, {}, {}
    for name, frame in named.items():
        matched, columns[name] = UserScores.of(frame, user=user, score=score).of_users(ids)
        found &= matched
        hits = int(matched.sum())
        unmatched_scores[name], unmatched_answers[name] = len(frame) - hits, len(ids) - hits
    labels = ones[found]
    _check_both_labels(labels, len(ids))
    scores = {name: values[found] for name, values in columns.items()}
    return Aligned(scores, labels, unmatched_scores, unmatched_answers)


def read_answers(
    frame: pd.DataFrame, *, user: str, label: str, lead: str = _LEAD
) -> tuple[pa.Array[Any], Booleans]:
    """Return ids and labels of an answer frame; `lead` begins the message of what is refused."""
    ids = _ids(frame, user, "answers")
    read = read_binary(find_column(frame, label, "label"), "label")
    wrong = np.zeros(len(frame), dtype=bool)
    wrong[np.append(read.null, read.other)] = True
    labels = _problem("label", "A label in the answers is neither 0 nor 1", wrong)
    _check(frame, id_problems(ids, "answers"), labels, lead=lead)
    return ids, read.ones


def require_unique_ids(frame: pd.DataFrame, user: str, what: str) -> pa.Array[Any]:
    """Return the ids of a frame that has one row for each user.

    Raises
    ------
    InvalidDataError
        When an id is null or there twice, with the rows; `what` names the frame.
    """
    ids = _ids(frame, user, what)
    problems = id_problems(ids, what)
    refuse_users(problems, offending_rows(problems, frame), what)
    return ids


def refuse_users(problems: list[Problem], rows: pd.DataFrame, what: str) -> None:
    """Raise what is wrong with the ids of a frame, with the rows, where there is something."""
    _raise(problems, rows, f"There is not one row for each user in {what}")


def _ids(frame: pd.DataFrame, user: str, what: str) -> pa.Array[Any]:
    return id_text(find_column(require_frame(frame, what), user, "user"))


def _scores(frame: pd.DataFrame, name: str) -> Floats:
    column = find_column(frame, name, "score")
    try:
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError, pa.ArrowException) as error:
        raise InvalidDataError(
            _(
                "Column {name!r} of the scores is {dtype}, and its values are no numbers. Name "
                "another column with score=."
            ).format(name=name, dtype=column.dtype)
        ) from error


def id_problems(ids: pa.Array[Any], what: str) -> list[Problem]:
    """Find ids that are null, or there twice."""
    repeated = ids.to_pandas().duplicated(keep=False).to_numpy() & _flags(ids.is_valid())
    return problems_of_ids(_flags(ids.is_null()), repeated, what)


def problems_of_ids(null: Booleans, repeated: Booleans, what: str) -> list[Problem]:
    """Tell which rows have no id, and which one that is there twice."""
    without = _problem("null_id", _("A user id of the {what} is null").format(what=what), null)
    return without + _problem(
        "duplicate_id", _("A user id of the {what} occurs twice").format(what=what), repeated
    )


def _flags(values: pa.Array[Any]) -> Booleans:
    flags: Booleans = values.to_numpy(zero_copy_only=False)
    return flags


def _problem(code: str, message: str, bad: Booleans) -> list[Problem]:
    rows = tuple(np.flatnonzero(bad).tolist())
    remedy = N_("Correct or drop these rows, then try again.")
    return [Problem(code, message, remedy, rows)] if rows else []


def _check(frame: pd.DataFrame, *found: list[Problem], lead: str = _LEAD) -> None:
    problems = [problem for each in found for problem in each]
    _raise(problems, offending_rows(problems, frame), lead)


def _raise(problems: list[Problem], rows: pd.DataFrame, lead: str) -> None:
    if not problems:
        return
    lines = "\n".join(f"  - [{problem.code}] {problem}" for problem in problems)
    raise InvalidDataError(
        f"{_(lead)}:\n{lines}\n{_(_WHERE)}",
        problems=problems,
        rows=rows,
    )


def _check_both_labels(labels: Booleans, answers: int) -> None:
    if not labels.size:
        raise InvalidDataError(
            _(
                "None of the {count:,} answers is of a user that has a score. Ids are compared as "
                "text ('0012' is not '12'): check that both frames have the same kind of id, and "
                "restore_ids() first where they were pseudonymized."
            ).format(count=answers)
        )
    if labels.all() or not labels.any():
        raise InvalidDataError(
            _(
                "All {count:,} users with a score and an answer have the label {label}: an "
                "evaluation needs both labels."
            ).format(count=labels.size, label=int(labels[0]))
        )
