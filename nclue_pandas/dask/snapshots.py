"""Snapshots of a log on Dask: each piece makes those of its own users at all cutoffs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import dask.dataframe as dd
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from dask import delayed

from nclue_pandas.contract import TOKENS_PER_USER
from nclue_pandas.dask.logs import (
    require_log,
    text_roles,
    times_of_log,
    with_columns,
    with_ties,
)
from nclue_pandas.dask.matching import DaskUsers
from nclue_pandas.dask.originals import unconverted
from nclue_pandas.dask.pieces import ANSWERS, SEQUENCES, Outcome, build, set_report
from nclue_pandas.dask.routing import Route, pattern
from nclue_pandas.frames.columns import arrow_column
from nclue_pandas.frames.forms import Forms
from nclue_pandas.frames.partitions import Built
from nclue_pandas.frames.reports import every_row_dropped
from nclue_pandas.frames.sequences import SequenceOptions
from nclue_pandas.frames.snapshots import (
    NO_SNAPSHOTS,
    SnapshotColumns,
    SnapshotOptions,
    SnapshotsTold,
    endings_of,
    snapshot_frame,
)
from nclue_pandas.frames.snapshots import build as build_snapshots
from nclue_pandas.signatures import named_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import tzinfo
    from decimal import Decimal

    from nclue_pandas.dask.pieces import Made
    from nclue_pandas.frames.personal_data import OnPersonalData
    from nclue_pandas.frames.problems import OnInvalid
    from nclue_pandas.frames.reports import SnapshotReport
    from nclue_pandas.frames.times import TimeKind
    from nclue_pandas.frames.tokens import TokenEstimator


@named_options
def to_snapshots(
    events: dd.DataFrame,
    *,
    cutoffs: Iterable[Any],
    horizon: Any,
    user: str,
    time: str,
    behavior: str | Sequence[str],
    positive: str | dd.Series | Callable[[dd.DataFrame], Any] | None = None,
    gap: Any = None,
    active_since: Any = None,
    min_events: int | None = None,
    at_least: float | Decimal | None = None,
    value: str | dd.Series | Callable[[dd.DataFrame], Any] | None = None,
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
) -> tuple[dd.DataFrame, dd.DataFrame]:
    """Make sequences and answers of each user of a log on Dask at several points in time.

    Done now and kept on the workers, after one shuffle for all cutoffs.

    Parameters
    ----------
    events : dask.dataframe.DataFrame
        The log, one row for each event.
    cutoffs, horizon : as on pandas
        See :func:`nclue_pandas.to_snapshots`.
    user, time, behavior : as on pandas
        See :func:`nclue_pandas.to_sequences`.
    positive, gap, active_since, min_events, at_least, value, absent, observed_until : as on Dask
        See :func:`to_answers`.
    since, tie_break, template, max_tokens, token_estimator : as on pandas
        See :func:`nclue_pandas.to_sequences`; `token_estimator` must pickle.
    personal_data, on_invalid, timezone : as on pandas
        See :func:`nclue_pandas.to_sequences`.

    Returns
    -------
    sequences, answers : dask.dataframe.DataFrame
        As on pandas, one cutoff after another. :func:`report` of both tells of each cutoff.

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
    >>> events = dd.from_pandas(pd.DataFrame({
    ...     "customer": [1, 2, 1, 2, 1],
    ...     "ts": ["2026-01-01", "2026-01-02", "2026-01-07", "2026-01-12", "2026-01-20"],
    ...     "item": ["tea", "jam", "mug", "tea", "pot"],
    ... }), npartitions=2)
    >>> sequences, answers = to_snapshots(
    ...     events, cutoffs=["2026-01-05", "2026-01-10"], horizon="5D",
    ...     user="customer", time="ts", behavior="item",
    ... )
    >>> sorted(answers.compute().itertuples(index=False, name=None))[:2]
    [('1at2026m01d05', 1), ('1at2026m01d10', 0)]
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
    require_log(events)
    log, question = with_columns(events, options.question)
    log, text = with_ties(log, options.text)
    options = replace(options, text=text, question=question)
    empty = SnapshotColumns.of(pattern(log), options)
    known = times_of_log(log, time)
    endings = endings_of(options.cutoffs, known.like, timezone)
    log = unconverted(log)
    named = {"positive": question.positive, "value": question.value}
    given = {argument: [column] for argument, column in named.items() if column is not None}
    work = _Snapshots(options, endings, known.kind)
    route = Route.of(log, text_roles(log, text) | given)
    built = build(log, route, work, shown=events.columns.size)
    of_nothing = replace(
        empty,
        text=replace(empty.text, times=known.like),
        events=replace(empty.events, times=known.like),
    )
    made = _merged(built, lambda: build_snapshots(of_nothing, options, endings).told)
    sequences, answers = (
        set_report(_collected(built, endings, shape), made) for shape in (SEQUENCES, ANSWERS)
    )
    return sequences, answers


def _merged(built: Made, of_no_rows: Callable[[], SnapshotsTold]) -> SnapshotReport:
    """Raise what was found in all pieces, or warn once and put their reports together."""
    built.raise_problems()
    parts = [each.beside for each in built.outcomes if each.beside is not None]
    told = SnapshotsTold.joined(parts or [of_no_rows()])
    if every_row_dropped(told.question) or every_row_dropped(told.text):
        built.raise_lost()
    forms = Forms.joined(each.forms for each in built.outcomes if each.forms is not None)
    return told.tell(forms, lambda: DaskUsers.of(built.frames, "user_id"))


def _collected(built: Made, endings: Mapping[Any, str], shape: pd.DataFrame) -> dd.DataFrame:
    """Return a column of all pieces as a Dask frame, one cutoff after another."""
    parts = [
        delayed(_at_cutoff)(piece, number, endings, str(shape.columns[-1]))
        for number in range(len(endings))
        for piece in built.frames
    ]
    return dd.from_delayed(parts, meta=shape, verify_meta=False)


def _at_cutoff(
    piece: pd.DataFrame, number: int, endings: Mapping[Any, str], column: str
) -> pd.DataFrame:
    own = piece[(piece["cutoff"] == number).to_numpy(dtype=bool)]
    table = pa.Table.from_pandas(own, NO_SNAPSHOTS.schema, preserve_index=False)
    return snapshot_frame(table, endings, column)


@dataclass(frozen=True, eq=False)
class _Snapshots:
    """Snapshots of some users, whose times read as those of the whole log."""

    options: SnapshotOptions
    endings: Mapping[Any, str]
    times: TimeKind | None

    def look(self, part: pd.DataFrame) -> frozenset[str]:  # noqa: ARG002 - the times are known
        return frozenset()

    def knowing(self, found: frozenset[str]) -> Self:  # noqa: ARG002
        return self

    def __call__(self, part: pd.DataFrame) -> tuple[Built[SnapshotReport], Outcome]:
        if part.empty:
            return Built(NO_SNAPSHOTS), Outcome(forms=Forms.of(NO_SNAPSHOTS["user_id"]))
        log = SnapshotColumns.of(part, self.options, times=self.times)
        built = build_snapshots(log, self.options, self.endings)
        forms = Forms.of(pc.unique(built.table["user_id"]))
        return built, Outcome(forms=forms, beside=built.parts[0] if built.parts else None)

    def frame(self, table: pa.Table) -> pd.DataFrame:
        """Return the snapshots of all cutoffs, under the ids of their users."""
        return pd.DataFrame(
            {field.name: arrow_column(table[field.name], field.type) for field in table.schema}
        )
