"""Answers of partitions that see only a part of the time."""

from __future__ import annotations

import dask.dataframe as dd
import pandas as pd

import nclue_pandas.dask  # noqa: F401 - registers ddf.nclue


def test_partitions_whose_events_end_before_the_horizon():
    events = pd.DataFrame(
        {
            "customer": [*(f"u{number}" for number in range(40)), "last"],
            "ts": pd.to_datetime(["2026-01-05"] * 40 + ["2026-06-01"]),
            "item": "tea",
        }
    )
    options = {"user": "customer", "time": "ts", "cutoff": "2026-03-01", "horizon": "20D"}
    made = dd.from_pandas(events, npartitions=4, sort=False).nclue.to_answers(**options)
    expected = events.nclue.to_answers(**options)
    pd.testing.assert_frame_equal(made.compute().reset_index(drop=True), expected)
