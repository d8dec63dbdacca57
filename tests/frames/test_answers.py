"""Answers at a point in time, and what is refused about them."""

from __future__ import annotations

import pandas as pd
import pytest

from nclue_pandas import errors


@pytest.fixture
def log():
    return pd.DataFrame(
        {
            "user": ["a", "a", "b", "c", "a"],
            "ts": pd.to_datetime(
                ["2026-01-01", "2026-01-11", "2026-01-02", "2026-01-12", "2026-01-21"]
            ),
            "good": [False, True, False, True, True],
        }
    )


COLUMNS = {"user": "user", "time": "ts", "cutoff": "2026-01-10"}


def labels(frame):
    return dict(zip(frame["user_id"], frame["label"], strict=True))


def test_only_the_horizon_makes_labels_and_only_the_past_users(log):
    made = log.nclue.to_answers(**COLUMNS, horizon="10D", positive="good")
    assert labels(made) == {"a": 1, "b": 0}


def test_without_a_question_any_event_counts(log):
    assert labels(log.nclue.to_answers(**COLUMNS, horizon="10D")) == {"a": 1, "b": 0}


def test_a_horizon_beyond_the_log_is_an_error_unless_it_was_observed(log):
    with pytest.raises(errors.InvalidDataError, match="observed_until") as caught:
        log.nclue.to_answers(**COLUMNS, horizon="30D", positive="good")
    assert "2026-01-21" in str(caught.value)
    made = log.nclue.to_answers(
        **COLUMNS, horizon="30D", positive="good", observed_until="2026-03-01"
    )
    assert labels(made) == {"a": 1, "b": 0}
    with pytest.raises(errors.InvalidDataError):
        log.nclue.to_answers(**COLUMNS, horizon="30D", positive="good", observed_until="2026-02-01")


def test_null_in_positive_is_an_error_with_rows(log):
    positive = log["good"].astype("boolean")
    positive.iloc[1] = pd.NA
    with pytest.raises(errors.InvalidDataError, match="(?i)null") as caught:
        log.nclue.to_answers(**COLUMNS, horizon="10D", positive=positive)
    assert caught.value.problems[0].rows == (1,)


def test_time_zones_must_agree_or_be_given(log):
    aware = log.assign(ts=log["ts"].dt.tz_localize("Asia/Seoul"))
    options = {"horizon": "10D", "positive": "good"}
    with pytest.raises(errors.NclueError, match="(?i)time zone"):
        aware.nclue.to_answers(**COLUMNS, **options)
    given = aware.nclue.to_answers(**COLUMNS, **options, timezone="Asia/Seoul")
    assert labels(given) == {"a": 1, "b": 0}
    cutoff = pd.Timestamp("2026-01-10", tz="Asia/Seoul")
    same = aware.nclue.to_answers(user="user", time="ts", cutoff=cutoff, **options)
    pd.testing.assert_frame_equal(same, given)
    with pytest.raises(errors.NclueError, match="(?i)time zone"):
        log.nclue.to_answers(user="user", time="ts", cutoff=cutoff, **options)


def test_labels_that_are_there():
    frame = pd.DataFrame({"id": ["a", "b", "c", "d"], "churned": [True, False, True, False]})
    assert labels(frame.nclue.to_answers(user="id", label="churned")) == {
        "a": 1, "b": 0, "c": 1, "d": 0,
    }  # fmt: skip
    texts = frame.assign(churned=["1", "0", "1", "0"])
    assert labels(texts.nclue.to_answers(user="id", label="churned"))["a"] == 1
    wrong = frame.assign(churned=[1, 0, 2, None])
    with pytest.raises(errors.InvalidDataError) as caught:
        wrong.nclue.to_answers(user="id", label="churned")
    assert {row for problem in caught.value.problems for row in problem.rows} == {2, 3}
    twice = pd.concat([frame, frame])
    with pytest.raises(errors.InvalidDataError, match="(?i)more than once|duplicate|repeat"):
        twice.nclue.to_answers(user="id", label="churned")


def test_options_that_do_not_fit(log):
    for message, options in {
        "missing: horizon=": {},
        "no column 'god'": {"horizon": "10D", "positive": "god"},
        "horizon='-1D'": {"horizon": "-1D"},
        "horizon='soon'": {"horizon": "soon"},
        "neither true nor false": {"horizon": "10D", "positive": log["user"]},
    }.items():
        with pytest.raises(errors.NclueError, match=message):
            log.nclue.to_answers(**COLUMNS, **options)
    answers = log.nclue.to_answers(**COLUMNS, horizon="10D")
    with pytest.raises(errors.NclueError, match=r"test=1\.5"):
        answers.nclue.split(test=1.5)
