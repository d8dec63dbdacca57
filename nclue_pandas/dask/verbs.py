"""The verbs that make frames: the functions of frames, run on the rows of some users at a time."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import dask.dataframe as dd
import pandas as pd
import pyarrow as pa
from dask import is_dask_collection

from nclue_pandas.contract import TOKENS_PER_USER
from nclue_pandas.dask.matching import DaskUsers
from nclue_pandas.dask.originals import unconverted
from nclue_pandas.dask.pieces import ANSWERS, SEQUENCES, Outcome, build, collect, report_of
from nclue_pandas.dask.routing import Route, pattern
from nclue_pandas.errors import InvalidDataError
from nclue_pandas.frames.answers import to_answers as answers_of_frame
from nclue_pandas.frames.answers import warn_of_answers
from nclue_pandas.frames.columns import find_column, is_label, to_arrow, to_chunks
from nclue_pandas.frames.doubtful_times import refuse_dates
from nclue_pandas.frames.forms import Forms
from nclue_pandas.frames.questions import Question
from nclue_pandas.frames.reports import (
    AnswerReport,
    NclueDataWarning,
    Report,
    SequenceReport,
    every_row_dropped,
    merge_reports,
    on_a_part,
)
from nclue_pandas.frames.reports import report as report_of_frame
from nclue_pandas.frames.sequences import to_sequences as sequences_of_frame
from nclue_pandas.frames.sequences import warn_of_sequences
from nclue_pandas.frames.times import mixed_zones, read_times
from nclue_pandas.kernels.arrays import is_text
from nclue_pandas.signatures import named_options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import tzinfo
    from decimal import Decimal

    from nclue_pandas.frames.forms import ReportT
    from nclue_pandas.frames.personal_data import OnPersonalData
    from nclue_pandas.frames.problems import OnInvalid
    from nclue_pandas.frames.tokens import TokenEstimator

#: Columns that are added for the way; the user's frame does not get them.
_TIES: Final = "nclue tie break"
_GIVEN: Final = {"positive": "nclue positive", "value": "nclue value"}


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
    options: dict[str, Any] = {
        "user": user,
        "time": time,
        "behavior": behavior,
        "until": until,
        "since": since,
        "tie_break": tie_break,
        "template": template,
        "max_tokens": max_tokens,
        "token_estimator": token_estimator,
        "personal_data": personal_data,
        "on_invalid": on_invalid,
        "timezone": timezone,
    }
    _try_out(sequences_of_frame, events, options, bounds=("until", "since"))
    log = unconverted(_with_ties(events, options))
    is_one = is_label(pattern(events), behavior) or not isinstance(behavior, (list, tuple))
    roles = {"time": [time], "user": [user], "behavior": [behavior] if is_one else list(behavior)}
    if tie_break is not None:
        roles["tie_break"] = [options["tie_break"]]
    route, shown = Route.of(log, roles), events.columns.size
    frames, outcomes = build(log, route, _Sequences(options), SEQUENCES, shown=shown)
    _check_zones(outcomes)
    made = merge_reports([r for each in outcomes if isinstance(r := each.report, SequenceReport)])
    refuse_dates(made.time_kinds)
    if every_row_dropped(made):
        again = _Sequences(options | {"on_invalid": "raise"})
        build(log, route, again, SEQUENCES, shown=shown, every_row=True)
    made = _with_forms(made, frames, outcomes)
    warn_of_sequences(made)
    return collect(frames, SEQUENCES, made)


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
    >>> labels = dd.from_pandas(pd.DataFrame({"user_id": [1, 2], "bought": [True, False]}))
    >>> dict(to_answers(labels, label="bought").compute().itertuples(index=False))
    {'1': 1, '2': 0}
    """
    asked = {
        "time": time,
        "cutoff": cutoff,
        "horizon": horizon,
        "positive": positive,
        "gap": gap,
        "active_since": active_since,
        "min_events": min_events,
        "at_least": at_least,
        "value": value,
        "absent": absent,
        "label": label,
        "observed_until": observed_until,
    }
    Question.of(**asked)
    options: dict[str, Any] = asked | {
        "user": user,
        "personal_data": personal_data,
        "on_invalid": on_invalid,
        "timezone": timezone,
    }
    _try_out(answers_of_frame, events, options | _named_only(options), bounds=())
    log = events
    for argument in _GIVEN:
        log = _with_column(log, events, options, argument)
    log = unconverted(log)
    named = {
        "time": time,
        "user": user,
        "positive": options["positive"],
        "value": options["value"],
        "label": label,
    }
    roles = {
        each: [column] for each, column in named.items() if each == "user" or column is not None
    }
    route, shown = Route.of(log, roles), events.columns.size
    frames, outcomes = build(log, route, _Answers(options), ANSWERS, shown=shown)
    made = merge_reports([r for each in outcomes if isinstance(r := each.report, AnswerReport)])
    refuse_dates(made.time_kinds)
    if every_row_dropped(made):
        again = _Answers(options | {"on_invalid": "raise"})
        build(log, route, again, ANSWERS, shown=shown, every_row=True)
    if time is not None:
        _check_zones(outcomes)
        made = _at_the_end(outcomes, options, made)
    made = _with_forms(made, frames, outcomes)
    warn_of_answers(made)
    return collect(frames, ANSWERS, made)


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


