"""Snapshots: each user at several points in time, with a sequence and an answer at each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, count, pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from nclue_pandas.contract import TOKENS_PER_USER, USER_ID_LENGTH
from nclue_pandas.errors.base import ConfigurationError
from nclue_pandas.frames.answers import AnswerOptions, EventColumns, describe_one_label
from nclue_pandas.frames.answers import build as build_answers
from nclue_pandas.frames.columns import arrow_column, require_frame, text_column
from nclue_pandas.frames.cross_checks import KnownUsers
from nclue_pandas.frames.doubtful_times import check_times
from nclue_pandas.frames.forms import Forms
from nclue_pandas.frames.moments import Calendar, describe
from nclue_pandas.frames.partitions import Built, merge_reports
from nclue_pandas.frames.problems import Fault, joined_faults
from nclue_pandas.frames.reports import SnapshotReport, share, tell_all
from nclue_pandas.frames.sequences import (
    LogColumns,
    SequenceOptions,
    build_steps,
    untold,
    warn_of_sequences,
)
from nclue_pandas.frames.sequences import build as build_sequences
from nclue_pandas.frames.snapshot_ids import ending_of
from nclue_pandas.kernels.arrays import one_array
from nclue_pandas.kernels.hash import hash_ids
from nclue_pandas.signatures import named_options
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import tzinfo
    from decimal import Decimal

    from nclue_pandas.frames.cross_checks import Users
    from nclue_pandas.frames.ids import EncodedIds
    from nclue_pandas.frames.personal_data import OnPersonalData
    from nclue_pandas.frames.problems import OnInvalid
    from nclue_pandas.frames.questions import Span
    from nclue_pandas.frames.reports import AnswerReport, SequenceReport
    from nclue_pandas.frames.sequences import Step
    from nclue_pandas.frames.times import TimeKind, Times
    from nclue_pandas.frames.tokens import TokenEstimator


@named_options
def to_snapshots(
    events: pd.DataFrame,
    *,
    cutoffs: Iterable[Any],
    horizon: Any,
    user: str,
    time: str,
    behavior: str | Sequence[str],
    positive: str | pd.Series[Any] | Callable[[pd.DataFrame], Any] | None = None,
    gap: Any = None,
    active_since: Any = None,
    min_events: int | None = None,
    at_least: float | Decimal | None = None,
    value: str | pd.Series[Any] | Callable[[pd.DataFrame], Any] | None = None,
    absent: bool = False,
    observed_until: Any = None,
    since: Any = None,
    tie_break: str | None = None,
    template: str | None = None,
    max_tokens: int | None = TOKENS_PER_USER,
    token_estimator: TokenEstimator | None = None,
    personal_data: OnPersonalData = "raise",
    on_invalid: OnInvalid = "raise",
    timezone: str | tzinfo | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make sequences and answers of each user at several points in time.

    The service needs 100 users of each label. Where a label is rare and the log is short, one
    cutoff may not have them, and several may: each adds every user once more, as they were then.
    A snapshot's sequence ends before its cutoff, and its answer is made of what came after.

    The id of a snapshot is that of the user and the cutoff, in letters and digits
    (``17850at2011m09d01``). :func:`~nclue_pandas.from_snapshots` takes it apart again, and
    :func:`~nclue_pandas.split` keeps all snapshots of a user on one side. The service itself does
    not know of users: give a task the test answers of `split`, or its own AUROC will be too good.

    Parameters
    ----------
    events : pandas.DataFrame
        The log, one row for each event. It is not changed.
    cutoffs : sequence of str, datetime, date or int
        Points in time, in any order, each once.
    horizon : str, timedelta, DateOffset or int
        How far after each cutoff (and `gap`) events count. Horizons may overlap.
    user, time, behavior : as for to_sequences
        Columns, see :func:`~nclue_pandas.to_sequences`.
    positive, gap, active_since, min_events, at_least, value, absent : as for to_answers
        The question, see :func:`~nclue_pandas.to_answers`; the same at every cutoff.
    observed_until : str, datetime, date or int, optional
        How far the log was observed.
    since, tie_break, template, max_tokens, token_estimator : as for to_sequences
        See :func:`~nclue_pandas.to_sequences`.
    personal_data : {"raise", "mask"} or PersonalData
        As in :func:`~nclue_pandas.to_sequences`.
    on_invalid : {"raise", "drop"}
        As in :func:`~nclue_pandas.to_sequences` and :func:`~nclue_pandas.to_answers`.
    timezone : str or tzinfo, optional
        Time zone of the log, or of the points in time, when only the other has one.

    Returns
    -------
    sequences, answers : pandas.DataFrame
        As those verbs return them, for the same ids, one cutoff after another. Users without a
        behavior before a cutoff, and those that do not count, have no snapshot there.
        :func:`~nclue_pandas.report` of the answers tells users and positives of each cutoff.

    Raises
    ------
    MissingColumnError, InvalidDataError, PersonalDataError, ConfigurationError
        As those verbs do; also when a cutoff is given twice or is no whole second, and when an id
        with its cutoff has more than 100 characters.

    Warns
    -----
    NclueDataWarning
        As :func:`~nclue_pandas.to_sequences` does for the last cutoff; and when a cutoff has no
        snapshot, or all snapshots have the same label.

    Examples
    --------
    >>> events = pd.DataFrame({
    ...     "customer": [1, 2, 1, 2, 1],
    ...     "ts": ["2026-01-01", "2026-01-02", "2026-01-07", "2026-01-12", "2026-01-20"],
    ...     "item": ["tea", "jam", "mug", "tea", "pot"],
    ... })
    >>> sequences, answers = to_snapshots(
    ...     events, cutoffs=["2026-01-05", "2026-01-10"], horizon="5D",
    ...     user="customer", time="ts", behavior="item",
    ... )
    >>> for row in sorted(sequences.merge(answers, on="user_id").itertuples(index=False)):
    ...     print(*row)
    1at2026m01d05 tea 1
    1at2026m01d10 tea->mug 0
    2at2026m01d05 jam 0
    2at2026m01d10 jam 1
    """
    options = SnapshotOptions.of(
        cutoffs,
        SequenceOptions(
            user=user,
            time=time,
            behavior=behavior,
            since=since,
            tie_break=tie_break,
            template=template,
            max_tokens=max_tokens,
            token_estimator=token_estimator,
            personal_data=personal_data,
            on_invalid=on_invalid,
            timezone=timezone,
        ),
        positive=positive,
        horizon=horizon,
        gap=gap,
        active_since=active_since,
        min_events=min_events,
        at_least=at_least,
        value=value,
        absent=absent,
        observed_until=observed_until,
    )
    events = require_frame(events, "events", on_dask=True)
    with build_steps("snapshots", 4) as step:
        log = SnapshotColumns.of(events, options, step=step)
        check_times(log.text.times)
        points = endings_of(options.cutoffs, log.text.times, timezone)
        built = step(build(log, options, points))
    built.raise_for(events)
    ids = pc.unique(built.table["user_id"])
    report = built.told.tell(Forms.of(ids), lambda: KnownUsers(np.sort(hash_ids(ids))))
    sequences, answers = (
        snapshot_frame(built.table, points, column) for column in ("sequence", "label")
    )
    return report.attach(sequences), report.attach(answers)


