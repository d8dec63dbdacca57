"""A day later: who changed is billed, and the scores are those of everybody."""

from __future__ import annotations

import warnings

import pandas as pd
import pytest

import nclue_pandas as nclue

LAST = "2026-03-10"
NEXT = "2026-03-11"


def scored_again(log, answers, days, columns):
    """Score all users on the first day, who changed on the second, and all of them anew."""
    made = [log.nclue.to_sequences(**columns, until=until) for until in days]
    first = made[0].nclue.predict(answers, name="tea")
    few = made[1].nclue.changed(made[0])
    plan = made[0].nclue.plan(answers, name="tea", score_on=few)
    newer = made[0].nclue.predict(answers, name="tea", score_on=few)
    put = first.nclue.updated(newer, ids=made[1]["user_id"])
    full = made[0].nclue.predict(answers, name="tea", score_on=made[1])
    return made[1], few, plan, put, full


def check(sequences, few, plan, put, full):
    assert 0 < len(few) < len(sequences)
    tokens = plan.jobs.loc[plan.jobs["billed_by"] == "token", "units"]
    assert tokens.sum() == nclue.frames.tokens.count_tokens(few["sequence"])
    assert set(plan.jobs.loc[plan.jobs["action"] == "create", "kind"]) == {"Feature", "Run"}
    lines = plan.jobs.loc[plan.jobs["billed_by"] == "line", "units"]
    assert lines.sum() == len(few)
    both = [each.sort_values("user_id", ignore_index=True) for each in (put, full)]
    pd.testing.assert_frame_equal(*both)
    return int(tokens.sum()), nclue.frames.tokens.count_tokens(sequences["sequence"])


def test_one_more_day_bills_who_changed_and_gives_the_scores_of_all(client, log, answers):
    columns = {"user": "customer", "time": "ts", "behavior": "item"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nclue.NclueDataWarning)  # answers reach into sequences
        check(*scored_again(log, answers, [LAST, NEXT], columns))


@pytest.mark.slow
@pytest.mark.retail
def test_the_same_on_the_real_log(client, online_retail):
    cutoff = "2011-09-01"
    names = [each.lower() for each in online_retail.columns]
    log = online_retail.set_axis(names, axis=1).dropna(subset=["customerid", "description"])
    columns = {"user": "customerid", "time": "invoicedate", "behavior": "description"}
    answers = log.nclue.to_answers(
        user="customerid",
        time="invoicedate",
        cutoff=cutoff,
        horizon="90D",
        positive=log["description"].str.contains("LUNCH BAG"),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nclue.NclueDataWarning)
        few, all_of_them = check(*scored_again(log, answers, [cutoff, "2011-09-02"], columns))
    print(f"\n{few:,} tokens planned of {all_of_them:,}")
    assert few < all_of_them / 10
