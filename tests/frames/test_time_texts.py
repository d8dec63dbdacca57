"""Times that are texts: numbers and dates among them, in a whole log and in a part of one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nclue_pandas import errors
from nclue_pandas.frames.times import (
    NOT_A_TIME,
    TimeTexts,
    kind_of_times,
    look_at_times,
    read_times,
)

TEXTS = st.sampled_from(
    [
        *("2026-01-01", "2026-01-01 12:30", "20260301", "2026", "now", "n/a", "", None, "0"),
        *("1700000000", "1700000000.0", "1.7e+09", " 12 ", "-5", "1.5", "99999999999999999999"),
    ]
)


@pytest.mark.parametrize("kind", [object, "category", "string[pyarrow]"])
@pytest.mark.parametrize(
    ("texts", "ticks"),
    [
        (["1700000000", "1700000000.0", "1.7e+09"], [1_700_000_000] * 3),
        (["5", " 12", "+7", "-3"], [5, 12, 7, -3]),
        (["1700000000000000001", None], [1_700_000_000_000_000_001, NOT_A_TIME]),
        (["2026", "5", "n/a"], [2026, 5, NOT_A_TIME]),
    ],
)
def test_texts_of_whole_numbers_are_plain_numbers(texts, ticks, kind):
    times = read_times(pd.Series(texts, dtype=kind))
    assert (times.unit, times.ticks.tolist()) == (None, ticks)
    wrong = [at for at, text in enumerate(texts) if text == "n/a"]
    assert times.unreadable.tolist() == wrong


@pytest.mark.parametrize("texts", [["20260301", "2026"], ["20260301", None], ["2026"]])
def test_digits_of_iso_8601_alone_are_dates(texts):
    times = read_times(pd.Series(texts))
    assert times.unit is not None
    assert not times.unreadable.size


@pytest.mark.parametrize("other", ["1700000000", "0", "1.7e9"])
@pytest.mark.parametrize("date", ["2026-01-01", "2026-01-01T00:00Z"])
def test_a_number_among_dates_is_unreadable(date, other):
    assert read_times(pd.Series([date, other])).unreadable.tolist() == [1]


def exact(times):
    """Return nanoseconds (or plain numbers) of any size."""
    return times.ticks.astype(object) * times.step


@given(st.lists(TEXTS, max_size=8), st.integers(0, 8))
def test_parts_read_as_the_whole(texts, at):
    column = pd.Series(texts, dtype=pd.ArrowDtype(pa.string()))
    whole = read_times(column)
    parts = [column.iloc[:at], column.iloc[at:]]
    found = [TimeTexts.of(pa.array(part, pa.string())).found for part in parts]
    kind = kind_of_times(frozenset().union(*found))
    read = [look_at_times(part, kind=kind) for part in parts]
    missing = whole.ticks == NOT_A_TIME
    assert np.concatenate([exact(times) for times in read])[~missing].tolist() == (
        exact(whole)[~missing].tolist()
    )
    assert {times.unit is None for times in read} == {whole.unit is None}
    wrong = np.concatenate([read[0].unreadable, read[1].unreadable + len(parts[0])])
    assert wrong.tolist() == whole.unreadable.tolist()


def test_zones_are_refused_in_the_whole():
    with pytest.raises(errors.InvalidDataError, match=r"1 rows have none \(row positions 1\)"):
        read_times(pd.Series(["2026-01-01T00:00Z", "2026-01-01", "5"]))
