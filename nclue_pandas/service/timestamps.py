"""Timestamps of the service: ISO 8601, exact layout undocumented."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from nclue_pandas.assumptions import KOREAN_TIME

#: Python's parser takes 3 or 6 digits of a fraction on every version; more are cut.
_FRACTION = re.compile(r"(\.\d{1,6})\d*")


def parse_timestamp(text: str) -> datetime:
    """Read a timestamp in any of the layouts seen on NCP.

    Parameters
    ----------
    text : str
        With ``Z``, ``+09:00``, ``+0900`` or without a zone (then Korean time), with or without a
        fraction.

    Returns
    -------
    datetime.datetime
        Aware, in UTC.

    Raises
    ------
    ValueError
        When `text` is not a timestamp.

    Examples
    --------
    >>> parse_timestamp("2026-01-02T09:00:00+0900").isoformat()
    '2026-01-02T00:00:00+00:00'
    >>> parse_timestamp("2026-01-02 09:00:00.5").isoformat()
    '2026-01-02T00:00:00.500000+00:00'
    """
    moment = datetime.fromisoformat(_FRACTION.sub(r"\1", text.strip()))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=KOREAN_TIME)
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # before the year 1 or after 9999 in UTC
        raise ValueError(f"{text!r} is no time in UTC") from None
