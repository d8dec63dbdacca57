"""Which rows of a log make users and labels, and which ids are looked at."""

from __future__ import annotations

import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.frames.reports import NclueDataWarning

# These logs are too small to be of both labels, or to have no ties.
pytestmark = pytest.mark.filterwarnings("ignore::nclue_pandas.NclueDataWarning")
SPAN = {"user": "user", "time": "ts", "cutoff": "2026-01-10", "horizon": "10D"}


def labels(frame):
    return dict(zip(frame["user_id"], frame["label"], strict=True))


def log(users, days):
    moments = pd.to_datetime([f"2026-01-{day:02d}" for day in days])
    return pd.DataFrame({"user": pd.Series(users, dtype=object), "ts": moments})


def test_ids_that_are_personal_data_make_no_answers():
    with pytest.raises(errors.PersonalDataError, match="pseudonymize"):
        log(["010-1234-5678", "b"], [1, 25]).nclue.to_answers(**SPAN)
    assert labels(log(["b", "010-1234-5678"], [1, 25]).nclue.to_answers(**SPAN)) == {"b": 0}


def test_a_bad_id_after_the_horizon_does_no_harm():
    assert labels(log(["b", None], [1, 25]).nclue.to_answers(**SPAN)) == {"b": 0}
    with pytest.raises(errors.InvalidDataError, match="null"):
        log(["b", None, "b"], [1, 12, 25]).nclue.to_answers(**SPAN)


def test_dropped_rows_make_neither_users_nor_labels():
    events = log(["b", " ", "b", "x" * 101, "b"], [1, 2, 3, 12, 25])
    with pytest.warns(NclueDataWarning, match="2 of 5"):
        made = events.nclue.to_answers(**SPAN, on_invalid="drop")
    assert labels(made) == {"b": 0}


def test_users_that_come_after_the_cutoff_are_counted():
    made = log(["a", "a", "b", "z"], [1, 12, 13, 25]).nclue.to_answers(**SPAN)
    assert nclue.report(made).users_after_cutoff == 1


def test_a_cutoff_with_a_zone_is_read_in_the_zone_of_a_log_without():
    moments = pd.to_datetime(["2026-01-01T00", "2026-01-01T05", "2026-01-03T00"])
    events = pd.DataFrame({"user": ["a", "b", "c"], "ts": moments})
    span = SPAN | {"cutoff": "2026-01-01T01:00Z", "horizon": "1D"}
    made = events.nclue.to_answers(**span, timezone="Asia/Seoul")
    assert labels(made) == {"a": 0, "b": 0}
    assert nclue.report(made).cutoff == "2026-01-01 10:00:00"


def test_the_split_is_the_one_that_it_always_was():
    answers = pd.DataFrame({"user_id": [f"u{number}" for number in range(10)], "label": [0, 1] * 5})
    held_out = [set(nclue.split(answers, test=0.3, seed=seed)[1]["user_id"]) for seed in (0, 1)]
    assert held_out[0] == {"u3", "u4", "u6"}
    assert held_out[1] != held_out[0]


def test_a_larger_share_keeps_the_test_users_of_a_smaller_one():
    answers = pd.DataFrame({"user_id": range(1_000), "label": [0, 1] * 500})
    small, large = (set(nclue.split(answers, test=t, seed=3)[1]["user_id"]) for t in (0.2, 0.5))
    assert small < large
