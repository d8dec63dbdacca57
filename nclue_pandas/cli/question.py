"""What settings ask of a log: sequences to train on and to score, and answers.

The times of a log of one's own as the options say: in a unit, in a format, or plain numbers.
"""

from __future__ import annotations

import inspect
import re
import warnings
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final
from unicodedata import normalize
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa

import nclue_pandas as nclue
from nclue_pandas.cli.settings import QUESTION
from nclue_pandas.errors import ConfigurationError, InvalidDataError
from nclue_pandas.frames.behaviors import behavior_texts
from nclue_pandas.frames.columns import read_text
from nclue_pandas.frames.times import read_times

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nclue_pandas.cli.settings import Settings

#: Settings that are points in time.
MOMENTS: Final = ("cutoff", "until", "since", "observed_until")
#: ``-90D``: so long before today. ISO 8601 has no date that begins so.
_RELATIVE: Final = re.compile(r"[+-].*|0[a-zA-Z]+")
_DIGITS: Final = re.compile(r"[+-]*\d+")


@dataclass(frozen=True, eq=False)
class Question:
    """The frames of a chain.

    Parameters
    ----------
    events : pandas.DataFrame
        The log.
    sequences : pandas.DataFrame
        Up to the cutoff, to train on.
    train : pandas.DataFrame
        Answers to train on.
    test : pandas.DataFrame or None
        Those of the users that are held out.
    score_on : pandas.DataFrame or None
        Sequences that are scored; None when they are those up to the cutoff.
    cutoff, until : str, int or None
        The moments that the settings mean; None for the end of the log.
    outcomes : pandas.DataFrame or None
        Answers that the scores may be measured on: of the users that are held out, or from after
        the moment that is scored, where the log goes on for the horizon.
    baselines : pandas.DataFrame or None
        Free scores of the moment that is scored, to measure beside the scores or to write.
    """

    events: pd.DataFrame
    sequences: pd.DataFrame
    train: pd.DataFrame
    test: pd.DataFrame | None
    score_on: pd.DataFrame | None
    cutoff: Any
    until: Any
    outcomes: pd.DataFrame | None = None
    baselines: pd.DataFrame | None = None


def columns_of(settings: Settings) -> dict[Any, str]:
    """Return the columns of the log that are needed, each with the setting that names it."""
    named = {settings.user: "user", settings.time: "time"}
    named |= dict.fromkeys(settings.behaviors, "behavior")
    if settings.tie_break is not None:
        named[settings.tie_break] = "tie_break"
    if settings.value is not None:
        named.setdefault(settings.value, "value")
    return {_label(name, settings): key for name, key in named.items()}


def ask(events: pd.DataFrame, settings: Settings, today: date | None = None) -> Question:
    """Make the frames of a chain from a log.

    Parameters
    ----------
    events : pandas.DataFrame
        With the columns of :func:`columns_of`.
    settings : Settings
        What is asked.
    today : date, optional
        What ``-90D`` is counted from; by default the day that it is, in the settings' time zone.

    Raises
    ------
    InvalidDataError, ConfigurationError
        As from :func:`nclue_pandas.to_sequences` and :func:`nclue_pandas.to_answers`.
    """
    events = _with_times(events, settings)
    options = _options(events, settings, today)
    cutoff, until = options["cutoff"], options["until"]
    answers = _call(nclue.to_answers, events, options)
    sequences = _call(nclue.to_sequences, events, options | {"until": cutoff})
    scored = None if until == cutoff else _call(nclue.to_sequences, events, options)
    train, test = answers, None
    if settings.test:
        train, test = answers.nclue.split(test=settings.test, seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nclue.NclueDataWarning)  # the same is told of the answers
        outcomes = test if scored is None else _later_answers(events, options)
        baselines = None
        if outcomes is not None or settings.baselines:
            at = options["observed_until"] if until is None else until
            baselines = _call(nclue.baselines, events, options | {"cutoff": at})
    return Question(events, sequences, train, test, scored, cutoff, until, outcomes, baselines)


def _later_answers(events: pd.DataFrame, options: dict[str, Any]) -> pd.DataFrame | None:
    """Return what came after the moment that is scored; None where the log ends too early."""
    if options["until"] is None:
        return None
    try:
        return _call(nclue.to_answers, events, options | {"cutoff": options["until"]})
    except InvalidDataError:  # the same log was good for the cutoff
        return None


