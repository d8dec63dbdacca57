"""Waiting: deadlines, Ctrl-C, failures, many jobs with one poller."""

from __future__ import annotations

import pytest

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.jobs.reference import Clock


class Sleeper:
    """A clock on which sleeping takes no time."""

    def __init__(self):
        self.now = 0.0
        self.slept = []
        self.interrupt_at = None

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds
        if self.interrupt_at is not None and self.now >= self.interrupt_at:
            raise KeyboardInterrupt

    @property
    def clock(self):
        return Clock(monotonic=self.monotonic, sleep=self.sleep)


@pytest.fixture
def sleeper(client):
    sleeper = Sleeper()
    client.clock = sleeper.clock
    return sleeper


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


def test_ctrl_c_says_how_to_resume(sandbox, sleeper, sequences, capsys):
    sandbox.configure(job_seconds=3600)
    feature = sequences.nclue.create_feature("slow")
    sleeper.interrupt_at = 10
    with pytest.raises(KeyboardInterrupt):
        feature.wait()
    assert "client.get_feature('slow')" in capsys.readouterr().err
    assert feature.refresh().status in {"registered", "pending", "in_progress"}


def test_waiting_survives_passing_errors(sandbox, sleeper, sequences):
    feature = sequences.nclue.create_feature("f")
    sandbox.inject("error_503", operation="get_feature", times=12)
    assert feature.wait().completed


def test_a_failed_job_names_cause_and_remedy(sandbox, client):
    sandbox.put_object("mine/data.csv", b"a\tx\na\ty\n")
    feature = client.create_feature_from_path("twice", "mine/data.csv")
    with pytest.raises(errors.JobFailed, match="unique") as caught:
        feature.result()
    assert caught.value.fail_code == "DUPLICATE_USERID"
    assert caught.value.name == "twice"


def test_many_jobs_are_asked_for_by_list(sandbox, client, sleeper, sequences):
    part = [sequences.iloc[i * 50 : i * 50 + 50].nclue.create_feature(f"f{i}") for i in range(6)]
    nclue.wait(part)
    asked = [r.operation for r in sandbox.requests if r.method == "GET"]
    assert asked == ["list_features"]
    assert all(job.completed for job in part)


def test_only_a_registered_job_can_be_cancelled(sandbox, client, sequences):
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
