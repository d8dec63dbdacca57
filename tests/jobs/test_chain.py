"""The main job, from an event log to scores and profiles, over real HTTP."""

from __future__ import annotations

import pickle

import pandas as pd
import pyarrow as pa
import pytest

import nclue_pandas as nclue

STRING = pd.ArrowDtype(pa.string())
DOUBLE = pd.ArrowDtype(pa.float64())


def test_from_log_to_scores(client, sequences, halves):
    train, test = halves
    feature = sequences.nclue.create_feature("log-2026-03")
    task = train.nclue.create_task("tea-20d", feature, test=test)
    scores = task.run(feature).result()

    assert list(scores.columns) == ["user_id", "score"]
    assert scores.dtypes.tolist() == [STRING, DOUBLE]
    assert set(scores["user_id"]) == set(sequences["user_id"])
    assert scores["score"].between(0, 1).all()
    measured = scores.nclue.evaluate(test)
    assert measured.users == len(test)
    assert measured.auroc > 0.6
    assert task.auroc == pytest.approx(measured.auroc, abs=1e-6)


def test_costs_no_more_requests_than_needed(sandbox, client, sequences, halves):
    train, test = halves
    feature = sequences.nclue.create_feature("f")
    train.nclue.create_task("t", feature, test=test).run(feature).result()

    operations = [request.operation for request in sandbox.requests]
    assert operations == [
        "create_feature",
        "get_feature",
        "create_task",
        "get_task",
        "create_run",
        "get_run",
    ]


def test_profiles(client, sequences, halves):
    feature = sequences.nclue.create_feature("f")
    likeness = feature.custom_attributes("tea drinkers", ["green tea", "녹차"]).result()
    assert set(likeness["user_id"]) == set(sequences["user_id"])
    drinks = sequences.set_index("user_id")["sequence"].str.count("green tea")
    drinks = drinks.reindex(likeness["user_id"])
    most = likeness["score"].to_numpy()[(drinks >= 6).to_numpy(bool)].mean()
    least = likeness["score"].to_numpy()[(drinks <= 1).to_numpy(bool)].mean()
    assert most > least

    task = halves[0].nclue.create_task("t", feature)
    profile = task.shopping_intent("who they are").result()
    assert len(profile) > 0
    assert all(isinstance(dtype, pd.ArrowDtype) for dtype in profile.dtypes)


def test_train_on_the_past_score_the_present(client, log, sequences, answers):
    present = log.nclue.to_sequences(user="customer", time="ts", behavior="item")
    scores = sequences.nclue.predict(answers, name="tea", score_on=present)
    assert set(scores["user_id"]) == set(present["user_id"])
    assert len(client.list_features()) == 2
    assert len(client.list_runs()) == 1


def test_predict_picks_up_what_exists(sandbox, client, sequences, answers):
    first = sequences.nclue.predict(answers, name="차 tea")
    objects = set(sandbox.objects())
    shuffled = sequences.sample(frac=1, random_state=0)
    second = shuffled.nclue.predict(answers.iloc[::-1], name="차 tea")

    pd.testing.assert_frame_equal(first, second)
    assert set(sandbox.objects()) == objects
    lengths = (client.list_features(), client.list_tasks(), client.list_runs())
    assert [len(frame) for frame in lengths] == [1, 1, 1]


def test_plan_changes_nothing_and_says_what_will_be(sandbox, client, sequences, answers):
    plan = sequences.nclue.plan(answers, name="tea")
    assert sandbox.objects() == {}
    assert {request.method for request in sandbox.requests} == {"GET"}
    assert plan.jobs["action"].tolist() == ["create"] * 3
    assert plan.datasets["to_upload"].tolist() == [1, 1]
    assert plan.datasets["rows"].tolist() == [len(sequences), len(answers)]
    assert plan.problems == ()

    sequences.nclue.predict(answers, name="tea")
    assert sum(plan.datasets["bytes"]) == sum(
        size for key, size in sandbox.objects().items() if key.endswith(".csv")
    )
    again = sequences.nclue.plan(answers, name="tea")
    assert again.jobs["action"].tolist() == ["not needed", "not needed", "reuse"]
    assert again.datasets["to_upload"].tolist() == [0, 0]
    assert "tea" in repr(again)
    assert "<" in again._repr_html_()


def test_a_handle_survives_pickling(client, sequences):
    feature = sequences.nclue.create_feature("f").wait()
    copy = pickle.loads(pickle.dumps(feature))
    assert copy == feature
    assert copy.name == "f"
    assert copy.client is client
    assert copy.refresh().completed


def test_names_and_ids_find_jobs_again(client, sequences, halves):
    feature = sequences.nclue.create_feature("기능")
    task = halves[0].nclue.create_task("과제", feature)
    assert client.get_feature("기능") == feature
    assert client.get_feature(feature.id).record.user_count == len(sequences)
    assert client.get_task("과제").id == task.id
    with pytest.raises(nclue.errors.JobNotFoundError, match="기능"):
        client.get_feature("기늘")
    with pytest.raises(nclue.errors.JobNotFoundError, match="00000000-"):
        client.get_run("00000000-0000-0000-0000-000000000000")


def test_a_name_that_looks_like_an_id_is_a_name(client, sequences, halves):
    name = "12345678-1234-4234-8234-123456789abc"
    feature = sequences.nclue.create_feature(name)
    assert client.get_feature(name) == feature
    task = halves[0].nclue.create_task("t", name)
    assert task.run(name, name="by name").wait() == task.run(feature, name="by name")
    for nobody in (None, 5):
        with pytest.raises(nclue.errors.ConfigurationError, match="is text, not"):
            client.get_feature(nobody)


def test_lists_are_frames(client, sequences):
    assert len(client.list_features()) == 0
    feature = sequences.nclue.create_feature("f").wait()
    frame = client.list_features()
    assert frame["id"].tolist() == [feature.id]
    assert frame["user_count"].dtype == pd.ArrowDtype(pa.int64())
    assert frame["created_at"].dtype == pd.ArrowDtype(pa.timestamp("us", tz="UTC"))


def test_pseudonymous_ids_come_back(client, log):
    key = "a key that stays with the user"
    phones = log.assign(customer="010-1234-" + (1000 + log["customer"]).astype(str))
    masked = phones.nclue.pseudonymize(key, user="customer")
    columns = {"user": "customer", "time": "ts"}
    sequences = masked.nclue.to_sequences(**columns, behavior="item", until="2026-03-01")
    answers = masked.nclue.to_answers(
        **columns, cutoff="2026-03-01", horizon="20D", positive=masked["item"].str.contains("tea")
    )
    scores = sequences.nclue.predict(answers, name="tea")
    restored = scores.nclue.restore_ids(key, ids=phones["customer"])
    assert set(restored["user_id"]) == set(phones["customer"])
