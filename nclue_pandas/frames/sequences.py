"""Event logs as sequences: one row for each user, behaviors in time order.

How far the making of a frame is, step by step: whole columns at a time have no other measure.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa

from nclue_pandas.contract import TOKENS_PER_USER
from nclue_pandas.errors.base import ConfigurationError, InvalidDataError
from nclue_pandas.frames.behaviors import behavior_texts, read_behaviors
from nclue_pandas.frames.columns import find_column, require_frame, text_column
from nclue_pandas.frames.doubtful_times import check_times, describe_doubts, kinds_of_times
from nclue_pandas.frames.forms import describe_forms, with_forms
from nclue_pandas.frames.ids import encode_ids, id_faults, personal_ids
from nclue_pandas.frames.moments import Calendar, check_moment, describe, read_zone
from nclue_pandas.frames.partitions import Built, merge_reports
from nclue_pandas.frames.personal_data import read_option
from nclue_pandas.frames.problems import Fault, check_on_invalid, settle
from nclue_pandas.frames.reports import SequenceReport, describe_dropped, is_many, tell_all
from nclue_pandas.frames.times import look_at_times
from nclue_pandas.frames.tokens import Budget, estimate_tokens
from nclue_pandas.kernels.arrays import gather
from nclue_pandas.kernels.group_join import join_groups
from nclue_pandas.kernels.hash import canonical_order
from nclue_pandas.kernels.parallel import empty, in_threads, slices
from nclue_pandas.progress import BuildProgress, track
from nclue_pandas.signatures import named_options
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from numpy.typing import NDArray

    from nclue_pandas.frames.behaviors import Behaviors
    from nclue_pandas.frames.ids import EncodedIds
    from nclue_pandas.frames.personal_data import OnPersonalData, PersonalData
    from nclue_pandas.frames.problems import OnInvalid
    from nclue_pandas.frames.times import TimeKind, Times
    from nclue_pandas.frames.tokens import TokenEstimator
    from nclue_pandas.kernels.arrays import Flags, Positions
    from nclue_pandas.kernels.group_join import Grouped

T = TypeVar("T")


class Step(Protocol):
    """Called with what a step has made; returns it."""

    def __call__(self, made: T, /) -> T:
        """Tell that one more step is done."""


@contextmanager
def build_steps(name: str, steps: int) -> Iterator[Step]:
    """Emit :class:`BuildProgress` after every step.

    Parameters
    ----------
    name : str
        What is built.
    steps : int
        How many there are.

    Yields
    ------
    Step
        Takes what a step has made.

    Examples
    --------
    >>> from nclue_pandas.progress import subscribe
    >>> seen = []
    >>> with subscribe(seen.append), build_steps("sequences", 2) as step:
    ...     words = step("tea milk".split())
    ...     count = step(len(words))
    >>> [(event.done, event.unit) for event in seen[:3]]
    [(0, 'steps'), (1, 'steps'), (2, 'steps')]
    """
    with track(BuildProgress, name, total=steps, unit="steps") as advance:

        def done(made: T) -> T:
            advance(1)
            return made

        yield done


def untold(made: T, /) -> T:
    """Take what a step of a part has made: its caller tells how far the whole is."""
    return made


@named_options
def to_sequences(
    events: pd.DataFrame,
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
) -> pd.DataFrame:
    r"""Make one sequence of behaviors for each user of an event log, oldest first.

    Inside a user behaviors are in the order of time, then `tie_break`, then of the bytes of their
    texts. Users come in the order of a hash of their id. So the same log in any order of its rows
    and in any partitions gives the same frame, and the same files.

    Behaviors are composed (NFC) and cleaned: runs of ``->`` (the separator), TAB, CR, LF and other
    control characters become one space, and white space at the edges is removed. Quotes, emoji
    and any script stay. The report counts it.

    Parameters
    ----------
    events : pandas.DataFrame
        The log, one row for each event; any index. It is not changed.
    user : str
        Column of user ids: int, float of whole numbers (``17850.0`` reads ``17850``), str,
        object, categorical, nullable or ArrowDtype. Ids are text from here on: leading zeros
        stay, ``"NA"`` is an id.
    time : str
        Column of times: datetime64 of any unit, with or without time zone, Arrow timestamps or
        dates, texts in ISO 8601, or whole numbers.
    behavior : str or sequence of str
        Column of behaviors, or several, joined by `template`.
    until, since : str, datetime, date or int, optional
        Only events before `until` and not before `since` are used.
    tie_break : str, optional
        Column that orders events of the same user and time; nulls last. Events that it does not
        tell apart, or all of them without it, are in the order of their texts.
    template : str, optional
        Text with columns in braces, such as ``"{category} {item}"``. Several columns are joined
        by a space without it. A row where one of them is null has no behavior.
    max_tokens : int or None, default 2048
        The service's limit for a user (NCLUE user guide). The most recent behaviors within it
        are kept, at least one; None keeps all.
    token_estimator : callable, optional
        Takes a pyarrow string array and returns one whole number for each text. By default a
        token for every three UTF-8 bytes; the service's tokenizer is not published. A separator
        counts one token more.
    personal_data : {"raise", "mask"} or PersonalData
        What to do about behaviors that hold personal data, which the service refuses. Ids
        cannot be masked: see :func:`~nclue_pandas.pseudonymize`.
    on_invalid : {"raise", "drop"}
        What to do about rows with a null or impossible id, a null or unreadable time, or a null
        or blank behavior. Rows out of the window of time are not looked at.
    timezone : str or tzinfo, optional
        Time zone of the log, or of `until` and `since`, when only the other has one.

    Returns
    -------
    pandas.DataFrame
        ``user_id`` and ``sequence``, both string[pyarrow], one row for each user.
        :func:`~nclue_pandas.report` tells what was dropped, cut and replaced.

    Raises
    ------
    MissingColumnError
        When a named column is not there.
    InvalidDataError
        For all invalid rows at once; ``.rows`` holds them.
    PersonalDataError
        When ids or behaviors look like personal data.
    ConfigurationError
        When an option cannot be used.

    Warns
    -----
    NclueDataWarning
        Once, of all that matters: rows that were dropped; no event left; a tenth or more of the
        events cut by the token budget, tied in time with another behavior, or repeated; a single
        behavior over the budget; ids in several forms (``100742.0`` beside ``100742``).

    Examples
    --------
    >>> events = pd.DataFrame({
    ...     "customer": ["0012", "0012", "7"],
    ...     "ts": pd.to_datetime(["2026-01-02", "2026-01-01", "2026-01-01"]),
    ...     "item": ["러닝화", "running socks", "tea"],
    ... })
    >>> sequences = to_sequences(events, user="customer", time="ts", behavior="item")
    >>> dict(zip(sequences["user_id"], sequences["sequence"]))["0012"]
    'running socks->러닝화'
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
    events = require_frame(events, "events", on_dask=True)
    with build_steps("sequences", 4) as step:
        log = LogColumns.of(events, options, step=step)
        check_times(log.times)
        built = step(build(log, options))
    built.raise_for(events)
    frame = sequence_frame(built.table)
    made = with_forms(merge_reports(built.reports), frame)
    warn_of_sequences(made)
    return made.attach(frame)


