"""Jobs that fail: the documented code, its cause and remedy, and what is left behind."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.contract import FAIL_CODES

LINES = "".join(f"u{number:03d}\tgreen tea->milk\n" for number in range(240)).encode()
LABELS = "".join(f"u{number:03d}\t{number % 2}\n" for number in range(240)).encode()


@pytest.mark.parametrize(
    ("code", "key", "body"),
    [
        ("DUPLICATE_USERID", "d.csv", b"u1\ttea\nu2\ttea\nu1\tmilk\n"),
        ("LIMIT_ERROR_MID_LENGTH", "d.csv", b"u" * 101 + b"\ttea\n"),
        ("UNEXPECTED_FILE_TYPE", "d.txt", b"u1\ttea\n"),
        ("UNEXPECTED_TXT_FORMAT", "d.csv", b"u1,tea\n"),
        ("UNEXPECTED_TXT_FORMAT", "d.csv", b"u1\ttea\tmilk\n"),
        ("UNEXPECTED_TXT_FORMAT", "d.csv", b"u1\t\n"),
        ("UNEXPECTED_TXT_FORMAT", "d.csv", b"u1\ttea\r\n"),
        ("UNEXPECTED_TXT_FORMAT", "d.csv", b"\xef\xbb\xbfu1\ttea\n"),
        ("UNEXPECTED_TXT_FORMAT", "d.csv", "u1\t녹차\n".encode("cp949")),
    ],
)
def test_a_dataset_that_the_service_cannot_use(sandbox, client, code, key, body):
    sandbox.put_object(f"own/{key}", body)
    feature = client.create_feature_from_path("f", f"own/{key}")
    with pytest.raises(errors.JobFailed, match=code) as caught:
        feature.wait()
    assert (caught.value.fail_code, caught.value.job_id) == (code, feature.id)
    assert feature.failed
    assert pickle.loads(pickle.dumps(caught.value)).fail_code == code


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("UNEXPECTED_LABEL", LABELS.replace(b"\t1", b"\t2")),
        ("NUM_OF_LABEL_INSUFFICIENT", LABELS.replace(b"\t1", b"\t0")),
        ("NUM_OF_LABEL_INSUFFICIENT", LABELS.replace(b"u", b"v")),
    ],
)
def test_answers_that_the_service_cannot_use(sandbox, client, code, body):
    sandbox.put_object("own/sequences/part-0.csv", LINES[:1000])
    sandbox.put_object("own/sequences/part-1.csv", LINES[1000:])
    sandbox.put_object("own/answers.csv", body)
    with pytest.raises(errors.JobFailed, match="UNEXPECTED_TXT_FORMAT|DUPLICATE"):
        client.create_feature_from_path("torn", "own/sequences/").wait()
    sandbox.put_object("own/all.csv", LINES)
    feature = client.create_feature_from_path("f", "own/all.csv")
    task = client.create_task_from_path("t", feature, "own/answers.csv")
    with pytest.raises(errors.JobFailed, match=code):
        task.wait()
    assert client.get_task("t").status == "failed"
    assert client.get_feature("f").status == "completed"


@pytest.mark.parametrize("code", FAIL_CODES)
def test_every_documented_reason(sandbox, client, sequences, code):
    sandbox.inject(code, operation="create_feature")
    feature = sequences.nclue.create_feature("f")
    with pytest.raises(errors.JobFailed, match=code) as caught:
        feature.result()
    assert caught.value.fail_code == code
    assert "failed" in repr(feature)
    assert "failed" in feature._repr_html_()
    feature.delete()
    assert client.list_features().empty


def test_a_common_error_is_for_the_support_desk_and_not_tried_again(sandbox, client, sequences):
    sandbox.inject("COMMON_ERROR", operation="create_feature")
    answers = sequences[["user_id"]].assign(label=[n % 2 for n in range(len(sequences))])
    for _ in range(2):
        with pytest.raises(errors.JobFailed, match="support desk") as caught:
            nclue.predict(sequences, answers, name="tea", client=client)
    assert [r.operation for r in sandbox.requests].count("create_feature") == 1
    plan = nclue.plan(sequences, answers, name="tea", client=client)
    assert plan.jobs["action"].tolist()[0] == "failed"
    client.get_feature(caught.value.job_id).delete()
    assert len(nclue.predict(sequences, answers, name="tea", client=client)) == len(sequences)


def test_a_reason_that_is_not_documented(sandbox, client, sequences):
    sandbox.inject("COMMON_ERROR", operation="create_feature")
    feature = sequences.nclue.create_feature("f")
    feature.refresh()
    feature.take(replace(feature.record, fail_message="out of luck"))
    with pytest.raises(errors.JobFailed, match="out of luck No cause is documented"):
        feature.raise_if_failed()
