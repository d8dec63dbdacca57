"""Reports and warnings: what was dropped, cut, replaced and counted, carried along with a frame.

They are for people. A frame's ``attrs`` are lost by ``concat`` and go stale by ``head``, so
nothing is decided from them.
"""

from __future__ import annotations

import re
import sys
import warnings
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from nclue_pandas import display
from nclue_pandas.signatures import named_options
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

#: Where a frame carries its report, as plain JSON types.
ATTRIBUTE: Final = "nclue"
_TITLE: Final = "report"


class NclueDataWarning(UserWarning):
    """Something about the data that matters, and that did not stop the work."""


@dataclass(frozen=True, repr=False)
class Report(display.Shown):
    """What happened on the way to a frame; the base of all reports."""

    title: ClassVar[str] = ""

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON types, as ``df.attrs["nclue"]`` holds it."""
        return {_TITLE: self.title, **asdict(self)}

    def attach(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Let `frame` carry this report, and return it."""
        frame.attrs = {**frame.attrs, ATTRIBUTE: self.to_json()}
        return frame

    def _card(self) -> display.Card:
        """Describe a report: every field by its name."""
        facts = [
            (display.titled(each.name), _shown(getattr(self, each.name))) for each in fields(self)
        ]
        return display.Card(_(type(self).__name__), facts=facts)


@dataclass(frozen=True, repr=False)
class SequenceReport(Report):
    """How an event log became sequences.

    Parameters
    ----------
    rows : int
        Rows of the log.
    rows_dropped : dict of str to int
        Rows dropped as invalid, by the code of the problem.
    rows_outside : int
        Valid rows before ``since`` or not before ``until``.
    events : int
        Behaviors in the sequences.
    users : int
        Sequences.
    users_cut, events_cut : int
        Users whose oldest behaviors exceeded the token budget, and how many behaviors.
    users_over_budget : int
        Users whose latest behavior alone exceeds it; it was kept.
    max_tokens : int or None
        The budget.
    tokens : int
        Estimated tokens of all sequences.
    separators_replaced, control_characters_replaced : int
        Occurrences of ``->`` and of control characters (TAB, CR, LF, ...) replaced by a space.
    behaviors_stripped : int
        Behaviors that had white space at an edge.
    behaviors_masked : int
        Behaviors in which personal data was masked.
    behaviors_composed : int
        Behaviors that Unicode writes in more characters than it has to, and that were composed
        (NFC).
    ties : int
        Events of the same user, time and ``tie_break`` as another with a different behavior: the
        texts decide on their order.
    repeats : int
        Events that are the same as another before them, the behavior too.
    float_ids : int
        Users whose id is a whole number with a fraction of zeros (``100742.0``), as text.
    twin_ids : int
        Users whose id differs from another's only by its Unicode form or white space.
    since, until : str or None
        The window of time, its end excluded.
    first_event, last_event : str or None
        The first and the last event that was used.
    time_kinds : dict of str to int
        Events by what their times are: whole numbers by their unit since 1970, others where they
        are in the future or before 1990.
    """

    title: ClassVar[str] = "sequences"

    rows: int
    rows_dropped: dict[str, int]
    rows_outside: int
    events: int
    users: int
    users_cut: int
    events_cut: int
    users_over_budget: int
    max_tokens: int | None
    tokens: int
    separators_replaced: int
    control_characters_replaced: int
    behaviors_stripped: int
    behaviors_masked: int
    behaviors_composed: int = 0
    ties: int = 0
    repeats: int = 0
    float_ids: int = 0
    twin_ids: int = 0
    since: str | None = None
    until: str | None = None
    first_event: str | None = None
    last_event: str | None = None
    time_kinds: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class AnswerReport(Report):
    """How a log or labels became answers.

    Parameters
    ----------
    rows : int
        Rows of the frame.
    rows_dropped : dict of str to int
        Rows dropped as invalid, by the code of the problem.
    users, positives : int
        Answers, and those with label 1.
    share : float or None
        Positives among the users.
    users_after_cutoff : int
        Users left out because they have no event before the cutoff.
    users_inactive, users_with_few_events : int
        Users left out because they have none in the span of ``active_since=``, and others because
        they have fewer than ``min_events=``.
    float_ids, twin_ids : int
        As in :class:`SequenceReport`.
    events_in_gap, events_in_horizon, events_after_horizon : int
        Events of a log from the cutoff to the start of the horizon, from there to its end, and
        not before its end.
    positive_events, positive_events_without_value : int
        Events in the horizon that count, and those of them whose ``value=`` is null.
    cutoff, horizon_start, horizon_end, first_event, last_event, observed_until : str or None
        Points in time of an event log; None for a frame that had labels.
    last_event_in_horizon : str or None
        The last event before the end of the horizon.
    time_kinds : dict of str to int
        As in :class:`SequenceReport`.
    """

    title: ClassVar[str] = "answers"

    rows: int
    rows_dropped: dict[str, int]
    users: int
    positives: int
    share: float | None
    users_after_cutoff: int = 0
    users_inactive: int = 0
    users_with_few_events: int = 0
    float_ids: int = 0
    twin_ids: int = 0
    events_in_gap: int = 0
    events_in_horizon: int = 0
    events_after_horizon: int = 0
    positive_events: int = 0
    positive_events_without_value: int = 0
    cutoff: str | None = None
    horizon_start: str | None = None
    horizon_end: str | None = None
    first_event: str | None = None
    last_event: str | None = None
    last_event_in_horizon: str | None = None
    observed_until: str | None = None
    time_kinds: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class SnapshotReport(Report):
    """How an event log became snapshots of its users.

    Parameters
    ----------
    rows : int
        Rows of the log.
    rows_dropped : dict of str to int
        Rows before the last cutoff that were dropped as invalid, by the code of the problem.
    users : int
        Users that have a snapshot.
    snapshots, positives : int
        Their snapshots, and those with label 1.
    share : float or None
        Positives among the snapshots.
    snapshots_at, positives_at : dict of str to int
        The same, by cutoff.
    """

    title: ClassVar[str] = "snapshots"

    rows: int
    rows_dropped: dict[str, int]
    users: int
    snapshots: int
    positives: int
    share: float | None
    snapshots_at: dict[str, int]
    positives_at: dict[str, int]


