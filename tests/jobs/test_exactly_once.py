"""Exactly-once create where the service is slow to show, or somebody else acts meanwhile."""

from __future__ import annotations

import threading

import pytest

from nclue_pandas import errors
from nclue_pandas.jobs.exactly_once import create
from nclue_pandas.service import operations

PATH = "own/data.csv"


@pytest.fixture
def fields(sandbox):
    """What a Feature can be made from."""
    lines = "".join(f"u{number:03d}\tgreen tea->milk\n" for number in range(240))
    sandbox.put_object(PATH, lines.encode())
    return {"source_bucket": sandbox.bucket, "source_file_path": PATH}


@pytest.fixture
def lagging(sandbox, sleeper):
    """Let lists lag by 20 s, and time pass in the service as the client sleeps."""
    sandbox.configure(list_lag=20.0)
    sleeper.also = sandbox.advance


def posts(sandbox):
    return [r.status for r in sandbox.requests if r.method == "POST"]


def test_a_list_that_lags_behind_an_unclear_create(sandbox, client, lagging, fields):
    sandbox.inject("drop_after_acting", operation="create_feature")
    made = create(client, operations.FEATURE, "f", fields)
    assert posts(sandbox)[:2] == [0, 409]
    sandbox.configure(list_lag=0.0)
    assert client.list_features()["id"].tolist() == [made.id]


def test_a_list_that_lags_behind_a_taken_name(sandbox, client, lagging, fields):
    first = create(client, operations.FEATURE, "f", fields)
    assert create(client, operations.FEATURE, "f", fields).id == first.id


def test_a_list_that_never_shows_the_job(sandbox, client, sleeper, fields):
    sandbox.configure(list_lag=1e6)
    sandbox.inject("drop_after_acting", operation="create_feature")
    with pytest.raises(errors.UnconfirmedCreateError, match="picked up, not created twice"):
        create(client, operations.FEATURE, "f", fields)
    sandbox.configure(list_lag=0.0)
    there = client.list_features()["id"].tolist()
    assert [create(client, operations.FEATURE, "f", fields).id] == there


@pytest.mark.parametrize("fault", ["quota", "throttle", "error_500", "redirect", "wrong_types"])
def test_a_refusal_after_an_unclear_attempt_is_not_the_whole_truth(
    sandbox, client, lagging, fields, fault
):
    sandbox.inject("error_504_after_acting", operation="create_feature")
    sandbox.inject(fault, operation="create_feature", times=5)
    made = create(client, operations.FEATURE, "f", fields)
    sandbox.configure(list_lag=0.0)
    assert client.list_features()["id"].tolist() == [made.id]


@pytest.mark.parametrize("fault", ["error_503", "wrong_types", "drop_before", "quota"])
def test_a_look_up_that_fails_is_no_refusal(sandbox, client, sleeper, sequences, fault):
    sandbox.inject("drop_after_acting", operation="create_feature")
    sandbox.configure(slow_seconds=0.0)
    sandbox.inject(fault, operation="list_features", times=6)
    feature = client.create_feature("f", sequences)
    assert feature.wait().record.user_count == len(sequences)
    assert client.list_features()["id"].tolist() == [feature.id]


def test_a_job_that_was_deleted_is_not_adopted_from_a_late_list(sandbox, client, lagging, fields):
    old = create(client, operations.FEATURE, "f", fields)
    sandbox.advance(21)
    client.get_feature(old.id).delete()
    sandbox.inject("drop_after_acting", operation="create_feature")
    new = create(client, operations.FEATURE, "f", fields)
    assert new.id != old.id
    sandbox.configure(list_lag=0.0)
    assert client.list_features()["id"].tolist() == [new.id]


def test_delete_and_create_again_under_one_name(sandbox, client, fields):
    ids = []
    for _ in range(3):
        ids.append(create(client, operations.FEATURE, "f", fields).id)
        client.get_feature(ids[-1]).delete()
    assert len(set(ids)) == 3
    assert client.list_features().empty


def test_another_job_took_the_name_meanwhile(sandbox, client, fields):
    sandbox.put_object("own/other.csv", b"u1\ttea\n")
    other = {**fields, "source_file_path": "own/other.csv"}
    taken = create(client, operations.FEATURE, "f", other)
    with pytest.raises(errors.DuplicateNameError, match=r"own/data\.csv.*own/other\.csv") as caught:
        create(client, operations.FEATURE, "f", fields)
    assert (caught.value.kind, caught.value.job_id, caught.value.name) == ("feature", taken.id, "f")


def test_a_failed_job_still_owns_its_name(sandbox, client, fields):
    sandbox.inject("OBS_DOWNLOAD_FAILED", operation="create_feature")
    failed = create(client, operations.FEATURE, "f", fields)
    again = client.create_feature_from_path("f", PATH)
    assert again.id == failed.id
    with pytest.raises(errors.JobFailed, match="OBS_DOWNLOAD_FAILED"):
        again.wait()


def test_adoption_takes_the_path_that_the_job_returns(sandbox, client, sequences, halves):
    feature = sequences.nclue.create_feature("f").wait()
    task = halves[0].nclue.create_task("t", feature).wait()
    sandbox.configure(result_path="requested")
    sandbox.inject("drop_after_acting", operation="create_run")
    first = task.run(feature)
    second = task.run(feature)
    assert second == first
    asked = second.refresh().record.result_file_path
    assert first.refresh().record.result_file_path == asked
    assert len(second.result()) == len(sequences)
    assert list(sandbox.objects(asked)) == list(sandbox.objects("nclue/results/")) != []


def test_files_of_a_refused_create_that_another_call_uses(sandbox, client, sequences):
    """A concurrent call found the same content there: a refusal here must not take it away."""
    client.create_feature("one-name", sequences.head(120))
    other = client.create_feature("One name", sequences)
    files = set(sandbox.objects())
    with pytest.raises(errors.DuplicateNameError):
        client.create_feature("one-name", sequences)
    assert other.wait().record.user_count == len(sequences)
    assert set(sandbox.objects()) == files


def test_files_of_a_refused_create_that_a_job_names_meanwhile(sandbox, client, sequences):
    """Written here, found and used by another call, then refused here: they stay."""
    refused = client.create_feature("one-name", sequences.head(120))
    dataset = sequences.head(130)
    publish, named = client.storage.put, []

    def put(key, *rest):
        publish(key, *rest)
        if key.endswith(".csv"):
            named.append(key)
            client.create_feature_from_path("other", key.rpartition("/")[0] + "/")

    client.storage.put = put
    with pytest.raises(errors.DuplicateNameError, match=refused.id):
        client.create_feature("one-name", dataset)
    assert client.get_feature("other").wait().record.user_count == 130
    assert named
    assert set(named) <= set(sandbox.objects())


def test_files_of_a_refusal_that_may_pass_stay(sandbox, client, sleeper, sequences):
    sandbox.inject("throttle", operation="create_feature", times=50)
    with pytest.raises(errors.Throttled) as caught:
        client.create_feature("f", sequences)
    assert sandbox.objects()
    assert any("stay for the next try" in note for note in caught.value.__notes__)


def test_many_threads_create_one_job(sandbox, client, fields):
    made, barrier = [], threading.Barrier(6)

    def work():
        barrier.wait()
        made.append(create(client, operations.FEATURE, "f", fields).id)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.list_features()["id"].tolist() == [made[0]]
    assert made == [made[0]] * 6
