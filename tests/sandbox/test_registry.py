"""Jobs of the sandbox age by the clock: the life cycle, one task at a time, who may be deleted."""

from __future__ import annotations

import threading

import pytest

from nclue_pandas.sandbox import SandboxSettings, jobs
from nclue_pandas.sandbox.refusals import Refusal

START = 1_800_000_000.0


@pytest.fixture
def waiting_task():
    return "pending"


@pytest.fixture
def registry(monkeypatch, waiting_task):
    monkeypatch.setattr("nclue_pandas.sandbox.jobs.time.time", lambda: START)
    settings = SandboxSettings(job_seconds=100.0, waiting_task=waiting_task)
    return jobs.Registry(lambda: settings, lambda job: None)


def states(registry, kind):
    return [job.state for job in reversed(registry.all(kind))]


def test_the_life_of_a_job(registry):
    job = registry.add(jobs.FEATURE, "f", {}, ())
    seen = []
    for _ in range(5):
        seen.append(registry.get(jobs.FEATURE, job.id).state)
        registry.advance(25)
    assert seen == ["registered", "pending", "in_progress", "in_progress", "completed"]
    assert job.finished == START + 100


def test_a_job_ends_when_its_time_is_over_not_when_it_is_asked_for(registry):
    job = registry.add(jobs.FEATURE, "f", {}, ())
    registry.advance(5_000)
    assert registry.get(jobs.FEATURE, job.id).finished == START + 100


def test_tasks_are_built_one_at_a_time_in_order(registry):
    made = [registry.add(jobs.TASK, name, {}, ()) for name in "abc"]
    assert states(registry, jobs.TASK) == ["registered", "pending", "pending"]
    registry.advance(60)
    assert states(registry, jobs.TASK) == ["in_progress", "pending", "pending"]
    registry.advance(40)
    assert states(registry, jobs.TASK) == ["completed", "pending", "pending"]
    registry.advance(60)
    assert states(registry, jobs.TASK) == ["completed", "in_progress", "pending"]
    registry.advance(1_000)
    assert states(registry, jobs.TASK) == ["completed"] * 3
    assert [job.finished for job in made] == [START + 100, START + 200, START + 300]


def test_other_kinds_are_built_side_by_side(registry):
    for name in "abc":
        registry.add(jobs.RUN, name, {}, ())
    registry.advance(100)
    assert states(registry, jobs.RUN) == ["completed"] * 3


def test_a_task_that_waits_for_another_cannot_be_canceled(registry):
    registry.add(jobs.TASK, "a", {}, ())
    second = registry.add(jobs.TASK, "b", {}, ())
    with pytest.raises(Refusal) as caught:
        registry.delete(jobs.TASK, second.id)
    assert caught.value.code == 10115


@pytest.mark.parametrize("waiting_task", ["registered"])
def test_a_canceled_task_leaves_its_turn_to_the_next(registry):
    first, second, third = (registry.add(jobs.TASK, name, {}, ()) for name in "abc")
    registry.delete(jobs.TASK, second.id)
    registry.advance(130)
    assert states(registry, jobs.TASK) == ["completed", "pending"]
    registry.delete(jobs.TASK, first.id)
    assert states(registry, jobs.TASK) == ["pending"], "the one before it took its time"
    registry.advance(70)
    assert states(registry, jobs.TASK) == ["completed"]
    assert third.finished == START + 200


@pytest.mark.parametrize(
    ("seconds", "code"), [(0, None), (25, 10114), (60, 10114), (100, None)], ids=str
)
def test_a_feature_is_deleted_unless_it_is_processed(registry, seconds, code):
    job = registry.add(jobs.FEATURE, "f", {}, ())
    registry.advance(seconds)
    if code is None:
        registry.delete(jobs.FEATURE, job.id)
        with pytest.raises(Refusal):
            registry.get(jobs.FEATURE, job.id)
    else:
        with pytest.raises(Refusal) as caught:
            registry.delete(jobs.FEATURE, job.id)
        assert caught.value.code == code


@pytest.mark.parametrize("kind", [jobs.TASK, jobs.RUN, jobs.CUSTOM_ATTRIBUTES])
def test_a_feature_in_use_stays_until_its_dependants_are_done(registry, kind):
    feature = registry.add(jobs.FEATURE, "f", {}, ())
    registry.advance(100)
    user = registry.add(kind, "u", {}, (feature,))
    with pytest.raises(Refusal) as caught:
        registry.delete(jobs.FEATURE, feature.id)
    assert caught.value.code == 10134
    registry.advance(100)
    registry.delete(jobs.FEATURE, feature.id)
    assert registry.get(kind, user.id).state == "completed"