#: Rows that a thread looks up at a time.
_SLICE_ROWS: Final = 1 << 18
#: No sequences.
NO_SEQUENCES: Final = pa.table(
    {"user_id": pa.array([], pa.string()), "sequence": pa.array([], pa.string())}
)


@dataclass(frozen=True, kw_only=True)
class SequenceOptions:
    """The options of :func:`to_sequences`, checked before any row is read."""

    user: Any
    time: Any
    behavior: Any
    until: Any = None
    since: Any = None
    tie_break: Any = None
    template: str | None = None
    max_tokens: int | None = TOKENS_PER_USER
    token_estimator: TokenEstimator | None = None
    personal_data: OnPersonalData = "raise"
    on_invalid: OnInvalid = "raise"
    timezone: str | tzinfo | None = None

    def __post_init__(self) -> None:
        check_on_invalid(self.on_invalid)
        read_option(self.personal_data)
        check_max_tokens(self.max_tokens)
        read_zone(self.timezone)
        for argument in ("until", "since"):
            moment = getattr(self, argument)
            if moment is not None:
                check_moment(moment, argument)

    @property
    def personal(self) -> PersonalData:
        """What personal data is, and what to do about it."""
        return read_option(self.personal_data)

    @property
    def budget(self) -> Budget:
        """How many tokens a sequence may have."""
        estimator = self.token_estimator or estimate_tokens
        return Budget(check_max_tokens(self.max_tokens), estimator)


@dataclass(frozen=True, eq=False)
class LogColumns:
    """The columns of a log as the core takes them: here pandas becomes NumPy and Arrow."""

    times: Times
    ids: EncodedIds
    behaviors: Behaviors
    ties: NDArray[np.int64] | None

    @classmethod
    def of(
        cls,
        events: pd.DataFrame,
        options: SequenceOptions,
        *,
        times: TimeKind | None = None,
        step: Step = untold,
    ) -> LogColumns:
        """Read a log, or a part of one in which the texts of times read as `times`."""
        time = find_column(events, options.time, "time")
        user = find_column(events, options.user, "user")
        texts = behavior_texts(events, options.behavior, options.template)
        ties = options.tie_break
        return cls(
            step(look_at_times(time, kind=times)),
            step(encode_ids(user)),
            step(read_behaviors(texts, options.personal)),
            None if ties is None else tie_codes(find_column(events, ties, "tie_break")),
        )


