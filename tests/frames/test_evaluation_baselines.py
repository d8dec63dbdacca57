"""evaluate beside free scores: paired tests, corrected, and a plain sentence."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import nclue_pandas as nclue
from nclue_pandas import errors


def experiment(strength, n=500, seed=1):
    """A model of some strength, two free scores of strength 1 and 0, and the answers."""
    rng = np.random.default_rng(seed)
    labels = rng.random(n) < 0.4
    ids = [f"u{number}" for number in range(n)]

    def scored(by):
        return rng.normal(size=n) + by * labels

    model = pd.DataFrame({"user_id": ids, "score": scored(strength)})
    free = pd.DataFrame({"user_id": ids, "recency": scored(1.0), "luck": scored(0.0)})
    return model, free, pd.DataFrame({"user_id": ids, "label": labels})


def test_the_table_is_that_of_compare_with_the_model_first():
    model, free, answers = experiment(1.2)
    found = nclue.evaluate(model, answers, baselines=free)
    others = {n: free.rename(columns={n: "score"})[["user_id", "score"]] for n in free.columns[1:]}
    expected = nclue.compare({"model": model, **others}, answers)
    pd.testing.assert_frame_equal(pd.DataFrame(found.baselines), pd.DataFrame(expected))
    assert found.auroc == nclue.evaluate(model, answers).auroc


@pytest.mark.parametrize(
    ("strength", "said"),
    [
        (2.5, "No baseline is as good as these scores."),
        (1.0, "'recency' is free and as good as these scores"),
        (0.0, "'recency' is free and better than these scores"),
    ],
)
def test_the_verdict_is_a_sentence_on_the_card(strength, said):
    model, free, answers = experiment(strength)
    found = model.nclue.evaluate(answers, baselines=free)
    assert found.verdict.startswith(said)
    assert found.verdict in repr(found)
    assert "Holm" in repr(found)
    assert model.nclue.evaluate(answers).verdict is None


def test_a_baseline_that_is_certainly_the_best_is_not_hidden_by_an_equal_one():
    model, free, answers = experiment(1.0)
    free["known"] = answers["label"] + 0.001 * free["luck"]
    assert "'known' is free and better" in model.nclue.evaluate(answers, baselines=free).verdict


def test_a_difference_without_variance_is_certain():
    """The model separates the labels, the baseline knows nothing: no chance is in either."""
    answers = pd.DataFrame({"user_id": list("abcd"), "label": [0, 0, 1, 1]})
    model = answers.rename(columns={"label": "score"})
    found = model.nclue.evaluate(answers, baselines=pd.DataFrame({"user_id": list("abcd"), "x": 1}))
    assert found.baselines["p_value"].isna().all()
    assert found.verdict == "No baseline is as good as these scores."
    few = answers.assign(label=[0, 0, 0, 1])
    found = model.nclue.evaluate(few, baselines=pd.DataFrame({"user_id": list("abcd"), "x": 1}))
    assert "as far as can be told" in found.verdict


def test_of_many_useless_scores_few_are_called_as_good():
    """A good model stays better than 20 random scores, which Holm corrects for."""
    model, free, answers = experiment(1.5)
    rng = np.random.default_rng(5)
    many = free[["user_id"]].assign(**{f"x{n}": rng.normal(size=len(free)) for n in range(20)})
    found = model.nclue.evaluate(answers, baselines=many)
    assert found.verdict == "No baseline is as good as these scores."
    tested = found.baselines.iloc[1:]
    assert (tested["p_adjusted"] >= tested["p_value"]).all()


def test_users_are_those_with_every_score_and_the_figures_of_the_model_stay():
    model, free, answers = experiment(1.5)
    found = model.nclue.evaluate(answers, baselines=free.head(300))
    assert (found.users, found.baselines["users"].tolist()) == (500, [300, 300, 300])
    assert found.baselines["unmatched_answers"].tolist() == [0, 200, 200]


def test_baselines_that_know_the_answers_are_told():
    log = pd.DataFrame(
        {
            "user_id": ["a", "b", "c", "a", "c", "d"],
            "ts": pd.to_datetime(["2026-01-01"] * 3 + ["2026-01-06"] * 2 + ["2026-01-20"]),
        }
    )
    answers = log.nclue.to_answers(time="ts", cutoff="2026-01-05", horizon="10D")
    late = log.nclue.baselines(time="ts", cutoff="2026-01-10")
    scores = late.rename(columns={"frequency": "score"})[["user_id", "score"]].astype(
        {"score": float}
    )
    with pytest.warns(nclue.NclueDataWarning, match="reach to 2026-01-06"):
        scores.nclue.evaluate(answers, baselines=late)


@pytest.mark.parametrize(
    "columns", [["user_id"], ["user_id", "model"]], ids=["no score", "the name of the scores"]
)
def test_baselines_without_names_of_their_own(columns):
    model, free, answers = experiment(1.0)
    free = free.rename(columns={"luck": "model"})[columns]
    with pytest.raises(errors.ConfigurationError, match="baselines="):
        model.nclue.evaluate(answers, baselines=free)


def test_an_evaluation_is_plain_python_when_asked():
    model, free, answers = experiment(1.0)
    found = model.nclue.evaluate(answers, baselines=free).to_dict()
    assert json.loads(json.dumps(found)) == found
    assert [row["name"] for row in found["baselines"]] == ["model", "recency", "luck"]
    assert found["baselines"][0]["p_value"] is None
    assert len(found["deciles"]) == 10
    assert model.nclue.evaluate(answers).to_dict()["baselines"] is None


def test_the_picture_has_each_auroc_and_interval():
    model, free, answers = experiment(1.0)
    found = model.nclue.evaluate(answers, baselines=free)
    ax = found.plot(ax=Figure().subplots())
    points, _, (bars,) = ax.containers[0]
    assert points.get_xdata().tolist() == found.baselines["auroc"].tolist()
    ends = np.array(bars.get_segments())[:, :, 0]
    np.testing.assert_allclose(ends[:, 0], found.baselines["auroc_low"].to_numpy())
    np.testing.assert_allclose(ends[:, 1], found.baselines["auroc_high"].to_numpy())
    assert [text.get_text() for text in ax.get_yticklabels()] == ["model", "recency", "luck"]
    assert model.nclue.evaluate(answers).plot(ax=Figure().subplots()).get_ylabel() == "Lift"
    with pytest.raises(errors.MissingColumnError):
        free.nclue.plot_comparison(ax=Figure().subplots())
