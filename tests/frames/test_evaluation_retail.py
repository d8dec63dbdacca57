"""Evaluation of plain scores on a real event log, against scikit-learn and published figures."""

from __future__ import annotations

import pandas as pd
import pytest
from sklearn import metrics

from nclue_pandas.frames.evaluation import evaluate

CUTOFF = pd.Timestamp("2011-09-01")


@pytest.fixture(scope="module")
def purchases(online_retail):
    log = online_retail.assign(InvoiceDate=pd.to_datetime(online_retail["InvoiceDate"]))
    kept = log["CustomerID"].notna() & (log["Quantity"] > 0)
    return log[kept & ~log["InvoiceNo"].astype(str).str.startswith("C")]


@pytest.mark.retail
@pytest.mark.parametrize(
    ("item", "positives", "recency", "active_days"),
    [
        ("", 1_864, 0.684, 0.724),
        ("CHRISTMAS", 1_285, 0.643, 0.679),
        ("LUNCH BAG", 493, 0.665, 0.708),
    ],
)
def test_scores_of_customers(purchases, item, positives, recency, active_days):
    past = purchases[purchases["InvoiceDate"] < CUTOFF]
    in_horizon = purchases["InvoiceDate"].between(
        CUTOFF, CUTOFF + pd.Timedelta("90D"), inclusive="left"
    )
    bought = purchases[in_horizon & purchases["Description"].fillna("").str.contains(item)]
    times = past.groupby("CustomerID")["InvoiceDate"]
    ids = times.max().index
    label = ids.isin(bought["CustomerID"]).astype(int)
    answers = pd.DataFrame({"user_id": ids.astype(int).astype(str), "label": label})
    for score, published in (
        (times.max().astype("int64"), recency),
        (times.agg(lambda each: each.dt.date.nunique()), active_days),
    ):
        found = evaluate(pd.DataFrame({"user_id": ids, "score": score.to_numpy()}), answers)
        assert (found.users, found.positives) == (3_317, positives)
        assert found.auroc == pytest.approx(published, abs=5e-4)
        assert found.auroc == pytest.approx(metrics.roc_auc_score(label, score), abs=1e-12)
        assert found.average_precision == pytest.approx(
            metrics.average_precision_score(label, score), abs=1e-12
        )
        assert found.deciles["users"].sum() == 3_317
