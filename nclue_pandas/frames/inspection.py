"""A first look at a log: what its columns are, what is wrong with it, and what to ask of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from nclue_pandas import display
from nclue_pandas.errors.base import InvalidDataError
from nclue_pandas.frames.column_guesses import guess_columns
from nclue_pandas.frames.columns import require_frame
from nclue_pandas.frames.doubtful_times import times_of_log
from nclue_pandas.frames.log_facts import LogFacts
from nclue_pandas.frames.moments import describe
from nclue_pandas.frames.times import UNITS
from nclue_pandas.signatures import named_options
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nclue_pandas.frames.times import Times

_DAY: Final = 86_400 * UNITS["s"]
#: Days of the horizons that are proposed, where the log is three times as long.
_HORIZONS: Final = (7, 14, 30, 90)
#: Parts of the span of a log whose times are plain numbers.
_PARTS: Final = (20, 10, 5)
_PROPOSAL: Final = ["cutoff", "horizon", "ones", "zeros", "code"]


@dataclass(frozen=True, eq=False, repr=False)
class Inspection(display.Shown):
    """What a first look at a log found; shows itself in terminals and notebooks.

    Parameters
    ----------
    columns : dict
        Labels of the columns of user, time and behavior; None where nothing looks like one.
    rows : int
        Rows of the log.
    users, behaviors : int
        Distinct ids, and distinct texts.
    first_event, last_event : str or None
        The span of the log.
    counts : dict of str to int
        Rows (or users, as the name says) by what is wrong or doubtful about them; those that are
        none are left out.
    unreadable : tuple of str
        The first times that cannot be read.
    personal_data : dict of str to int
        Users and distinct behaviors with personal data, by kind.
    proposals : pandas.DataFrame
        ``cutoff``, ``horizon``, ``ones``, ``zeros`` of users who come back, and the ``code`` that
        makes these answers of a log named ``log``.
    notes : tuple of str
        What to do about what was found.
    """

    columns: dict[str, Any]
    rows: int
    users: int = 0
    behaviors: int = 0
    first_event: str | None = None
    last_event: str | None = None
    counts: dict[str, int] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()
    personal_data: dict[str, int] = field(default_factory=dict)
    proposals: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=_PROPOSAL))
    notes: tuple[str, ...] = ()

    @property
    def code(self) -> str | None:
        """The proposal with the most users of its rarer label, as lines to paste."""
        if self.proposals.empty:
            return None
        rarer = self.proposals[["ones", "zeros"]].min(axis=1)
        best: str = self.proposals["code"].iloc[int(rarer.to_numpy().argmax())]
        return best

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, the proposals as a list of dicts."""
        return {
            **{name: value for name, value in vars(self).items() if name != "proposals"},
            "proposals": self.proposals.to_dict("records"),
            "code": self.code,
        }

    def _card(self) -> display.Card:
        span = _("{first} to {last}").format(first=self.first_event, last=self.last_event)
        facts = [
            (name, _("not found") if c is None else str(c)) for name, c in self.columns.items()
        ]
        facts += [(_("rows"), display.count(self.rows)), (_("users"), display.count(self.users))]
        facts += [(_("behaviors"), display.count(self.behaviors))]
        facts += [(_("span"), span)] if self.first_event else []
        facts += [(_(name), display.count(count)) for name, count in self.counts.items()]
        facts += [(_("unreadable times"), ", ".join(self.unreadable))] if self.unreadable else []
        facts += [(name, display.count(count)) for name, count in self.personal_data.items()]
        shown: dict[str, Callable[[Any], str]] = {
            N_("cutoff"): str,
            N_("horizon"): str,
            N_("ones"): display.count,
            N_("zeros"): display.count,
        }
        table = display.Table.of(self.proposals, shown)
        lines = (
            []
            if self.code is None
            else [_("To go on, with the log in log:"), *self.code.split("\n")]
        )
        return display.Card(
            _("Inspection of an event log"),
            facts=facts,
            tables=[] if self.proposals.empty else [table],
            notes=[*map(_, self.notes), *lines],
        )


@named_options
def inspect(
    events: pd.DataFrame, *, user: Any = None, time: Any = None, behavior: Any = None
) -> Inspection:
    """Look at a log: guess its columns, count what is wrong with it, propose what to ask of it.

    Nothing is changed, and nothing is sent anywhere.

    Parameters
    ----------
    events : pandas.DataFrame
        The log, one row for each event.
    user, time, behavior : hashable, optional
        Labels of columns, where the guess would be wrong.

    Returns
    -------
    Inspection
        Shows itself as a card. ``.code`` are the lines to go on with, ``.proposals`` a frame of
        cutoffs and horizons with their numbers of ones and zeros, ``.to_dict()`` all of it.

    Raises
    ------
    MissingColumnError
        When a column that was named is not there.
    InvalidDataError
        When `events` is no frame, or a column that was named can be no id or text.

    Examples
    --------
    >>> import pandas as pd
    >>> log = pd.DataFrame({
    ...     "customer": ["a", "b", "a", "b", "a"],
    ...     "when": ["2026-01-01", "2026-01-02", "2026-02-20", "soon", "2026-03-05"],
    ...     "item": ["tea", "jam", "mug", "tea", "call 010-1234-5678"],
    ... })
    >>> found = inspect(log)
    >>> found.columns
    {'user': 'customer', 'time': 'when', 'behavior': 'item'}
    >>> found.unreadable, found.personal_data
    (("'soon'",), {'behaviors with mobile phone number': 1})
    """
    events = require_frame(events, "events", on_dask=True)
    columns = guess_columns(events, {"user": user, "time": time, "behavior": behavior})
    if nothing := without_columns(columns, len(events)):
        return nothing
    try:
        times = times_of_log(events, columns["time"])
    except InvalidDataError as error:
        return unread(columns, len(events), LogFacts.of(events, columns, None), error)
    span = LogSpan.of(times)
    facts = LogFacts.of(events, columns, times, span.windows)
    return inspected(columns, len(events), facts, span)