#: No snapshots.
NO_SNAPSHOTS: Final = pa.schema(
    {
        "user_id": pa.string(),
        "sequence": pa.string(),
        "label": pa.int8(),
        "cutoff": pa.int32(),
    }.items()
).empty_table()


@dataclass(frozen=True, eq=False)
class SnapshotOptions:
    """The options of :func:`to_snapshots`, checked before any row is read.

    Parameters
    ----------
    cutoffs : list
        Points in time as they were given.
    text : SequenceOptions
        Of sequences, without their end.
    question : AnswerOptions
        Of answers, at one of the cutoffs.
    """

    cutoffs: list[Any]
    text: SequenceOptions
    question: AnswerOptions

    @classmethod
    def of(cls, cutoffs: object, text: SequenceOptions, **question: Any) -> SnapshotOptions:
        """Check the question at each cutoff."""
        given = check_cutoffs(cutoffs)
        named = ("user", "time", "personal_data", "on_invalid", "timezone")
        shared = {name: getattr(text, name) for name in named}
        asked = [AnswerOptions(cutoff=cutoff, **shared, **question) for cutoff in given]
        return cls(given, text, asked[0])


@dataclass(frozen=True, eq=False)
class SnapshotColumns:
    """The columns of a log as the core takes them."""

    text: LogColumns
    events: EventColumns

    @classmethod
    def of(
        cls,
        events: pd.DataFrame,
        options: SnapshotOptions,
        *,
        times: TimeKind | None = None,
        step: Step = untold,
    ) -> SnapshotColumns:
        """Read a log, or a part of one in which the texts of times read as `times`."""
        text = LogColumns.of(events, options.text, times=times, step=step)
        return cls(text, EventColumns.of(events, options.question, text.times, text.ids))


