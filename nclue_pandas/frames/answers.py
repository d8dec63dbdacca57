"""Answers: 0 or 1 for each user, cut from a log at a point in time, or from given labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from nclue_pandas.errors.base import InvalidDataError
from nclue_pandas.frames.amounts import RANGE, read_amounts
from nclue_pandas.frames.columns import (
    arrow_column,
    find_column,
    is_label,
    one_column,
    read_binary,
    require_frame,
    text_column,
)
from nclue_pandas.frames.doubtful_times import check_times, describe_doubts, kinds_of_times
from nclue_pandas.frames.forms import describe_forms, with_forms
from nclue_pandas.frames.ids import encode_ids, id_faults, personal_ids
from nclue_pandas.frames.moments import describe, read_zone
from nclue_pandas.frames.partitions import Built, merge_reports
from nclue_pandas.frames.personal_data import read_option
from nclue_pandas.frames.problems import Fault, check_on_invalid, settle
from nclue_pandas.frames.questions import Question, Span
from nclue_pandas.frames.reports import (
    AnswerReport,
    describe_dropped,
    is_many,
    share,
    tell_all,
)
from nclue_pandas.frames.times import look_at_times
from nclue_pandas.kernels.hash import canonical_order
from nclue_pandas.signatures import named_options
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import tzinfo
    from decimal import Decimal

    from nclue_pandas.frames.amounts import Amounts
    from nclue_pandas.frames.columns import Binary
    from nclue_pandas.frames.ids import EncodedIds
    from nclue_pandas.frames.personal_data import OnPersonalData, PersonalData
    from nclue_pandas.frames.problems import OnInvalid, Settled
    from nclue_pandas.frames.times import TimeKind, Times
    from nclue_pandas.kernels.arrays import Flags

#: No answers.
NO_ANSWERS: Final = pa.table(
    {"user_id": pa.array([], pa.string()), "label": pa.array([], pa.int8())}
)


@named_options
def to_answers(
    events: pd.DataFrame,
    *,
    user: str = "user_id",
    time: str | None = None,
    cutoff: Any = None,
    horizon: Any = None,
    positive: str | pd.Series[Any] | Callable[[pd.DataFrame], Any] | None = None,
    gap: Any = None,
    active_since: Any = None,
    min_events: int | None = None,
    at_least: float | Decimal | None = None,
    value: str | pd.Series[Any] | Callable[[pd.DataFrame], Any] | None = None,
    absent: bool = False,
    label: str | None = None,
    observed_until: Any = None,
    personal_data: OnPersonalData = "raise",
    on_invalid: OnInvalid = "raise",
    timezone: str | tzinfo | None = None,
) -> pd.DataFrame:
    """Give each user a 0 or a 1: what happened after a point in time, or a label there is.

    From an event log, the users are those with an event before `cutoff`. A user's label is 1
    when one of the events in ``[cutoff + gap, cutoff + gap + horizon)`` is positive. Sequences
    made with ``to_sequences(..., until=cutoff)`` know nothing of what these labels are made of.

    From a frame with labels (``label=``), each row is one user.

    Parameters
    ----------
    events : pandas.DataFrame
        An event log, or a frame with one label for each user. It is not changed.
    user : str, default "user_id"
        Column of user ids, as in :func:`~nclue_pandas.to_sequences`.
    time : str, optional
        Column of times, for an event log.
    cutoff : str, datetime, date or int, optional
        The point in time, for an event log.
    horizon : str, timedelta, DateOffset or int, optional
        How far after the cutoff events count, such as ``"90D"``.
    positive : str, Series, callable or None
        Which events count: a boolean column, a boolean Series with the index of `events` (an
        array or a list in the order of its rows will do), or a function that takes `events` and
        returns one. None counts any event ("came back").
    gap : str, timedelta, DateOffset or int, optional
        How long after the cutoff the horizon begins, such as ``"7D"``: the time that it takes to
        act on a score. What happens in it makes no label.
    active_since : str, timedelta, DateOffset or int, optional
        Only users with an event in this span before the cutoff, such as ``"90D"``. Those who have
        left long ago are easily told from the others, and make every model look good.
    min_events : int, optional
        Only users with so many events before the cutoff (in the span of `active_since`, if it is
        given). By default one is enough.
    at_least : int, float or Decimal, optional
        A user's label is 1 from so many positive events in the horizon on, or from such a sum of
        `value`. By default one event is enough.
    value : str, Series or callable, optional
        What `at_least` adds up over the positive events, such as a price: a column of numbers, or
        values as for `positive`. Sums are exact, so the order of rows makes no difference: floats
        are taken as the decimal numbers that they are shown as (0.1 is one tenth). A null adds
        nothing, and is counted.
    absent : bool, default False
        Turn the labels around: 1 for users for whom it does not happen ("churned").
    label : str, optional
        Column of labels, for a frame that has them: 0 and 1 of any number type, bool, or texts
        as files and spreadsheets hold them (``1``, ``1.0``, ``True``, ``TRUE``).
    observed_until : str, datetime, date or int, optional
        How far the log was observed. Without it, the log is taken to end with its last event.
    personal_data : {"raise", "mask"} or PersonalData
        Ids that look like personal data are an error in both cases: they cannot be masked, see
        :func:`~nclue_pandas.pseudonymize`.
    on_invalid : {"raise", "drop"}
        What to do about rows with a null or impossible id, a null or unreadable time, a label
        other than 0 and 1, a repeated id (``"drop"`` keeps the first of the rows that are valid),
        or a user with both labels (``"drop"`` drops all rows). A null in `positive` is always an
        error.
    timezone : str or tzinfo, optional
        Time zone of the log, or of `cutoff` and `observed_until`, when only the other has one.

    Returns
    -------
    pandas.DataFrame
        ``user_id`` (string[pyarrow]) and ``label`` (int8[pyarrow]), one row for each user, in
        the order of a hash of the id. :func:`~nclue_pandas.report` tells the balance.

    Raises
    ------
    MissingColumnError
        When a named column is not there.
    InvalidDataError
        For all invalid rows at once, and when the horizon ends after the log.
    PersonalDataError
        When ids look like personal data.
    ConfigurationError
        When an option cannot be used.

    Warns
    -----
    NclueDataWarning
        Once, of all that matters: rows that were dropped; no user with an event before the
        cutoff, or none that counts; users that all have the same label; a tenth or more of the
        positive events without a `value`; ids in several forms (``100742.0`` beside ``100742``).

    Examples
    --------
    >>> events = pd.DataFrame({
    ...     "user_id": [1, 2, 1, 2, 3],
    ...     "ts": ["2026-01-01", "2026-01-02", "2026-01-08", "2026-01-07", "2026-01-09"],
    ...     "item": ["tea", "tea", "LUNCH BAG", "jam", "tea"],
    ... })
    >>> answers = to_answers(events, time="ts", cutoff="2026-01-05", horizon="3D")
    >>> sorted(zip(answers["user_id"], answers["label"]))
    [('1', 0), ('2', 1)]
    >>> answers = to_answers(
    ...     events, time="ts", cutoff="2026-01-05", horizon="4D",
    ...     positive=events["item"].str.contains("BAG"),
    ... )
    >>> sorted(zip(answers["user_id"], answers["label"]))
    [('1', 1), ('2', 0)]

    Who is not seen in the two days that begin a day after the cutoff:

    >>> answers = to_answers(
    ...     events, time="ts", cutoff="2026-01-05", gap="1D", horizon="2D", absent=True,
    ... )
    >>> sorted(zip(answers["user_id"], answers["label"]))
    [('1', 1), ('2', 0)]
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
    events = require_frame(events, "events", on_dask=True)
    columns = read_columns(events, options)
    if isinstance(columns, EventColumns):
        check_times(columns.times)
    built = build(columns, options)
    built.raise_for(events)
    report = merge_reports(built.reports)
    if built.span is not None:
        built.span.check(built.last, report)
    frame = answer_frame(built.table)
    report = with_forms(report, frame)
    warn_of_answers(report)
    return report.attach(frame)


