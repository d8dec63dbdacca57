"""The verbs that make frames: the functions of frames, run on the rows of some users at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar

import dask.dataframe as dd
import pandas as pd
import pyarrow as pa
from dask import is_dask_collection

from nclue_pandas.contract import TOKENS_PER_USER
from nclue_pandas.dask.matching import DaskUsers
from nclue_pandas.dask.originals import unconverted
from nclue_pandas.dask.pieces import ANSWERS, SEQUENCES, Made, Outcome, build, collect, report_of
from nclue_pandas.dask.routing import Route, pattern
from nclue_pandas.errors import InvalidDataError
from nclue_pandas.frames.answers import (
    NO_ANSWERS,
    AnswerOptions,
    EventColumns,
    answer_frame,
    read_columns,
    warn_of_answers,
)
from nclue_pandas.frames.answers import build as build_answers
from nclue_pandas.frames.columns import find_column, is_label, to_arrow
from nclue_pandas.frames.doubtful_times import refuse_dates
from nclue_pandas.frames.forms import Forms
from nclue_pandas.frames.partitions import Built, merge_reports
from nclue_pandas.frames.questions import Span
from nclue_pandas.frames.reports import AnswerReport, Report, SequenceReport, every_row_dropped
from nclue_pandas.frames.sequences import (
    NO_SEQUENCES,
    LogColumns,
    SequenceOptions,
    Window,
    sequence_frame,
    warn_of_sequences,
)
from nclue_pandas.frames.sequences import build as build_sequences
from nclue_pandas.frames.times import kind_of_times, texts_of_times
from nclue_pandas.kernels.arrays import is_text
from nclue_pandas.signatures import named_options

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import tzinfo
    from decimal import Decimal

    from nclue_pandas.frames.forms import ReportT
    from nclue_pandas.frames.personal_data import OnPersonalData
    from nclue_pandas.frames.problems import OnInvalid
    from nclue_pandas.frames.times import TimeKind
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
    _require(events)
    empty = LogColumns.of(pattern(events), options)
    if not _may_be_zoned(events, time):
        Window.of(empty.times, since, until, timezone)
    log, options = _with_ties(events, options)
    log = unconverted(log)
    is_one = is_label(pattern(events), behavior) or not isinstance(behavior, (list, tuple))
    roles = {"time": [time], "user": [user], "behavior": [behavior] if is_one else list(behavior)}
    if tie_break is not None:
        roles["tie_break"] = [options.tie_break]
    built = build(log, Route.of(log, roles), _Sequences(options), shown=events.columns.size)
    made = _merged(built, SequenceReport, lambda: build_sequences(empty, options))
    made = _with_forms(made, built)
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
    _require(events)
    log, options = _with_columns(events, options)
    empty = read_columns(pattern(log), options)
    if isinstance(empty, EventColumns) and not _may_be_zoned(events, time):
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
    made = _merged(built, AnswerReport, lambda: build_answers(empty, options))
    spans = [each.span for each in built.outcomes if each.span is not None]
    if spans:
        last = (each.last for each in built.outcomes if each.last is not None)
        spans[0].check(max(last, default=None), made)
    made = _with_forms(made, built)
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
        return _among_times(part, self.options.time)

    def __call__(self, part: pd.DataFrame) -> tuple[Built[SequenceReport], Outcome]:
        if part.empty:  # without a time that would tell whether the log's have a zone
            return Built(NO_SEQUENCES), Outcome(forms=_forms(NO_SEQUENCES))
        built = build_sequences(LogColumns.of(part, self.options, times=self.times), self.options)
        return built, Outcome(forms=_forms(built.table))

    def frame(self, table: pa.Table) -> pd.DataFrame:
        return sequence_frame(table)


class _Answers(_Verb[AnswerOptions]):
    """Answers of the rows of some users."""

    def look(self, part: pd.DataFrame) -> frozenset[str]:
        is_log = self.options.question is not None
        return _among_times(part, self.options.time) if is_log else frozenset()

    def __call__(self, part: pd.DataFrame) -> tuple[Built[AnswerReport], Outcome]:
        if part.empty:
            return Built(NO_ANSWERS), Outcome(forms=_forms(NO_ANSWERS))
        built = build_answers(read_columns(part, self.options, times=self.times), self.options)
        return built, Outcome(forms=_forms(built.table), span=built.span, last=built.last)

    def frame(self, table: pa.Table) -> pd.DataFrame:
        return answer_frame(table)


def _among_times(part: pd.DataFrame, time: Any) -> frozenset[str]:
    """Return what is found among times that are texts; nothing of a column that is none."""
    texts = texts_of_times(find_column(part, time, "time"))
    return frozenset() if texts is None else texts.found


def _forms(table: pa.Table) -> Forms:
    return Forms.of(table["user_id"])


def _merged(built: Made, kind: type[ReportT], of_no_rows: Callable[[], Built[ReportT]]) -> ReportT:
    """Raise what was found in all pieces, or put their reports together."""
    built.raise_problems()
    reports = [r for each in built.outcomes if isinstance(r := each.report, kind)]
    made = merge_reports(reports or [r for r in [of_no_rows().report] if r is not None])
    refuse_dates(made.time_kinds)
    if every_row_dropped(made):
        built.raise_lost()
    return made


def _with_forms(made: ReportT, built: Made) -> ReportT:
    """Compare ids in other forms with the users of all pieces, where there are such ids."""
    forms = Forms.joined(each.forms for each in built.outcomes if each.forms is not None)
    return forms.tell(made, lambda: DaskUsers.of(built.frames, "user_id"))


def _require(events: object) -> None:
    if not isinstance(events, dd.DataFrame):
        raise InvalidDataError(f"events must be a Dask DataFrame, not {type(events).__name__}.")


def _may_be_zoned(events: dd.DataFrame, time: Any) -> bool:
    """Tell whether the times may be texts: whether they have a zone, rows alone can tell."""
    kind = to_arrow(find_column(pattern(events), time, "time")).type
    return is_text(kind) or pa.types.is_null(kind) or pa.types.is_dictionary(kind)


def _with_ties(
    events: dd.DataFrame, options: SequenceOptions
) -> tuple[dd.DataFrame, SequenceOptions]:
    """Order a categorical tie-break by its categories, as pandas does."""
    tie_break = options.tie_break
    if tie_break is None:
        return events, options
    if not isinstance(
        find_column(pattern(events), tie_break, "tie_break").dtype, pd.CategoricalDtype
    ):
        return events, options
    if not events[tie_break].cat.known:
        raise InvalidDataError(
            f"The categories of tie_break={tie_break!r} are not known to all workers, so they "
            f"have no common order. Call events.categorize([{tie_break!r}]) first."
        )
    codes = events[tie_break].cat.codes
    with_codes = events.assign(**{_TIES: codes.where(codes >= 0)})
    return with_codes, replace(options, tie_break=_TIES)


def _with_columns(
    events: dd.DataFrame, options: AnswerOptions
) -> tuple[dd.DataFrame, AnswerOptions]:
    """Make columns of the Series and functions that say something of each event."""
    log, named = events, dict[str, Any]()
    for argument, column in _GIVEN.items():
        given = getattr(options, argument)
        if given is None or isinstance(given, str):
            continue
        is_function = callable(given) and not is_dask_collection(given)
        values = given(events) if is_function else given
        if not isinstance(values, dd.Series):
            raise InvalidDataError(
                f"{argument}= must be or give a Dask Series for a Dask frame, not "
                f"{type(values).__name__}. Make it from the log itself."
            )
        log = log.assign(**{column: values})
        named[argument] = column
    return log, replace(options, **named)
