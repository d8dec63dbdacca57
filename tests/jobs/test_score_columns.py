"""Runs and profiles as columns: waited for together, each read once."""

from __future__ import annotations

import pytest

from nclue_pandas import errors


@pytest.fixture
def jobs(client, sequences, answers):
    feature = client.create_feature("shop", sequences)
    task = client.create_task("tea", feature, answers)
    return task.run(feature), feature.custom_attributes("coffee", ["black coffee"])


def test_runs_and_profiles_beside_a_table_of_customers(sandbox, log, jobs):
    run, profile = jobs
    customers = log[["customer"]].drop_duplicates().assign(city="Seoul")
    made = customers.nclue.add_scores(
        {"tea": run, "coffee": profile, "tea too": run}, user="customer", timeout=60
    )
    assert made["customer"].dtype == customers["customer"].dtype
    for name, job in (("tea", run), ("coffee", profile), ("tea too", run)):
        wanted = job.result().set_index("user_id")["score"]
        assert made[name].tolist() == wanted[made["customer"].astype(str)].tolist()
    assert (made["tea"] - made["coffee"]).abs().max() > 0.1


def test_jobs_are_read_once_and_waited_for_until_the_deadline(sandbox, client, log, jobs, sleeper):
    customers = log[["customer"]].drop_duplicates()
    stored = len(sandbox.storage.requests)
    customers.nclue.add_scores({"a": jobs[0], "b": jobs[0]}, user="customer")
    read = [each for each in sandbox.storage.requests[stored:] if each.path.endswith(".tsv")]
    assert [each.method for each in read].count("GET") == 1
    sandbox.configure(job_seconds=3600)
    late = client.get_task("tea").run(client.get_feature("shop"), name="late")
    with pytest.raises(errors.JobTimeout, match="late"):
        customers.nclue.add_scores({"a": jobs[0], "late": late}, user="customer", timeout=30)


def test_mistakes_are_told_before_anything_is_asked(sandbox, client, log, jobs):
    task, asked = client.get_task("tea"), len(sandbox.requests)
    with pytest.raises(errors.ConfigurationError, match="'t' is a Task"):
        log.nclue.add_scores({"t": task}, user="customer")
    with pytest.raises(errors.MissingColumnError, match="who"):
        log.nclue.add_scores({"tea": jobs[0]}, user="who")
    with pytest.raises(errors.ConfigurationError, match="timeout"):
        log.nclue.add_scores({"tea": jobs[0]}, user="customer", timeout=-1)
    assert len(sandbox.requests) == asked