_MISSING: Final = "No column looks like that of {}: name it, such as log.nclue.inspect(user=...)."


@dataclass(frozen=True)
class LogSpan:
    """From when to when a log is.

    Parameters
    ----------
    like : Times
        A column of the same kind as that of the log.
    first, last : int or None
        Its ends.
    unreadable : tuple of str
        The first times that cannot be read.
    """

    like: Times
    first: int | None
    last: int | None
    unreadable: tuple[str, ...]

    @classmethod
    def of(cls, times: Times) -> LogSpan:
        """Look at the times of a whole log."""
        return cls(times, times.first_of(), times.last, times.examples)

    @property
    def windows(self) -> list[tuple[Any, Any]]:
        """Cutoffs and horizons that end with the log, where enough of it is before them."""
        if self.first is None or self.last is None:
            return []
        span = self.last - self.first
        if self.like.unit is None:
            lengths = dict.fromkeys(span // part for part in _PARTS)
            return [(self.last - length, length) for length in lengths if length > 0]
        end = self.last // _DAY  # a horizon that ends with a whole day
        days = [each for each in _HORIZONS if 3 * each * _DAY <= span]
        cutoffs = [describe((end - each) * _DAY, self.like)[:10] for each in days]
        zone = "T00:00:00+00:00" if self.like.aware else ""
        return [(f"{cutoff}{zone}", f"{each}D") for cutoff, each in zip(cutoffs, days, strict=True)]


def without_columns(columns: dict[str, Any], rows: int) -> Inspection | None:
    """Return all there is to tell of a log without a column of users, times or behaviors."""
    missing = [name for name, label in columns.items() if label is None]
    return (
        Inspection(columns, rows, notes=(_MISSING.format(", ".join(missing)),)) if missing else None
    )


def unread(
    columns: dict[str, Any], rows: int, facts: LogFacts, error: InvalidDataError
) -> Inspection:
    """Return what there is to tell of a log whose times cannot be read."""
    return Inspection(
        columns,
        rows,
        facts.users,
        int(facts.behaviors.size),
        personal_data=facts.personal,
        notes=(str(error),),
    )


def inspected(columns: dict[str, Any], rows: int, facts: LogFacts, span: LogSpan) -> Inspection:
    """Return what there is to tell of a log."""
    personal = facts.personal
    ends = (None if each is None else describe(each, span.like) for each in (span.first, span.last))
    proposals: list[tuple[Any, ...]] = []
    if not facts.personal_users:
        proposals = _proposals(columns, span, facts, _options(facts.counts, personal))
    first, last = ends
    return Inspection(
        columns,
        rows,
        facts.users,
        int(facts.behaviors.size),
        first,
        last,
        {name: count for name, count in facts.counts.items() if count},
        span.unreadable,
        personal,
        pd.DataFrame(proposals, columns=_PROPOSAL),
        tuple(_notes(facts.counts, personal)),
    )


def _notes(counts: Mapping[str, int], personal: dict[str, int]) -> list[str]:
    notes = []
    if counts["rows with an unreadable time"]:
        notes.append(
            N_(
                "Times that cannot be read: convert them with "
                "pandas.to_datetime(column, format=...)."
            )
        )
    if counts["users with an id that ends in .0"]:
        notes.append(N_("Ids that end in .0: take it off with df[user].str.removesuffix('.0')."))
    if any(name.startswith("users") for name in personal):
        notes.append(
            N_(
                "The service refuses ids that are personal data: replace them with "
                "pseudonymize(), then look again."
            )
        )
    return notes


def _options(counts: Mapping[str, int], personal: dict[str, int]) -> dict[str, dict[str, str]]:
    """Return the options that the verbs need for a log like this."""
    invalid = ("without", "unreadable")
    rows = [name for name, count in counts.items() if count and any(w in name for w in invalid)]
    sequences = {"on_invalid": "drop"} if rows else {}
    answers = dict(sequences) if set(rows) != {"rows without a behavior"} else {}
    return {
        "to_sequences": sequences | ({"personal_data": "mask"} if personal else {}),
        "to_answers": answers,
    }


def _proposals(
    columns: dict[str, Any], span: LogSpan, facts: LogFacts, options: dict[str, dict[str, str]]
) -> list[tuple[Any, ...]]:
    """Return cutoffs and horizons that the log has room for, with what they give."""
    found = []
    named = {"user": columns["user"], "time": columns["time"]}
    for (cutoff, horizon), outcome in zip(span.windows, facts.outcomes, strict=True):
        asked = {**named, "cutoff": cutoff, "horizon": horizon, **options["to_answers"]}
        text = {
            **named,
            "behavior": columns["behavior"],
            "until": cutoff,
            **options["to_sequences"],
        }
        code = f"sequences = {_call('to_sequences', text)}\nanswers = {_call('to_answers', asked)}"
        found.append((cutoff, horizon, *outcome, code))
    return found


def _call(verb: str, options: dict[str, Any]) -> str:
    return f"log.nclue.{verb}({', '.join(f'{name}={value!r}' for name, value in options.items())})"
