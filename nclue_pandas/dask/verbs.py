"""The verbs that make frames: the functions of frames, run on the rows of some users at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import dask.dataframe as dd

from nclue_pandas.contract import TOKENS_PER_USER
from nclue_pandas.dask.free_scores import baselines
from nclue_pandas.dask.logs import (
    among_times,
    may_be_zoned,
    merged,
    require_log,
    text_roles,
    times_of_log,
    with_columns,
    with_forms,
    with_ties,
)
from nclue_pandas.dask.originals import unconverted
from nclue_pandas.dask.pieces import ANSWERS, SEQUENCES, Outcome, build, collect, report_of
from nclue_pandas.dask.routing import Route, pattern
from nclue_pandas.frames.answers import (
    NO_ANSWERS,
    AnswerOptions,
    EventColumns,
    answer_frame,
    read_columns,
    warn_of_answers,
)
from nclue_pandas.frames.answers import build as build_answers
from nclue_pandas.frames.doubtful_times import refuse_dates
from nclue_pandas.frames.folds import LogVerbs, verbs_of
from nclue_pandas.frames.forms import Forms
from nclue_pandas.frames.partitions import Built
from nclue_pandas.frames.questions import Span
from nclue_pandas.frames.reports import AnswerReport, Report, SequenceReport
from nclue_pandas.frames.sequences import (
    NO_SEQUENCES,
    LogColumns,
    SequenceOptions,
    Window,
    sequence_frame,
    warn_of_sequences,
)
from nclue_pandas.frames.sequences import build as build_sequences
from nclue_pandas.frames.times import kind_of_times
from nclue_pandas.signatures import named_options

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import tzinfo
    from decimal import Decimal

    import pandas as pd
    import pyarrow as pa

    from nclue_pandas.frames.personal_data import OnPersonalData
    from nclue_pandas.frames.problems import OnInvalid
    from nclue_pandas.frames.times import TimeKind, Times
    from nclue_pandas.frames.tokens import TokenEstimator


@named_options
def to_sequences(
    events: dd.DataFrame,
    *,
    user: str,
    time: str,
    behavior: str | Sequence[str],
    until: Any = None,
    since: Any = None,
    tie_break: str | None = None,
    template: str | None = None,
    max_tokens: int | None = TOKENS_PER_USER,
    token_estimator: TokenEstimator | None = None,
    personal_data: OnPersonalData = "raise",
    on_invalid: OnInvalid = "raise",
    timezone: str | tzinfo | None = None,
) -> dd.DataFrame:
    """Make one sequence of behaviors for each user of a log on Dask.

    The work is done now, and the result is kept on the workers: errors and warnings come as on
    pandas, and nothing is shuffled twice. Positions and order of rows are those of the
    partitions one after another.

    Parameters
    ----------
    events : dask.dataframe.DataFrame
        The log, one row for each event.
    user, time, behavior, until, since, tie_break, template : as on pandas
        See :func:`nclue_pandas.to_sequences`.
    max_tokens, token_estimator, personal_data, on_invalid, timezone : as on pandas
        See :func:`nclue_pandas.to_sequences`; `token_estimator` must pickle.

    Returns
    -------
    dask.dataframe.DataFrame
        ``user_id`` and ``sequence``, both string[pyarrow], users in the order that pandas gives
        them. :func:`report` tells what was dropped, cut and replaced.

    Raises
    ------
    MissingColumnError, InvalidDataError, PersonalDataError, ConfigurationError
        As on pandas. A problem names its first 1,000 rows, and how many there are.

    Warns
    -----
    NclueDataWarning
        As on pandas.

    Examples
    --------
    >>> import dask.dataframe as dd
    >>> import pandas as pd
    >>> events = dd.from_pandas(pd.DataFrame({
    ...     "customer": ["0012", "0012", "7"],
    ...     "ts": pd.to_datetime(["2026-01-02", "2026-01-01", "2026-01-01"]),
    ...     "item": ["러닝화", "running socks", "tea"],
    ... }), npartitions=2)
    >>> sequences = to_sequences(events, user="customer", time="ts", behavior="item")
    >>> sorted(sequences.compute()["sequence"])
    ['running socks->러닝화', 'tea']
    >>> report(sequences).events
    3
    """
    options = SequenceOptions(
        user=user,
        time=time,
        behavior=behavior,
        until=until,
        since=since,
        tie_break=tie_break,
        template=template,
        max_tokens=max_tokens,
        token_estimator=token_estimator,
        personal_data=personal_data,
        on_invalid=on_invalid,
        timezone=timezone,
    )
    require_log(events)
    empty = LogColumns.of(pattern(events), options)
    if not may_be_zoned(events, time):
        Window.of(empty.times, since, until, timezone)
    log, options = with_ties(events, options)
    log = unconverted(log)
    route = Route.of(log, text_roles(log, options))
    built = build(log, route, _Sequences(options), shown=events.columns.size)
    made = merged(built, SequenceReport, lambda: build_sequences(empty, options))
    refuse_dates(made.time_kinds)
    made = with_forms(made, built)
    warn_of_sequences(made)
    return collect(built.frames, SEQUENCES, made)


@named_options
def to_answers(
    events: dd.DataFrame,
    *,
    user: str = "user_id",
    time: str | None = None,
    cutoff: Any = None,
    horizon: Any = None,
    positive: str | dd.Series | Callable[[dd.DataFrame], Any] | None = None,
    gap: Any = None,
    active_since: Any = None,
    min_events: int | None = None,
    at_least: float | Decimal | None = None,
    value: str | dd.Series | Callable[[dd.DataFrame], Any] | None = None,
    absent: bool = False,
    label: str | None = None,
    observed_until: Any = None,
    personal_data: OnPersonalData = "raise",
    on_invalid: OnInvalid = "raise",
    timezone: str | tzinfo | None = None,
) -> dd.DataFrame:
    """Give each user of a frame on Dask a 0 or a 1, from a log or from labels.

    Done now and kept on the workers, as :func:`to_sequences` does.

    Parameters
    ----------
    events : dask.dataframe.DataFrame
        An event log, or a frame with one label for each user.
    user, time, cutoff, horizon : as on pandas
        See :func:`nclue_pandas.to_answers`.
    positive : str, dask.dataframe.Series, callable or None
        As on pandas; a Series, or what a function of `events` returns, is Dask's and made from
        `events`.
    gap, active_since, min_events, at_least : as on pandas
        See :func:`nclue_pandas.to_answers`.
    value : str, dask.dataframe.Series, callable or None
        As `positive`.
    absent, label, observed_until, personal_data, on_invalid, timezone : as on pandas
        See :func:`nclue_pandas.to_answers`.

    Returns
    -------
    dask.dataframe.DataFrame
        ``user_id`` (string[pyarrow]) and ``label`` (int8[pyarrow]).

    Raises
    ------
    MissingColumnError, InvalidDataError, PersonalDataError, ConfigurationError
        As on pandas.

    Warns
    -----
    NclueDataWarning
        As on pandas.

    Examples
    --------
    >>> import dask.dataframe as dd
    >>> import pandas as pd
    >>> labels = dd.from_pandas(pd.DataFrame({"user_id": [1, 2], "bought": [True, False]}))
    >>> dict(to_answers(labels, label="bought").compute().itertuples(index=False))
    {'1': 1, '2': 0}
    """
    options = AnswerOptions(
        user=user,
        time=time,
        cutoff=cutoff,
        horizon=horizon,
        positive=positive,
        gap=gap,
        active_since=active_since,
        min_events=min_events,
        at_least=at_least,
        value=value,
        absent=absent,
        label=label,
        observed_until=observed_until,
        personal_data=personal_data,
        on_invalid=on_invalid,
        timezone=timezone,
    )
    require_log(events)
    log, options = with_columns(events, options)
    empty = read_columns(pattern(log), options)
    if isinstance(empty, EventColumns) and not may_be_zoned(events, time):
        assert options.question is not None
        Span.of(options.question, empty.times, timezone)
    log = unconverted(log)
    named = {
        "time": time,
        "user": user,
        "positive": options.positive,
        "value": options.value,
        "label": label,
    }
    roles = {
        each: [column] for each, column in named.items() if each == "user" or column is not None
    }
    built = build(log, Route.of(log, roles), _Answers(options), shown=events.columns.size)
    made = merged(built, AnswerReport, lambda: build_answers(empty, options))
    refuse_dates(made.time_kinds)
    spans = [each.span for each in built.outcomes if each.span is not None]
    if spans:
        last = (each.last for each in built.outcomes if each.last is not None)
        spans[0].check(max(last, default=None), made)
    made = with_forms(made, built)
    warn_of_answers(made)
    return collect(built.frames, ANSWERS, made)


@named_options
def report(frame: dd.DataFrame) -> Report | None:
    """Return the report of a frame that a verb of this package made on Dask.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        As :func:`to_sequences` or :func:`to_answers` returned it.

    Returns
    -------
    Report or None
        None for every other frame, also for one that was derived from theirs.
    """
    return report_of(frame)


OptionsT = TypeVar("OptionsT", SequenceOptions, AnswerOptions)


@dataclass(frozen=True, eq=False)
class _Verb(Generic[OptionsT]):
    """What is made of the rows of some users, whose times read as those of the whole log."""

    options: OptionsT
    times: TimeKind | None = None

    def knowing(self, found: frozenset[str]) -> Self:
        return replace(self, times=kind_of_times(found) if found else None)


class _Sequences(_Verb[SequenceOptions]):
    """Sequences of the rows of some users."""

    def look(self, part: pd.DataFrame) -> frozenset[str]:
        return among_times(part, self.options.time)

    def __call__(self, part: pd.DataFrame) -> tuple[Built[SequenceReport], Outcome]:
        if part.empty:  # without a time that would tell whether the log's have a zone
            return Built(NO_SEQUENCES), Outcome(forms=Forms.of(NO_SEQUENCES["user_id"]))
        built = build_sequences(LogColumns.of(part, self.options, times=self.times), self.options)
        return built, Outcome(forms=Forms.of(built.table["user_id"]))

    def frame(self, table: pa.Table) -> pd.DataFrame:
        return sequence_frame(table)


class _Answers(_Verb[AnswerOptions]):
    """Answers of the rows of some users."""

    def look(self, part: pd.DataFrame) -> frozenset[str]:
        is_log = self.options.question is not None
        return among_times(part, self.options.time) if is_log else frozenset()

    def __call__(self, part: pd.DataFrame) -> tuple[Built[AnswerReport], Outcome]:
        if part.empty:
            return Built(NO_ANSWERS), Outcome(forms=Forms.of(NO_ANSWERS["user_id"]))
        built = build_answers(read_columns(part, self.options, times=self.times), self.options)
        return built, Outcome(
            forms=Forms.of(built.table["user_id"]), span=built.span, last=built.last
        )

    def frame(self, table: pa.Table) -> pd.DataFrame:
        return answer_frame(table)


def _in_memory(made: dd.DataFrame) -> pd.DataFrame:
    """Bring a frame of users to the client, with its report."""
    frame: pd.DataFrame = unconverted(made).compute().reset_index(drop=True)
    told = report_of(made)
    return frame if told is None else told.attach(frame)


def _times(log: dd.DataFrame, time: Any) -> Times:
    return times_of_log(log, time).like


@verbs_of.register(dd.DataFrame)
def _verbs_of_dask(events: dd.DataFrame) -> LogVerbs:  # noqa: ARG001 - all logs on Dask have them
    """Return what folds of logs on Dask are made by."""
    return LogVerbs(_times, to_sequences, to_answers, baselines, report_of, _in_memory)