def _with_times(events: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Read times in the unit or the format of the settings."""
    column = _label(settings.time, settings)
    times = convert_times(events[column], settings.time_unit, settings.time_format)
    events = events.copy(deep=False)
    events[column] = times
    return events


def _options(events: pd.DataFrame, settings: Settings, today: date | None) -> dict[str, Any]:
    """Return what the verbs take, under the names of their arguments."""
    given = {name: getattr(settings, name) for name in (*MOMENTS, "horizon")}
    given = as_numbers(events[_label(settings.time, settings)], given)
    horizon = given.pop("horizon")
    narrower = {name: getattr(settings, name) for name in QUESTION}
    if settings.value is not None:
        narrower["value"] = _label(settings.value, settings)
    moments = {name: moment(value, name, settings, today) for name, value in given.items()}
    relative = any(_is_relative(value) for value in given.values())
    behaviors = [_label(name, settings) for name in settings.behaviors]
    behavior: Any = behaviors[0] if isinstance(settings.behavior, str) else behaviors
    return {
        **moments,
        **narrower,
        "user": _label(settings.user, settings),
        "time": _label(settings.time, settings),
        "behavior": behavior,
        "tie_break": settings.tie_break and _label(settings.tie_break, settings),
        "horizon": horizon,
        "template": settings.template,
        "personal_data": settings.personal_data,
        "on_invalid": settings.on_invalid,
        # A midnight is that of UTC when no zone is named.
        "timezone": settings.timezone or ("UTC" if relative else None),
        "positive": positive(events, behavior, settings.template, settings.positive),
    }


def _label(name: str, settings: Settings) -> Any:
    """Return the label of a column: without a header columns are numbers."""
    return int(name) if not settings.header and name.isdecimal() else name


def _is_relative(value: Any) -> bool:
    return isinstance(value, str) and _RELATIVE.fullmatch(value.strip()) is not None


def moment(value: Any, name: str, settings: Settings, today: date | None = None) -> Any:
    """Return a point in time as the verbs take it; ``-90D`` is a midnight before today.

    A midnight, so that a run which is killed and started again asks the same question.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> moment("-90D", "cutoff", SimpleNamespace(timezone=None), date(2026, 5, 31))
    '2026-03-02T00:00:00'
    """
    if isinstance(value, date):
        return value.isoformat()
    if not _is_relative(value):
        return value
    try:
        # pandas takes a number without a unit for nanoseconds.
        span = pd.Timedelta(value.strip() if value.strip()[-1].isalpha() else "no unit")
    except ValueError as error:
        raise ConfigurationError(
            f"{name}={value!r} is no time before today. Give a sign, a number and a unit, "
            "such as '-90D', or '0D' for today."
        ) from error
    zone = ZoneInfo(settings.timezone) if settings.timezone else UTC
    day = today or datetime.now(zone).date()
    return (pd.Timestamp(day) + span).isoformat()


def positive(
    events: pd.DataFrame, behavior: Any, template: str | None, pattern: str | None
) -> pd.Series[bool] | None:
    """Tell which behaviors match the pattern, as they are sent; None without one.

    Raises
    ------
    ConfigurationError
        When the pattern is none.
    """
    if pattern is None:
        return None
    texts = behavior_texts(events, behavior, template).texts.cast(pa.large_string())
    behaviors = pd.Series(texts.to_pandas(), index=events.index, dtype="string")
    try:
        found = behaviors.str.normalize("NFC").str.contains(
            normalize("NFC", pattern), case=False, na=False
        )
    except (ValueError, re.error) as error:
        raise ConfigurationError(
            f"positive={pattern!r} is no regular expression: {error}. Put a backslash "
            "before a bracket, a plus or another character that has a meaning in one."
        ) from error
    return found.astype(bool)


def _call(verb: Callable[..., pd.DataFrame], events: Any, options: dict[str, Any]) -> pd.DataFrame:
    """Call a verb with those of the options that it has."""
    taken = inspect.signature(verb).parameters
    return verb(events, **{name: value for name, value in options.items() if name in taken})


def convert_times(column: pd.Series[Any], unit: str | None, form: str | None) -> pd.Series[Any]:
    """Read times as ``--time-unit`` or ``--time-format`` says; what cannot be read stays text.

    Examples
    --------
    >>> convert_times(pd.Series(["01/02/2026", "soon"]), None, "%d/%m/%Y").tolist()
    ['2026-02-01', 'soon']
    """
    if unit is not None and form is not None:
        raise InvalidDataError("Give --time-unit or --time-format, not both.")
    if unit is None and form is None:
        return column
    texts = read_text(column, "time").texts.cast(pa.large_string())
    written = pd.Series(texts.to_pandas(), index=column.index, dtype="string")
    times = _in_format(written, form) if form is not None else _in_unit(column, str(unit))
    unreadable = times.isna() & written.notna()
    if unreadable.any():
        return times.astype("string").where(~unreadable, written)
    return times


def as_numbers(column: pd.Series[Any], bounds: Mapping[str, Any]) -> dict[str, Any]:
    """Read cutoff, horizon and their like as whole numbers where the times are plain numbers.

    Examples
    --------
    >>> as_numbers(pd.Series([1, 2]), {"cutoff": "2", "horizon": "90D"})
    {'cutoff': 2, 'horizon': '90D'}
    """
    if read_times(column).unit is not None:
        return dict(bounds)
    return {
        name: int(bound) if isinstance(bound, str) and _DIGITS.fullmatch(bound.strip()) else bound
        for name, bound in bounds.items()
    }


def _in_format(written: pd.Series[Any], form: str) -> pd.Series[Any]:
    try:
        times: pd.Series[Any] = pd.to_datetime(
            written.astype(object), format=form, errors="coerce", utc="%z" in form
        )
    except ValueError as error:
        raise InvalidDataError(f"--time-format {form!r} cannot be used: {error}.") from error
    return times


def _in_unit(column: pd.Series[Any], unit: str) -> pd.Series[Any]:
    read = read_times(column)
    if read.unit is not None:
        raise InvalidDataError(f"--time-unit {unit}: the times are no whole numbers.")
    return pd.Series(pd.DatetimeIndex(read.ticks.view(f"M8[{unit}]")), index=column.index)
