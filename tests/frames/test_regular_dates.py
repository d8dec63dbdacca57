"""Dates that Arrow reads are those that pandas reads."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nclue_pandas.frames import times
from nclue_pandas.frames.times import read_times

pytestmark = pytest.mark.property

CLOCK = st.sampled_from(
    ["", "T", " ", " 1", " 10", "T23:59", " 24:00", " 10:00:60", " 1000", " 10:0", "T10:00:01"]
)
END = st.sampled_from(["", ".", ".5", ".123456", ".1234567", "Z", "+09:00", " ", "\u0661"])
DAY = st.dates().map(str) | st.sampled_from(["2020-02-30", "20200229", "2020-1-1", "2020", "now"])
TEXT = st.builds("".join, st.tuples(DAY, CLOCK, END)) | st.sampled_from(["1700000000", "", "x"])


def read(texts):
    column = pd.Series(
        pd.arrays.ArrowExtensionArray(pa.chunked_array([pa.array(texts, pa.string())]))
    )
    try:
        return read_times(column)
    except times.InvalidDataError as error:
        return error


@settings(max_examples=200)
@given(st.lists(TEXT | st.none(), max_size=3) | TEXT.map(lambda text: [text]))
@example(["2020-01-01 10:00:01", None, "2199-12-31"])
@example(["1677-01-01", "2263-01-01 00:00:00.5"])
def test_dates_read_by_arrow_are_those_of_pandas(texts):
    found = read(texts)
    slow, times._regular_dates = times._regular_dates, lambda _: None
    try:
        expected = read(texts)
    finally:
        times._regular_dates = slow
    if isinstance(expected, Exception):
        assert str(found) == str(expected)
        return
    assert found.ticks.tolist() == expected.ticks.tolist()
    assert (found.unit, found.aware) == (expected.unit, expected.aware)
    assert found.unreadable.tolist() == expected.unreadable.tolist()
    assert found.examples == expected.examples
