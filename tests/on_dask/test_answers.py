"""Answers of partitions that see only a part of the time."""

from __future__ import annotations

import dask.dataframe as dd
import pandas as pd

import nclue_pandas.dask  # noqa: F401 - registers ddf.nclue


def test_partitions_whose_events_end_before_the_horizon(told):
    events = pd.DataFrame(
        {
            "customer": [*(f"u{number}" for number in range(40)), "last"],
            "ts": pd.to_datetime(["2026-01-05"] * 40 + ["2026-06-01"]),
            "item": "tea",
        }
    )
    options = {"user": "customer", "time": "ts", "cutoff": "2026-03-01", "horizon": "20D"}
    many = dd.from_pandas(events, npartitions=4, sort=False)
    made, said_on_dask = told(lambda: many.nclue.to_answers(**options))
    expected, said = told(lambda: events.nclue.to_answers(**options))
    assert said_on_dask == said
    assert len(said) == 1
    pd.testing.assert_frame_equal(made.compute().reset_index(drop=True), expected)