def test_ids_repeat_with_the_seed():
    def ids(seed):
        settings = SandboxSettings(seed=seed)
        registry = jobs.Registry(lambda: settings, lambda job: None)
        return [registry.add(jobs.FEATURE, name, {}, ()).id for name in "ab"]

    assert ids(1) == ids(1) != ids(2)


class Work:
    """Work that ends when it is let go on."""

    def __init__(self):
        self.begun, self.go_on, self.done = threading.Event(), threading.Event(), []

    def __call__(self, job):
        if job.size > jobs.SMALL:
            self.begun.set()
            assert self.go_on.wait(60)
        self.done.append(job.name)


@pytest.fixture
def work():
    made = Work()
    yield made
    made.go_on.set()


@pytest.fixture
def busy(work):
    return jobs.Registry(SandboxSettings, work)


LARGE = jobs.SMALL + 1


def test_a_large_job_is_in_progress_while_it_is_worked_off(busy, work):
    job = busy.add(jobs.FEATURE, "large", {}, (), size=LARGE)
    assert work.begun.wait(60)
    assert busy.get(jobs.FEATURE, job.id).state == "in_progress"
    assert states(busy, jobs.FEATURE) == ["in_progress"]
    with pytest.raises(Refusal) as caught:
        busy.completed(jobs.FEATURE, job.id)
    assert caught.value.code == 10114
    work.go_on.set()
    job.work.result(60)
    assert busy.get(jobs.FEATURE, job.id).state == "completed"


def test_small_jobs_are_worked_off_beside_a_large_one(busy, work):
    busy.add(jobs.FEATURE, "large", {}, (), size=LARGE)
    assert work.begun.wait(60)
    small = busy.add(jobs.FEATURE, "small", {}, (), size=jobs.SMALL)
    assert busy.get(jobs.FEATURE, small.id).state == "completed"
    assert work.done == ["small"]
    busy.delete(jobs.FEATURE, small.id)


def test_a_task_waits_for_a_large_one_in_work(busy, work):
    busy.add(jobs.TASK, "large", {}, (), size=LARGE)
    second = busy.add(jobs.TASK, "next", {}, ())
    assert work.begun.wait(60)
    assert states(busy, jobs.TASK) == ["in_progress", "pending"]
    work.go_on.set()
    while second.state != "completed":
        busy.get(jobs.TASK, second.id)
    assert work.done == ["large", "next"]
    assert second.finished >= busy.all(jobs.TASK)[1].finished


def test_a_registry_is_cleared_after_what_is_in_work(busy, work):
    busy.add(jobs.FEATURE, "large", {}, (), size=LARGE)
    busy.add(jobs.FEATURE, "waits", {}, (), size=LARGE)
    assert work.begun.wait(60)
    threading.Timer(0.05, work.go_on.set).start()
    busy.clear()
    assert work.done == ["large"]
    assert busy.all(jobs.FEATURE) == []
    again = busy.add(jobs.FEATURE, "small", {}, ())
    assert busy.get(jobs.FEATURE, again.id).state == "completed"


def test_jobs_take_longer_for_more_data(monkeypatch):
    monkeypatch.setattr("nclue_pandas.sandbox.jobs.time.time", lambda: START)
    settings = SandboxSettings(job_seconds=10.0, job_seconds_per_megabyte=2.0)
    made = jobs.Registry(lambda: settings, lambda job: None)
    job = made.add(jobs.FEATURE, "f", {}, (), size=45_000_000)
    made.advance(99)
    assert made.get(jobs.FEATURE, job.id).state == "in_progress"
    made.advance(1)
    made.get(jobs.FEATURE, job.id)
    job.work.result(60)
    assert job.state == "completed"
    assert job.finished == START + 100


def test_a_mistake_of_the_sandbox_fails_the_job_and_is_shown():
    def wrong(job):
        raise ZeroDivisionError

    made = jobs.Registry(SandboxSettings, wrong)
    job = made.add(jobs.FEATURE, "f", {}, ())
    with pytest.raises(ZeroDivisionError):
        job.work.result(60)
    found = made.get(jobs.FEATURE, job.id)
    assert (found.state, found.fail_message) == ("failed", "COMMON_ERROR")


def test_one_of_two_who_come_at_once_gets_the_name_or_the_feature(busy):
    feature = busy.add(jobs.FEATURE, "f", {}, ())
    with pytest.raises(Refusal) as caught:
        busy.add(jobs.FEATURE, "f", {}, ())
    assert caught.value.code == 10102
    busy.delete(jobs.FEATURE, feature.id)
    with pytest.raises(Refusal) as caught:
        busy.add(jobs.TASK, "t", {}, (feature,))
    assert caught.value.status == 404
