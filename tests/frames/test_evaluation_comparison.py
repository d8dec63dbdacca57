"""compare: several scores on the same users."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from nclue_pandas.errors.base import ConfigurationError, InvalidDataError
from nclue_pandas.frames.comparison import compare
from nclue_pandas.frames.evaluation import evaluate


def experiment(n=600, seed=3):
    """A weak score, a strong one, and the answers."""
    rng = np.random.default_rng(seed)
    ids = [f"u{i}" for i in range(n)]
    labels = rng.random(n) < 0.3
    shared = rng.normal(size=n)
    weak = shared + 0.5 * labels
    strong = shared + 1.5 * labels
    answers = pd.DataFrame({"user_id": ids, "label": labels})
    return (
        pd.DataFrame({"user_id": ids, "score": weak}),
        pd.DataFrame({"user_id": ids, "score": strong}),
        answers,
    )


def test_every_row_is_what_evaluate_gives():
    weak, strong, answers = experiment()
    table = compare({"weak": weak, "strong": strong}, answers)
    assert table.index.tolist() == ["weak", "strong"]
    for name, scores in (("weak", weak), ("strong", strong)):
        alone = evaluate(scores, answers)
        row = table.loc[name]
        assert row["auroc"] == alone.auroc
        assert (row["auroc_low"], row["auroc_high"]) == alone.auroc_interval
        assert row["average_precision"] == alone.average_precision
        assert row["top_decile_lift"] == alone.deciles["lift"].iloc[0]
        assert (row["users"], row["positives"]) == (alone.users, alone.positives)


def test_the_difference_is_tested_against_the_first():
    weak, strong, answers = experiment()
    table = compare({"weak": weak, "strong": strong}, answers)
    expected = metrics.roc_auc_score(answers["label"], strong["score"]) - metrics.roc_auc_score(
        answers["label"], weak["score"]
    )
    row = table.loc["strong"]
    assert row["difference"] == pytest.approx(expected, abs=1e-12)
    assert row["difference_low"] < row["difference"] < row["difference_high"]
    assert row["difference_low"] > 0
    assert row["p_value"] < 1e-6
    columns = ["difference", "difference_low", "difference_high", "p_value"]
    assert table.loc["weak", columns].isna().all()


def test_the_same_ranking_is_no_difference():
    weak, _, answers = experiment()
    doubled = weak.assign(score=2 * weak["score"] + 1)
    row = compare({"one": weak, "doubled": doubled}, answers).loc["doubled"]
    assert (row["difference"], row["p_value"]) == (0, 1)


@pytest.mark.slow
def test_p_values_of_equal_scores_are_uniform():
    """Two noisy copies of one score: below 0.1 in about a tenth of the repetitions."""
    rng = np.random.default_rng(11)
    ids = list(range(200))
    small = 0
    for _ in range(150):
        labels = rng.random(200) < 0.4
        shared = rng.normal(size=200) + labels
        one, other = (
            pd.DataFrame({"user_id": ids, "score": shared + rng.normal(size=200)}) for _ in range(2)
        )
        answers = pd.DataFrame({"user_id": ids, "label": labels})
        small += compare({"one": one, "other": other}, answers).loc["other", "p_value"] < 0.1
    assert 5 <= small <= 28


def test_only_users_with_all_scores_count_and_the_others_are_told():
    weak, strong, answers = experiment(100)
    table = compare({"weak": weak.iloc[10:], "strong": strong.iloc[:70]}, answers)
    assert table["users"].tolist() == [60, 60]
    assert table["unmatched_answers"].tolist() == [10, 30]
    inside = answers.iloc[10:70]
    assert table.loc["weak", "auroc"] == evaluate(weak, inside).auroc


def test_an_undefined_test_is_null():
    answers = pd.DataFrame({"user_id": list("abc"), "label": [1, 0, 0]})
    one = pd.DataFrame({"user_id": list("abc"), "score": [1, 2, 3]})
    other = pd.DataFrame({"user_id": list("abc"), "score": [3, 2, 1]})
    row = compare({"one": one, "other": other}, answers).loc["other"]
    assert row["difference"] == 1
    assert pd.isna(row["p_value"])


def test_brier_is_null_where_scores_are_no_probabilities():
    weak, _, answers = experiment(100)
    probable = weak.assign(score=1 / (1 + np.exp(-weak["score"])))
    table = compare({"raw": weak, "probable": probable}, answers)
    assert pd.isna(table.loc["raw", "brier"])
    assert table.loc["probable", "brier"] == pytest.approx(
        metrics.brier_score_loss(answers["label"], probable["score"]), abs=1e-12
    )


def test_whether_scores_are_probabilities_can_be_told():
    weak, strong, answers = experiment()
    ranks = {
        name: each.assign(score=each["score"].rank(pct=True))
        for name, each in {"weak": weak, "strong": strong}.items()
    }
    assert compare(ranks, answers)["brier"].notna().all()
    assert compare(ranks, answers, probabilities=False)["brier"].isna().all()
    with pytest.raises(InvalidDataError, match="probabilities=True"):
        compare({**ranks, "raw": weak}, answers, probabilities=True)


def test_one_score_alone_makes_a_table():
    weak, _, answers = experiment(100)
    assert len(compare({"weak": weak}, answers)) == 1


def test_types_do_not_depend_on_what_is_null():
    weak, strong, answers = experiment(100)
    one = compare({"weak": weak}, answers)
    both = compare({"weak": weak, "strong": strong}, answers)
    assert all(isinstance(dtype, pd.ArrowDtype) for dtype in one.dtypes)
    assert one.dtypes.tolist() == both.dtypes.tolist()


def test_nothing_to_compare():
    with pytest.raises(ConfigurationError, match="at least one"):
        compare({}, experiment(100)[2])


def test_scores_without_names():
    weak, strong, answers = experiment(100)
    with pytest.raises(ConfigurationError, match=r"is a list: .*compare\(\{'recency'"):
        compare([weak, strong], answers)
    with pytest.raises(ConfigurationError, match="is a DataFrame"):
        compare(answers, {"weak": weak})


def test_frames_without_a_common_user():
    weak, strong, answers = experiment(100)
    with pytest.raises(InvalidDataError, match="None of the 100 answers"):
        compare({"weak": weak.iloc[:50], "strong": strong.iloc[50:]}, answers)