@dataclass(frozen=True, kw_only=True, eq=False)
class AnswerOptions:
    """The options of :func:`to_answers`, checked before any row is read."""

    user: Any = "user_id"
    time: Any = None
    cutoff: Any = None
    horizon: Any = None
    positive: Any = None
    gap: Any = None
    active_since: Any = None
    min_events: int | None = None
    at_least: float | Decimal | None = None
    value: Any = None
    absent: bool = False
    label: Any = None
    observed_until: Any = None
    personal_data: OnPersonalData = "raise"
    on_invalid: OnInvalid = "raise"
    timezone: str | tzinfo | None = None

    def __post_init__(self) -> None:
        check_on_invalid(self.on_invalid)
        read_option(self.personal_data)
        read_zone(self.timezone)
        _ = self.question

    @property
    def personal(self) -> PersonalData:
        """What personal data is."""
        return read_option(self.personal_data)

    @cached_property
    def question(self) -> Question | None:
        """What is asked of a log; None for a frame with labels."""
        return Question.of(
            time=self.time,
            label=self.label,
            positive=self.positive,
            cutoff=self.cutoff,
            horizon=self.horizon,
            gap=self.gap,
            active_since=self.active_since,
            min_events=self.min_events,
            at_least=self.at_least,
            value=self.value,
            absent=self.absent,
            observed_until=self.observed_until,
        )


