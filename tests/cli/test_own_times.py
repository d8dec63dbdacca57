"""Times of one's own log on the command line: numbers, units and formats."""

from __future__ import annotations

import pandas as pd
import pytest

from nclue_pandas.cli.demo import as_options
from nclue_pandas.cli.question import as_numbers, convert_times
from nclue_pandas.errors import InvalidDataError
from nclue_pandas.frames.times import read_times

MOMENT = pd.Timestamp("2023-11-14 22:13:20")


@pytest.mark.parametrize(("unit", "scale"), [("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)])
@pytest.mark.parametrize("write", [int, str, float, "{}.0".format])
def test_numbers_of_a_unit_are_moments(unit, scale, write):
    if write is float and unit == "ns":
        pytest.skip("a float holds no such number")
    times = convert_times(pd.Series([write(1_700_000_000 * scale)]), unit, None)
    assert pd.Timestamp(times[0]) == MOMENT


def test_times_in_a_form_of_their_own():
    for texts in (["14/11/2023 22:13:20"], pd.array(["14/11/2023 22:13:20"], "category")):
        times = convert_times(pd.Series(texts), None, "%d/%m/%Y %H:%M:%S")
        assert pd.Timestamp(times[0]) == MOMENT
    assert convert_times(pd.Series([20231114]), None, "%Y%m%d")[0] == MOMENT.normalize()
    kept = convert_times(pd.Series(["20231114", "soon", None]), None, "%Y%m%d")
    assert read_times(kept).unreadable.tolist() == [1]
    with pytest.raises(InvalidDataError, match="not both"):
        convert_times(kept, "s", "%Y")
    with pytest.raises(InvalidDataError, match="no whole numbers"):
        convert_times(pd.Series(["2026-01-01"]), "s", None)


def test_bounds_are_numbers_where_times_are():
    bounds = {"cutoff": "1700000000", "horizon": "3600", "observed_until": None}
    wanted = {"cutoff": 1_700_000_000, "horizon": 3600, "observed_until": None}
    for times in ([1_600_000_000], ["1600000000"], [1_600_000_000.0, None]):
        assert as_numbers(pd.Series(times), bounds) == wanted
    assert as_numbers(pd.Series(["2026-01-01"]), bounds) == bounds
    assert as_options("Use pandas.to_datetime(column, unit='s').") == "Use --time-unit 's'."
