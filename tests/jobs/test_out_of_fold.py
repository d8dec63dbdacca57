"""Scores of models that did not see the user: each job once, shared, resumable, honest."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.frames.held_out import Folds, held_out

FOLDS = 2


def numbers(ids, folds=FOLDS, seed=0):
    return Folds(folds, seed).of_users(pa.array([str(each) for each in ids])).tolist()


@pytest.fixture(scope="module")
def shop():
    users = pd.Series([f"u{number:03d}" for number in range(520)])
    tea = pd.Series(range(520)) % 2
    texts = tea.map({0: "black coffee->milk", 1: "green tea->milk"})
    sequences = pd.DataFrame({"user_id": users, "sequence": texts})
    return sequences, pd.DataFrame({"user_id": users, "label": tea}).head(500)


@pytest.fixture
def made(client):
    kinds = ("features", "tasks", "runs")
    return lambda: [len(getattr(client, f"list_{kind}")()) for kind in kinds]


@given(
    st.lists(st.integers(0, 10**6), unique=True, min_size=1),
    st.integers(2, 100),
    st.integers() | st.text(),
)
def test_a_fold_is_of_the_id_and_the_seed_alone(ids, folds, seed):
    found = numbers(ids, folds, seed)
    assert found == [numbers([each], folds, seed)[0] for each in ids]
    assert set(found) <= set(range(folds))


def test_folds_are_of_even_sizes():
    counts = np.bincount(numbers(range(50_000), 5))
    assert counts.size == 5
    assert abs(counts - 10_000).max() < 400


@given(st.data())
def test_scores_are_put_together_as_a_dictionary_would(data):
    count = data.draw(st.integers(2, 4))
    ids = [str(each) for each in data.draw(st.sets(st.integers(0, 99), min_size=1, max_size=20))]
    labeled = data.draw(st.sets(st.sampled_from(ids)))
    scores = [{each: data.draw(st.floats(0, 1)) for each in ids} for _ in range(count)]
    frames = [
        pd.DataFrame({"user_id": [*reversed(each)], "score": [*reversed(each.values())]})
        for each in scores
    ]
    folds = Folds(count, "s")
    found = held_out(pa.array(ids), pa.array(sorted(labeled), pa.string()), folds, frames)
    of = dict(zip(ids, numbers(ids, count, "s"), strict=True))
    expected = [
        scores[of[each]][each] if each in labeled else sum(s[each] for s in scores) / count
        for each in ids
    ]
    assert found["user_id"].tolist() == ids
    np.testing.assert_allclose(found["score"].to_numpy(float), expected, rtol=1e-12)
    assert [None if pd.isna(n) else n for n in found["fold"]] == [
        of[each] if each in labeled else None for each in ids
    ]


def test_the_folds_share_a_feature_and_each_task_sees_none_of_its_fold(sandbox, client, shop, made):
    """Leakage: no line of a fold's answers is in the file that its model is trained on."""
    sequences, answers = shop
    options = {"name": "tea", "folds": FOLDS}
    plan = sequences.nclue.plan_out_of_fold(answers, **options)
    assert plan.jobs["kind"].tolist() == ["Feature", "Task", "Task", "Run", "Run"]
    assert (plan.jobs["action"] == "create").all()
    assert plan.jobs["units"].tolist()[1:] == [520] * 4
    asked = len(sandbox.requests)
    scores = sequences.nclue.out_of_fold(answers, **options)
    assert len(sandbox.requests) - asked == plan.requests
    assert made() == [1, FOLDS, FOLDS]
    fold = dict(zip(answers["user_id"], numbers(answers["user_id"]), strict=True))
    labeled = scores.dropna(subset="fold").set_index("user_id")["fold"]
    assert labeled.to_dict() == fold
    runs = {}
    for run in client.service.list_runs().items:
        task = client.get_task(run.task_id).record
        body = client.storage.get(task.train_file_path)
        trained = {line.split("\t")[0] for line in body.decode().splitlines()}
        (number,) = set(range(FOLDS)) - {fold[each] for each in trained}
        assert trained == {each for each in fold if fold[each] != number}
        runs[number] = client.get_run(run.id).result().set_index("user_id")["score"]
    for user, score, number in scores.itertuples(index=False):
        mean = sum(run[user] for run in runs.values()) / FOLDS
        assert score == pytest.approx(mean if pd.isna(number) else runs[number][user])
    assert scores.nclue.report().labeled == 500
    asked = len(sandbox.requests)
    pd.testing.assert_frame_equal(sequences.nclue.out_of_fold(answers, **options), scores)
    assert [each.operation for each in sandbox.requests[asked:]] == ["list_runs"]
    assert scores.nclue.evaluate(answers).auroc > 0.9  # and nothing is warned of


