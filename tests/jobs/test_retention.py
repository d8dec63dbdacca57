"""Pruning a chain: its older runs, tasks, features and files, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.jobs.reference import Clock
from nclue_pandas.service.transport import Request, Transport
from nclue_pandas.storage.bucket import Bucket

KINDS = ("features", "tasks", "runs", "shopping_intents", "custom_attributes")


@pytest.fixture
def shop():
    users = pd.Series([f"u{number:03d}" for number in range(240)])
    tea = pd.Series(range(240)) % 2
    sequences = pd.DataFrame({"user_id": users, "sequence": tea.map({0: "milk", 1: "tea"})})
    return sequences, pd.DataFrame({"user_id": users, "label": tea})


@pytest.fixture
def night(sandbox, client, shop):
    """One night's chain: everybody's sequence grows; a minute later by the service's clock."""

    def run(number, name="tea", *, retrain=False, **options):
        grown = shop[0].assign(sequence=shop[0]["sequence"] + f"->day {number}")
        sandbox.advance(60)
        if retrain:
            return nclue.predict(grown, shop[1], name=name, **options)
        return nclue.predict(shop[0], shop[1], name=name, score_on=grown, **options)

    return run


@pytest.fixture
def state(sandbox, client):
    def names():
        jobs = {kind: set(getattr(client, f"list_{kind}")()["name"]) for kind in KINDS}
        return jobs, set(sandbox.objects())

    return names


def added(later, before):
    jobs = {kind: later[0][kind] - before[0][kind] for kind in KINDS}
    return jobs, later[1] - before[1]


@pytest.mark.parametrize("retrain", [False, True])
def test_the_newest_runs_stay_with_all_that_they_use(sandbox, client, night, state, retrain):
    made = [state()]
    for number in range(3):
        night(number, retrain=retrain)
        made.append(state())
    whole = made[-1]
    listed = client.prune(name="tea", keep=1)
    assert state() == whole
    assert not listed["removed"].any()
    kinds = listed["kind"].tolist()
    jobs = [kind for kind in kinds if kind != "file"]
    expected = {"Run": 2, "Task": 2 if retrain else 0, "Feature": 2}
    assert jobs == [kind for kind, count in expected.items() for _ in range(count)]
    removed = client.prune(name="tea", keep=1, dry_run=False)
    pd.testing.assert_frame_equal(removed.drop(columns="removed"), listed.drop(columns="removed"))
    assert removed["removed"].all()
    kept, last = state(), added(made[3], made[2])
    assert not kept[0]["runs"] & made[2][0]["runs"]
    assert all(last[0][kind] <= kept[0][kind] for kind in KINDS)
    assert last[1] <= kept[1]
    assert set(listed["key"].dropna()) == whole[1] - kept[1]
    assert client.prune(name="tea", keep=1, dry_run=False).empty
    assert client.cleanup(min_age=timedelta(0)).empty
    asked = len(sandbox.requests)
    assert len(night(2, retrain=retrain)) == 240
    assert [each.operation for each in sandbox.requests[asked:]] == ["list_runs"]


@pytest.mark.slow
def test_twelve_nights_stay_bounded(client, night, state):
    sizes = []
    for number in range(12):
        night(number, retrain=True)
        client.prune(name="tea", keep=3, dry_run=False)
        jobs, objects = state()
        sizes.append((len(jobs["features"]), len(jobs["tasks"]), len(jobs["runs"]), len(objects)))
    assert max(sizes) == sizes[-1] == (3, 3, 3, 10)


def test_nothing_else_is_touched(sandbox, client, shop, night, state):
    """Chains of like names, the same slug, other prefixes and hand-made jobs of the same words."""
    night(0)
    feature = client.get_feature(client.list_features()["name"][0])
    task = client.get_task(client.list_tasks()["name"][0])
    run_name = client.list_runs()["name"][0]
    other = ("tea!", run_name)
    for each in other:
        night(0, name=each)
    with nclue.connect(sandbox, prefix="team") as elsewhere:
        few = [each.head(220) for each in shop]
        nclue.predict(*few, name="tea", client=elsewhere)
    path = feature.record.source_file_path
    client.create_feature_from_path("tea-0123456789", path).wait()
    client.create_feature("tea-abcdef0123", shop[0]).wait()
    answers = task.record.train_file_path
    client.create_task_from_path("tea-00000000aa", feature, answers).wait()
    task.run(feature, name="tea-bb00000000").wait()
    sandbox.put_object("nclue/sequences/tea-notes.txt", b"mine")
    before = state()
    night(1)
    chain = added(state(), before)
    removed = client.prune(name="tea", keep=1, dry_run=False)
    after = state()
    own = {"Run": "runs", "Task": "tasks", "Feature": "features"}
    for name, kind in zip(removed["name"], removed["kind"], strict=True):
        if kind != "file":
            assert name in chain[0][own[kind]] or name == run_name
    gone = before[1] - after[1]
    assert {key.split("/")[1] for key in gone} <= {"results"}
    assert before[0]["features"] <= after[0]["features"]
    assert before[0]["tasks"] <= after[0]["tasks"]
    assert before[0]["runs"] - after[0]["runs"] == {run_name}
    assert removed["kind"].tolist() == ["file", "Run"], "its feature is used by hand-made ones"


