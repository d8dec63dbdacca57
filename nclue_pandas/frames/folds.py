"""Folds of a backtest: at each cutoff what was known by then, and what came after."""

from __future__ import annotations

import inspect
import re
import warnings
from dataclasses import dataclass
from functools import singledispatch
from typing import TYPE_CHECKING, Any, TypedDict, cast

import numpy as np
import pandas as pd

from nclue_pandas.errors.base import ConfigurationError, Problem, did_you_mean
from nclue_pandas.frames.answers import to_answers
from nclue_pandas.frames.baselines import baselines
from nclue_pandas.frames.columns import require_frame
from nclue_pandas.frames.doubtful_times import times_of_log
from nclue_pandas.frames.moments import Calendar, check_duration, check_moment
from nclue_pandas.frames.reports import NclueDataWarning, report, tell_all
from nclue_pandas.frames.sequences import to_sequences
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import tzinfo
    from decimal import Decimal

    from nclue_pandas.frames.personal_data import OnPersonalData
    from nclue_pandas.frames.problems import OnInvalid
    from nclue_pandas.frames.reports import AnswerReport, Report
    from nclue_pandas.frames.times import Times
    from nclue_pandas.frames.tokens import TokenEstimator


class FoldOptions(TypedDict, total=False):
    """Options of ``to_sequences``, ``to_answers`` and ``baselines`` that hold at every cutoff."""

    positive: str | pd.Series[Any] | Callable[[pd.DataFrame], Any] | None
    active_since: Any
    min_events: int | None
    at_least: float | Decimal | None
    value: str | pd.Series[Any] | Callable[[pd.DataFrame], Any] | None
    absent: bool
    observed_until: Any
    tie_break: str | None
    template: str | None
    max_tokens: int | None
    token_estimator: TokenEstimator | None
    personal_data: OnPersonalData
    on_invalid: OnInvalid
    timezone: str | tzinfo | None


@dataclass(frozen=True, eq=False)
class Fold:
    """One cutoff.

    Parameters
    ----------
    cutoff, train_cutoff : Timestamp or int
        The point in time, and the one that the model is trained at: the labels of its horizon
        (and gap) were known by the cutoff.
    sequences, answers : pandas.DataFrame
        To train on, of the train cutoff.
    trained : AnswerReport
        How these answers were made.
    score_on : pandas.DataFrame
        Sequences until the cutoff.
    outcomes : pandas.DataFrame
        Answers of the cutoff, which nobody knew then.
    baselines : pandas.DataFrame
        Free scores at the cutoff.
    """

    cutoff: Any
    train_cutoff: Any
    sequences: pd.DataFrame
    answers: pd.DataFrame
    trained: AnswerReport
    score_on: pd.DataFrame
    outcomes: pd.DataFrame
    baselines: pd.DataFrame

    @property
    def problems(self) -> list[Problem]:
        """Say why the fold could not be measured."""
        positives = int(self.outcomes["label"].sum())
        if 0 < positives < len(self.outcomes):
            return []
        return [
            Problem(
                "one_label",
                _(
                    "All {count:,} users have the same label after the cutoff {cutoff}, so that "
                    "scores cannot be measured there"
                ).format(count=len(self.outcomes), cutoff=self.cutoff),
                N_("Choose another cutoff, or a longer horizon."),
                argument=f"cutoff {self.cutoff}",
            )
        ]


@dataclass(frozen=True)
class LogVerbs:
    """What folds are made by, of logs of one type.

    Parameters
    ----------
    times : callable
        Takes a log and the label of a column; returns times of the kind that the log has.
    to_sequences, to_answers, baselines, report : callable
        The verbs.
    in_memory : callable
        Returns a frame of theirs, which has a row for each user, as a pandas DataFrame.
    """

    times: Callable[[Any, Any], Times]
    to_sequences: Callable[..., Any]
    to_answers: Callable[..., Any]
    baselines: Callable[..., Any]
    report: Callable[[Any], Report | None]
    in_memory: Callable[[Any], pd.DataFrame]


@singledispatch
def verbs_of(events: Any) -> LogVerbs:  # noqa: ARG001 - its type decides
    """Return what folds are made by, by the type of the log: pandas' verbs for any other."""
    return LogVerbs(times_of_log, to_sequences, to_answers, baselines, report, lambda made: made)


def in_memory(frame: Any) -> Any:
    """Return a frame of users as a DataFrame where its type has verbs of its own."""
    return verbs_of(frame).in_memory(frame)


