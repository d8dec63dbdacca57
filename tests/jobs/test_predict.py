"""predict and plan: what becomes of a chain for whatever an earlier call, or somebody, left."""

from __future__ import annotations

import threading

import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas import errors

KINDS = ("features", "tasks", "runs")


@pytest.fixture(scope="module")
def shop():
    """240 users, half of whom like tea, their answers, and newer sequences of some of them."""
    users = pd.Series([f"u{number:03d}" for number in range(240)])
    tea = pd.Series(range(240)) % 2
    texts = tea.map({0: "black coffee->milk", 1: "green tea 녹차->milk"})
    sequences = pd.DataFrame({"user_id": users, "sequence": texts})
    answers = pd.DataFrame({"user_id": users, "label": tea})
    newer = sequences.head(200).assign(sequence=texts.head(200) + "->bread")
    return {"sequences": sequences, "answers": answers, "newer": newer}


@pytest.fixture
def predict(client, shop):
    def call(answers=shop["answers"], **options):
        return nclue.predict(shop["sequences"], answers, name="tea", **options)

    return call


@pytest.fixture
def plan(client, shop):
    def actions(answers=shop["answers"], **options):
        made = nclue.plan(shop["sequences"], answers, name="tea", **options)
        return made.jobs["action"].tolist()

    return actions


@pytest.fixture
def count(client):
    return lambda: [len(getattr(client, f"list_{kind}")()) for kind in KINDS]


@pytest.fixture
def asked(sandbox):
    start = len(sandbox.requests)
    return lambda: [request.operation for request in sandbox.requests[start:]]


def only(client, kind):
    return getattr(client, f"get_{kind}")(getattr(client, f"list_{kind}s")()["id"][0])


def test_the_plan_tells_the_requests_of_a_new_chain(sandbox, client, shop, predict):
    plan = nclue.plan(shop["sequences"], shop["answers"], name="tea")
    before = len(sandbox.requests)
    predict()
    assert len(sandbox.requests) - before == plan.requests == 9
    assert plan.minimum_seconds == 8
    assert plan.jobs["units"].tolist()[1:] == [240, 240]


def test_a_finished_chain_costs_one_request_and_no_upload(sandbox, predict, plan, asked):
    first = predict()
    again, stored = len(asked()), len(sandbox.storage.requests)
    pd.testing.assert_frame_equal(predict(), first)
    assert asked()[again:] == ["list_runs"]
    assert {r.method for r in sandbox.storage.requests[stored:]} <= {"GET", "HEAD"}
    assert plan() == ["not needed", "not needed", "reuse"]


@pytest.mark.parametrize(
    ("kind", "made"),
    [
        ("feature", ["list_runs"]),
        ("task", ["list_runs"]),
        (
            "run",
            [
                *("list_runs", "list_tasks", "get_task", "list_features", "get_feature"),
                *("create_run", "get_run"),
            ],
        ),
    ],
)
def test_one_job_was_deleted(client, predict, asked, kind, made):
    first = predict()
    only(client, kind).delete()
    before = len(asked())
    pd.testing.assert_frame_equal(
        predict().sort_values("user_id", ignore_index=True),
        first.sort_values("user_id", ignore_index=True),
    )
    assert asked()[before:] == made


def test_feature_and_run_were_deleted(client, predict, plan, count):
    """The task is still good: it is applied to the feature of the same content, made again."""
    predict()
    only(client, "run").delete()
    old = only(client, "feature")
    old.delete()
    assert plan() == ["create", "reuse", "create"]
    assert len(predict()) == 240
    assert count() == [1, 1, 1]
    assert only(client, "feature") != old


def test_feature_and_task_were_deleted_while_the_run_failed(sandbox, client, predict, plan, count):
    sandbox.inject("OBS_UPLOAD_FAILED", operation="create_run")
    with pytest.raises(errors.JobFailed, match="OBS_UPLOAD_FAILED"):
        predict()
    only(client, "task").delete()
    only(client, "feature").delete()
    assert plan() == ["create", "create", "replace"]
    assert len(predict()) == 240
    assert count() == [1, 1, 1]


@pytest.mark.parametrize("kind", ["feature", "task", "run"])
def test_a_job_that_failed_in_passing_is_replaced(sandbox, client, predict, plan, count, kind):
    sandbox.inject("OBS_DOWNLOAD_FAILED", operation=f"create_{kind}")
    with pytest.raises(errors.JobFailed, match="OBS_DOWNLOAD_FAILED"):
        predict()
    failed = only(client, kind)
    assert "replace" in plan()
    assert len(predict()) == 240
    assert count() == [1, 1, 1]
    assert only(client, kind) != failed


@pytest.mark.parametrize("kind", ["feature", "task", "run"])
def test_a_job_that_failed_for_good_stays(sandbox, client, predict, plan, count, kind):
    sandbox.inject("UNEXPECTED_TXT_FORMAT", operation=f"create_{kind}")
    for _ in range(2):
        with pytest.raises(errors.JobFailed, match="UNEXPECTED_TXT_FORMAT"):
            predict()
    assert "failed" in plan()
    there = count()
    with pytest.raises(errors.JobFailed):
        predict()
    assert count() == there


def test_files_that_vanished_are_sent_again(sandbox, client, predict, count, sleeper):
    sandbox.configure(job_seconds=60)
    with pytest.raises(errors.JobTimeout):
        predict(timeout=6)
    for key in sandbox.objects("nclue/"):
        sandbox.storage.delete(sandbox.bucket, key)
    sandbox.configure(job_seconds=0)
    assert "NOT_EXIST_FILE" in only(client, "feature").refresh().record.fail_message
    assert len(predict()) == 240
    assert count() == [1, 1, 1]