@dataclass(frozen=True, eq=False)
class EventColumns:
    """The columns of a log as the core takes them."""

    times: Times
    ids: EncodedIds
    personal: list[Fault]
    counted: Binary | None
    amounts: Amounts | None

    @classmethod
    def of(
        cls, events: pd.DataFrame, options: AnswerOptions, times: Times, ids: EncodedIds
    ) -> EventColumns:
        """Read which events count, and what for, beside times and ids that were read."""
        amounts = _given_column(events, options.value, "value")
        return cls(
            times,
            ids,
            personal_ids(ids, options.personal),
            read_positive(events, options.positive),
            None if amounts is None else read_amounts(amounts, "value"),
        )

    def counts(self, rows: Flags) -> Flags:
        """Tell which of some rows are positive."""
        return rows if self.counted is None else rows & self.counted.ones


@dataclass(frozen=True, eq=False)
class LabelColumns:
    """The columns of a frame that has labels."""

    ids: EncodedIds
    personal: list[Fault]
    labels: Binary


@dataclass(frozen=True, eq=False)
class BuiltAnswers(Built[AnswerReport]):
    """Answers, and of a log: what was asked for, and the last event, as moments."""

    span: Span | None = None
    last: int | None = None


def read_columns(
    events: pd.DataFrame, options: AnswerOptions, *, times: TimeKind | None = None
) -> EventColumns | LabelColumns:
    """Read a log, or a frame that has labels; here pandas becomes NumPy and Arrow.

    Of a part of a log the texts of times read as `times`, as those of the whole log do.
    """
    if options.question is None:
        ids = encode_ids(find_column(events, options.user, "user"))
        labels = read_binary(find_column(events, options.label, "label"), "label")
        return LabelColumns(ids, personal_ids(ids, options.personal), labels)
    moments = look_at_times(find_column(events, options.time, "time"), kind=times)
    ids = encode_ids(find_column(events, options.user, "user"))
    return EventColumns.of(events, options, moments, ids)


def build(columns: EventColumns | LabelColumns, options: AnswerOptions) -> BuiltAnswers:
    """Give each user a 0 or a 1; tell what is wrong with the rows."""
    if isinstance(columns, LabelColumns):
        return _from_labels(columns, options.on_invalid)
    if columns.times.without_zone.size:
        return BuiltAnswers(NO_ANSWERS, problems=tuple(columns.times.faults()))
    assert options.question is not None
    span = Span.of(options.question, columns.times, options.timezone)
    return _from_log(columns, options.question, span, options.on_invalid)


def answer_frame(table: pa.Table) -> pd.DataFrame:
    """Return answers that were built as a frame."""
    return pd.DataFrame(
        {
            "user_id": text_column(table["user_id"]),
            "label": arrow_column(table["label"], pa.int8()),
        }
    )


def _from_log(
    log: EventColumns, question: Question, span: Span, on_invalid: OnInvalid
) -> BuiltAnswers:
    times, ids = log.times, log.ids
    rows = times.ticks.size
    in_span = times.before(span.end)
    before, started = times.before(span.cutoff), ~times.before(span.start)
    settled = _settle(log, in_span, started, on_invalid)
    if settled.problems:
        return BuiltAnswers(NO_ANSWERS, problems=settled.problems)
    kept = settled.kept
    if kept is not None:
        before, in_span = before & kept, in_span & kept
    within, later = in_span & started, in_span & ~before
    counts = log.counts(within)
    recent = before if span.active is None else before & ~times.before(span.active)
    known, active, other = (_has_row(ids, flags) for flags in (before, recent, later))
    enough = _has_rows(ids, recent, question.min_events)
    ones = _reached(log, counts, question.at_least) ^ question.absent
    table = _table(ids, enough, ones)
    report = replace(
        _report(table, rows, settled.dropped),
        users_after_cutoff=int((other & ~known).sum()),
        users_inactive=int((known & ~active).sum()),
        users_with_few_events=int((active & ~enough).sum()),
        events_in_gap=int((later & ~started).sum()),
        events_in_horizon=int(within.sum()),
        positive_events=int(counts.sum()),
        positive_events_without_value=(
            0 if log.amounts is None else int(counts[log.amounts.null].sum())
        ),
        events_after_horizon=(rows if kept is None else int(kept.sum())) - int(in_span.sum()),
        time_kinds=kinds_of_times(times, kept),
        cutoff=describe(span.cutoff, times),
        horizon_start=describe(span.start, times),
        horizon_end=describe(span.end, times),
        first_event=_described(times.first_of(), times),
        last_event=_described(times.last, times),
        last_event_in_horizon=_described(times.last_of(in_span), times),
        observed_until=_described(span.observed, times),
    )
    return BuiltAnswers(table, report, lost=settled.lost, span=span, last=times.last)


