"""Moments as reports tell them (:func:`nclue_pandas.frames.moments.describe`), compared again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable


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
