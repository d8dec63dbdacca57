"""baselines: free scores of the past, against plain pandas, and blind to the future."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

import nclue_pandas as nclue
from nclue_pandas import errors

CUTOFF = pd.Timestamp("2026-01-05")
COLUMNS = {"user": "who", "time": "ts", "cutoff": CUTOFF}


def log_of(rows):
    """A log of (user, hours after 2026-01-01, whether positive)."""
    who, hours, hit = zip(*rows, strict=True) if rows else ((), (), ())
    times = pd.Timestamp("2026-01-01") + pd.to_timedelta(np.array(hours, dtype=int), unit="h")
    return pd.DataFrame({"who": np.array(who, dtype=int), "ts": times, "hit": np.array(hit, bool)})


def slow(log):
    """The same scores, a user at a time."""
    rows = {}
    for who, events in log[log["ts"] < CUTOFF].groupby("who"):
        rows[str(who)] = {
            "recency": -(CUTOFF - events["ts"].max()) / pd.Timedelta("1D"),
            "frequency": len(events),
            "active_days": events["ts"].dt.date.nunique(),
            "positive_count": int(events["hit"].sum()),
            "positive_rate": float(events["hit"].mean()),
        }
    return rows


EVENTS = st.tuples(st.integers(1, 5), st.integers(0, 200), st.booleans())


@given(st.lists(EVENTS, min_size=1, max_size=30))
def test_each_score_is_that_of_a_loop_over_the_users(rows):
    log = log_of(rows)
    if not (log["ts"] < CUTOFF).any():
        with pytest.warns(nclue.NclueDataWarning, match="no user|No user"):
            assert log.nclue.baselines(**COLUMNS).empty
        return
    found = log.nclue.baselines(**COLUMNS, positive="hit")
    expected = slow(log)
    assert set(found["user_id"]) == set(expected)
    for row in found.to_dict("records"):
        assert row == pytest.approx(expected[row["user_id"]] | {"user_id": row["user_id"]})


@given(st.lists(EVENTS, min_size=1, max_size=20), st.randoms())
def test_no_event_of_the_future_and_no_order_of_rows_changes_anything(rows, chance):
    log = log_of([(1, 0, True), *rows])
    found = log.nclue.baselines(**COLUMNS, positive="hit")
    markers = log_of([(user, 97 + user, True) for user in range(8)])
    planted = pd.concat([log, markers], ignore_index=True)
    order = list(range(len(planted)))
    chance.shuffle(order)
    again = planted.iloc[order].nclue.baselines(**COLUMNS, positive="hit")
    pd.testing.assert_frame_equal(again, found)
    assert nclue.report(again).rows_after == nclue.report(found).rows_after + 8


def test_types_and_order_are_those_of_the_other_frames():
    log = log_of([(1, 0, True), (2, 5, False), (1, 96, True), (3, 99, True)])
    found = log.nclue.baselines(**COLUMNS, positive="hit")
    assert [str(kind) for kind in found.dtypes] == [
        *("string[pyarrow]", "double[pyarrow]", "int64[pyarrow]"),
        *("int64[pyarrow]", "int64[pyarrow]", "double[pyarrow]"),
    ]
    answers = log.nclue.to_answers(**COLUMNS, horizon="2h", observed_until="2027-01-01")
    assert found["user_id"].tolist() == answers["user_id"].tolist()
    assert log.nclue.baselines(**COLUMNS).columns.tolist() == [
        *("user_id", "recency", "frequency", "active_days"),
    ]


def test_days_begin_in_the_zone_of_the_log():
    """23:30 and 00:30 in Seoul are two days there, and one in UTC."""
    times = pd.to_datetime(["2026-01-01 23:30", "2026-01-02 00:30"])
    seoul = times.tz_localize("Asia/Seoul")
    options = {"user": "who", "time": "ts", "cutoff": pd.Timestamp("2026-02-01", tz="UTC")}
    for column, zone, days in [
        (seoul, None, 2),
        (seoul.tz_convert("UTC"), None, 1),
        (seoul.tz_convert("UTC"), "Asia/Seoul", 2),
        (pd.Series(seoul).astype("timestamp[us, tz=Asia/Seoul][pyarrow]"), None, 2),
    ]:
        log = pd.DataFrame({"who": 1, "ts": column})
        found = log.nclue.baselines(**options, timezone=zone)
        assert found["active_days"].tolist() == [days]


def test_plain_numbers_have_no_days():
    log = pd.DataFrame({"who": ["a", "a", "a"], "ts": [3, 3, 7]})
    found = log.nclue.baselines(user="who", time="ts", cutoff=10)
    assert found.iloc[0].tolist() == ["a", -3.0, 3, 2]


def test_nanoseconds_are_told_apart():
    times = pd.Timestamp("2026-01-01") + pd.to_timedelta(range(50), unit="ns")
    log = pd.DataFrame({"who": range(50), "ts": times})
    assert log.nclue.baselines(**COLUMNS)["recency"].nunique() == 50


def test_what_is_wrong_is_told_of_the_past_alone():
    log = log_of([(1, 0, True), (2, 5, False), (3, 99, True)]).astype(
        {"hit": object, "who": object}
    )
    log.loc[2, ["who", "hit"]] = None
    assert len(log.nclue.baselines(**COLUMNS, positive="hit")) == 2
    log.loc[0, "who"] = None
    with pytest.raises(errors.InvalidDataError, match="null_id"):
        log.nclue.baselines(**COLUMNS)
    with pytest.warns(nclue.NclueDataWarning, match="null_id 1"):
        assert len(log.nclue.baselines(**COLUMNS, on_invalid="drop")) == 1
    log.loc[1, "hit"] = None
    with pytest.raises(errors.InvalidDataError, match="null_positive"):
        log.nclue.baselines(**COLUMNS, positive="hit", on_invalid="drop")


@pytest.mark.parametrize(
    ("options", "told"),
    [({"cutoff": "soon"}, "cutoff="), ({"on_invalid": "skip"}, "on_invalid=")],
)
def test_an_option_that_cannot_be_used(options, told):
    with pytest.raises(errors.ConfigurationError, match=told):
        log_of([(1, 0, True)]).nclue.baselines(**COLUMNS | options)


@pytest.fixture(scope="module")
def purchases(online_retail):
    log = online_retail.assign(InvoiceDate=pd.to_datetime(online_retail["InvoiceDate"]))
    kept = log["CustomerID"].notna() & (log["Quantity"] > 0)
    return log[kept & ~log["InvoiceNo"].astype(str).str.startswith("C")]


@pytest.mark.retail
@pytest.mark.parametrize(
    ("item", "score", "published"),
    [
        (None, "recency", 0.684),
        (None, "active_days", 0.724),
        ("CHRISTMAS", "recency", 0.643),
        ("CHRISTMAS", "active_days", 0.679),
        ("LUNCH BAG", "positive_count", 0.843),
    ],
)
def test_what_is_free_on_a_real_log(purchases, item, score, published):
    options = {"user": "CustomerID", "time": "InvoiceDate", "cutoff": "2011-09-01"}
    if item is not None:
        options["positive"] = purchases["Description"].str.contains(item, na=False)
    scores = purchases.nclue.baselines(**options)
    answers = purchases.nclue.to_answers(**options, horizon="90D")
    assert scores["user_id"].tolist() == answers["user_id"].tolist()
    assert scores.nclue.evaluate(answers, score=score).auroc == pytest.approx(published, abs=5e-4)
    both = answers["label"].to_numpy(int), scores[score].to_numpy(float)
    assert metrics.roc_auc_score(*both) == pytest.approx(published, abs=5e-4)