def _settle(log: EventColumns, in_span: Flags, started: Flags, on_invalid: OnInvalid) -> Settled:
    """Say which rows remain, or what is wrong with those before the end of the horizon."""
    missing, anywhere = log.times.faults(), id_faults(log.ids)
    always = [fault.within(in_span) for fault in log.personal]
    valid = np.ones(in_span.size, dtype=bool)
    if on_invalid == "drop":
        valid[np.concatenate([fault.rows for fault in (*missing, *anywhere)])] = False
    if log.counted is not None:
        always += [fault.within(valid) for fault in positive_faults(log.counted)]
    if log.amounts is not None:
        always.append(_amount_fault(log.amounts).within(log.counts(in_span & started & valid)))
    faults = [*missing, *(fault.within(in_span) for fault in anywhere)]
    return settle(faults, always, in_span.size, on_invalid)


def _described(moment: int | None, times: Times) -> str | None:
    return None if moment is None else describe(moment, times)


def _from_labels(columns: LabelColumns, on_invalid: OnInvalid) -> BuiltAnswers:
    ids, read = columns.ids, columns.labels
    faults = [*id_faults(ids), *label_faults(read)]
    faults += _repeated(ids, read, faults, on_invalid)
    settled = settle(faults, columns.personal, ids.codes.size, on_invalid)
    if settled.problems:
        return BuiltAnswers(NO_ANSWERS, problems=settled.problems)
    rows = np.ones(ids.codes.size, dtype=bool) if settled.kept is None else settled.kept
    table = _table(ids, _has_row(ids, rows), _has_row(ids, rows & read.ones))
    return BuiltAnswers(table, _report(table, rows.size, settled.dropped), lost=settled.lost)


def label_faults(read: Binary) -> list[Fault]:
    """Return the rows whose label is null or neither 0 nor 1."""
    return [
        Fault("null_label", N_("A label is null"), N_("Give each user a 0 or a 1."), read.null),
        Fault(
            "invalid_label",
            N_("A label is neither 0 nor 1"),
            N_("The service takes 0 and 1 only."),
            read.other,
        ),
    ]


def _repeated(
    ids: EncodedIds, read: Binary, faults: Sequence[Fault], on_invalid: OnInvalid
) -> list[Fault]:
    """Return the rows of users with both labels, and repeated rows of the others."""
    valid = np.ones(ids.codes.size, dtype=bool)
    valid[np.concatenate([fault.rows for fault in faults])] = False
    both = _has_row(ids, valid & read.ones) & _has_row(ids, valid & ~read.ones)
    conflict = Fault(
        "conflicting_label",
        N_("A user has both labels, in different rows"),
        N_("Decide on one label for each user."),
        ids.rows_where(both),
    ).within(valid)
    drop = on_invalid == "drop"
    looked_at = valid if drop else np.ones(valid.size, dtype=bool)
    looked_at[conflict.rows] = False
    return [conflict, duplicate_fault(ids, looked_at, keep_first=drop)]


def duplicate_fault(
    ids: EncodedIds, rows: Flags | None = None, *, keep_first: bool = False
) -> Fault:
    """Return those of `rows` that share their id; without the first of each if it is to be kept."""
    codes = ids.codes if rows is None else np.where(rows, ids.codes, np.int32(-1))
    counts = np.bincount(codes[codes >= 0], minlength=len(ids.texts))
    repeated = np.flatnonzero(np.append(counts > 1, False)[codes])
    if keep_first and repeated.size:
        _, first = np.unique(codes[repeated], return_index=True)
        repeated = np.delete(repeated, first)
    return Fault(
        "duplicate_id",
        N_("A user id occurs more than once"),
        N_("Each user has one row: combine or drop the repeated rows."),
        repeated,
    )


