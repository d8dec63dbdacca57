"""Lists that show what was deleted: a listed job is asked for by its id before it is believed."""

from __future__ import annotations

import dataclasses

import pytest

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.service.operations import Service
from nclue_pandas.service.records import Page


@pytest.fixture
def stale(monkeypatch):
    """Let a list show, in the first place, a job that is not there any more."""

    def show(gone):
        real = Service._page

        def page(service, path, array, record, index, limit):
            found = real(service, path, array, record, index, limit)
            first = index == 0 and isinstance(gone, record)
            return dataclasses.replace(found, items=(gone, *found.items)) if first else found

        monkeypatch.setattr(Service, "_page", page)

    return show


def test_a_deleted_job_under_a_taken_name_is_neither_believed_nor_blamed(
    client, sleeper, sequences, stale
):
    old = client.create_feature("f", sequences.head(300))
    gone = old.refresh().record
    old.delete()
    made = client.create_feature("f", sequences)
    stale(gone)
    assert client.create_feature("f", sequences).id == made.id
    with pytest.raises(errors.DuplicateNameError) as caught:
        client.create_feature("f", sequences.head(300))
    assert caught.value.job_id == made.id


@pytest.mark.parametrize("kind", ["feature", "task"])
def test_a_chain_does_not_go_on_with_a_deleted_job(client, sequences, answers, stale, kind):
    first = nclue.predict(sequences, answers, name="tea")
    jobs = {
        each: getattr(client, f"list_{each}s")()["id"][0] for each in ("run", "task", "feature")
    }
    gone = getattr(client.service, f"get_{kind}")(jobs[kind])
    for each, job_id in jobs.items():
        getattr(client.service, f"delete_{each}")(job_id)
    stale(gone)
    assert len(nclue.predict(sequences, answers, name="tea")) == len(first)


def test_nothing_is_removed_while_lists_change(client, sandbox, sequences, monkeypatch):
    from datetime import timedelta
    from itertools import count

    from nclue_pandas.service.records import FeatureRecord

    feature = client.create_feature("f", sequences)
    feature.delete()
    before, numbers = sandbox.objects(), count()

    def restless(service, path, array, record, index, limit):
        items = tuple(FeatureRecord(id=f"{next(numbers)}", name="x") for _ in range(limit))
        return Page(items if index < 2 else (), index, limit, 150)

    with monkeypatch.context() as patch:
        patch.setattr(Service, "_page", restless)
        with pytest.warns(RuntimeWarning, match="Nothing is removed"):
            found = client.cleanup(dry_run=False, min_age=timedelta(0))
    assert len(found) == 2
    assert not found["removed"].any()
    assert sandbox.objects() == before
    assert client.cleanup(dry_run=False, min_age=timedelta(0))["removed"].all()
