"""Waiting: deadlines, Ctrl-C, failures, many jobs with one poller."""

from __future__ import annotations

import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.progress import WaitProgress


def test_a_deadline_leaves_the_job_alone(sandbox, client, sleeper, sequences):
    sandbox.configure(job_seconds=3600)
    feature = sequences.nclue.create_feature("slow")
    with pytest.raises(errors.JobTimeout, match=r"get_feature\('slow'\)") as caught:
        feature.wait(timeout=100)
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.job_id == feature.id
    assert 99.9 < sleeper.now < 100.1
    assert client.list_features()["name"].tolist() == ["slow"]


def test_polls_back_off(sandbox, sleeper, sequences):
    sandbox.configure(job_seconds=3600)
    with pytest.raises(errors.JobTimeout):
        sequences.nclue.create_feature("slow").wait(timeout=3000)
    assert max(sleeper.slept) <= 1.0
    gets = [r for r in sandbox.requests if r.operation == "get_feature"]
    assert 40 < len(gets) < 80


def test_ctrl_c_says_how_to_resume(sandbox, sleeper, sequences):
    sandbox.configure(job_seconds=3600)
    feature = sequences.nclue.create_feature("slow")
    sleeper.interrupt_at = 10
    with pytest.raises(KeyboardInterrupt) as caught:
        feature.wait()
    assert "client.get_feature('slow')" in caught.value.__notes__[0]
    assert feature.refresh().status in {"registered", "pending", "in_progress"}


def test_the_log_tells_of_each_state(sandbox, client, sleeper, sequences, caplog):
    caplog.set_level("INFO", logger="nclue_pandas")
    sandbox.configure(job_seconds=1)
    sequences.nclue.create_feature("러닝화").wait()
    told = [record.getMessage() for record in caplog.records]
    told = [line for line in told if line.startswith(("uploaded", "Feature"))]
    assert told[0].startswith("uploaded 러닝화 sequences: ")
    assert told[1] == "Feature '러닝화' is created"
    assert told[-1] == "Feature '러닝화' is completed"
    assert len(set(told)) == len(told)
    assert not any(key in caplog.text for key in (sandbox.access_key, sandbox.secret_key))


@pytest.mark.parametrize(
    "fault", ["error_503", "drop_before", "truncated", "wrong_types", "throttle", "html"]
)
def test_waiting_survives_passing_errors(sandbox, sleeper, sequences, fault):
    feature = sequences.nclue.create_feature("f")
    sandbox.inject(fault, operation="get_feature", times=12)
    assert feature.wait().completed


def test_one_job_that_cannot_be_asked_for_hides_no_other(sandbox, client, sleeper, sequences):
    jobs = [sequences.head(50 + i).nclue.create_feature(f"f{i}") for i in range(3)]
    sandbox.inject("error_503", operation="list_features", times=5)
    sandbox.inject("error_503", operation="get_feature", times=5)
    before = len(sandbox.requests)
    nclue.wait(jobs)
    asked = [r.operation for r in sandbox.requests[before:]]
    assert asked.count("get_feature") == 5 + 2 + 1


def test_pages_are_read_while_they_pay(sandbox, client, sleeper):
    sandbox.configure(job_seconds=40)
    sleeper.also = sandbox.advance
    for number in range(150):
        sandbox.put_object(f"own/{number}.csv", b"u\ttea\n")
    jobs = [client.create_feature_from_path(f"f{n}", f"own/{n}.csv") for n in range(150)]
    before = len(sandbox.requests)
    nclue.wait(jobs)
    asked = [r.operation for r in sandbox.requests[before:]]
    assert set(asked) == {"list_features"}
    assert len(asked) < 25
    assert all(job.completed for job in jobs)


def test_many_jobs_are_tried_by_list_again_when_lists_lag(sandbox, client, sleeper):
    sandbox.configure(list_lag=3, job_seconds=30)
    sleeper.also = sandbox.advance
    for number in range(12):
        sandbox.put_object(f"own/{number}.csv", b"u\ttea\n")
    jobs = [client.create_feature_from_path(f"f{n}", f"own/{n}.csv") for n in range(12)]
    before = len(sandbox.requests)
    nclue.wait(jobs)
    asked = [r.operation for r in sandbox.requests[before:]]
    assert asked.count("get_feature") < 3 * 12
    assert asked[-1] == "list_features"


