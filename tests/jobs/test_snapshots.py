"""A label too rare at one cutoff, learned from several; measured on users not trained on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas.frames.snapshot_ids import ending_of

DAYS, PERIODS, USERS = 30, 6, 600
COLUMNS = {"user": "user", "time": "day"}


@pytest.fixture(scope="module")
def log():
    """Users who buy baby clothes often buy a stroller in the month after; few do."""
    rng = np.random.default_rng(5)
    rows, before = [], np.zeros(USERS, dtype=bool)
    for period in range(PERIODS):
        start = period * DAYS
        expecting = rng.random(USERS) < 0.12
        for user in range(USERS):
            items = rng.choice(["tea", "mug", "jam", "lamp", "pen"], 4).tolist()
            if expecting[user]:
                items.append("baby clothes")
            if rng.random() < 0.01 or (before[user] and rng.random() < 0.6):
                items.append("stroller")
            days = rng.integers(start, start + DAYS, len(items)).tolist()
            rows += zip([f"u{user}"] * len(items), days, items, strict=True)
        before = expecting
    log = pd.DataFrame(rows, columns=["user", "day", "item"])
    return log.assign(day=pd.Timestamp("2026-01-01") + pd.to_timedelta(log["day"], unit="D"))


def test_a_rare_label_is_learned_from_several_cutoffs(client, log):
    question = {"positive": log["item"] == "stroller", "horizon": f"{DAYS}D", **COLUMNS}
    cutoffs = [pd.Timestamp("2026-01-01") + pd.Timedelta(days=DAYS * n) for n in range(1, PERIODS)]
    one = log.nclue.to_answers(cutoff=cutoffs[-1], observed_until="2026-06-30", **question)
    assert one["label"].sum() < 100
    sequences, answers = log.nclue.to_snapshots(
        cutoffs=cutoffs, behavior="item", observed_until="2026-06-30", **question
    )
    train, test = answers.nclue.split(test=0.3, seed=0)
    assert train["label"].sum() >= 100
    feature = sequences.nclue.create_feature("snapshots").wait()
    with pytest.raises(nclue.errors.InvalidDataError, match="needs at least 100"):
        at_the_last(train, cutoffs).nclue.create_task("one cutoff", feature)
    task = train.nclue.create_task("several cutoffs", feature)
    scores = task.run(feature).result()
    trained_on, held_out = (
        set(scores.merge(part, on="user_id").nclue.from_snapshots()["user"])
        for part in (train, test)
    )
    assert not trained_on & held_out
    found = scores.nclue.evaluate(test)
    assert found.auroc > 0.7
    assert found.auroc_interval[0] > 0.6


def at_the_last(answers, cutoffs):
    return answers[answers["user_id"].str.endswith(ending_of(str(max(cutoffs))))]


@pytest.mark.slow
@pytest.mark.retail
@pytest.mark.filterwarnings("ignore::nclue_pandas.NclueDataWarning")  # cuts and ties of this log
def test_snapshots_of_a_real_log(client, online_retail, capsys):
    """CAKE STAND has 72 positives at the last cutoff; the other labels have enough for both."""
    log = online_retail.assign(InvoiceDate=pd.to_datetime(online_retail["InvoiceDate"]))
    returns = log["InvoiceNo"].astype(str).str.startswith("C")
    log = log[log["CustomerID"].notna() & ~returns].reset_index(drop=True)
    columns = {"user": "CustomerID", "time": "InvoiceDate", "behavior": "Description"}
    cutoffs = pd.date_range("2011-06-01", periods=4, freq="MS")
    feature, better = None, []
    for word in ("CAKE STAND", "LUNCH BAG", "JUMBO BAG", "DOORMAT"):
        sequences, answers = log.nclue.to_snapshots(
            cutoffs=cutoffs,
            horizon="30D",
            positive=log["Description"].str.contains(word),
            **columns,
        )
        feature = feature or sequences.nclue.create_feature("retail").wait()
        for seed in range(3):
            train, test = answers.nclue.split(test=0.3, seed=seed)
            last = at_the_last(test, cutoffs)
            scores = train.nclue.create_task(f"{word} {seed}", feature).run(feature).result()
            found = scores.nclue.evaluate(last)
            rows = [f"{word}, seed {seed}: {found.positives} of {last['label'].size} positive"]
            rows.append(
                f"snapshots {found.auroc:.3f} (all {scores.nclue.evaluate(test).auroc:.3f})"
            )
            if word == "CAKE STAND":
                with pytest.raises(nclue.errors.InvalidDataError, match="needs at least 100"):
                    at_the_last(train, cutoffs).nclue.create_task(f"{seed} alone", feature)
                assert scores.nclue.evaluate(test).auroc_interval[0] > 0.6
            else:
                alone = at_the_last(train, cutoffs).nclue.create_task(
                    f"{word} {seed} alone", feature
                )
                single = alone.run(feature).result().nclue.evaluate(last)
                better.append(found.auroc - single.auroc)
                rows.append(f"one cutoff {single.auroc:.3f}")
            with capsys.disabled():
                print("\n" + "; ".join(rows))
    assert np.mean(better) > 0
    assert min(better) > -0.02
