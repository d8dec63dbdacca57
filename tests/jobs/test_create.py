"""Exactly-once create: one job of a name, whatever the network does."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
import requests

import nclue_pandas
from nclue_pandas import errors


def features(client):
    return client.list_features()["name"].tolist()


@pytest.mark.parametrize("fault", ["drop_after_acting", "error_504_after_acting", "garbage"])
def test_a_lost_answer_does_not_make_a_second_job(sandbox, client, sequences, fault):
    sandbox.inject(fault, operation="create_feature")
    feature = sequences.nclue.create_feature("f").wait()
    assert features(client) == ["f"]
    assert feature.record.user_count == len(sequences)


@pytest.mark.parametrize("fault", ["drop_before", "error_500", "error_503"])
def test_a_request_that_did_nothing_is_sent_again(sandbox, client, sequences, fault):
    sandbox.inject(fault, operation="create_feature")
    assert sequences.nclue.create_feature("f").wait().completed
    assert features(client) == ["f"]


def test_the_same_inputs_under_the_same_name_are_the_same_job(client, sequences):
    first = sequences.nclue.create_feature("f")
    second = sequences.sample(frac=1, random_state=1).nclue.create_feature("f")
    assert second == first


def test_other_inputs_under_the_same_name_are_refused(sandbox, client, sequences):
    first = sequences.nclue.create_feature("f")
    objects = sandbox.objects()
    with pytest.raises(errors.DuplicateNameError, match=first.id) as caught:
        sequences.head(50).nclue.create_feature("f")
    assert caught.value.job_id == first.id
    assert sandbox.objects() == objects
    assert features(client) == ["f"]


def test_what_a_refused_create_has_sent_is_told_and_used_again(sandbox, client, sequences, halves):
    feature = sequences.nclue.create_feature("f").wait()
    before = sandbox.objects()
    sandbox.inject("quota", operation="create_task")
    with pytest.raises(errors.QuotaExceeded) as caught:
        halves[0].nclue.create_task("t", feature)
    written = set(sandbox.objects()) - set(before)
    assert all(key in " ".join(caught.value.__notes__) for key in written)
    puts = [r.method for r in sandbox.storage.requests].count("PUT")
    assert halves[0].nclue.create_task("t", feature).wait().completed
    assert [r.method for r in sandbox.storage.requests].count("PUT") == puts


def test_files_that_a_job_uses_stay_when_another_create_is_refused(sandbox, client, sequences):
    first = sequences.nclue.create_feature("f").wait()
    with pytest.raises(errors.InvalidDataError, match="100"):
        sequences.nclue.create_feature("x" * 101)
    assert first.refresh().completed
    assert sandbox.objects()


def test_a_create_call_passes_few_functions_on_its_way_to_the_wire(client, sequences, monkeypatch):
    """Who follows the call in an editor reads these files, in this order."""
    send, ways = requests.Session.send, {}
    package = Path(nclue_pandas.__file__).parent

    def sent(session, request, **options):
        ways[request.method, request.path_url] = [
            f"{Path(frame.filename).relative_to(package)}: {frame.function}"
            for frame in reversed(inspect.stack(0))
            if Path(frame.filename).is_relative_to(package)
        ]
        return send(session, request, **options)

    monkeypatch.setattr(requests.Session, "send", sent)
    sequences.nclue.create_feature("f")
    assert ways["POST", "/api/v1/features"] == [
        "accessor.py: method",
        "signatures.py: call",
        "api.py: create_feature",
        "jobs/create.py: make_feature",
        "jobs/create.py: make_feature_from_path",
        "jobs/exactly_once.py: create",
        "service/operations.py: create_feature",
        "service/transport.py: call",
        "deadline.py: call",
        "service/transport.py: _attempt",
    ]