def told_positions(seen, name):
    """The positions told of a Task, without repetitions."""
    waits = (event for event in seen if isinstance(event, WaitProgress) and event.name == name)
    told = [event.position for event in waits if not event.finished]
    return [told[i] for i in range(len(told)) if i == 0 or told[i] != told[i - 1]]


def test_a_task_in_the_queue_tells_how_many_are_before_it(
    sandbox, client, sleeper, sequences, halves
):
    feature = sequences.nclue.create_feature("f").wait()
    sandbox.configure(job_seconds=60)
    sleeper.also = sandbox.advance
    tasks = [halves[0].nclue.create_task(name, feature) for name in "abc"]
    last = tasks.pop()
    before, seen = len(sandbox.requests), []
    with nclue.subscribe(seen.append):
        last.wait()
    assert told_positions(seen, "c")[:4] == [None, 2, 1, 0]
    asked = [r.operation for r in sandbox.requests[before:]]
    assert asked[0] == "get_task"
    assert asked[1:4] == ["list_tasks"] * 3, "a page does as well as the job alone"
    assert [task.refresh().status for task in tasks] == ["completed", "completed"]


def test_a_task_that_the_list_does_not_show_is_asked_for_alone(
    sandbox, client, sleeper, sequences, halves
):
    feature = sequences.nclue.create_feature("f").wait()
    sandbox.configure(job_seconds=60, list_lag=3600)
    sleeper.also = sandbox.advance
    task = halves[0].nclue.create_task("t", feature)
    before, seen = len(sandbox.requests), []
    with nclue.subscribe(seen.append):
        task.wait()
    asked = [r.operation for r in sandbox.requests[before:]]
    assert asked.count("list_tasks") == 1
    assert told_positions(seen, "t") == [None]


def test_a_failed_job_names_cause_and_remedy(sandbox, client):
    sandbox.put_object("mine/data.csv", b"a\tx\na\ty\n")
    feature = client.create_feature_from_path("twice", "mine/data.csv")
    with pytest.raises(errors.JobFailed, match="unique") as caught:
        feature.result()
    assert caught.value.fail_code == "DUPLICATE_USERID"
    assert caught.value.name == "twice"


def test_many_jobs_are_asked_for_by_list(sandbox, client, sleeper, sequences):
    part = [sequences.iloc[i * 50 : i * 50 + 50].nclue.create_feature(f"f{i}") for i in range(6)]
    before = len(sandbox.requests)
    nclue.wait(part)
    assert [r.operation for r in sandbox.requests[before:]] == ["list_features"]
    assert all(job.completed for job in part)


def test_every_handle_of_a_job_is_told(sandbox, client, sequences):
    made = sequences.nclue.create_feature("f")
    equal = [nclue.Feature(made.id, client) for _ in range(2)]
    nclue.wait(equal)
    assert [job.status for job in equal] == ["completed"] * 2
    nclue.wait(made)
    assert made.completed


def test_what_is_no_job_cannot_be_waited_for(client, sequences):
    made = sequences.nclue.create_feature("f")
    for given in ("f", [made, "f"], 5, None, [sequences]):
        with pytest.raises(errors.ConfigurationError, match="takes handles of jobs"):
            nclue.wait(given)


@pytest.mark.parametrize("timeout", ["5min", pd.Timedelta("1s"), -1, float("nan"), True])
def test_a_timeout_is_a_number_of_seconds(client, sequences, timeout):
    made = sequences.nclue.create_feature("f").wait()
    for call in (made.wait, lambda timeout: nclue.wait([], timeout=timeout), made.result):
        with pytest.raises(errors.ConfigurationError, match="give seconds"):
            call(timeout)


def test_only_a_registered_job_can_be_canceled(sandbox, client, sequences):
    done = sequences.nclue.create_feature("done").wait()
    with pytest.raises(errors.JobNotCancellableError, match="completed"):
        done.cancel()
    sandbox.configure(job_seconds=3600)
    waiting = sequences.head(10).nclue.create_feature("waiting")
    assert waiting.refresh().status == "registered"
    waiting.cancel()
    assert client.list_features()["name"].tolist() == ["done"]


def test_delete_is_refused_while_others_use_it(client, sandbox, sequences, halves):
    feature = sequences.nclue.create_feature("f")
    task = halves[0].nclue.create_task("t", feature).wait()
    sandbox.configure(job_seconds=3600)
    run = task.run(feature)
    with pytest.raises(errors.FeatureInUse):
        feature.delete()
    with pytest.raises(errors.TaskInUse):
        task.delete()
    run.delete()
    feature.delete()
    assert len(client.list_features()) == 0
