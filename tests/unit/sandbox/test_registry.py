"""Jobs of the sandbox age by the clock: the life cycle, one task at a time, who may be deleted."""

from __future__ import annotations

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
