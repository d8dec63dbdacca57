"""Snapshots of users against the verbs of one cutoff, and ids that can be taken apart."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nclue_pandas as nclue
from nclue_pandas.frames.ids import encode_ids, id_faults, personal_ids
from nclue_pandas.frames.snapshot_ids import ending_of, users_of

pytestmark = [
    pytest.mark.property,
    pytest.mark.filterwarnings("ignore::nclue_pandas.NclueDataWarning"),
]

START = pd.Timestamp("2026-01-01")
LOGS = st.lists(
    st.tuples(st.sampled_from(["7", "u-1", "7at2026m01d05", "가"]), st.integers(0, 30)),
    min_size=1,
    max_size=30,
)
CUTOFFS = st.lists(st.integers(1, 25), min_size=1, max_size=4, unique=True)
IDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=60)
MOMENTS = st.one_of(
    st.datetimes().map(lambda moment: str(moment.replace(microsecond=0))),
    st.datetimes().map(lambda moment: f"{moment.replace(microsecond=0)} UTC"),
    st.integers(-(2**62), 2**62).map(str),
)


@given(events=LOGS, cutoffs=CUTOFFS, horizon=st.integers(1, 9), gap=st.integers(0, 5))
def test_snapshots_are_what_the_verbs_make_at_each_cutoff(events, cutoffs, horizon, gap):
    log = pd.DataFrame(events, columns=["user", "day"])
    log = log.assign(ts=START + pd.to_timedelta(log["day"], unit="D"))
    # Each event says when it was: one of the future in a sequence would be seen.
    log = log.assign(item=[f"day {day}" for day in log["day"]])
    columns = {"user": "user", "time": "ts"}
    question = {"horizon": f"{horizon}D", "gap": f"{gap}D", "observed_until": "2099-01-01"}
    moments = [START + pd.Timedelta(days=day) for day in cutoffs]
    sequences, answers = nclue.to_snapshots(
        log, cutoffs=moments, behavior="item", **columns, **question
    )
    assert sequences["user_id"].tolist() == answers["user_id"].tolist()
    assert answers["user_id"].is_unique
    both = nclue.from_snapshots(sequences.merge(answers, on="user_id"))
    assert set(both["cutoff"]) <= set(moments)
    for moment in moments:
        one = both[both["cutoff"] == moment]
        texts = nclue.to_sequences(log, behavior="item", until=moment, **columns)
        labels = nclue.to_answers(log, cutoff=moment, **columns, **question)
        expected = texts.merge(labels, on="user_id")
        assert one[["user", "sequence", "label"]].to_numpy().tolist() == (
            expected.to_numpy().tolist()
        )
        last = (moment - START).days
        for sequence in one["sequence"]:
            assert all(int(item.removeprefix("day ")) < last for item in sequence.split("->"))


@given(events=LOGS, cutoffs=CUTOFFS, seed=st.integers(0, 99), test=st.floats(0.1, 0.9))
def test_a_user_is_on_one_side_and_on_that_of_every_other_split(events, cutoffs, seed, test):
    log = pd.DataFrame(events, columns=["user", "day"]).assign(item="tea")
    options = {"horizon": 3, "observed_until": 99, "user": "user", "time": "day"}
    _, answers = nclue.to_snapshots(log, cutoffs=cutoffs, behavior="item", **options)
    sides = [
        set(nclue.from_snapshots(part)["user"]) if len(part) else set()
        for part in nclue.split(answers, test=test, seed=seed)
    ]
    assert not sides[0] & sides[1]
    if log["user"].str.contains("m01d05").any():  # an id that looks like a snapshot of another
        return
    users = answers.assign(user_id=users_of(pa.array(answers["user_id"]))).drop_duplicates(
        "user_id"
    )
    for side, part in zip(sides, nclue.split(users, test=test, seed=seed), strict=True):
        assert set(part["user_id"]) == side


@given(ids=st.lists(IDS, min_size=1, max_size=5, unique=True), moment=MOMENTS)
def test_ids_stay_valid_and_are_taken_apart_again(ids, moment):
    plain = pd.Series(ids, dtype=pd.ArrowDtype(pa.string()))
    whole = plain + ending_of(moment)
    assert users_of(pa.array(whole)).to_pylist() == ids
    found = nclue.from_snapshots(pd.DataFrame({"user_id": whole}))
    assert found["user"].tolist() == ids
    kind = found["cutoff"].dtype.pyarrow_dtype
    text = str(found["cutoff"].iloc[0]).replace("+00:00", " UTC")
    assert text == moment
    assert pa.types.is_integer(kind) == moment.lstrip("-").isdigit()
    before, after = encode_ids(plain), encode_ids(whole)
    for faults in (id_faults, personal_ids):
        rows = [np.concatenate([f.rows for f in faults(each)] or [[]]) for each in (before, after)]
        assert set(rows[1]) <= set(rows[0])


def test_personal_data_is_not_made_of_an_id_and_a_cutoff():
    """Ids that end, or nearly end, like a passport, a card or a telephone number."""
    ids = ["M123", "m1234", "M123A", "010", "0101234", "900101", "4111111111111111"[:12], "a@b.co"]
    for moment in ("2011-09-01 00:00:00", "2011-09-01 12:30:45 UTC", "45671234", "1314835200"):
        for text in ids[:-1]:
            whole = encode_ids(pd.Series([text + ending_of(moment)]))
            assert not any(fault.rows.size for fault in personal_ids(whole))


def test_the_future_reaches_no_sequence():
    """A marker at the very cutoff, and one long after it."""
    log = pd.DataFrame(
        {
            "user": ["a", "b"] * 40,
            "ts": pd.date_range("2026-01-01", periods=80, freq="D"),
            "item": [f"item {number}" for number in range(80)],
        }
    )
    cutoffs = ["2026-02-01", "2026-02-15"]
    for moment in (*cutoffs, "2026-03-10"):
        marker = pd.DataFrame({"user": ["a"], "ts": pd.Timestamp(moment), "item": "MARKER"})
        sequences, _ = nclue.to_snapshots(
            pd.concat([log, marker]),
            cutoffs=cutoffs,
            horizon="10D",
            user="user",
            time="ts",
            behavior="item",
        )
        marked = nclue.from_snapshots(sequences[sequences["sequence"].str.contains("MARKER")])
        assert (marked["cutoff"] > pd.Timestamp(moment)).all()
        assert len(marked) == sum(pd.Timestamp(moment) < pd.Timestamp(each) for each in cutoffs)


def test_times_with_a_zone_give_cutoffs_in_utc():
    log = pd.DataFrame(
        {
            "user": ["a", "b"],
            "ts": pd.to_datetime(["2026-01-01", "2026-03-01"]).tz_localize("Asia/Seoul"),
            "item": "tea",
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nclue.NclueDataWarning)
        _, answers = nclue.to_snapshots(
            log,
            cutoffs=["2026-01-02"],
            horizon="9D",
            user="user",
            time="ts",
            behavior="item",
            timezone="Asia/Seoul",
        )
    assert answers["user_id"].tolist() == ["aat2026m01d01h15m00s00utc"]
    found = nclue.from_snapshots(answers)
    assert found["cutoff"].tolist() == [pd.Timestamp("2026-01-02", tz="Asia/Seoul")]