@dataclass(frozen=True, eq=False)
class _Sequences:
    """:func:`nclue_pandas.to_sequences` on the rows of some users."""

    options: Mapping[str, Any]

    def __call__(self, part: pd.DataFrame) -> tuple[pd.DataFrame, Outcome]:
        frame = sequences_of_frame(part, **self.options)
        zoned = _zoned(part[self.options["time"]])
        return frame, Outcome(report_of_frame(frame), zoned=zoned, forms=_forms(frame))


@dataclass(frozen=True, eq=False)
class _Answers:
    """:func:`nclue_pandas.to_answers` on the rows of some users."""

    options: Mapping[str, Any]

    def __call__(self, part: pd.DataFrame) -> tuple[pd.DataFrame, Outcome]:
        frame = answers_of_frame(part, **self.options)
        time = self.options["time"]
        outcome = Outcome(report_of_frame(frame), forms=_forms(frame))
        if time is None or part.empty:
            return frame, outcome
        last = part.iloc[[int(read_times(part[time]).ticks.argmax())]]
        return frame, replace(outcome, last=last, zoned=_zoned(part[time]))


def _forms(frame: pd.DataFrame) -> Forms:
    return Forms.of(to_chunks(frame["user_id"]))


def _with_forms(made: ReportT, frames: tuple[Any, ...], outcomes: list[Outcome]) -> ReportT:
    """Compare ids in other forms with the users of all pieces, where there are such ids."""
    forms = Forms.joined(each.forms for each in outcomes if each.forms is not None)
    return forms.tell(made, lambda: DaskUsers.of(frames, "user_id"))


def _try_out(
    function: Callable[..., pd.DataFrame],
    frame: dd.DataFrame,
    options: dict[str, Any],
    bounds: tuple[str, ...],
) -> None:
    """Run the function on no rows: columns and options are refused before any work is done.

    Whether texts have a time zone is not known without rows, so bounds are not compared then.
    """
    if not isinstance(frame, dd.DataFrame):
        kind = type(frame).__name__
        raise InvalidDataError(f"events must be a Dask DataFrame, not {kind}.")
    empty, time = pattern(frame), options["time"]
    if is_label(empty, time) and _may_be_zoned(find_column(empty, time, "time")):
        if not bounds:
            return
        options = options | dict.fromkeys(bounds)
    with on_a_part():
        function(empty, **options)


def _may_be_zoned(times: pd.Series[Any]) -> bool:
    kind = to_arrow(times).type
    return is_text(kind) or pa.types.is_null(kind) or pa.types.is_dictionary(kind)


def _with_ties(events: dd.DataFrame, options: dict[str, Any]) -> dd.DataFrame:
    """Order a categorical tie-break by its categories, as pandas does."""
    tie_break = options["tie_break"]
    if tie_break is None:
        return events
    if not isinstance(
        find_column(pattern(events), tie_break, "tie_break").dtype, pd.CategoricalDtype
    ):
        return events
    if not events[tie_break].cat.known:
        raise InvalidDataError(
            f"The categories of tie_break={tie_break!r} are not known to all workers, so they "
            f"have no common order. Call events.categorize([{tie_break!r}]) first."
        )
    codes = events[tie_break].cat.codes
    options["tie_break"] = _TIES
    return events.assign(**{_TIES: codes.where(codes >= 0)})


def _named_only(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options without values that are in no column of the log yet."""
    unnamed = [name for name in _GIVEN if not isinstance(options[name], str)]
    return dict.fromkeys([*unnamed, *(["at_least"] if "value" in unnamed else [])])


def _with_column(
    log: dd.DataFrame, events: dd.DataFrame, options: dict[str, Any], argument: str
) -> dd.DataFrame:
    """Make a column of a Series or function that says something of each event."""
    given = options[argument]
    if given is None or isinstance(given, str):
        return log
    is_function = callable(given) and not is_dask_collection(given)
    values = given(events) if is_function else given
    if not isinstance(values, dd.Series):
        raise InvalidDataError(
            f"{argument}= must be or give a Dask Series for a Dask frame, not "
            f"{type(values).__name__}. Make it from the log itself."
        )
    options[argument] = _GIVEN[argument]
    return log.assign(**{_GIVEN[argument]: values})


def _zoned(times: pd.Series[Any]) -> bool | None:
    if times.empty or not pd.api.types.is_string_dtype(times):
        return None
    return read_times(times).aware


def _check_zones(outcomes: list[Outcome]) -> None:
    """Refuse texts of which some have a time zone: pieces alone cannot tell."""
    if len({each.zoned for each in outcomes} - {None}) > 1:
        raise mixed_zones("time")


def _at_the_end(
    outcomes: list[Outcome], options: dict[str, Any], made: AnswerReport
) -> AnswerReport:
    """Let the last rows of all pieces tell whether the log reaches the end of the horizon."""
    last = [each.last for each in outcomes if each.last is not None]
    if not last:
        return made
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NclueDataWarning)
        ended = report_of_frame(answers_of_frame(pd.concat(last, ignore_index=True), **options))
    assert isinstance(ended, AnswerReport)
    return replace(made, last_event=ended.last_event)