@dataclass(frozen=True, eq=False)
class Question:
    """What a backtest asks at each of its cutoffs.

    Parameters
    ----------
    user, time, behavior : as for to_sequences
        Columns of the log.
    cutoffs : sequence
        Points in time.
    horizon, gap : as for to_answers
        Durations.
    options : FoldOptions
        The others.
    """

    user: str
    time: str
    behavior: str | Sequence[str]
    cutoffs: Sequence[Any]
    horizon: Any
    gap: Any
    options: FoldOptions

    def __post_init__(self) -> None:
        unknown = sorted(self.options.keys() - FoldOptions.__annotations__.keys())
        if unknown:
            guess = did_you_mean(unknown[0], FoldOptions.__annotations__, "{}=")
            raise TypeError(
                f"There is no option {unknown[0]}=.{guess} help() of the verb tells its options."
            )
        cutoffs: Any = self.cutoffs
        if isinstance(cutoffs, (str, bytes)) or not hasattr(cutoffs, "__iter__"):
            raise ConfigurationError(
                _(
                    "cutoffs={cutoffs!r}: give several points in time in a list, such as "
                    "['2011-06-01', '2011-07-01']."
                ).format(cutoffs=cutoffs)
            )
        object.__setattr__(self, "cutoffs", [*cutoffs])
        if not self.cutoffs:
            raise ConfigurationError(_("cutoffs= is empty: give at least one point in time."))
        for cutoff in self.cutoffs:
            check_moment(cutoff, "cutoffs")
        check_duration(self.horizon, "horizon")
        if self.gap is not None:
            check_duration(self.gap, "gap")

    def folds(self, events: pd.DataFrame) -> list[Fold]:
        """Make the frames of each cutoff, earliest first; warn once of each kind of frame.

        The latest are made first, so that an error has the rows of all.
        """
        verbs = verbs_of(events)
        if verbs_of.dispatch(type(events)) is verbs_of.dispatch(object):
            events = require_frame(events, "events", on_dask=True)
        times = verbs.times(events, self.time)
        calendar = Calendar(times, self.options.get("timezone"))
        moments = sorted({calendar.moment(each, "cutoffs") for each in self.cutoffs}, reverse=True)
        pairs = [(moment, self._trained_at(moment, calendar, times)) for moment in moments]
        with warnings.catch_warnings(record=True, action="always") as caught:
            past = {
                at: verbs.to_sequences(
                    events,
                    behavior=self.behavior,
                    until=point(at, times),
                    **self._of(to_sequences),
                )
                for at in sorted({at for pair in pairs for at in pair}, reverse=True)
            }
            labels = {
                at: verbs.to_answers(
                    events,
                    cutoff=point(at, times),
                    horizon=self.horizon,
                    gap=self.gap,
                    **self._of(to_answers),
                )
                for at in past
            }
            made = [
                Fold(
                    point(at, times),
                    point(trained, times),
                    past[trained],
                    labels[trained],
                    cast("AnswerReport", verbs.report(labels[trained])),
                    past[at],
                    verbs.in_memory(labels[at]),
                    verbs.in_memory(
                        verbs.baselines(events, cutoff=point(at, times), **self._of(baselines))
                    ),
                )
                for at, trained in reversed(pairs)
            ]
        tell_once(caught)
        return made

    def _trained_at(self, cutoff: int, calendar: Calendar, times: Times) -> int:
        """Return the latest point in time whose horizon, and gap, had ended by a cutoff.

        Months are of several lengths and clocks change, so what is subtracted is added again.
        """
        lengths = {"gap": self.gap, "horizon": self.horizon}
        start = calendar.before(point(cutoff, times), "cutoffs", **dict(reversed(lengths.items())))
        while (late := calendar.after(point(start, times), "cutoffs", **lengths) - cutoff) > 0:
            start -= late
        return start

    def _of(self, function: Callable[..., Any]) -> dict[str, Any]:
        """Return the options that a function takes, and the names of the columns."""
        taken = inspect.signature(function).parameters.keys()
        given = {"user": self.user, "time": self.time, **self.options}
        return {name: value for name, value in given.items() if name in taken}


def point(moment: int, times: Times) -> Any:
    """Return a moment as a point in time that the verbs take."""
    if times.unit is None:
        return moment
    exact = np.datetime64(moment, "ns") if moment % 1_000 else np.datetime64(moment // 1_000, "us")
    stamp = pd.Timestamp(exact)
    return stamp.tz_localize("UTC") if times.aware else stamp


def tell_once(caught: Sequence[warnings.WarningMessage]) -> None:
    """Tell what was warned of at several cutoffs in one warning.

    Sentences that differ by numbers and times alone are told once, in the words of the first.
    """
    told: dict[str, str] = {}
    sentences = 0
    for each in caught:
        if not issubclass(each.category, NclueDataWarning):
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
            continue
        for sentence in re.split(r"(?<=\.) (?=[A-Z0-9])", str(each.message)):
            told.setdefault(re.sub(r"\d[\d.,:-]*", "0", sentence), sentence.rstrip("."))
            sentences += 1
    more = ["the same holds at other cutoffs, in other numbers"] if sentences > len(told) else []
    tell_all([*told.values(), *more])
