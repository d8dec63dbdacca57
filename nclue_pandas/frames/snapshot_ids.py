"""Ids of a user at a point in time: the user's id and the cutoff, in letters and digits.

``17850`` at 2011-09-01 is ``17850at2011m09d01``. Nothing but letters and digits is added, so that
an id stays one that the service takes, and never more than four digits in a row, so that none
becomes personal data. The end of an id tells its cutoff whatever the user's id is.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from nclue_pandas.errors.base import ConfigurationError, InvalidDataError
from nclue_pandas.frames.columns import arrow_column, find_column, require_frame, text_column
from nclue_pandas.frames.ids import id_text
from nclue_pandas.kernels.arrays import one_array
from nclue_pandas.signatures import named_options

if TYPE_CHECKING:
    from collections.abc import Hashable

    import pandas as pd

_DATE: Final = r"[0-9]{4}m[0-9]{2}d[0-9]{2}(?:h[0-9]{2}m[0-9]{2}s[0-9]{2})?(?:utc)?"
_NUMBER: Final = r"time(?:minus)?[0-9]{1,3}(?:k[0-9]{3})*"
#: The user's id, and the cutoff.
_SNAPSHOT: Final = rf"(?s)^(?P<user>.+)at(?P<cutoff>{_DATE}|{_NUMBER})$"
#: A moment as reports tell it.
_MOMENT: Final = r"(\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2})( UTC)?"


def ending_of(moment: str) -> str:
    """Return what is added to the ids of users at a moment, as reports tell it.

    Raises
    ------
    ConfigurationError
        When it is not a whole second of a year of four digits.

    Examples
    --------
    >>> ending_of("2011-09-01 00:00:00"), ending_of("2011-08-31 15:00:00 UTC")
    ('at2011m09d01', 'at2011m08d31h15m00s00utc')
    >>> ending_of("1314835200"), ending_of("-5")
    ('attime1k314k835k200', 'attimeminus5')
    """
    if re.fullmatch(r"-?\d+", moment):
        return f"attime{int(moment):_}".replace("-", "minus").replace("_", "k")
    found = re.fullmatch(_MOMENT, moment)
    if found is None:
        raise ConfigurationError(
            f"cutoffs={moment!r}: the id of a snapshot holds its cutoff, a whole second of the "
            "years 0 to 9999."
        )
    year, month, day, *clock, zone = found.groups()
    of_day = "" if clock == ["00", "00", "00"] else "h{}m{}s{}".format(*clock)
    return f"at{year}m{month}d{day}{of_day}{'utc' if zone else ''}"


def users_of(ids: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return the users of snapshots; other ids are users themselves.

    Examples
    --------
    >>> users_of(pa.array(["17850at2011m09d01", "17850", "at2011m09d01"])).to_pylist()
    ['17850', '17850', 'at2011m09d01']
    """
    texts = one_array(ids)
    if not pc.any(pc.match_substring(texts, "at")).as_py():
        return texts
    return pc.replace_substring_regex(texts, _SNAPSHOT, r"\1")


@named_options
def from_snapshots(frame: pd.DataFrame, *, user: str = "user_id") -> pd.DataFrame:
    """Tell the user and the cutoff of each row of a frame of snapshots, such as their scores.

    Parameters
    ----------
    frame : pandas.DataFrame
        With the ids that :func:`~nclue_pandas.to_snapshots` gave. It is not changed.
    user : str, default "user_id"
        Column of these ids.

    Returns
    -------
    pandas.DataFrame
        A copy with two columns more: ``user`` (string[pyarrow]), and ``cutoff``
        (timestamp[s][pyarrow], in UTC where the log had a time zone; int64[pyarrow] where its
        times were plain numbers).

    Raises
    ------
    MissingColumnError
        When there is no such column.
    InvalidDataError
        When an id is none of a snapshot, with the rows; and when the frame has a column of one of
        the two names already.

    Examples
    --------
    >>> import pandas as pd
    >>> scores = pd.DataFrame({"user_id": ["17850at2011m09d01"], "score": [0.7]})
    >>> from_snapshots(scores)[["user", "cutoff"]].astype(str).values.tolist()
    [['17850', '2011-09-01 00:00:00']]
    """
    frame = require_frame(frame, "frame")
    taken: list[Hashable] = [name for name in ("user", "cutoff") if name in frame.columns]
    if taken:
        raise InvalidDataError(
            f"The frame has a column {taken[0]!r} already. Rename it, so that it is not replaced."
        )
    ids = id_text(find_column(frame, user, "user"))
    found = pc.extract_regex(ids, _SNAPSHOT)
    other = found.is_null().to_numpy(zero_copy_only=False)
    if other.any():
        raise InvalidDataError(
            f"{int(other.sum()):,} of {len(frame):,} ids are of no snapshot. to_snapshots() gives "
            "such as '17850at2011m09d01'.",
            rows=frame[other],
        )
    return frame.assign(
        user=text_column(found.field("user")).array, cutoff=_cutoffs(found.field("cutoff")).array
    )


def _cutoffs(texts: pa.Array) -> pd.Series[Any]:
    """Read the cutoffs of ids as times or plain numbers; there are few distinct ones."""
    encoded = texts.dictionary_encode()
    distinct = encoded.dictionary.to_pylist()
    kinds = {(text.startswith("time"), text.endswith("utc")) for text in distinct}
    if len(kinds) > 1:
        raise InvalidDataError(
            "The cutoffs of the ids are of several kinds: times with and without a time zone, or "
            "plain numbers. Take the rows of each kind for themselves."
        )
    if (True, False) in kinds:
        signed = [text.removeprefix("time").replace("minus", "-") for text in distinct]
        numbers = pa.array([int(text.replace("k", "")) for text in signed], pa.int64())
        return arrow_column(numbers.take(encoded.indices), pa.int64())
    parts = [[int(part) for part in re.findall("[0-9]+", text)] for text in distinct]
    kind = pa.timestamp("s", "UTC" if (False, True) in kinds else None)
    try:
        times = pa.array([datetime(*each) for each in parts], pa.timestamp("s"))  # type: ignore[arg-type] # noqa: DTZ001
    except ValueError as error:
        raise InvalidDataError(f"The cutoff of an id is no time: {error}.") from error
    return arrow_column(times.cast(kind).take(encoded.indices), kind)