def test_killed_at_every_moment_each_job_is_made_once(sandbox, client, shop, made, monkeypatch):
    from nclue_pandas.service.transport import Transport

    real, moments = Transport.call, []
    limit, killed = 1, 0

    def request(self, *arguments, **options):
        moments.append(1)
        if len(moments) > limit:
            raise KeyboardInterrupt
        return real(self, *arguments, **options)

    monkeypatch.setattr(Transport, "call", request)
    while True:
        moments.clear()
        try:
            scores = shop[0].nclue.out_of_fold(shop[1], name="tea", folds=FOLDS)
            break
        except KeyboardInterrupt:
            killed, limit = killed + 1, limit + 2
    monkeypatch.undo()
    assert killed >= 4
    assert made() == [1, FOLDS, FOLDS]
    creates = [each.operation for each in sandbox.requests if each.operation.startswith("create")]
    assert len(creates) == 1 + 2 * FOLDS
    assert scores["score"].notna().all()


def test_a_deadline_tells_how_to_go_on(sandbox, client, shop):
    sandbox.configure(job_seconds=3600)
    with pytest.raises(errors.JobTimeout, match=r"Make the same call of out_of_fold\(\) again"):
        shop[0].nclue.out_of_fold(shop[1], name="tea", folds=FOLDS, timeout=10)


def test_what_cannot_be_trained_is_told_before_anything_is_sent(sandbox, client, shop):
    sequences, answers = shop
    asked, stored = len(sandbox.requests), len(sandbox.objects())
    with pytest.raises(errors.InvalidDataError, match=r"without fold 0: .* Take more folds"):
        sequences.nclue.out_of_fold(answers.head(240), name="tea", folds=2)
    for options in ({"folds": 1}, {"folds": True}, {"folds": 2.0}, {"seed": None}):
        with pytest.raises(errors.ConfigurationError):
            sequences.nclue.out_of_fold(answers, name="tea", **options)
    assert (len(sandbox.requests), len(sandbox.objects())) == (asked, stored)
    plan = sequences.nclue.plan_out_of_fold(answers.head(240), name="tea", folds=2)
    assert {each.code for each in plan.problems} == {"few_labels_without_fold"}


def test_another_model_trusts_honest_scores_no_more_than_they_deserve(client):
    """A planted overfit: sequences tell nothing but who the user is, one number tells the label."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(3)
    users = 900
    known = rng.normal(size=users)
    label = (rng.random(users) < 1 / (1 + np.exp(-1.5 * known))).astype(int)
    words = rng.integers(0, 20_000, (users, 30))
    sequences = pd.DataFrame(
        {
            "user_id": [f"u{number}" for number in range(users)],
            "sequence": ["->".join(f"item{word}" for word in row) for row in words],
        }
    )
    answers = pd.DataFrame({"user_id": sequences["user_id"], "label": label})
    train, test = answers.nclue.split(test=0.4, seed=1)
    in_sample = sequences.nclue.predict(train, name="seen")
    honest = sequences.nclue.out_of_fold(train, name="honest", folds=3)
    features = (
        sequences[["user_id"]]
        .assign(known=known)
        .nclue.add_scores({"seen": in_sample, "honest": honest})
    )
    features = features.set_index("user_id").astype(float)
    figures = {}
    for name in ("seen", "honest"):
        columns = features[[name, "known"]]
        scaled = (columns - columns.mean()) / columns.std()
        model = LogisticRegression().fit(scaled.loc[train["user_id"]], train["label"])
        chances = model.predict_proba(scaled.loc[test["user_id"]])[:, 1]
        figures[name] = roc_auc_score(test["label"], chances)
    print(f"\nAUROC of the other model: {figures}")
    assert figures["honest"] > figures["seen"] + 0.05
    assert figures["honest"] > 0.75
    assert nclue.evaluate(honest, train).auroc < 0.6