@dataclass(frozen=True, repr=False)
class SplitReport(Report):
    """How answers were split.

    Parameters
    ----------
    part : str
        Which part this is, ``"train"`` or ``"test"``.
    test : float
        Share of test users that was asked for.
    seed : int or str
        Seed of the hash.
    train_rows, train_positives, test_rows, test_positives : int
        Sizes of the parts.
    test_share, train_positive_share, test_positive_share : float or None
        The balance reached; None where there is no row to divide by.
    cutoff, horizon_end : str or None
        Points in time of the answers that were split, where their report tells them.
    """

    title: ClassVar[str] = "split"

    part: str
    test: float
    seed: int | str
    train_rows: int
    train_positives: int
    test_rows: int
    test_positives: int
    test_share: float | None = field(default=None)
    train_positive_share: float | None = field(default=None)
    test_positive_share: float | None = field(default=None)
    cutoff: str | None = None
    horizon_end: str | None = None


@dataclass(frozen=True, repr=False)
class BaselineReport(Report):
    """How an event log became baselines.

    Parameters
    ----------
    rows : int
        Rows of the log.
    rows_dropped : dict of str to int
        Rows dropped as invalid, by the code of the problem.
    rows_after : int
        Rows from the cutoff on, which nothing was made of.
    users : int
        Users with an event before the cutoff.
    cutoff : str
        The point in time.
    last_event : str or None
        The last event that was counted.
    """

    title: ClassVar[str] = "baselines"

    rows: int
    rows_dropped: dict[str, int]
    rows_after: int
    users: int
    cutoff: str
    last_event: str | None


@dataclass(frozen=True, repr=False)
class AudienceReport(Report):
    """How an audience was chosen.

    Parameters
    ----------
    users : int
        Scored users.
    audience, treatment, control : int
        Users chosen, those to address, and those to leave alone.
    control_share : float or None
        The share of the control group that was reached.
    seed : int or str
        Seed of the hashes.
    lowest_score : float
        Of the audience.
    tied, tied_in : int
        Users that have this score, and those of them that were chosen, by a hash.
    treatment_mean, control_mean : float or None
        Mean scores; None for a group without users.
    standardized_difference : float or None
        Of these means, in standard deviations: 0 is perfect balance. None where it is undefined.
    """

    title: ClassVar[str] = "audience"

    users: int
    audience: int
    treatment: int
    control: int
    control_share: float | None
    seed: int | str
    lowest_score: float
    tied: int
    tied_in: int
    treatment_mean: float | None = None
    control_mean: float | None = None
    standardized_difference: float | None = None


@dataclass(frozen=True, repr=False)
class FoldReport(Report):
    """How scores were made of models that did not see their users.

    Parameters
    ----------
    folds : int
        Models.
    seed : int or str
        Of the hash that puts users into folds.
    users, labeled : int
        All users, and those whose label was trained on by all models but one.
    cutoff : str or None
        Of the answers, where their report tells it.
    """

    title: ClassVar[str] = "out of fold"

    folds: int
    seed: int | str
    users: int
    labeled: int
    cutoff: str | None = None


_REPORTS: Final[dict[str, type[Report]]] = {
    kind.title: kind
    for kind in (
        SequenceReport,
        AnswerReport,
        SnapshotReport,
        SplitReport,
        BaselineReport,
        FoldReport,
        AudienceReport,
    )
}


