"""Warnings of leakage: when sequences reach into the time of the answers, and only then."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas.frames.cross_checks import Known, last_event, warn_of_leakage
from nclue_pandas.frames.partitions import merge_reports
from nclue_pandas.frames.reports import NclueDataWarning

COLUMNS = {"user": "user_id", "time": "time"}
CUTOFF = "2026-03-01"


@pytest.fixture
def log():
    """A hundred users with an event every other day from January to June."""
    days = pd.date_range("2026-01-01", "2026-06-29", freq="2D")
    return pd.DataFrame(
        {
            "user_id": np.tile(np.arange(100), len(days)),
            "time": np.repeat(days, 100),
            "item": "tea",
        }
    )


def sequences(log, until):
    return nclue.to_sequences(log, **COLUMNS, behavior="item", until=until)


def answers(log, cutoff=CUTOFF):
    half = log["user_id"] % 2 == 0
    return nclue.to_answers(log, **COLUMNS, cutoff=cutoff, horizon="30D", positive=half)


def scored(frame):
    scores = pd.DataFrame({"user_id": frame["user_id"], "score": np.arange(len(frame)) / 100})
    scores.attrs["nclue"] = {"kind": "run", "id": "1", "name": "r"}
    return Known(last_event(frame)).carry(scores)


def silent(action, *args, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("error", NclueDataWarning)
        return action(*args, **options)


@pytest.mark.parametrize("until", [None, "2026-03-03", "2026-06-01"])
def test_sequences_that_reach_into_the_answers_are_told(log, until):
    with pytest.warns(NclueDataWarning, match=r"from 2026-03-01 00:00:00 on.*until='2026-03-01"):
        assert warn_of_leakage(sequences(log, until), answers(log))


@pytest.mark.parametrize("until", [CUTOFF, "2026-02-01"])
def test_sequences_of_the_past_are_fine(log, until):
    assert not silent(warn_of_leakage, sequences(log, until), answers(log))


def test_a_later_bound_without_a_later_event_is_fine(log):
    """The last event used counts, not the bound: nothing happened between 2-28 and 3-01."""
    past = log[log["time"] < CUTOFF]
    assert not silent(warn_of_leakage, sequences(past, "2026-05-01"), answers(log))


def test_an_event_at_the_very_cutoff_is_one_of_the_answers(log):
    assert (log["time"] == "2026-03-02").any()
    cut = answers(log, "2026-03-02")
    assert not silent(warn_of_leakage, sequences(log, "2026-03-02"), cut)
    with pytest.warns(NclueDataWarning):
        warn_of_leakage(sequences(log, "2026-03-02 00:00:01"), cut)


def test_both_halves_of_a_split_remember_the_cutoff(log):
    for part in nclue.split(answers(log), test=0.5):
        assert nclue.report(part).cutoff == "2026-03-01 00:00:00"
        with pytest.warns(NclueDataWarning, match="learns from what it is to predict"):
            warn_of_leakage(sequences(log, None), part)


def test_a_subset_of_both_is_still_known(log):
    with pytest.warns(NclueDataWarning):
        warn_of_leakage(sequences(log, None).head(10), answers(log).sample(20, random_state=0))


CHANGES = {
    "other labels": lambda frame: frame.assign(label=1),
    "no positives": lambda frame: frame.assign(label=0),
    "no report": lambda frame: pd.DataFrame(frame.to_dict("list")),
    "labels of one's own": lambda frame: nclue.to_answers(
        pd.DataFrame(frame.to_dict("list")), label="label"
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_report_that_cannot_be_true_any_more_is_not_believed(log, change):
    assert not silent(warn_of_leakage, sequences(log, None), CHANGES[change](answers(log)))


def test_more_users_than_the_report_counts_are_other_users(log):
    frame = sequences(log, None)
    longer = pd.concat([frame, frame.assign(user_id="x" + frame["user_id"])])
    longer.attrs = frame.attrs
    assert not silent(warn_of_leakage, longer, answers(log))


OTHER_CLOCKS = {
    "numbers": lambda log: log.assign(time=log["time"].dt.day_of_year),
    "time zone": lambda log: log.assign(time=log["time"].dt.tz_localize("UTC")),
}


@pytest.mark.parametrize("clock", OTHER_CLOCKS)
def test_times_that_cannot_be_compared_are_left_alone(log, clock):
    assert not silent(warn_of_leakage, sequences(OTHER_CLOCKS[clock](log), None), answers(log))


def test_numbers_are_compared_as_numbers(log):
    days = log.assign(time=log["time"].dt.day_of_year)
    half = days["user_id"] % 2 == 0
    cut = nclue.to_answers(days, **COLUMNS, cutoff=99, horizon=30, positive=half)
    assert not silent(warn_of_leakage, sequences(days, 99), cut)
    with pytest.warns(NclueDataWarning, match="from 99 on"):
        warn_of_leakage(sequences(days, 150), cut)


@pytest.mark.parametrize("told", ["yesterday", 5, None, "2026-13-45"])
def test_attrs_of_somebody_else_do_no_harm(log, told):
    scores = scored(sequences(log, None))
    scores.attrs["nclue"] = {"last_event": told}
    assert silent(nclue.evaluate, scores, answers(log)).users == 100
    scores.attrs["nclue"] = told
    assert silent(nclue.evaluate, scores, answers(log)).users == 100


def test_the_last_event_of_a_log_in_parts_is_that_of_the_latest_part(log):
    whole = sequences(log.assign(time=log["time"].dt.day_of_year), None)
    parts = [
        nclue.report(sequences(part.assign(time=part["time"].dt.day_of_year), None))
        for part in (log[log["user_id"] < 50].iloc[:2_000], log[log["user_id"] >= 50])
    ]
    assert merge_reports(parts).last_event == nclue.report(whole).last_event == "179"
    assert parts[0].last_event == "79"


def test_scores_of_the_present_are_not_measured_on_the_past(log):
    present, past = sequences(log, None), sequences(log, CUTOFF)
    with pytest.warns(NclueDataWarning, match="scores may know"):
        nclue.evaluate(scored(present), answers(log))
    with pytest.warns(NclueDataWarning, match="scores may know"):
        nclue.compare({"past": scored(past), "present": scored(present)}, answers(log))
    assert silent(nclue.evaluate, scored(past), answers(log)).users == 100


def test_scores_of_the_present_are_measured_on_what_came_later(log):
    later = answers(log, "2026-05-01")
    assert silent(nclue.evaluate, scored(sequences(log, "2026-05-01")), later).users == 100
