"""Numbers, sizes and times as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

_MINUTE: Final = 60
_HOUR: Final = 3_600
_DAY: Final = 86_400
_SMALLEST_P: Final = 0.001
_KIBI: Final = 1_024
_SECONDS_WITH_FRACTION: Final = 10


def count(number: int) -> str:
    """Return `number` with separators between the thousands.

    Examples
    --------
    >>> count(541909)
    '541,909'
    """
    return f"{number:,}"


def counted(number: int, noun: str) -> str:
    """Return `number` and its noun, in the plural where it must be.

    Examples
    --------
    >>> counted(1, "user"), counted(2000, "user")
    ('1 user', '2,000 users')
    """
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """Return a span of time in its two largest units.

    Examples
    --------
    >>> [duration(s) for s in (0.42, 12.3, 75, 7380, 273600)]
    ['0.4 s', '12 s', '1 min 15 s', '2 h 3 min', '3 d 4 h']
    """
    if round(seconds, 1) < _SECONDS_WITH_FRACTION:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def size(number: int) -> str:
    """Return a number of bytes in binary units.

    Examples
    --------
    >>> [size(n) for n in (0, 1023, 1536, 48 * 2**20, 2**41)]
    ['0 B', '1,023 B', '1.5 KiB', '48.0 MiB', '2.0 TiB']
    """
    if number < _KIBI:
        return f"{number:,} B"
    value = float(number)
    for unit in ("KiB", "MiB", "GiB"):
        value /= _KIBI
        # 1023.95 and above would round to 1024.0.
        if round(value, 1) < _KIBI:
            return f"{value:.1f} {unit}"
    return f"{value / _KIBI:,.1f} TiB"


def percent(share: float) -> str:
    """Return a share (0 to 1) in percent.

    Examples
    --------
    >>> percent(0.1486)
    '14.9 %'
    """
    return f"{100 * share:.1f} %"


def decimal(number: float) -> str:
    """Return `number` with three decimals.

    Examples
    --------
    >>> decimal(0.87449)
    '0.874'
    """
    return f"{number:.3f}"


def p_value(probability: float) -> str:
    """Return the probability of a test; very small ones as a bound.

    Examples
    --------
    >>> p_value(0.0312), p_value(2e-9)
    ('0.031', '< 0.001')
    """
    return f"{probability:.3f}" if probability >= _SMALLEST_P else f"< {_SMALLEST_P}"


def moment(time: datetime) -> str:
    """Return date, time and offset, to the second.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> moment(datetime(2026, 1, 5, 14, 3, 22, 120000, tzinfo=timezone.utc))
    '2026-01-05 14:03:22+00:00'
    """
    return time.isoformat(sep=" ", timespec="seconds")
