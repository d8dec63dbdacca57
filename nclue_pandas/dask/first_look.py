"""A first look at a log on Dask: facts of partitions and of pieces, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dask.dataframe as dd
import numpy as np
import pandas as pd
from dask import compute, delayed

from nclue_pandas.dask.logs import LogTimes, require_log
from nclue_pandas.dask.originals import narrowed, unconverted
from nclue_pandas.dask.routing import Route, pattern, shuffle
from nclue_pandas.errors import InvalidDataError
from nclue_pandas.frames.column_guesses import SAMPLE, guess_columns
from nclue_pandas.frames.columns import find_column
from nclue_pandas.frames.inspection import LogSpan, inspected, unread, without_columns
from nclue_pandas.frames.log_facts import LogFacts
from nclue_pandas.frames.times import look_at_times
from nclue_pandas.signatures import named_options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nclue_pandas.frames.inspection import Inspection


@named_options
def inspect(
    events: dd.DataFrame, *, user: Any = None, time: Any = None, behavior: Any = None
) -> Inspection:
    """Look at a log on Dask: guess its columns, count what is wrong, propose what to ask of it.

    Nothing is kept. The client gets counts, 10,000 to 20,000 rows to guess the columns by where
    one is not named, and a hash of each distinct behavior.

    Parameters
    ----------
    events : dask.dataframe.DataFrame
        The log, one row for each event.
    user, time, behavior : as on pandas
        See :func:`nclue_pandas.inspect`.

    Returns
    -------
    Inspection
        As on pandas.

    Raises
    ------
    MissingColumnError, InvalidDataError
        As on pandas.

    Examples
    --------
    >>> import dask.dataframe as dd
    >>> import pandas as pd
    >>> log = dd.from_pandas(pd.DataFrame({
    ...     "customer": ["a", "b", "a", "b", "a"],
    ...     "when": ["2026-01-01", "2026-01-02", "2026-02-20", "soon", "2026-03-05"],
    ...     "item": ["tea", "jam", "mug", "tea", "call 010-1234-5678"],
    ... }), npartitions=2)
    >>> found = inspect(log)
    >>> found.columns, found.unreadable
    ({'user': 'customer', 'time': 'when', 'behavior': 'item'}, ("'soon'",))
    """
    require_log(events)
    own = unconverted(events)
    columns: dict[str, Any] = {"user": user, "time": time, "behavior": behavior}
    for argument, label in columns.items():
        if label is not None:
            find_column(pattern(own), label, argument)
    known = [label for label in columns.values() if label is not None]
    lengths = _lengths(narrowed(own, known[:1] or list(own.columns[:1])))
    rows = sum(lengths)
    if len(known) < len(columns):
        columns = guess_columns(_sample(own, lengths), columns)
    if nothing := without_columns(columns, rows):
        return nothing
    try:
        times = LogTimes.of(own, columns["time"])
    except InvalidDataError as error:
        return unread(columns, rows, _facts(own, columns, None, ()), error)
    span = LogSpan(times.like, times.first, times.last, times.unreadable)
    return inspected(columns, rows, _facts(own, columns, times, span.windows), span)


def _lengths(log: dd.DataFrame) -> list[int]:
    return list(compute(*(delayed(len)(part) for part in log.to_delayed())))


def _sample(log: dd.DataFrame, lengths: Sequence[int]) -> pd.DataFrame:
    """Return rows spread over the log, those that pandas looks at."""
    step = max(sum(lengths) // SAMPLE, 1)
    starts = np.cumsum([0, *lengths[:-1]]).tolist()
    parts = zip(log.to_delayed(), starts, lengths, strict=True)
    taken = [delayed(_every)(part, -start % step, step) for part, start, size in parts if size]
    return pd.concat(compute(*taken)) if taken else pattern(log)


def _every(part: pd.DataFrame, first: int, step: int) -> pd.DataFrame:
    return part.iloc[first::step]


def _facts(
    log: dd.DataFrame,
    columns: Mapping[str, Any],
    times: LogTimes | None,
    windows: Sequence[tuple[Any, Any]],
) -> LogFacts:
    """Count in each piece, after one shuffle by user; without times, where they are unknown."""
    needed = [name for name in columns if times is not None or name != "time"]
    route = Route.of(log, {name: [columns[name]] for name in needed})
    pieces = [
        delayed(_of_piece)(part, route, columns, times, windows)
        for part in shuffle(log, route).to_delayed()
    ]
    return LogFacts.joined(compute(*pieces))


def _of_piece(
    part: pd.DataFrame,
    route: Route,
    columns: Mapping[str, Any],
    times: LogTimes | None,
    windows: Sequence[tuple[Any, Any]],
) -> LogFacts:
    rows, _ = route.receive(part)
    read = None
    if times is not None:
        read = look_at_times(find_column(rows, columns["time"], "time"), kind=times.kind)
        read = read if len(rows) else times.like
    return LogFacts.of(rows, columns, read, windows)