@dataclass(frozen=True, eq=False)
class SnapshotsTold:
    """What there is to tell of a log, or of a part of one with all rows of some users.

    Parameters
    ----------
    snapshots : SnapshotReport
        Of all cutoffs.
    text, question : SequenceReport, AnswerReport
        Of the last cutoff.
    span, last : Span, int or None
        What was asked at the last cutoff, and the last event.
    """

    snapshots: SnapshotReport
    text: SequenceReport
    question: AnswerReport
    span: Span
    last: int | None

    @classmethod
    def joined(cls, parts: Sequence[SnapshotsTold]) -> SnapshotsTold:
        """Put what parts tell together, at least one."""
        return cls(
            merge_reports([each.snapshots for each in parts]),
            merge_reports([each.text for each in parts]),
            merge_reports([each.question for each in parts]),
            parts[0].span,
            max((each.last for each in parts if each.last is not None), default=None),
        )

    def tell(self, forms: Forms, users: Callable[[], Users]) -> SnapshotReport:
        """Refuse a horizon that the log does not reach, warn once, and return the report."""
        self.span.check(self.last, self.question)
        warn_of_sequences(forms.tell(self.text, users))
        tell_all(_of_cutoffs(self.snapshots))
        return self.snapshots


@dataclass(frozen=True, eq=False)
class BuiltSnapshots(Built[SnapshotReport]):
    """Snapshots of all cutoffs, and what there is to tell; nothing where there are problems."""

    parts: tuple[SnapshotsTold, ...] = ()

    @property
    def told(self) -> SnapshotsTold:
        """What there is to tell when the rows are all those of a log."""
        return SnapshotsTold.joined(self.parts)


def build(
    log: SnapshotColumns, options: SnapshotOptions, endings: Mapping[Any, str]
) -> BuiltSnapshots:
    """Make sequences and answers of each user at each cutoff; tell what is wrong with the rows.

    Parameters
    ----------
    log : SnapshotColumns
        All rows of some users.
    options : SnapshotOptions
        What is asked.
    endings : mapping
        The cutoffs in the order of time, and what ids end with there.
    """
    if log.text.times.without_zone.size:
        return BuiltSnapshots(NO_SNAPSHOTS, problems=tuple(log.text.times.faults()))
    asked = [replace(options.question, cutoff=cutoff) for cutoff in endings]
    labels = [build_answers(log.events, each) for each in asked]
    texts = [build_sequences(log.text, replace(options.text, until=cutoff)) for cutoff in endings]
    tables = [_snapshots(*each) for each in zip(texts, labels, count())]
    users = [table["user_id"] for table in tables]
    found = (*(each.problems for each in labels[::-1]), *(each.problems for each in texts[::-1]))
    faults = [*chain.from_iterable(found)]
    faults += [_long_ids(log.text.ids, *each) for each in zip(users, endings.values(), strict=True)]
    if problems := joined_faults(faults):
        return BuiltSnapshots(NO_SNAPSHOTS, problems=problems)
    last, text = labels[-1], texts[-1]
    assert text.report is not None
    assert last.report is not None
    assert last.span is not None
    cutoffs = [str(each.report.cutoff) for each in labels if each.report is not None]
    whole = _report(text.report, cutoffs, tables)
    told = SnapshotsTold(whole, text.report, last.report, last.span, last.last)
    table = pa.concat_tables(tables)
    return BuiltSnapshots(table, whole, lost=last.lost or text.lost, parts=(told,))


