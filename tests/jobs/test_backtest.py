"""backtest: what was known by each cutoff and nothing more, each job once, whatever happens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.frames.folds import Question, point
from nclue_pandas.frames.moments import Calendar
from nclue_pandas.frames.times import read_times

COLUMNS = {"user": "customer", "time": "ts", "behavior": "item"}
CUTOFFS = ["2026-02-10", "2026-03-02"]
KINDS = ("features", "tasks", "runs")


@pytest.fixture(scope="session")
def shop():
    """400 users, half of whom like tea, over 84 days."""
    random = np.random.default_rng(3)
    who = np.repeat(np.arange(400), 15)
    tea = random.random(who.size) < np.where(who % 2, 0.6, 0.1)
    days = random.integers(0, 84, who.size)
    return pd.DataFrame(
        {
            "customer": who,
            "ts": pd.Timestamp("2026-01-01") + pd.to_timedelta(days, unit="D"),
            "item": np.where(tea, "green tea", "coffee"),
        }
    )


def options_of(log, **others):
    asked = {"positive": log["item"] == "green tea", "cutoffs": CUTOFFS, "horizon": "20D"}
    return {**COLUMNS, "name": "tea", **asked, **others}


@pytest.fixture(autouse=True)
def _quick():
    with (
        nclue.option_context(poll_first=0.05, poll_longest=0.2, progress=False),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", "(?s).*user and time of another|.*are the same as")
        yield


@pytest.fixture
def count(client):
    return lambda: [len(getattr(client, f"list_{kind}")()) for kind in KINDS]


def test_the_table_is_that_of_predict_and_evaluate_at_each_cutoff(client, shop, count, sandbox):
    options = options_of(shop, gap="2D", cutoffs=["2026-02-08", "2026-03-01"], horizon="18D")
    plan = shop.nclue.plan_backtest(**options)
    start = len(sandbox.requests)
    found = shop.nclue.backtest(**options)
    assert len(sandbox.requests) - start == plan.requests
    assert plan.jobs["action"].eq("create").all()
    assert plan.jobs["kind"].tolist() == ["Feature"] * 4 + ["Task"] * 2 + ["Run"] * 2
    assert count() == [4, 2, 2]
    start = len(sandbox.requests)
    again = shop.nclue.backtest(**options)
    assert [request.operation for request in sandbox.requests[start:]] == ["list_runs"]
    pd.testing.assert_frame_equal(again.table, found.table)
    pd.testing.assert_frame_equal(again.scores, found.scores)
    for row, cutoff, trained in zip(
        found.table.to_dict("records"),
        ("2026-02-08", "2026-03-01"),
        ("2026-01-19", "2026-02-09"),
        strict=True,
    ):
        columns = {"user": "customer", "time": "ts"}
        asked = {**columns, "positive": options["positive"], "horizon": "18D", "gap": "2D"}
        outcomes = shop.nclue.to_answers(**asked, cutoff=cutoff)
        scores = nclue.predict(
            shop.nclue.to_sequences(**columns, behavior="item", until=trained),
            shop.nclue.to_answers(**asked, cutoff=trained),
            name="by hand",
            score_on=shop.nclue.to_sequences(**columns, behavior="item", until=cutoff),
        )
        by_hand = scores.nclue.evaluate(outcomes)
        free = shop.nclue.baselines(**columns, cutoff=cutoff, positive=options["positive"])
        assert (row["cutoff"], row["train_cutoff"]) == (pd.Timestamp(cutoff), pd.Timestamp(trained))
        assert (row["users"], row["positives"]) == (by_hand.users, by_hand.positives)
        assert (row["auroc"], row["auroc_low"]) == (by_hand.auroc, by_hand.auroc_interval[0])
        assert row["lift"] == by_hand.deciles["lift"].iloc[0]
        for name in ("recency", "positive_rate"):
            assert row[name] == nclue.evaluate(free, outcomes, score=name).auroc
        own = found.scores[found.scores["cutoff"] == pd.Timestamp(cutoff)]
        merged = own.merge(scores, on="user_id").merge(outcomes, on="user_id")
        assert len(merged) == len(own) == len(outcomes)
        assert (merged["score_x"] == merged["score_y"]).all()
        assert (merged["label_x"] == merged["label_y"]).all()


def test_cutoffs_a_horizon_apart_share_features(client, shop, count):
    shop.nclue.backtest(**options_of(shop))
    assert count() == [3, 2, 2]


def job_names(log, cutoff, **others):
    others = {"observed_until": "2027-01-01", **others}
    plan = nclue.plan_backtest(log, **options_of(log, cutoffs=[cutoff], **others))
    return plan.jobs["name"].tolist()


@pytest.mark.filterwarnings("ignore::nclue_pandas.frames.reports.NclueDataWarning")
@pytest.mark.parametrize("others", [{}, {"gap": "5D", "horizon": "15D"}, {"absent": True}])
def test_no_event_of_the_future_reaches_a_cutoff(client, shop, others):
    """Names of jobs hold the content of their files: those to train on, and those to score."""
    cutoff = pd.Timestamp("2026-02-20")
    markers = pd.DataFrame({"customer": range(400), "ts": cutoff, "item": "green tea"})
    known = job_names(shop[shop["ts"] < cutoff], cutoff, **others)
    planted = pd.concat([shop, markers], ignore_index=True)
    assert job_names(planted, cutoff, **others) == known
    late = markers.assign(ts=cutoff - pd.Timedelta("1ns")).astype({"ts": "datetime64[ns]"})
    seen = pd.concat([shop.astype({"ts": "datetime64[ns]"}), late.head(1)], ignore_index=True)
    assert job_names(seen, cutoff, **others) != known


def test_a_marker_after_the_last_cutoff_changes_no_score(client, shop):
    options = options_of(shop, cutoffs=CUTOFFS[:1])
    before = shop.nclue.backtest(**options).scores
    marker = pd.DataFrame({"customer": [1], "ts": pd.Timestamp(CUTOFFS[0]), "item": ["marker"]})
    planted = pd.concat([shop, marker], ignore_index=True)
    after = planted.nclue.backtest(**options_of(planted, cutoffs=CUTOFFS[:1])).scores
    pd.testing.assert_frame_equal(after.drop(columns="label"), before.drop(columns="label"))


ZONES = st.sampled_from([None, "Asia/Seoul", "America/New_York"])
DURATIONS = st.one_of(
    st.integers(1, 400).map(lambda n: pd.Timedelta(n, "h")),
    st.integers(1, 14).map(lambda n: pd.DateOffset(months=n)),
    st.integers(1, 90).map(lambda n: pd.DateOffset(days=n)),
)


@given(
    st.datetimes(pd.Timestamp("2001-01-01"), pd.Timestamp("2030-01-01")),
    *(ZONES, DURATIONS, st.none() | DURATIONS),
)
def test_labels_to_train_on_end_by_the_cutoff(cutoff, zone, horizon, gap):
    column = pd.Series(pd.to_datetime(["2000-01-01"]))
    times = read_times(column if zone is None else column.dt.tz_localize(zone))
    if zone is not None:
        cutoff = pd.Timestamp(cutoff).tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
    calendar = Calendar(times, None)
    at = calendar.moment(cutoff, "cutoffs")
    question = Question("u", "t", "b", [cutoff], horizon, gap, {})
    trained = point(question._trained_at(at, calendar, times), times)
    assert calendar.after(trained, "cutoff", gap=gap, horizon=horizon) <= at
    later = trained + pd.Timedelta("6D")
    assert calendar.after(later, "cutoff", gap=gap, horizon=horizon) > at


def test_plain_numbers_and_zones(client, shop):
    numbers = shop.assign(ts=(shop["ts"] - pd.Timestamp("2026-01-01")).dt.days)
    found = numbers.nclue.backtest(**options_of(numbers, cutoffs=[40, 60], horizon=20))
    assert found.table["cutoff"].tolist() == [40, 60]
    assert found.table["train_cutoff"].tolist() == [20, 40]
    aware = shop.assign(ts=shop["ts"].dt.tz_localize("Asia/Seoul"))
    plan = nclue.plan_backtest(aware, **options_of(aware, timezone="Asia/Seoul"))
    assert plan.jobs["action"].iloc[-1] == "reuse", "the same days have the same sequences"


def test_what_cannot_be_used_is_told_before_anything_is_sent(client, sandbox, shop):
    start = len(sandbox.requests)
    few = shop[shop["customer"] < 150]
    with pytest.raises(errors.InvalidDataError, match=r"cutoff 2026-02-10.*answers.*100") as caught:
        few.nclue.backtest(**options_of(few))
    assert "cutoff 2026-03-02" in str(caught.value)
    problems = few.nclue.plan_backtest(**options_of(few)).problems
    assert {problem.argument.split(",")[0] for problem in problems} == {
        *("cutoff 2026-02-10 00:00:00", "cutoff 2026-03-02 00:00:00"),
    }
    quiet = shop.assign(item=shop["item"].where(shop["ts"] < CUTOFFS[1], "coffee"))
    with (
        pytest.warns(nclue.NclueDataWarning, match="no user|No user"),
        pytest.raises(errors.InvalidDataError, match="same label after the cutoff 2026-03-02"),
    ):
        quiet.nclue.backtest(**options_of(quiet))
    with pytest.raises(errors.InvalidDataError, match="horizon ends at 2026-04-05"):
        shop.nclue.backtest(**options_of(shop, cutoffs=["2026-03-16"]))
    assert {request.method for request in sandbox.requests[start:]} <= {"GET"}
    assert sandbox.objects() == {}


@pytest.mark.parametrize(
    ("others", "error", "told"),
    [
        ({"cutoffs": "2026-02-10"}, errors.ConfigurationError, "in a list"),
        ({"cutoffs": []}, errors.ConfigurationError, "at least one"),
        ({"cutoffs": ["soon"]}, errors.ConfigurationError, "cutoffs='soon'"),
        ({"horizon": "-3D"}, errors.ConfigurationError, "horizon="),
        ({"gap": "later"}, errors.ConfigurationError, "gap="),
        ({"confidence": 95}, errors.ConfigurationError, "confidence="),
        ({"timeout": -1}, errors.ConfigurationError, "timeout="),
        ({"time_zone": "UTC"}, TypeError, "no option time_zone="),
        ({"name": ""}, errors.InvalidDataError, "name"),
    ],
)
def test_options_are_checked_before_the_log_is_read(client, shop, others, error, told):
    nothing = shop.drop(columns="ts")
    with pytest.raises(error, match=told):
        nothing.nclue.backtest(**options_of(shop, **others))


def test_what_is_warned_of_is_warned_of_once(client, shop):
    dirty = shop.astype({"customer": object})
    dirty.loc[:2, "customer"] = None
    with pytest.warns(nclue.NclueDataWarning) as caught:
        dirty.nclue.plan_backtest(**options_of(dirty), on_invalid="drop")
    (dropped,) = [each for each in caught if "dropped" in str(each.message)]
    assert str(dropped.message).count("dropped") == 1
    assert "other cutoffs" in str(dropped.message)
    assert dropped.filename == __file__


def test_ctrl_c_and_a_deadline_say_how_to_go_on(client, sandbox, sleeper, shop, count):
    options = options_of(shop)
    sandbox.configure(job_seconds=300)
    sleeper.also = sandbox.advance
    nclue.options.poll_first, nclue.options.poll_longest = 5, 60
    with pytest.raises(errors.JobTimeout, match=r"same call of backtest\(\) again"):
        shop.nclue.backtest(**options, timeout=100)
    assert count() == [3, 0, 0]
    sleeper.interrupt_at = sleeper.now + 500
    with pytest.raises(KeyboardInterrupt) as interrupt:
        shop.nclue.backtest(**options)
    assert "same call of backtest() again" in " ".join(interrupt.value.__notes__)
    assert count() == [3, 2, 0]
    sleeper.interrupt_at = None
    assert len(shop.nclue.backtest(**options).table) == 2
    assert count() == [3, 2, 2]


def test_a_job_that_failed_in_passing_is_replaced(client, sandbox, shop, count):
    sandbox.inject("OBS_DOWNLOAD_FAILED", operation="create_task")
    with pytest.raises(errors.JobFailed, match="OBS_DOWNLOAD_FAILED"):
        shop.nclue.backtest(**options_of(shop))
    plan = shop.nclue.plan_backtest(**options_of(shop))
    assert sorted(plan.jobs["action"]) == [
        *("create", "create", "replace", "reuse", "reuse", "reuse", "reuse"),
    ]
    start = len(sandbox.requests)
    assert len(shop.nclue.backtest(**options_of(shop)).table) == 2
    assert len(sandbox.requests) - start == plan.requests
    assert count() == [3, 2, 2]


def test_a_backtest_shows_and_draws_itself(client, shop):
    found = shop.nclue.backtest(**options_of(shop))
    shown = repr(found)
    assert "Backtest of 'tea'" in shown
    assert "2026-02-10 " in shown
    assert "00:00:00" not in shown
    assert found.verdict in shown
    plain = found.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["table"][0]["cutoff"] == "2026-02-10 00:00:00"
    as_good = found.table["as_good"].dropna()
    assert found.verdict.startswith(
        f"At {len(as_good)} of 2" if len(as_good) else "At none of 2 cutoffs"
    )
    ax = found.plot(ax=Figure().subplots())
    model = ax.lines[0]
    assert model.get_ydata().tolist() == found.table["auroc"].tolist()
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["model", *found.baselines, "random order"]
    assert nclue.plot_backtest(found, ax=Figure().subplots()).get_ylabel() == "AUROC"


PROGRAM = """
import sys
import pandas as pd
import nclue_pandas as nclue