def build(log: LogColumns, options: SequenceOptions) -> Built[SequenceReport]:
    """Join the events of a log by user; tell what is wrong with its rows."""
    faults = log.times.faults()
    if log.times.without_zone.size:
        return Built(NO_SEQUENCES, problems=tuple(faults))
    budget = options.budget
    window = Window.of(log.times, options.since, options.until, options.timezone)
    order = canonical_order(log.ids.texts)
    faults += [
        fault.within(window.inside) for fault in (*id_faults(log.ids), *log.behaviors.faults)
    ]
    found = (*personal_ids(log.ids, options.personal), *log.behaviors.personal)
    personal = [fault.within(window.inside) for fault in found]
    settled = settle(faults, personal, log.times.ticks.size, options.on_invalid)
    if settled.problems:
        return Built(NO_SEQUENCES, problems=settled.problems)
    used = both(window.inside, settled.kept)
    grouped = _join(log, order, used, budget)
    texts = grouped.texts
    if any(pa.types.is_large_string(chunk.type) for chunk in texts):
        return Built(NO_SEQUENCES, problems=(_too_long(log, order[grouped.groups], texts),))
    ids = gather(log.ids.texts, order[grouped.groups])
    table = pa.table({"user_id": ids, "sequence": pa.chunked_array(texts, pa.string())})
    report = _report(log, grouped, budget=budget, window=window, used=used, dropped=settled.dropped)
    return Built(table, report, lost=settled.lost)


def sequence_frame(table: pa.Table) -> pd.DataFrame:
    """Return sequences that were built as a frame, without a copy."""
    return pd.DataFrame({name: text_column(table[name]) for name in table.column_names})


@dataclass(frozen=True, eq=False)
class Window:
    """The rows of a log in a window of time.

    Parameters
    ----------
    inside : numpy.ndarray of bool, or None
        Rows in the window; None for all.
    since, until : str or None
        Its bounds, for the report.
    """

    inside: Flags | None
    since: str | None
    until: str | None

    @classmethod
    def of(cls, times: Times, since: Any, until: Any, timezone: str | tzinfo | None) -> Window:
        """Read the bounds as moments of `times`."""
        calendar = Calendar(times, timezone)
        inside: Flags | None = None
        start = end = None
        if until is not None:
            end = calendar.moment(until, "until")
            inside = times.before(end)
        if since is not None:
            start = calendar.moment(since, "since")
            inside = both(inside, ~times.before(start))
        if start is not None and end is not None and start >= end:
            text = _("since={since!r} is not before until={until!r}.")
            raise ConfigurationError(text.format(since=since, until=until))
        return cls(inside, *(b if b is None else describe(b, times) for b in (start, end)))


def both(first: Flags | None, second: Flags | None) -> Flags | None:
    """Return the rows that are in both; None stands for all rows."""
    if first is None or second is None:
        return second if first is None else first
    return first & second


def tie_codes(column: pd.Series[Any]) -> NDArray[np.int64]:
    """Return whole numbers in the order of a column's values, nulls last.

    Texts that are numbers, as files have them, are in the order of numbers, before other texts;
    categories are in their own order.

    Examples
    --------
    >>> tie_codes(pd.Series(["b", None, "a", "10", "9"])).tolist()
    [3, 4, 2, 1, 0]
    """
    try:
        codes, values = pd.factorize(column, sort=True)
    except TypeError as error:
        raise InvalidDataError(
            _("The values of the tie_break= column have no common order. Convert them to one type.")
        ) from error
    categories = isinstance(column.dtype, pd.CategoricalDtype)
    if len(values) and not categories and pd.api.types.is_string_dtype(values):
        texts = values.to_numpy(dtype=object)
        numbers = pd.to_numeric(texts, errors="coerce").astype(np.float64)
        places = np.empty(len(values) + 1, dtype=np.int64)
        places[np.argsort(numbers, kind="stable")] = np.arange(len(values))  # NaN goes last
        places[-1] = len(values)
        return places[codes]
    return np.where(codes < 0, len(values), codes).astype(np.int64)


def check_max_tokens(max_tokens: object) -> int | None:
    """Refuse what is no budget of tokens."""
    if max_tokens is None:
        return None
    if isinstance(max_tokens, (int, np.integer)) and not isinstance(max_tokens, bool):
        budget = int(max_tokens)
        if budget >= 1:
            return budget
    raise ConfigurationError(
        _("max_tokens={max_tokens!r}: give a whole number of at least 1, or None.").format(
            max_tokens=max_tokens
        )
    )