def _given_column(events: pd.DataFrame, values: Any, argument: str) -> pd.Series[Any] | None:
    """Return a column of the log, or values for its rows, as a column."""
    if values is None:
        return None
    if callable(values):
        values = values(events)
    given = None if is_label(events, values) else one_column(values)
    if given is None:
        given = find_column(events, values, argument)
    elif isinstance(values, pd.Series) and not values.index.equals(events.index):
        raise InvalidDataError(
            f"{argument}= is a Series with another index than the log, so that its rows cannot be "
            "told. Make it from the log itself, or give an array in the order of the rows."
        )
    if len(given) != len(events):
        raise InvalidDataError(
            f"{argument}= has {len(given):,} values for {len(events):,} rows of the log."
        )
    return given


def read_positive(events: pd.DataFrame, positive: Any) -> Binary | None:
    """Read which events count, as ``positive=`` names them; None for all."""
    given = _given_column(events, positive, "positive")
    return None if given is None else read_binary(given, "positive")


def positive_faults(read: Binary) -> list[Fault]:
    """Return the rows of which it is not said whether they count."""
    return [
        Fault(
            "null_positive",
            N_("positive= is null"),
            N_("Say whether the event counts, for example with .fillna(False)."),
            read.null,
        ),
        Fault(
            "invalid_positive",
            N_("positive= is neither true nor false"),
            N_("Give booleans."),
            read.other,
        ),
    ]


def _amount_fault(amounts: Amounts) -> Fault:
    return Fault(
        "invalid_value",
        N_("A value= of an event that counts cannot be added exactly"),
        _("Give numbers {range}, or none.").format(range=RANGE),
        amounts.other,
    )


def _reached(log: EventColumns, counts: Flags, at_least: Decimal | None) -> Flags:
    """Tell which users have enough events that count, or values of them."""
    if at_least is None:
        return _has_row(log.ids, counts)
    if log.amounts is None:
        return _has_rows(log.ids, counts, int(at_least))
    rows = counts & (log.ids.codes >= 0)
    return log.amounts.reach(at_least, log.ids.codes, rows, len(log.ids.texts))


def _has_rows(ids: EncodedIds, rows: Flags, least: int) -> Flags:
    """Tell which distinct ids have at least so many of the rows."""
    if least == 1:
        return _has_row(ids, rows)
    codes = ids.codes[rows]
    counts = np.bincount(codes[codes >= 0], minlength=len(ids.texts))
    flags: Flags = counts >= least
    return flags


def _has_row(ids: EncodedIds, rows: Flags) -> Flags:
    """Tell which distinct ids have at least one of the rows."""
    flags = np.zeros(len(ids.texts) + 1, dtype=bool)
    flags[ids.codes[rows]] = True
    return flags[:-1]


def _table(ids: EncodedIds, known: Flags, ones: Flags) -> pa.Table:
    order = canonical_order(ids.texts)
    users = order[known[order]]
    labels = pa.array(ones[users].astype(np.int8))
    return pa.table({"user_id": ids.texts.take(pa.array(users)), "label": labels})


def _report(table: pa.Table, rows: int, dropped: dict[str, int]) -> AnswerReport:
    positives = pc.sum(table["label"]).as_py() or 0
    return AnswerReport(rows, dropped, table.num_rows, positives, share(positives, table.num_rows))


def warn_of_answers(report: AnswerReport) -> None:
    """Tell in one warning what matters of a whole log."""
    tell_all([*_of_rows(report), *describe_doubts(report), *describe_forms(report)])


def _of_rows(report: AnswerReport) -> Iterator[str]:
    if report.rows_dropped:
        yield describe_dropped(report.rows_dropped, report.rows)
    if report.users:
        yield from describe_one_label(report.positives, report.users)
        without = report.positive_events_without_value
        if is_many(without, report.positive_events):
            yield _(
                "{count:,} of {events:,} events that count have no value= and add nothing to the "
                "sum of their user"
            ).format(count=without, events=report.positive_events)
    elif report.users_inactive or report.users_with_few_events:
        yield _(
            "no user is left: of those with an event before the cutoff {inactive:,} have none in "
            "the span of active_since=, and {few:,} have fewer than min_events="
        ).format(inactive=report.users_inactive, few=report.users_with_few_events)
    elif report.cutoff is not None and report.rows:
        yield _(
            "no user has an event before the cutoff ({cutoff}): the events are from {first} to "
            "{last}"
        ).format(cutoff=report.cutoff, first=report.first_event, last=report.last_event)


def describe_one_label(positives: int, users: int, whose: str = N_("user")) -> Iterator[str]:
    """Say that all of some answers have the same label."""
    if positives in {0, users}:
        yield _(
            "no {whose} has the label {none} ({users:,} have {all}): there is nothing to learn or "
            "to measure. Look at positive=, the cutoff and the horizon, or at the labels"
        ).format(whose=_(whose), none=int(not positives), users=users, all=int(bool(positives)))