@pytest.mark.parametrize("kind", ["feature", "task", "run"])
def test_the_name_is_of_a_job_made_from_something_else(
    sandbox, client, shop, predict, plan, count, kind
):
    names = nclue.plan(shop["sequences"], shop["answers"], name="tea").jobs["name"].tolist()
    sandbox.put_object("own/a.csv", b"".join(b"u%03d\tx\n" % n for n in range(240)))
    sandbox.put_object("own/l.csv", b"".join(b"u%03d\t%d\n" % (n, n % 2) for n in range(240)))
    chosen = dict(zip(("feature", "task", "run"), names, strict=True))
    feature = client.create_feature_from_path(
        chosen["feature"] if kind == "feature" else "mine", "own/a.csv"
    )
    if kind != "feature":
        name = chosen["task"] if kind == "task" else "mine"
        task = client.create_task_from_path(name, feature, "own/l.csv")
    if kind == "run":
        task.run(feature, name=chosen["run"]).wait()
    before, objects = count(), set(sandbox.objects())
    assert "taken" in plan()
    with pytest.raises(errors.DuplicateNameError, match="other inputs"):
        predict()
    assert (count(), set(sandbox.objects())) == (before, objects)


def test_other_content_under_the_name_is_another_chain(client, shop, predict, count):
    predict()
    nclue.predict(shop["newer"], shop["answers"].head(200), name="tea")
    assert count() == [2, 2, 2]


def test_score_the_present_with_tests(client, shop, predict, plan, count):
    train, test = shop["answers"].head(200), shop["answers"].tail(40)
    scores = predict(train, score_on=shop["newer"], test=test)
    assert set(scores["user_id"]) == set(shop["newer"]["user_id"])
    assert count() == [2, 1, 1]
    assert only(client, "task").record.test_file_path.startswith("nclue/answers/")
    assert plan(train, score_on=shop["newer"], test=test) == ["not needed"] * 3 + ["reuse"]
    assert plan(train, score_on=shop["newer"]) == ["reuse", "reuse", "create", "create"]


def test_the_training_feature_is_not_made_again_to_score(client, shop, predict, plan, count):
    predict()
    only(client, "feature").delete()
    assert plan(score_on=shop["newer"]) == ["not needed", "create", "reuse", "create"]
    assert len(predict(score_on=shop["newer"])) == 200
    assert count() == [1, 1, 2]


def test_scored_users_that_were_trained_on_are_one_feature(shop, predict, count):
    assert len(predict(score_on=shop["sequences"])) == 240
    assert count() == [1, 1, 1]


def test_calls_at_the_same_time_make_one_chain(sandbox, predict, count):
    results, barrier = [], threading.Barrier(4)

    def work():
        barrier.wait()
        results.append(predict())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count() == [1, 1, 1]
    assert len(results) == 4
    for result in results:
        pd.testing.assert_frame_equal(result, results[0])
    assert sandbox.storage.uploads(sandbox.bucket) == 0


def test_calls_at_the_same_time_replace_a_failed_job_once(sandbox, client, predict, count):
    sandbox.inject("OBS_UPLOAD_FAILED", operation="create_feature")
    with pytest.raises(errors.JobFailed):
        predict()
    results, barrier = [], threading.Barrier(3)

    def work():
        barrier.wait()
        results.append(len(predict()))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [240] * 3
    assert count() == [1, 1, 1]


def test_the_deadline_is_one_for_all_jobs(sandbox, client, sleeper, predict, count):
    sandbox.configure(job_seconds=300)
    sleeper.also = sandbox.advance
    with pytest.raises(
        errors.JobTimeout, match=r"After 700.0 s, of 700 s .* same call of predict\(\)"
    ):
        predict(timeout=700)
    assert sleeper.now < 760
    assert count()[:2] == [1, 1]
    assert len(predict(timeout=1000)) == 240


@pytest.mark.parametrize("verb", [nclue.predict, nclue.plan])
def test_a_typo_in_an_option_is_told(sandbox, shop, verb, client):
    start = len(sandbox.requests)
    with pytest.raises(TypeError, match="no option tset=.*user=, sequence= and label="):
        verb(shop["sequences"], shop["answers"], name="tea", tset=shop["answers"])
    assert len(sandbox.requests) == start


def test_ctrl_c_says_to_make_the_same_call_again(sandbox, sleeper, predict, count):
    sandbox.configure(job_seconds=300)
    sleeper.also = sandbox.advance
    sleeper.interrupt_at = 400
    with pytest.raises(KeyboardInterrupt) as caught:
        predict()
    told = " ".join(caught.value.__notes__)
    assert "same call of predict() again" in told
    assert "client.get_" not in told
    assert count() == [1, 1, 0]
    sleeper.interrupt_at = None
    assert len(predict()) == 240
    assert count() == [1, 1, 1]


def test_a_plan_finds_problems_and_sends_nothing(sandbox, client, shop):
    answers = shop["answers"].assign(label=0)
    made = nclue.plan(shop["sequences"], answers, name="tea")
    assert [problem.code for problem in made.problems]
    assert {request.method for request in sandbox.requests} == {"GET"}
    assert sandbox.objects() == {}
    with pytest.raises(errors.InvalidDataError):
        nclue.predict(shop["sequences"], answers, name="tea")
    assert sandbox.objects() == {}
