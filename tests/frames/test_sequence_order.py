"""What comes first in a sequence, what is cut from it, and what is outside its window."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.frames.reports import NclueDataWarning
from nclue_pandas.kernels import group_join
from nclue_pandas.kernels.hash import canonical_order

COLUMNS = {"user": "user", "time": "ts", "behavior": "what"}


def texts(events, **options):
    return events.nclue.to_sequences(**COLUMNS, **options)["sequence"].tolist()


def days(count):
    moments = pd.date_range("2026-01-01", periods=count)
    return pd.DataFrame({"user": "a", "ts": moments, "what": list("xyz")[:count]})


def test_time_comes_before_the_tie_break_and_nulls_of_it_last():
    events = pd.DataFrame(
        {"user": "a", "ts": [2, 1, 1, 1], "what": list("xyzw"), "order": [0, 3, 2, None]}
    )
    assert texts(events, tie_break="order") == ["z->y->w->x"]


def test_times_too_far_apart_for_one_key_keep_ties_in_the_order_of_texts():
    rng = np.random.default_rng(0)
    events = pd.DataFrame(
        {
            "user": rng.integers(0, 300, 4_000),
            "ts": rng.choice([-(2**62), 0, 1, 2**62], 4_000),
            "what": [f"x{number}" for number in range(4_000)],
        }
    )
    with pytest.warns(NclueDataWarning, match="nothing but their texts orders them"):
        made = events.nclue.to_sequences(**COLUMNS, max_tokens=None)
    ordered = events.sort_values(["ts", "what"]).astype({"user": str})
    wanted = ordered.groupby("user")["what"].agg("->".join)
    assert dict(zip(made["user_id"], made["sequence"], strict=True)) == wanted.to_dict()


def test_a_log_of_several_slices(monkeypatch):
    rng = np.random.default_rng(3)
    events = pd.DataFrame(
        {
            "user": rng.integers(0, 90, 5_000),
            "ts": rng.integers(0, 50, 5_000),
            "what": rng.choice(["tea", "jam"], 5_000),
        }
    )
    with pytest.warns(NclueDataWarning, match="exact repeats"):
        whole = events.nclue.to_sequences(**COLUMNS)
    monkeypatch.setattr(group_join, "_SPLIT_ROWS", 700)
    warnings.simplefilter("ignore", NclueDataWarning)
    pd.testing.assert_frame_equal(events.nclue.to_sequences(**COLUMNS), whole)


def test_equal_hashes_are_ordered_by_the_bytes_of_the_id():
    hashes = np.array([5, 5, 1, 5], dtype=np.uint64)
    assert canonical_order(pa.array(["b", "a", "c", "가"]), hashes).tolist() == [2, 1, 0, 3]


def test_a_single_behavior_over_the_budget_stays_and_is_told():
    events = pd.DataFrame(
        {"user": ["a", "a", "b"], "ts": [1, 2, 1], "what": ["old", "x" * 30, "tea"]}
    )
    with pytest.warns(NclueDataWarning, match="1 users have a single behavior of more than 5"):
        made = events.nclue.to_sequences(**COLUMNS, max_tokens=5)
    assert set(made["sequence"]) == {"x" * 30, "tea"}
    report = nclue.report(made)
    assert (report.users_over_budget, report.users_cut, report.events_cut) == (1, 1, 1)


def test_a_behavior_of_exactly_the_budget_is_not_over_it():
    events = pd.DataFrame({"user": "a", "ts": [1], "what": ["x" * 15]})
    made = events.nclue.to_sequences(**COLUMNS, max_tokens=5)
    assert nclue.report(made).users_over_budget == 0


def test_since_and_until_together():
    assert texts(days(3), since="2026-01-02") == ["y->z"]
    assert texts(days(3), since="2026-01-02", until="2026-01-03") == ["y"]
    with pytest.raises(errors.ConfigurationError, match="is not before until"):
        texts(days(3), since="2026-01-02", until="2026-01-02")


def test_a_bound_within_a_unit_of_the_column():
    moments = pd.to_datetime(["2026-01-01 00:00:00", "2026-01-01 00:00:01"]).as_unit("s")
    events = days(2).assign(ts=moments)
    assert texts(events, until="2026-01-01 00:00:00.5") == ["x"]
    assert texts(events, since="2026-01-01 00:00:00.5") == ["y"]