def snapshot_frame(table: pa.Table, endings: Mapping[Any, str], column: str) -> pd.DataFrame:
    """Return sequences or answers of snapshots as a frame, with the ids of snapshots."""
    added = pa.array(endings.values(), pa.string()).take(one_array(table["cutoff"]))
    ids = pc.binary_join_element_wise(table["user_id"], added, "")
    kind = table.schema.field(column).type
    return pd.DataFrame({"user_id": text_column(ids), column: arrow_column(table[column], kind)})


def check_cutoffs(cutoffs: object) -> list[Any]:
    """Refuse what is no list of points in time."""
    if isinstance(cutoffs, (str, bytes)) or not hasattr(cutoffs, "__iter__"):
        raise ConfigurationError(
            _(
                "cutoffs={cutoffs!r}: give a list of points in time, such as ['2011-08-01', "
                "'2011-09-01'] or pandas.date_range('2011-06-01', periods=4, freq='MS')."
            ).format(cutoffs=cutoffs)
        )
    given = list(cutoffs)
    if not given:
        raise ConfigurationError(_("cutoffs= is empty: give at least one point in time."))
    return given


def endings_of(cutoffs: list[Any], times: Times, timezone: str | tzinfo | None) -> dict[Any, str]:
    """Return the cutoffs in the order of time, and what their ids end with."""
    calendar = Calendar(times, timezone)
    moments = [calendar.moment(cutoff, "cutoffs") for cutoff in cutoffs]
    order = np.argsort(np.array(moments, dtype=object)).tolist()
    for before, after in pairwise(order):
        if moments[before] == moments[after]:
            raise ConfigurationError(
                _("cutoffs= has {moment} twice. Give each once.").format(
                    moment=describe(moments[after], times)
                )
            )
    return {cutoffs[place]: ending_of(describe(moments[place], times)) for place in order}


def _snapshots(texts: Built[SequenceReport], labels: Built[AnswerReport], number: int) -> pa.Table:
    """Keep the users that have both, at the cutoff of a number; both are in canonical order."""
    tables = (texts.table, labels.table)
    users = [one_array(table["user_id"]) for table in tables]
    text, label = (
        table.filter(pc.is_in(own, value_set=other))
        for table, own, other in zip(tables, users, users[::-1], strict=True)
    )
    cutoff = pa.array(np.full(text.num_rows, number, dtype=np.int32))
    return text.append_column("label", label["label"]).append_column("cutoff", cutoff)


def _long_ids(ids: EncodedIds, users: pa.ChunkedArray, ending: str) -> Fault:
    """Return the rows of users whose ids are too long with their cutoff."""
    longest = USER_ID_LENGTH - len(ending)
    long = users.filter(pc.greater(pc.utf8_length(users), longest))
    flags = pc.is_in(ids.texts, value_set=one_array(long).cast(ids.texts.type))
    return Fault(
        "long_id",
        _(
            "The id of a snapshot, a user's id with the cutoff, has more than {count} characters"
        ).format(count=USER_ID_LENGTH),
        N_("Shorten the ids, for example with pseudonymize()."),
        ids.rows_where(flags.to_numpy(zero_copy_only=False)),
    )


def _report(last: SequenceReport, cutoffs: list[str], tables: list[pa.Table]) -> SnapshotReport:
    ones = [pc.sum(table["label"]).as_py() or 0 for table in tables]
    users = pc.count_distinct(pa.concat_tables(tables)["user_id"]).as_py()
    counts = [table.num_rows for table in tables]
    return SnapshotReport(
        rows=last.rows,
        rows_dropped=last.rows_dropped,
        users=users,
        snapshots=sum(counts),
        positives=sum(ones),
        share=share(sum(ones), sum(counts)),
        snapshots_at=dict(zip(cutoffs, counts, strict=True)),
        positives_at=dict(zip(cutoffs, ones, strict=True)),
    )


def _of_cutoffs(whole: SnapshotReport) -> Iterator[str]:
    empty = [cutoff for cutoff, count in whole.snapshots_at.items() if not count]
    if empty:
        yield _("no user has a snapshot at {cutoffs}").format(cutoffs=", ".join(empty))
    if whole.snapshots:
        yield from describe_one_label(whole.positives, whole.snapshots, N_("snapshot"))
