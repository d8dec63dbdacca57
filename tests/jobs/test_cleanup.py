"""Clean-up: what no job needs, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.jobs.account import Group
from nclue_pandas.storage import layout
from nclue_pandas.storage.bucket import ObjectInfo

NOW = timedelta(0)


@pytest.fixture
def frames():
    users = pd.Series([f"u{number:03d}" for number in range(240)])
    tea = pd.Series(range(240)) % 2
    sequences = pd.DataFrame({"user_id": users, "sequence": tea.map({0: "milk", 1: "tea"})})
    return sequences, pd.DataFrame({"user_id": users, "label": tea})


@pytest.fixture
def scored(client, frames):
    """A finished chain; returns its jobs."""
    feature = client.create_feature("f", frames[0]).wait()
    task = client.create_task("t", feature, frames[1]).wait()
    run = task.run(feature).wait()
    return feature, task, run


def test_what_jobs_need_stays(sandbox, client, scored):
    before = sandbox.objects()
    found = client.cleanup(dry_run=False, min_age=NOW)
    assert found.empty
    assert found["bytes"].dtype == "int64[pyarrow]"
    assert sandbox.objects() == before


def test_what_deleted_jobs_left_is_listed_then_removed(sandbox, client, scored):
    for job in reversed(scored):
        job.delete()
    before = sandbox.objects()
    listed = client.cleanup(min_age=NOW)
    assert sandbox.objects() == before
    assert dict(zip(listed["key"], listed["bytes"], strict=True)) == before
    assert sorted(listed["kind"]) == ["answers", "results", "sequences", "sequences"]
    assert not listed["removed"].any()
    removed = client.cleanup(min_age=NOW, dry_run=False)
    assert removed["key"].tolist() == listed["key"].tolist()
    assert removed["removed"].all()
    assert sandbox.objects() == {}


def test_results_can_be_kept(sandbox, client, scored):
    for job in reversed(scored):
        job.delete()
    client.cleanup(min_age=NOW, dry_run=False, folders=("sequences", "answers"))
    assert [key.split("/")[1] for key in sandbox.objects()] == ["results"]
    with pytest.raises(errors.ConfigurationError, match="result"):
        client.cleanup(folders=("result",))
    with pytest.raises(errors.ConfigurationError, match=r"timedelta\(days=3\)"):
        client.cleanup(min_age=3)
    assert set(client.cleanup(min_age=NOW, folders="results")["kind"]) <= {"results"}


def test_a_job_of_any_state_needs_its_files(sandbox, client, frames):
    sandbox.inject("COMMON_ERROR", operation="create_feature")
    failed = client.create_feature("f", frames[0])
    with pytest.raises(errors.JobFailed):
        failed.wait()
    sandbox.configure(job_seconds=3600)
    client.create_feature("g", frames[0].head(120))
    before = sandbox.objects()
    assert client.cleanup(min_age=NOW, dry_run=False).empty
    failed.delete()
    assert len(client.cleanup(min_age=NOW, dry_run=False)) == 2
    assert 0 < len(sandbox.objects()) < len(before)


def test_what_is_young_may_be_an_upload_that_goes_on(sandbox, client, frames):
    sandbox.inject("quota", operation="create_feature")
    with pytest.raises(errors.QuotaExceeded):
        client.create_feature("f", frames[0])
    assert client.cleanup(dry_run=False).empty
    assert len(client.cleanup(dry_run=False, min_age=NOW)) == 2


@pytest.mark.parametrize("path", ["nclue/sequences/", "nclue", "part"])
def test_a_job_on_a_directory_around_or_a_part_inside(sandbox, client, frames, path):
    sandbox.inject("quota", operation="create_feature")
    with pytest.raises(errors.QuotaExceeded):
        client.create_feature("f", frames[0])
    part = next(key for key in sandbox.objects() if key.endswith(".csv"))
    sandbox.configure(job_seconds=3600)
    client.create_feature_from_path("own", part if path == "part" else path)
    assert client.cleanup(dry_run=False, min_age=NOW).empty


def test_what_others_put_there_is_left_alone(sandbox, client, frames):
    sandbox.inject("quota", operation="create_feature")
    with pytest.raises(errors.QuotaExceeded):
        client.create_feature("f", frames[0])
    ours = set(sandbox.objects())
    part = next(key for key in ours if key.endswith(".csv"))
    directory = layout.result_directory("nclue", "mine")
    copy = layout.Place("answers", "nclue", "x", "0" * 24, 1).path
    foreign = [
        copy,  # the grammar without the metadata
        part.replace("part-00000", "part-00009"),
        part.replace("part-00000.csv", "notes.txt"),
        part.replace("nclue/", "other/"),
        part.replace("nclue/", "nclue/sequences/team/"),
        f"{directory}notes.txt",
        f"{directory}mine.tsv",
        "nclue/results/nclue_abc_2026010100.tsv",
        "nclue/sequences/own.csv",
        "own/data.csv",
    ]
    for key in foreign:
        sandbox.put_object(key, b"u1\ttea\n")
    sandbox.put_object(part.replace("nclue/", "team/"), b"x", layout.metadata("0" * 24, 0))
    removed = client.cleanup(dry_run=False, min_age=NOW)
    assert set(removed["key"]) == ours
    assert set(foreign) < set(sandbox.objects())


def test_prefixes_and_buckets_are_apart(sandbox, client, frames):
    with nclue.connect(sandbox, prefix="team/a") as other:
        other.create_feature("f", frames[0]).wait().delete()
        assert client.cleanup(dry_run=False, min_age=NOW).empty
        sandbox.storage.create_bucket("elsewhere")
        assert len(other.cleanup(dry_run=False, min_age=NOW)) == 2
    assert sandbox.objects() == {}


def test_a_job_that_comes_up_while_objects_are_listed(sandbox, client, frames, monkeypatch):
    """Objects are listed before jobs: what a job begins to need meanwhile is seen."""
    sandbox.inject("quota", operation="create_feature")
    with pytest.raises(errors.QuotaExceeded):
        client.create_feature("f", frames[0])
    real = client.storage.list

    def listed(prefix):
        yield from real(prefix)
        client.create_feature("f", frames[0])

    monkeypatch.setattr(client.storage, "list", listed)
    assert client.cleanup(dry_run=False, min_age=NOW).empty
    assert client.get_feature("f").wait().completed


@pytest.mark.slow
def test_more_objects_than_a_page_holds(sandbox, client):
    places = [layout.Place("answers", "nclue", "x", f"{n:024x}", 1) for n in range(1005)]
    for place in places:
        sandbox.put_object(place.path, b"u\t1\n", layout.metadata(place.fingerprint, 0))
    assert len(client.cleanup(min_age=NOW)) == 1005


def test_what_is_as_old_as_asked_for_is_old():
    limit = datetime(2026, 1, 1, tzinfo=UTC)
    moments = {limit: False, limit + timedelta(seconds=1): True, limit - timedelta(1): False}
    for moment, is_younger in (moments | {None: True}).items():
        group = Group("answers", "p", (ObjectInfo("p", 1, moment),))
        assert group.is_younger(limit) == is_younger


def test_a_job_on_the_whole_bucket_needs_everything():
    group = Group("answers", "nclue/answers/x.csv", ())
    assert group.is_needed({""})
    assert group.is_needed({"nclue"})
    assert not group.is_needed({"ncl"})