nclue.options.poll_first, nclue.options.poll_longest, nclue.options.progress = 0.05, 0.2, False
service = nclue.ServiceSettings.from_environment(requests_per_second=None)
client = nclue.connect(bucket="nclue-sandbox", service=service)
log = pd.read_parquet(sys.argv[1])
options = pd.read_pickle(sys.argv[2])
nclue.backtest(log, positive="hit", client=client, **options)
"""


def killed_after(sandbox, requests, log, options, folder):
    """Run a backtest in a process of its own, and kill it when so many requests were sent."""
    log.to_parquet(folder / "log.parquet")
    pd.to_pickle(options, folder / "options.pickle")
    environment = {
        **os.environ,
        "NCLOUD_ACCESS_KEY_ID": sandbox.access_key,
        "NCLOUD_SECRET_ACCESS_KEY": sandbox.secret_key,
        "NCLUE_API_URL": sandbox.api_url,
        "NCLUE_STORAGE_ENDPOINT": sandbox.endpoint,
        "NCLUE_STORAGE_REGION": sandbox.region,
    }
    start = len(sandbox.requests)
    arguments = [sys.executable, "-c", PROGRAM, folder / "log.parquet", folder / "options.pickle"]
    with subprocess.Popen(arguments, env=environment, stderr=subprocess.PIPE) as process:
        while process.poll() is None and len(sandbox.requests) - start < requests:
            time.sleep(0.002)
        process.kill()
        told = process.stderr.read().decode()
    assert process.returncode in {0, -9}, told
    return len(sandbox.requests) - start


def check_killed(sandbox, client, log, options, moments, tmp_path, count):
    """After each kill the same call gives the same table, and each job is there once."""
    expected = nclue.backtest(log, positive="hit", **options)
    made = count()
    for moment in moments:
        sandbox.reset()
        sent = killed_after(sandbox, moment, log, options, tmp_path)
        assert sent >= moment
        again = nclue.backtest(log, positive="hit", **options)
        pd.testing.assert_frame_equal(again.table, expected.table)
        by_user = ["cutoff", "user_id"]
        pd.testing.assert_frame_equal(
            again.scores.sort_values(by_user, ignore_index=True),
            expected.scores.sort_values(by_user, ignore_index=True),
        )
        assert count() == made
        assert sandbox.storage.uploads(sandbox.bucket) == 0
    return expected


def test_killed_and_run_again(client, sandbox, shop, tmp_path, count):
    log = shop.assign(hit=shop["item"] == "green tea")
    options = options_of(log)
    del options["positive"]
    check_killed(sandbox, client, log, options, [9], tmp_path, count)
    assert count() == [3, 2, 2]


@pytest.mark.retail
@pytest.mark.slow
@pytest.mark.timeout(3_600)
@pytest.mark.filterwarnings("ignore::nclue_pandas.frames.reports.NclueDataWarning")
def test_a_real_log_killed_at_ten_moments(client, sandbox, online_retail, tmp_path, count):
    """Lunch bags of a gift shop: four cutoffs a month apart."""
    kept = online_retail["CustomerID"].notna() & (online_retail["Quantity"] > 0)
    kept &= ~online_retail["InvoiceNo"].astype(str).str.startswith("C")
    log = online_retail.loc[kept, ["CustomerID", "InvoiceDate", "Description"]]
    log = log.assign(hit=log["Description"].str.contains("LUNCH BAG", na=False))
    options = {
        "user": "CustomerID",
        "time": "InvoiceDate",
        "behavior": "Description",
        "name": "bags",
        "horizon": pd.DateOffset(months=1),
        "on_invalid": "drop",
        "cutoffs": ["2011-07-01", "2011-08-01", "2011-09-01", "2011-10-01"],
    }
    found = nclue.backtest(log, positive="hit", **options)
    print(f"\n{found}")
    assert found.table["users"].tolist() == [2_960, 3_148, 3_317, 3_616]
    assert found.table["positives"].tolist() == [234, 235, 245, 217]
    assert (found.table["auroc"] > 0.85).all()
    assert count() == [5, 4, 4]
    sandbox.reset()
    # One row of each receipt with and without a bag: the same question, in a tenth of the rows.
    log = log.drop_duplicates(["CustomerID", "InvoiceDate", "hit"])
    moments = [1, 3, 4, 6, 8, 9, 11, 13, 15, 18]
    again = check_killed(sandbox, client, log, options, moments, tmp_path, count)
    assert count() == [5, 4, 4]
    for name in ("users", "positives", "train_users", "train_positives"):
        assert again.table[name].tolist() == found.table[name].tolist()
    cutoff = pd.Timestamp(options["cutoffs"][-1])
    past = log[pd.to_datetime(log["InvoiceDate"]) < cutoff]
    options = {**options, "observed_until": "2012-01-01", "positive": "hit"}
    plans = [nclue.plan_backtest(each, **options).jobs for each in (past, log)]
    assert plans[0]["name"].tolist() == plans[1]["name"].tolist()
    assert set(plans[0]["action"]) == {"not needed", "reuse"}