def test_what_another_job_uses_stays(client, night, state):
    night(0, retrain=True)
    task = client.get_task(client.list_tasks()["name"][0])
    profile = client.create_shopping_intent("drinkers", task).wait()
    night(1, retrain=True)
    feature = client.get_feature(client.list_features()["name"][0])
    client.create_custom_attributes("campers", feature, ["tea"]).wait()
    night(2, retrain=True)
    removed = client.prune(name="tea", keep=1, dry_run=False)
    assert removed.loc[removed["kind"] != "file", "kind"].tolist() == ["Run", "Run", "Task"]
    assert task.refresh().completed
    assert feature.refresh().completed
    assert profile.result() is not None


def interrupted(seconds):
    if seconds:
        raise KeyboardInterrupt


def test_unfinished_and_failed_jobs(sandbox, client, night):
    night(0)
    sandbox.inject("OBS_UPLOAD_FAILED", operation="create_run")
    with pytest.raises(errors.JobFailed):
        night(1)
    assert client.prune(name="tea", keep=1).empty, "the only completed run, and a newer failure"
    sandbox.configure(job_seconds=3600)
    clock = client.clock
    client.clock = Clock(sleep=interrupted)
    with pytest.raises(KeyboardInterrupt):
        night(2)
    client.clock = clock
    assert client.list_features()["status"].isin(["registered", "pending", "in_progress"]).sum()
    assert client.prune(name="tea", keep=1).empty
    sandbox.configure(job_seconds=0)
    night(3)
    removed = client.prune(name="tea", keep=1, dry_run=False)
    kinds = removed.loc[removed["kind"] != "file", "kind"].tolist()
    assert kinds[:4] == ["Run", "Run", "Feature", "Feature"]


def test_interrupted_at_every_moment_and_run_again(sandbox, client, night, state, monkeypatch):
    """Ctrl-C before each of the deletions: what is left is listed again, no file is orphaned."""
    for number in range(2):
        night(number, retrain=True)
    listed = client.prune(name="tea", keep=1)
    assert listed["kind"].tolist() == ["file", "Run", "Task", "file", "file", "Feature"]

    def once(act):
        def delete(owner, what, *arguments):
            if isinstance(what, Request) and not what.deletes:
                return act(owner, what, *arguments)
            if deleted:
                raise KeyboardInterrupt
            deleted.append(act(owner, what, *arguments))
            return deleted[0]

        return delete

    monkeypatch.setattr(Bucket, "delete", once(Bucket.delete))
    monkeypatch.setattr(Transport, "call", once(Transport.call))
    columns = ["kind", "name", "id", "key"]
    for done in range(1, len(listed)):
        deleted = []
        with pytest.raises(KeyboardInterrupt):
            client.prune(name="tea", keep=1, dry_run=False)
        left = client.prune(name="tea", keep=1)
        pd.testing.assert_frame_equal(
            left[columns], listed[columns].iloc[done:].reset_index(drop=True)
        )
        assert client.cleanup(min_age=timedelta(0)).empty
    deleted = []
    assert client.prune(name="tea", keep=1, dry_run=False)["removed"].all()
    jobs, objects = state()
    assert [len(jobs[kind]) for kind in KINDS] == [1, 1, 1, 0, 0]
    assert len(objects) == 4


def test_a_job_that_is_used_by_now_stays_and_one_that_is_gone_is_gone(
    sandbox, client, night, monkeypatch
):
    for number in range(2):
        night(number, retrain=True)
    task = client.get_task(client.prune(name="tea", keep=1).query("kind == 'Task'")["id"].iloc[0])
    bucket, acts = type(client.storage), []
    real = bucket.delete

    def delete(self, key):
        if not acts:  # after the lists, before the jobs: somebody uses the one and deletes another
            client.get_run(client.list_runs()["id"].iloc[-1]).delete()
            sandbox.configure(job_seconds=3600)
            acts.append(task.shopping_intent("late"))
        real(self, key)

    monkeypatch.setattr(bucket, "delete", delete)
    removed = client.prune(name="tea", keep=1, dry_run=False)
    assert removed.loc[~removed["removed"], "kind"].tolist() == ["Task"]
    assert task.refresh().completed
    assert client.prune(name="tea", keep=1).empty, "the profile uses it"


@pytest.mark.parametrize(("keep", "name"), [(0, "tea"), (-1, "tea"), (True, "tea"), (1.5, "tea")])
def test_keep_is_a_count(sandbox, client, keep, name):
    asked = len(sandbox.requests)
    with pytest.raises(errors.ConfigurationError, match="keep="):
        client.prune(name=name, keep=keep)
    with pytest.raises(errors.InvalidDataError):
        client.prune(name="", keep=1)
    assert len(sandbox.requests) == asked


def test_uncertain_lists_delete_nothing(client, night, state, monkeypatch):
    from nclue_pandas.service.operations import Kind

    for number in range(2):
        night(number)
    before, real = state(), Kind.everything
    monkeypatch.setattr(Kind, "everything", lambda *args: (real(*args)[0], False))
    with pytest.warns(RuntimeWarning, match="Nothing is deleted"):
        listed = client.prune(name="tea", keep=1, dry_run=False)
    assert len(listed)
    assert not listed["removed"].any()
    assert state() == before
