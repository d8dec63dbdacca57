"""Which columns of a log are those of user, time and behavior, by their names and values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from nclue_pandas.errors.base import NclueError
from nclue_pandas.frames.columns import NO_ARROW_TYPE, find_column, is_label, to_arrow, whole
from nclue_pandas.frames.doubtful_times import kinds_of_times
from nclue_pandas.frames.times import UNITS, read_times
from nclue_pandas.kernels.arrays import is_text
from nclue_pandas.kernels.encode import encode_values

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Rows that are looked at, spread over the log.
SAMPLE: Final = 10_000
#: Words of names, in English and Korean.
_NAMES: Final = {
    "time": r"time|date|(^|_)(ts|at|when|day|dt)($|_)|시간|시각|일시|날짜|일자",
    "user": r"user|customer|member|client|visitor|account|uid|person|고객|회원|사용자|유저",
    "behavior": r"behavi|action|event|item|product|descr|title|name|page|query|search|song"
    r"|movie|track|content|keyword|상품|행동|검색|제목|품목",
}
#: Fewer readable times than these are no column of times, unless its name says so.
_MOST: Final = 0.5


def guess_columns(events: pd.DataFrame, named: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that were named, and guesses for the others; None where there is none.

    Raises
    ------
    MissingColumnError, InvalidDataError
        When a column that was named is not there, or is there twice.

    Examples
    --------
    >>> log = pd.DataFrame({"member": [7, 7, 9], "ts": ["2026-01-01"] * 3, "item": ["tea"] * 3})
    >>> guess_columns(log, {"user": None, "time": None, "behavior": None})
    {'user': 'member', 'time': 'ts', 'behavior': 'item'}
    """
    for argument, label in named.items():
        if label is not None:
            find_column(events, label, argument)
    step = max(len(events) // SAMPLE, 1)
    sample = events.iloc[::step]
    labels = [
        each
        for each in events.columns
        if is_label(events, each) and isinstance(events[each], pd.Series)
    ]
    found = dict(named)
    for argument, score in (("time", _as_time), ("user", _as_user), ("behavior", _as_behavior)):
        if found[argument] is not None:
            continue
        taken = [each for each in found.values() if each is not None]
        free = [each for each in labels if each not in taken]
        scores = [_score(sample[label], label, argument, score) for label in free]
        if scores and max(scores) > 0:
            found[argument] = free[int(np.argmax(scores))]
    return found


def _score(column: pd.Series[Any], label: Any, argument: str, score: Any) -> float:
    """Rate a column from 0 to 2; a name that fits counts one."""
    bonus = float(re.search(_NAMES[argument], _words(label)) is not None)
    try:
        with_values = score(column, bonus)
    except (NclueError, *NO_ARROW_TYPE):
        return 0.0
    return float(with_values + bonus) if with_values > 0 else 0.0


def _words(label: Any) -> str:
    """Write a name in lower case, its words apart: ``InvoiceDate`` is ``invoice_date``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[\s.-]+", "_", str(label)).lower()


def _as_time(column: pd.Series[Any], bonus: float) -> float:
    values = to_arrow(column)
    if pa.types.is_floating(values.type) or pa.types.is_boolean(values.type):
        return 0.0
    times = read_times(column)
    present = len(values) - values.null_count
    readable = 1 - times.unreadable.size / present if present else 0.0
    if times.unit is None:
        kinds = kinds_of_times(times)
        in_unit = sum(kinds.get(unit, 0) for unit in UNITS)
        dates = sum(count for kind, count in kinds.items() if kind.startswith("YYYY"))
        readable = 0.8 * (in_unit + dates) / max(present, 1)
    if readable < _MOST:
        return 0.1 if bonus and is_text(values.type) else 0.0
    return float(readable)


def _as_user(column: pd.Series[Any], bonus: float) -> float:
    values = to_arrow(column)
    kind = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
    if pa.types.is_floating(kind) and not whole(values.drop_null()).all():
        return 0.0
    if not (is_text(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return 0.0
    present = len(values) - values.null_count
    if not present:
        return 0.0
    distinct = len(encode_values(values).distinct) / present
    if not bonus and re.search(r"(^|_)id($|_)", _words(column.name)) is None:
        return 0.0
    return float(0.6 - 0.5 * distinct)  # users come again, orders and events do not


def _as_behavior(column: pd.Series[Any], bonus: float) -> float:  # noqa: ARG001
    values = to_arrow(column)
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if not is_text(values.type):
        return 0.0
    texts = values.drop_null()
    if not len(texts):
        return 0.0
    letters = pc.mean(pc.match_substring_regex(texts, r"\p{L}{2}").cast(pa.float64())).as_py()
    distinct = len(encode_values(texts).distinct)
    return float(0.5 * letters + 0.4 * min(np.log10(distinct + 1) / 4, 1.0))
