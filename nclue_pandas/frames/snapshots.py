"""Snapshots: each user at several points in time, with a sequence and an answer at each."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from nclue_pandas.contract import TOKENS_PER_USER, USER_ID_LENGTH
from nclue_pandas.errors.base import ConfigurationError, InvalidDataError, Problem
from nclue_pandas.frames.answers import describe_one_label, to_answers
from nclue_pandas.frames.columns import require_frame, text_column, to_arrow
from nclue_pandas.frames.doubtful_times import times_of_log
from nclue_pandas.frames.moments import Calendar, describe
from nclue_pandas.frames.personal_data import read_option
from nclue_pandas.frames.problems import check_on_invalid
from nclue_pandas.frames.questions import Question
from nclue_pandas.frames.reports import (
    AnswerReport,
    NclueDataWarning,
    SequenceReport,
    SnapshotReport,
    report,
    share,
    tell_all,
)
from nclue_pandas.frames.sequences import check_max_tokens, to_sequences, warn_of_sequences
from nclue_pandas.frames.snapshot_ids import ending_of, users_of
from nclue_pandas.kernels.arrays import one_array
from nclue_pandas.signatures import named_options
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import tzinfo
    from decimal import Decimal

    from nclue_pandas.frames.personal_data import OnPersonalData
    from nclue_pandas.frames.problems import OnInvalid
    from nclue_pandas.frames.times import Times
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
    events = require_frame(events, "events", on_dask=True)
    question: dict[str, Any] = {
        "positive": positive,
        "gap": gap,
        "active_since": active_since,
        "min_events": min_events,
        "at_least": at_least,
        "value": value,
        "absent": absent,
        "observed_until": observed_until,
        "horizon": horizon,
    }
    shared: dict[str, Any] = {
        "personal_data": personal_data,
        "on_invalid": on_invalid,
        "timezone": timezone,
    }
    text: dict[str, Any] = {
        "behavior": behavior,
        "since": since,
        "tie_break": tie_break,
        "template": template,
        "max_tokens": max_tokens,
        "token_estimator": token_estimator,
    }
    given = check_cutoffs(cutoffs)
    for cutoff in given:
        Question.of(time=time, label=None, cutoff=cutoff, **question)
    check_on_invalid(on_invalid)
    check_max_tokens(max_tokens)
    read_option(personal_data)
    columns: dict[str, Any] = {"user": user, "time": time}
    made: list[_Snapshot] = []
    endings = endings_of(given, times_of_log(events, time), timezone)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NclueDataWarning)
        for cutoff, ending in reversed(endings.items()):  # the last one sees every fault
            answers = to_answers(events, cutoff=cutoff, **columns, **question, **shared)
            sequences = to_sequences(events, until=cutoff, **columns, **text, **shared)
            made.append(_Snapshot.of(sequences, answers, ending))
    return _told(made[::-1])


def check_cutoffs(cutoffs: object) -> list[Any]:
    """Refuse what is no list of points in time."""
    if isinstance(cutoffs, (str, bytes)) or not hasattr(cutoffs, "__iter__"):
        raise ConfigurationError(
            f"cutoffs={cutoffs!r}: give a list of points in time, such as ['2011-08-01', "
            "'2011-09-01'] or pandas.date_range('2011-06-01', periods=4, freq='MS')."
        )
    given = list(cutoffs)
    if not given:
        raise ConfigurationError("cutoffs= is empty: give at least one point in time.")
    return given


def endings_of(cutoffs: list[Any], times: Times, timezone: str | tzinfo | None) -> dict[Any, str]:
    """Return the cutoffs in the order of time, and what their ids end with."""
    calendar = Calendar(times, timezone)
    moments = [calendar.moment(cutoff, "cutoffs") for cutoff in cutoffs]
    order = np.argsort(np.array(moments, dtype=object)).tolist()
    for before, after in pairwise(order):
        if moments[before] == moments[after]:
            raise ConfigurationError(
                f"cutoffs= has {describe(moments[after], times)} twice. Give each once."
            )
    return {cutoffs[place]: ending_of(describe(moments[place], times)) for place in order}


@dataclass(frozen=True, eq=False)
class _Snapshot:
    """All users at one cutoff, with the reports of their sequences and answers."""

    sequences: pd.DataFrame
    answers: pd.DataFrame
    text: SequenceReport
    question: AnswerReport

    @classmethod
    def of(cls, sequences: pd.DataFrame, answers: pd.DataFrame, ending: str) -> _Snapshot:
        """Keep the users that have both, with the ids of snapshots."""
        text, question = report(sequences), report(answers)
        assert isinstance(text, SequenceReport)
        assert isinstance(question, AnswerReport)
        users = [one_array(to_arrow(frame["user_id"])) for frame in (sequences, answers)]
        made = []
        for frame, own, other in zip((sequences, answers), users, users[::-1], strict=True):
            both = pc.is_in(own, value_set=other)
            ids = pc.binary_join_element_wise(own.filter(both), ending, "")
            kept = frame[both.to_numpy(zero_copy_only=False)].reset_index(drop=True)
            _check_lengths(ids, kept)
            made.append(kept.assign(user_id=text_column(ids)))
        return cls(made[0], made[1], text, question)


def _check_lengths(ids: pa.Array, frame: pd.DataFrame) -> None:
    """Refuse ids that are too long with their cutoff."""
    long = np.flatnonzero(pc.greater(pc.utf8_length(ids), USER_ID_LENGTH))
    if long.size:
        problem = Problem(
            "long_id",
            _(
                "The id of a snapshot, a user's id with the cutoff, has more than {count} "
                "characters"
            ).format(count=USER_ID_LENGTH),
            N_("Shorten the ids, for example with pseudonymize()."),
            tuple(long.tolist()),
        )
        raise InvalidDataError.of([problem], frame.iloc[long])


def _told(made: list[_Snapshot]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put the cutoffs together, earliest first, and tell of them once."""
    sequences, answers = (
        pd.concat([getattr(each, name) for each in made], ignore_index=True)
        for name in ("sequences", "answers")
    )
    ids = one_array(to_arrow(answers["user_id"]))
    counts = {str(each.question.cutoff): len(each.answers) for each in made}
    ones = [int(each.answers["label"].sum()) for each in made]
    last = made[-1].text
    whole = SnapshotReport(
        rows=last.rows,
        rows_dropped=last.rows_dropped,
        users=int(pc.count_distinct(users_of(ids)).as_py()),
        snapshots=len(answers),
        positives=sum(ones),
        share=share(sum(ones), len(answers)),
        snapshots_at=counts,
        positives_at=dict(zip(counts, ones, strict=True)),
    )
    warn_of_sequences(last)
    tell_all(_of_cutoffs(whole))
    return whole.attach(sequences), whole.attach(answers)


def _of_cutoffs(whole: SnapshotReport) -> Iterator[str]:
    empty = [cutoff for cutoff, count in whole.snapshots_at.items() if not count]
    if empty:
        yield f"no user has a snapshot at {', '.join(empty)}"
    if whole.snapshots:
        yield from describe_one_label(whole.positives, whole.snapshots, "snapshot")