@named_options
def report(frame: pd.DataFrame) -> Report | None:
    """Return the report that a frame carries.

    Parameters
    ----------
    frame : pandas.DataFrame
        As ``to_sequences``, ``to_answers``, ``split`` and ``audience`` return them.

    Returns
    -------
    Report or None
        A view of ``frame.attrs["nclue"]``; None when the frame carries none.

    Examples
    --------
    >>> import pandas as pd
    >>> from nclue_pandas.frames.answers import to_answers
    >>> labels = pd.DataFrame({"user_id": [1, 2], "bought": [True, False]})
    >>> report(to_answers(labels, label="bought")).positives
    1
    >>> report(labels) is None
    True
    """
    content = getattr(frame, "attrs", {}).get(ATTRIBUTE)
    if not isinstance(content, dict) or content.get(_TITLE) not in _REPORTS:
        return None
    kind = _REPORTS[content[_TITLE]]
    known = {each.name for each in fields(kind)}
    try:
        return kind(**{name: value for name, value in content.items() if name in known})
    except TypeError:  # attrs of another version of this package lack a field
        return None


def every_row_dropped(report: Report) -> bool:
    """Tell whether a log has rows, and all of them were dropped."""
    rows, dropped = getattr(report, "rows", 0), getattr(report, "rows_dropped", {})
    return bool(0 < rows == sum(dropped.values()))


def share(part: int, whole: int) -> float | None:
    """Divide, or return None when there is nothing to divide by."""
    return part / whole if whole else None


def describe_dropped(dropped: dict[str, int], rows: int) -> str:
    """Say how many rows were dropped, and why.

    Examples
    --------
    >>> describe_dropped({"null_id": 2}, 1_000)
    '2 of 1,000 rows were dropped as invalid (null_id 2)'
    """
    reasons = ", ".join(f"{code} {count:,}" for code, count in dropped.items())
    text = _("{count:,} of {rows:,} rows were dropped as invalid ({reasons})")
    return text.format(count=sum(dropped.values()), rows=rows, reasons=reasons)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(count)}" for key, count in value.items()) or _("none")
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def latest(moments: Iterable[str | None]) -> str | None:
    """Return the latest of the last events that several reports tell.

    Examples
    --------
    >>> latest(["2026-01-02 00:00:00", None, "2026-01-10 12:00:00"])
    '2026-01-10 12:00:00'
    """
    known = [moment for moment in moments if moment is not None]
    return max(known, key=lambda moment: _moment(moment)[1], default=None)


def earliest(moments: Iterable[str | None]) -> str | None:
    """Return the earliest of the first events that several reports tell.

    Examples
    --------
    >>> earliest(["2026-01-10 12:00:00", None, "2026-01-02 00:00:00"])
    '2026-01-02 00:00:00'
    """
    known = [moment for moment in moments if moment is not None]
    return min(known, key=lambda moment: _moment(moment)[1], default=None)


def reaches(last: str | None, cutoff: str | None) -> bool:
    """Tell whether both can be compared, and `last` is not before `cutoff`.

    Examples
    --------
    >>> reaches("2026-01-02 00:00:00", "2026-01-02 00:00:00"), reaches("5", "2026-01-02 00:00:00")
    (True, False)
    """
    one, other = _moment(last), _moment(cutoff)
    return None not in {one[0], other[0]} and one[0] == other[0] and bool(one[1] >= other[1])


def _moment(text: str | None) -> tuple[str | None, Any]:
    """Read what :func:`nclue_pandas.frames.moments.describe` wrote: its kind and its value."""
    if not isinstance(text, str):
        return None, None
    if re.fullmatch(r"-?\d+", text):
        return "number", int(text)
    try:
        value = np.datetime64(text.removesuffix(" UTC"))
    except ValueError:
        return None, None
    return "UTC" if text.endswith(" UTC") else "local", value


_MANY: Final = 10
_PACKAGE: Final = __name__.partition(".")[0]


def tell(message: str) -> None:
    """Warn, and name the nearest line outside this package: accessor and functions alike.

    Parameters
    ----------
    message : str
        What happened, in a sentence.
    """
    warnings.warn(message, NclueDataWarning, stacklevel=callers_level())


def callers_level() -> int:
    """Return the level, for ``warnings.warn`` in the calling function, of the user's line."""
    level, frame = 0, sys._getframe()  # noqa: SLF001 - the documented way to one's callers
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__", "")):
        level, frame = level + 1, frame.f_back
    return level


def tell_all(found: Iterable[str]) -> None:
    """Warn once of everything that was found, each a sentence without its full stop."""
    told = [f"{each[0].upper()}{each[1:]}." for each in found]
    if told:
        tell(" ".join(told))


def is_many(part: int, whole: int) -> bool:
    """Tell whether a part of the whole is too large to say nothing of it: a tenth or more.

    Examples
    --------
    >>> is_many(1, 10), is_many(1, 11), is_many(0, 0)
    (True, False, False)
    """
    return part > 0 and part * _MANY >= whole


def _is_ours(module: str) -> bool:
    return module == _PACKAGE or module.startswith(f"{_PACKAGE}.")
