"""Points in time that a user gives: cutoffs, bounds and horizons."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from nclue_pandas.errors.base import ConfigurationError
from nclue_pandas.frames.times import RELATIVE, UNITS
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from datetime import tzinfo

    from nclue_pandas.frames.times import Times

_DURATIONS: Final = N_("'90D', pandas.Timedelta(days=90) or pandas.DateOffset(months=3)")
#: The duration that may be none.
_MAY_BE_ZERO: Final = "gap"


class Calendar:
    """Reads what a user writes as moments of one time column.

    A moment is a whole number: nanoseconds since 1970-01-01, exact whatever the column's unit,
    or a plain number where the column holds plain numbers.

    Parameters
    ----------
    times : Times
        The column that the moments are compared with.
    timezone : str, tzinfo or None
        Time zone of whatever side has none, when the other has one.

    Examples
    --------
    >>> from nclue_pandas.frames.times import read_times
    >>> Calendar(read_times(pd.Series(["2011-01-01"])), None).moment("1970-01-02", "until")
    86400000000000
    """

    def __init__(self, times: Times, timezone: str | tzinfo | None) -> None:
        self._aware = times.aware
        self._numbers = times.unit is None
        self.timezone = read_zone(timezone)

    def moment(self, value: Any, argument: str) -> int:
        """Return the moment that `value` names.

        Parameters
        ----------
        value : str, datetime, date, Timestamp, numpy.datetime64, or int for plain numbers
            In ISO 8601 when it is a text. A date is its first instant.
        argument : str
            Keyword under which the user gave it.

        Raises
        ------
        ConfigurationError
            When it cannot be read, or only one of log and value has a time zone.
        """
        if self._numbers:
            return _plain(value, argument)
        return _nanoseconds(self._timestamp(value, argument))

    def after(self, value: Any, argument: str, **durations: Any) -> int:
        """Return the moment that is some durations, one after another, after `value`.

        Parameters
        ----------
        value : as for :meth:`moment`
            The start.
        argument : str
            Its keyword.
        **durations : as for :func:`check_duration`
            By their keyword; None is no duration.
        """
        return self._moved(value, argument, durations, sign=1)

    def before(self, value: Any, argument: str, **durations: Any) -> int:
        """Return the moment that is some durations before `value`, as :meth:`after` does."""
        return self._moved(value, argument, durations, sign=-1)

    def _moved(self, value: Any, argument: str, durations: dict[str, Any], sign: int) -> int:
        given = {name: each for name, each in durations.items() if each is not None}
        if self._numbers:
            lengths = [_plain(each, name) for name, each in given.items()]
            for (name, each), length in zip(given.items(), lengths, strict=True):
                _check_sign(length, name, each)
            return _plain(value, argument) + sign * sum(lengths)
        stamp = self._timestamp(value, argument)
        for name, each in given.items():
            moved = _moved(stamp, each, name, sign)
            _check_sign(sign * (_nanoseconds(moved) - _nanoseconds(stamp)), name, each)
            stamp = moved
        return _nanoseconds(stamp)

    def _timestamp(self, value: Any, argument: str) -> pd.Timestamp:
        stamp = _parse(value, argument)
        if (stamp.tzinfo is not None) == self._aware:
            return stamp
        if self.timezone is None:
            both = _("the log"), f"{argument}="
            have, lack = both if self._aware else both[::-1]
            raise ConfigurationError(
                _(
                    "{have} has a time zone and {lack} has none. Give timezone=, the zone that "
                    "{lack} is in (for example timezone='Asia/Seoul')."
                ).format(have=have, lack=lack)
            )
        if self._aware:
            return _localize(stamp, self.timezone, argument)
        return stamp.tz_convert(self.timezone).tz_localize(None)


def describe(moment: int, times: Times) -> str:
    """Return a moment as text, for messages and reports.

    Examples
    --------
    >>> from nclue_pandas.frames.times import read_times
    >>> describe(86_400_000_000_000, read_times(pd.Series(["2011-01-01"])))
    '1970-01-02 00:00:00'
    """
    if times.unit is None:
        return str(moment)
    seconds, rest = divmod(moment, UNITS["s"])
    text = str(np.datetime64(seconds, "s")).replace("T", " ")
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    return f"{text}{fraction}{' UTC' if times.aware else ''}"


def read_zone(timezone: str | tzinfo | None) -> tzinfo | None:
    """Return the time zone of a name, or refuse what is none."""
    if not isinstance(timezone, str):
        return timezone
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigurationError(
            _(
                "timezone={timezone!r} is not known. Give a name of the IANA database, such as "
                "'Asia/Seoul' or 'UTC'."
            ).format(timezone=timezone)
        ) from error


def _localize(stamp: pd.Timestamp, zone: tzinfo, argument: str) -> pd.Timestamp:
    local = stamp.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    if not isinstance(local, pd.Timestamp):  # NaT: the hour that a clock change skips or repeats
        raise ConfigurationError(
            _(
                "{argument}={stamp} is no single instant in the time zone {zone}: a clock change "
                "skips or repeats it. Give it with its UTC offset."
            ).format(argument=argument, stamp=stamp, zone=zone)
        )
    return local


def _plain(value: Any, argument: str) -> int:
    if _is_whole(value):
        return int(value)
    raise ConfigurationError(
        _(
            "The time column holds plain numbers, so {argument}={value!r} must be a whole number "
            "of the same unit. Or convert the column, for example with "
            "pandas.to_datetime(column, unit='s'), in the unit that it has."
        ).format(argument=argument, value=value)
    )


def _parse(value: Any, argument: str) -> pd.Timestamp:
    stamp: Any = None
    if not isinstance(value, (int, float, np.number)):
        try:
            stamp = _iso(value) if isinstance(value, str) else pd.Timestamp(value)
        except (ValueError, TypeError):
            stamp = None
    if not isinstance(stamp, pd.Timestamp):
        raise ConfigurationError(
            _(
                "{argument}={value!r} cannot be read as a time. Give a text in ISO 8601 such as "
                "'2011-09-01' or '2011-09-01T12:30:00+09:00', or a datetime."
            ).format(argument=argument, value=value)
        )
    return stamp


def _iso(text: str) -> Any:
    if text.strip() in RELATIVE:
        return None
    try:
        return pd.to_datetime(text, format="ISO8601")
    except pd.errors.OutOfBoundsDatetime:  # of nanoseconds, which a bound does not need
        return pd.Timestamp(text)


def check_moment(value: Any, argument: str) -> None:
    """Refuse what is no point in time of any column, before one is read."""
    if not _is_whole(value):
        _parse(value, argument)


def check_duration(value: Any, argument: str) -> None:
    """Refuse what is no duration of any column of times, before one is read.

    Parameters
    ----------
    value : str, timedelta, Timedelta, numpy.timedelta64, DateOffset, or int
        Positive, or zero for a gap; a whole number for plain numbers.
    argument : str
        Keyword under which the user gave it.
    """
    if _is_whole(value):
        _check_sign(int(value), argument, value)
        return
    start = pd.Timestamp("2000-01-01")
    _check_sign(
        _nanoseconds(_moved(start, value, argument, 1)) - _nanoseconds(start), argument, value
    )


def _is_whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.timedelta64))


def _check_sign(length: int, argument: str, value: Any) -> None:
    if length < 0 or (length == 0 and argument != _MAY_BE_ZERO):
        text = _("{argument}={value!r}: give a positive duration.")
        raise ConfigurationError(text.format(argument=argument, value=value))


def _moved(start: pd.Timestamp, duration: Any, argument: str, sign: int) -> pd.Timestamp:
    digits = isinstance(duration, str) and duration.strip().lstrip("+-").replace(".", "", 1)
    if digits and digits.isdigit():
        raise _no_duration(duration, argument)  # pandas takes it for nanoseconds
    length = duration
    try:
        if isinstance(duration, (str, timedelta, np.timedelta64)):
            length = pd.Timedelta(duration)
        if isinstance(length, (pd.Timedelta, pd.offsets.BaseOffset)):
            end = start + length if sign > 0 else start - length
            if isinstance(end, pd.Timestamp):
                return end
    except (ValueError, OverflowError) as error:
        raise _no_duration(duration, argument) from error
    raise _no_duration(duration, argument)


def _no_duration(duration: Any, argument: str) -> ConfigurationError:
    return ConfigurationError(
        _("{argument}={duration!r} is no duration that can be used. Give {examples}.").format(
            argument=argument, duration=duration, examples=_(_DURATIONS)
        )
    )


def _nanoseconds(stamp: pd.Timestamp) -> int:
    exact = stamp.asm8
    unit, count = np.datetime_data(exact.dtype)
    return int(exact.astype(np.int64)) * UNITS[unit] * count