def _join(log: LogColumns, order: Positions, used: Flags | None, budget: Budget) -> Grouped:
    """Join the used rows by user, users in the canonical `order`."""
    n_users = order.size
    rank = np.full(n_users + 1, n_users, dtype=np.int32)
    rank[order] = np.arange(n_users, dtype=np.int32)
    groups = empty(log.ids.codes.size, np.int32)

    def look_up(part: slice) -> None:
        groups[part] = rank[log.ids.codes[part]]
        if used is not None:
            groups[part][~used[part]] = n_users

    in_threads(look_up, slices(groups.size, _SLICE_ROWS))
    texts = log.behaviors.texts.of_rows(used)
    return join_groups(groups, n_users, log.times.ticks, texts, ties=log.ties, budget=budget)


def _too_long(log: LogColumns, users: Positions, texts: Sequence[pa.Array]) -> Fault:
    """Return the rows of the users, one for each text, whose text no array of 2 GiB holds."""
    sizes = [len(chunk) for chunk in texts]
    alone = np.repeat([pa.types.is_large_string(chunk.type) for chunk in texts], sizes)
    long = np.zeros(len(log.ids.texts), dtype=bool)
    long[users[alone]] = True
    return Fault(
        "too_long_sequence",
        N_("The behaviors of a user make more than 2 GiB of text"),
        N_("Leave max_tokens= as it is, or shorten the behaviors."),
        log.ids.rows_where(long),
    )


def _report(
    log: LogColumns,
    grouped: Grouped,
    *,
    budget: Budget,
    window: Window,
    used: Flags | None,
    dropped: dict[str, int],
) -> SequenceReport:
    rows, first = log.times.ticks.size, log.times.first_of(used)
    events, cut = int(grouped.joined.sum()), int(grouped.cut.sum())
    last = log.times.last_of(used)
    over = 0 if budget.tokens is None else int((grouped.tokens > budget.tokens).sum())
    return SequenceReport(
        rows=rows,
        rows_dropped=dropped,
        rows_outside=rows - sum(dropped.values()) - events - cut,
        events=events,
        users=int(grouped.groups.size),
        users_cut=int((grouped.cut > 0).sum()),
        events_cut=cut,
        users_over_budget=over,
        max_tokens=budget.tokens,
        tokens=int(grouped.tokens.sum()),
        **log.behaviors.changes.counts(used),
        ties=grouped.ties,
        repeats=grouped.repeats,
        since=window.since,
        until=window.until,
        first_event=None if first is None else describe(first, log.times),
        last_event=None if last is None else describe(last, log.times),
        time_kinds=kinds_of_times(log.times, used),
    )


def warn_of_sequences(made: SequenceReport) -> None:
    """Tell in one warning what matters of a whole log."""
    of_log = (*_of_rows(made), *_of_budget(made), *_of_equal_times(made))
    tell_all((*of_log, *describe_doubts(made), *describe_forms(made)))


def _of_rows(made: SequenceReport) -> Iterator[str]:
    if made.rows_dropped:
        yield describe_dropped(made.rows_dropped, made.rows)
    if made.rows_outside and not made.users:
        window = [
            f"{name}={bound}" for name in ("since", "until") if (bound := getattr(made, name))
        ]
        yield _(
            "no event is left and no sequence made: all {count:,} valid events are outside {window}"
        ).format(count=made.rows_outside, window=_(" and ").join(window))


def _of_budget(made: SequenceReport) -> Iterator[str]:
    if is_many(made.events_cut, made.events + made.events_cut):
        yield _(
            "{cut:,} of {events:,} events were cut, the oldest of {users:,} users, beyond "
            "max_tokens={most:,} (estimated)"
        ).format(
            cut=made.events_cut,
            events=made.events + made.events_cut,
            users=made.users_cut,
            most=made.max_tokens,
        )
    if made.users_over_budget:
        yield _(
            "{users:,} users have a single behavior of more than {most:,} estimated tokens, which "
            "was kept"
        ).format(users=made.users_over_budget, most=made.max_tokens)


def _of_equal_times(made: SequenceReport) -> Iterator[str]:
    events = made.events + made.events_cut
    if is_many(made.ties, events):
        yield _(
            "{count:,} of {events:,} events have the user and time of another with a different "
            "behavior, and nothing but their texts orders them. If you know their order, give "
            "tie_break= or finer times"
        ).format(count=made.ties, events=events)
    if is_many(made.repeats, events):
        yield _(
            "{count:,} of {events:,} events are exact repeats of others (user, time and behavior). "
            "If each happened once, drop them first, with drop_duplicates()"
        ).format(count=made.repeats, events=events)
