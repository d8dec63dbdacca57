"""The verbs that keep rows where they are: answers split, ids hidden and put back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import dask.dataframe as dd
import numpy as np
import pandas as pd
from dask import compute, delayed, persist

from nclue_pandas.dask.datasets import stand_in
from nclue_pandas.dask.originals import kept_as_is, unconverted
from nclue_pandas.dask.pieces import (
    Outcome,
    Whole,
    as_before,
    content_mark,
    row_counts,
    row_marks,
    set_report,
)
from nclue_pandas.dask.routing import ROW_BITS, Route, pattern
from nclue_pandas.errors import InvalidDataError
from nclue_pandas.frames.columns import find_column
from nclue_pandas.frames.ids import id_text, look_at_id_texts
from nclue_pandas.frames.partitions import merge_reports, numbered
from nclue_pandas.frames.problems import raise_problems
from nclue_pandas.frames.pseudonyms import KnownIds, check_key, counted, hide, with_ids
from nclue_pandas.frames.reports import SplitReport
from nclue_pandas.frames.score_columns import check_new_columns, tell_unmatched, with_scores
from nclue_pandas.frames.splitting import SplitOptions, divide, warn_of_split
from nclue_pandas.jobs.score_columns import check_scores, frames_of, user_scores
from nclue_pandas.kernels.arrays import one_array
from nclue_pandas.signatures import named_options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nclue_pandas.frames.alignment import UserScores
    from nclue_pandas.frames.problems import Fault
    from nclue_pandas.jobs.handles import CustomAttributes, Run


@named_options
def split(
    answers: dd.DataFrame,
    *,
    test: float = 0.3,
    seed: int | str = 0,
    user: str = "user_id",
    label: str = "label",
) -> tuple[dd.DataFrame, dd.DataFrame]:
    """Split answers on Dask into disjoint train and test users.

    The same users are test users as on pandas. Done now and kept on the workers.

    Parameters
    ----------
    answers : dask.dataframe.DataFrame
        With a user id and a label in each row; other columns are kept.
    test, seed, user, label : as on pandas
        See :func:`nclue_pandas.split`.

    Returns
    -------
    train, test : dask.dataframe.DataFrame
        Rows of `answers` in their order. :func:`report` tells the balance reached.

    Raises
    ------
    ConfigurationError, MissingColumnError, InvalidDataError
        As on pandas.

    Warns
    -----
    NclueDataWarning
        As on pandas.

    Examples
    --------
    >>> frame = pd.DataFrame({"user_id": range(1_000), "label": [0, 1] * 500})
    >>> train, test = split(dd.from_pandas(frame, npartitions=3), test=0.3, seed=7)
    >>> len(train) + len(test), set(train["user_id"]) & set(test["user_id"])
    (1000, set())
    """
    _require(answers, "answers")
    options = SplitOptions(test=test, seed=seed, user=user, label=label)
    told = divide(stand_in(answers), options).report
    columns = {"user": [user], "label": [label]}
    (train, held_out), reports = _done(answers, columns, _Split(options), 2)
    made = merge_reports([told, *(each for each in reports if isinstance(each, SplitReport))])
    warn_of_split(made)
    return set_report(train, made), set_report(held_out, replace(made, part="test"))


@named_options
def pseudonymize(frame: dd.DataFrame, key: str | bytes, *, user: str = "user_id") -> dd.DataFrame:
    """Replace user ids of a frame on Dask by keyed pseudonyms, those of pandas.

    Done now and kept on the workers, so that the result holds no key; select the columns that
    you need before. The key travels to the workers, which see the ids too.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        An event log, sequences or answers.
    key, user : as on pandas
        See :func:`nclue_pandas.pseudonymize`.

    Returns
    -------
    dask.dataframe.DataFrame
        The frame with pseudonyms (string[pyarrow]) for ids; null ids stay null.

    Raises
    ------
    ConfigurationError, MissingColumnError, InvalidDataError
        As on pandas.

    Examples
    --------
    >>> frame = dd.from_pandas(pd.DataFrame({"user_id": ["010-1234-5678"], "label": [1]}))
    >>> hidden = pseudonymize(frame, "correct horse battery staple")
    >>> hidden["user_id"].str.len().compute().tolist()
    [32]
    """
    _require(frame, "frame")
    secret = check_key(key)
    hide(find_column(pattern(frame), user, "user"), secret)
    (hidden,), _ = _done(frame, {"user": [user]}, _Pseudonyms(secret, user), 1)
    return hidden


@named_options
def restore_ids(
    scores: dd.DataFrame,
    key: str | bytes | None = None,
    *,
    ids: dd.Series | pd.Series[Any] | Sequence[Any],
    user: str = "user_id",
) -> dd.DataFrame:
    """Put the ids of the log back on results on Dask.

    Done now and kept on the workers. The distinct ids are brought to the client and to every
    worker, so they must fit there.

    Parameters
    ----------
    scores : dask.dataframe.DataFrame
        Results, or any frame with ids as text or pseudonyms.
    key, user : as on pandas
        See :func:`nclue_pandas.restore_ids`.
    ids : dask.dataframe.Series, Series, array or sequence
        The ids of the log, in any order; repeats and further ids do no harm.

    Returns
    -------
    dask.dataframe.DataFrame
        The frame with the ids as they are in `ids`, of the same type.

    Raises
    ------
    ConfigurationError, MissingColumnError, InvalidDataError
        As on pandas.

    Examples
    --------
    >>> scores = dd.from_pandas(pd.DataFrame({"user_id": ["258", "7"], "score": [0.5, 0.25]}))
    >>> log = dd.from_pandas(pd.DataFrame({"customer": [7, 258, 7]}))
    >>> restore_ids(scores, ids=log["customer"])["user_id"].compute().tolist()
    [258, 7]
    """
    _require(scores, "scores")
    known = KnownIds.of(key, _distinct(ids) if isinstance(ids, dd.Series) else ids)
    known.restore(find_column(pattern(scores), user, "user"))
    (restored,), _ = _done(scores, {"user": [user]}, _Restored(known, user), 1)
    return restored


@named_options
def add_scores(
    frame: dd.DataFrame,
    scores: Mapping[str, Run | CustomAttributes | pd.DataFrame | dd.DataFrame],
    *,
    user: str = "user_id",
    score_user: str = "user_id",
    score: str = "score",
    timeout: float | None = None,
) -> dd.DataFrame:
    """Put scores beside a frame of users on Dask: a column for each run, profile or score frame.

    Done now and kept on the workers. The scores are brought to the client and to every worker,
    so they must fit there.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        One row or several per user.
    scores : mapping of str to Run, CustomAttributes, pandas.DataFrame or dask.dataframe.DataFrame
        By the name of the new column.
    user, score_user, score, timeout : as on pandas
        See :func:`nclue_pandas.add_scores`.

    Returns
    -------
    dask.dataframe.DataFrame
        The frame with one column (double[pyarrow]) for each of `scores`.

    Raises
    ------
    ConfigurationError, MissingColumnError, InvalidDataError, JobFailed, JobTimeout
        As on pandas.

    Warns
    -----
    NclueDataWarning
        When rows have no score, once, with their number in all partitions by name.

    Examples
    --------
    >>> users = dd.from_pandas(pd.DataFrame({"user_id": [7, 258]}))
    >>> tea = pd.DataFrame({"user_id": ["258", "7"], "score": [0.5, 0.25]})
    >>> add_scores(users, {"tea": tea})["tea"].compute().tolist()
    [0.25, 0.5]
    """
    _require(frame, "frame")
    check_scores(scores)
    check_new_columns(frame.columns, scores)
    id_text(find_column(pattern(frame), user, "user"))
    near = {name: _brought(each, score_user, score) for name, each in scores.items()}
    tables = user_scores(near, frames_of(near, timeout), user=score_user, score=score)
    (made,), counts = _done(frame, {"user": [user]}, _Scored(user, tables), 1)
    told = [each for each in counts if isinstance(each, tuple)]
    unmatched = {name: sum(count[name] for _, count in told) for name in tables}
    tell_unmatched(unmatched, sum(rows for rows, _ in told))
    return made


class Rows(Protocol):
    """What is done to the rows of a partition."""

    def __call__(self, part: pd.DataFrame, local: pd.DataFrame) -> Done:
        """Make frames of `part`, whose needed columns are `local`."""


@dataclass(frozen=True, eq=False)
class Done:
    """What was made of a partition; its frames mean nothing where there are problems."""

    frames: tuple[pd.DataFrame, ...]
    problems: tuple[Fault, ...] = ()
    report: object = None


@dataclass(frozen=True, eq=False)
class _Split:
    options: SplitOptions

    def __call__(self, part: pd.DataFrame, local: pd.DataFrame) -> Done:
        divided = divide(local, self.options)
        if divided.problems:
            return Done((part.iloc[:0],) * 2, divided.problems)
        sides = (part[side] for side in (~divided.in_test, divided.in_test))
        return Done(tuple(sides), report=divided.report)


@dataclass(frozen=True, eq=False)
class _Pseudonyms:
    secret: bytes = field(repr=False)
    user: Any

    def __call__(self, part: pd.DataFrame, local: pd.DataFrame) -> Done:
        hidden, problems = hide(local[self.user], self.secret)
        return Done((with_ids(part, self.user, hidden),), problems)


@dataclass(frozen=True, eq=False)
class _Restored:
    known: KnownIds = field(repr=False)
    user: Any

    def __call__(self, part: pd.DataFrame, local: pd.DataFrame) -> Done:
        restored, problems = self.known.restore(local[self.user])
        return Done((with_ids(part, self.user, restored),), problems)


@dataclass(frozen=True, eq=False)
class _Scored:
    user: Any
    scores: Mapping[Any, UserScores] = field(repr=False)

    def __call__(self, part: pd.DataFrame, local: pd.DataFrame) -> Done:
        ids, problems = look_at_id_texts(local[self.user])
        made, unmatched = with_scores(part, one_array(ids), self.scores)
        return Done((made,), problems, (len(part), unmatched))


def _require(frame: object, argument: str) -> None:
    if not isinstance(frame, dd.DataFrame):
        raise InvalidDataError(f"{argument} must be a Dask DataFrame, not {type(frame).__name__}.")


def _brought(scores: Any, user: Any, score: Any) -> Any:
    """Return scores on Dask as a frame in memory, others as they are."""
    if not isinstance(scores, dd.DataFrame):
        return scores
    for label, argument in ((user, "user"), (score, "score")):
        find_column(pattern(scores), label, argument)
    return unconverted(scores)[[user, score]].compute()


def _distinct(ids: dd.Series) -> pd.Series[Any]:
    """Return the distinct ids, as they were before Dask made texts of objects."""
    parts = [delayed(pd.Series.drop_duplicates)(part) for part in unconverted(ids).to_delayed()]
    found: pd.Series[Any] = pd.concat(compute(*parts))
    return found.drop_duplicates()


def _done(
    frame: dd.DataFrame, roles: Mapping[str, list[Any]], work: Rows, sides: int
) -> tuple[list[dd.DataFrame], list[object]]:
    """Do `work` in every partition, and keep what it makes on the workers."""
    own = unconverted(frame)
    route = Route.of(own, roles)
    made = [
        delayed(_run, nout=sides + 2)(part, number, route, work, sides)
        for number, part in enumerate(own.to_delayed())
    ]
    kept = persist(*(each[place] for place in range(sides + 2) for each in made))
    columns = [kept[start : start + len(made)] for start in range(0, len(kept), len(made))]
    outcomes, marks = (list(compute(*each)) for each in columns[sides:])
    told = [outcome for outcome, _ in outcomes]
    _raise(Whole.of(own, route, told), told, work)
    checked = [
        [delayed(as_before)(part, mark[side]) for part, mark in zip(parts, marks, strict=True)]
        for side, parts in enumerate(columns[:sides])
    ]
    empty = pattern(own)
    shapes = work(empty, route.local(empty)).frames
    frames = [kept_as_is(each, shape) for each, shape in zip(checked, shapes, strict=True)]
    return frames, [each for _, each in outcomes]


def _run(part: pd.DataFrame, number: int, route: Route, work: Rows, sides: int) -> tuple[Any, ...]:
    """Work on one partition; problems are told, not raised, so that all are looked at."""
    route.objects.check(part, number)
    local, rows = route.local(part), np.arange(len(part), dtype=np.int64) + (number << ROW_BITS)
    done = work(part, local)
    frames = (part.iloc[:0],) * sides if done.problems else done.frames
    outcome = Outcome(
        problems=numbered(done.problems, rows),
        lengths=row_counts(rows),
        marks=row_marks(done.problems, local, rows),
    )
    return (*frames, (outcome, done.report), [content_mark(each) for each in frames])


def _raise(whole: Whole, outcomes: Sequence[Outcome], work: Rows) -> None:
    """Raise the problems of all partitions as of one frame."""
    problems = [found for each in outcomes for found in each.problems]
    if not problems:
        return
    merged, rows = whole.in_order(
        whole.merge(problems), lambda told: work(told, told.reset_index(drop=True)).problems
    )
    size = int(whole.lengths.sum())
    raise_problems([counted(each, size) for each in merged], rows)
