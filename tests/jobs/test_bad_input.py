"""Bad input: a clear error, nothing created, no object left."""

from __future__ import annotations

import socket

import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.config import ServiceSettings, StorageSettings
from nclue_pandas.credentials import resolve_credentials


@pytest.fixture
def unchanged(sandbox):
    """Assert at the end that no job was made and no object is left."""
    yield
    assert sandbox.objects() == {}
    assert not [r for r in sandbox.requests if r.method == "POST" and r.status == 200]


def changed(frame, **columns):
    """Return a copy with the first rows' values replaced."""
    copy = frame.copy()
    for column, values in columns.items():
        copy[column] = copy[column].astype(object)
        copy.iloc[: len(values), copy.columns.get_loc(column)] = values
    return copy


SEQUENCE_FAULTS = {
    "duplicate ids": ({"user_id": ["same", "same"]}, "duplicate"),
    "null ids": ({"user_id": [None]}, "null|missing|no user id"),
    "long ids": ({"user_id": ["x" * 101]}, "100"),
    "empty sequences": ({"sequence": ["", "  "]}, "empty"),
    "an e-mail": ({"sequence": ["tea->mail me at kim@example.com"]}, "e-mail"),
    "a mobile number": ({"sequence": ["tea->call 010-1234-5678"]}, "mobile"),
    "an id like a mobile number": ({"user_id": ["010-1234-5678"]}, "mobile"),
}


@pytest.mark.parametrize(("values", "says"), SEQUENCE_FAULTS.values(), ids=SEQUENCE_FAULTS)
def test_sequences(client, unchanged, sequences, values, says):
    with pytest.raises(errors.InvalidDataError, match=f"(?i){says}") as caught:
        changed(sequences, **values).nclue.create_feature("f")
    assert caught.value.problems[0].rows
    assert "kim@" not in str(caught.value)
    assert "1234" not in str(caught.value)


def test_all_problems_at_once(client, unchanged, sequences):
    bad = changed(sequences, user_id=["same", "same", None], sequence=["", "a", "b"])
    with pytest.raises(errors.InvalidDataError) as caught:
        bad.nclue.create_feature("f")
    assert len(caught.value.problems) >= 3
    assert len(caught.value.rows) == 3


def test_missing_column_names_what_there_is(client, unchanged, sequences, log):
    with pytest.raises(errors.MissingColumnError, match="'sequence'"):
        sequences.nclue.create_feature("f", sequence="sequences")
    with pytest.raises(errors.MissingColumnError, match="customer") as caught:
        log.nclue.to_sequences(user="custmer", time="ts", behavior="item")
    assert "Did you mean 'customer'" in str(caught.value)


def test_names(client, unchanged, sequences):
    for name in ("", "x" * 101):
        with pytest.raises(errors.InvalidDataError, match="100"):
            sequences.nclue.create_feature(name)
    for name in (sequences, 5, None):
        with pytest.raises(errors.InvalidDataError, match="name first") as caught:
            client.create_feature(name, sequences)
        assert "green tea" not in str(caught.value)


def test_duplicate_name(sandbox, client, sequences, answers):
    feature = client.create_feature("f", sequences).wait()
    task = client.create_task("t", feature, answers)
    before = sandbox.objects()
    with pytest.raises(errors.DuplicateNameError, match=feature.id):
        client.create_feature("f", sequences.head(100))
    with pytest.raises(errors.DuplicateNameError, match=task.id):
        client.create_task("t", feature, answers.iloc[:-5], test=answers.tail(5))
    assert sandbox.objects() == before
    assert (len(client.list_features()), len(client.list_tasks())) == (1, 1)


def test_a_refusal_that_passes_leaves_the_files_for_the_next_try(sandbox, client, sequences):
    sandbox.inject("quota", operation="create_feature")
    with pytest.raises(errors.QuotaExceeded) as caught:
        client.create_feature("f", sequences)
    assert "nclue/sequences/f-" in caught.value.__notes__[0]
    before = sandbox.objects()
    client.create_feature("f", sequences).wait()
    assert sandbox.objects() == before != {}


def test_paths(client, unchanged):
    for path in ("a b.csv", "한글.csv", "a:b.csv", "x?.csv"):
        with pytest.raises(errors.InvalidDataError, match="refuses"):
            client.create_feature_from_path("f", path)
    with pytest.raises(errors.InvalidDataError, match="path is empty"):
        client.create_feature_from_path("f", "")


def test_missing_path(client, unchanged):
    with pytest.raises(errors.PathNotFound) as caught:
        client.create_feature_from_path("f", "nowhere/data.csv")
    assert (caught.value.status, caught.value.code) == (404, 10106)


class TestTasks:
    @pytest.fixture
    def feature(self, client, sequences):
        return sequences.nclue.create_feature("f").wait()

    @pytest.fixture(autouse=True)
    def no_task(self, sandbox, client, feature):
        before = sandbox.objects()
        yield
        assert sandbox.objects() == before
        assert len(client.list_tasks()) == 0
        assert len(client.list_custom_attributes()) == 0

    def test_labels(self, feature, answers):
        for label in (2, -1, "yes", None):
            with pytest.raises(errors.InvalidDataError, match="0"):
                changed(answers, label=[label]).nclue.create_task("t", feature)

    def test_too_few_of_a_label(self, feature, answers):
        few = answers.groupby("label", group_keys=False).head(99)
        with pytest.raises(errors.InvalidDataError, match="100") as caught:
            few.nclue.create_task("t", feature)
        assert "99" in str(caught.value)

    def test_unknown_feature(self, client, answers):
        with pytest.raises(errors.JobNotFoundError):
            answers.nclue.create_task("t", "00000000-0000-0000-0000-000000000000")
        with pytest.raises(errors.JobNotFoundError, match="list_features"):
            answers.nclue.create_task("t", "no such feature")

    def test_what_is_no_feature(self, client, feature, answers):
        for given in (answers, nclue.Task(feature.id, client), 5, None):
            with pytest.raises(errors.ConfigurationError, match="handle, its id or its name"):
                nclue.create_task(answers, "t", given)
        with pytest.raises(errors.ConfigurationError, match="handle, its id or its name"):
            nclue.Task(feature.id, client).run(answers)

    def test_a_feature_to_test_on_without_answers(self, client, feature, answers):
        with pytest.raises(errors.ConfigurationError, match="without test="):
            client.create_task("t", feature, answers, test_feature=feature)
        with pytest.raises(errors.ConfigurationError, match="without test_path="):
            client.create_task_from_path("t", feature, "a.csv", test_feature=feature)

    def test_answers_of_users_that_are_trained_on(self, client, feature, answers):
        with pytest.raises(nclue.NclueDataWarning, match="4 of 5 test answers"):
            client.create_task("t", feature, answers.iloc[:-1], test=answers.tail(5))

    def test_keywords(self, feature):
        for keywords in (["a,b"], ["a\nb"], [], [""], "one text", ["x" * 1001]):
            with pytest.raises(errors.InvalidDataError):
                feature.custom_attributes("c", keywords)


def other_client(sandbox, *, keys=None, endpoint=None, bucket=None, api_url=None):
    access, secret = keys or (sandbox.access_key, sandbox.secret_key)
    return nclue.Client(
        resolve_credentials(access_key=access, secret_key=secret),
        ServiceSettings(api_url=api_url or sandbox.api_url, requests_per_second=None, retries=0),
        StorageSettings(
            bucket=bucket or sandbox.bucket,
            endpoint=endpoint or sandbox.endpoint,
            region=sandbox.region,
        ),
    )


def test_missing_bucket(sandbox, unchanged, sequences):
    client = other_client(sandbox, bucket="no-such-bucket")
    with pytest.raises(errors.BucketNotFoundError, match="no-such-bucket"):
        client.create_feature("f", sequences)


def test_wrong_key(sandbox, unchanged, sequences):
    client = other_client(sandbox, keys=("WRONG", sandbox.secret_key))
    with pytest.raises(errors.StorageAccessError, match=r"(?i)access key"):
        client.create_feature("f", sequences)
    with pytest.raises(errors.AuthenticationError):
        client.list_features()


def test_wrong_secret(sandbox, unchanged, sequences):
    client = other_client(sandbox, keys=(sandbox.access_key, "not-the-secret"))
    with pytest.raises(errors.StorageAccessError, match=r"(?i)secret") as caught:
        client.create_feature("f", sequences)
    assert "not-the-secret" not in str(caught.value)
    with pytest.raises(errors.AuthenticationError) as refused:
        client.list_features()
    assert "not-the-secret" not in str(refused.value)


def test_clock_off_by_ten_minutes(sandbox, unchanged, sequences, monkeypatch):
    sandbox.configure(clock_offset=600.0)
    client = other_client(sandbox)
    with pytest.raises(errors.AuthenticationError, match="clock"):
        client.create_feature("f", sequences)


def test_no_network(sandbox, unchanged, sequences):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        client = other_client(
            sandbox,
            endpoint=f"http://127.0.0.1:{port}",
            api_url=f"http://127.0.0.1:{port}/api/v1",
        )
        with pytest.raises(errors.StorageError, match="reach"):
            client.create_feature("f", sequences)
        with pytest.raises(errors.ConnectionFailedError, match=r"127\.0\.0\.1"):
            client.list_features()


def test_no_credentials_at_all(monkeypatch, tmp_path):
    for name in ("ACCESS_KEY_ID", "ACCESS_KEY", "SECRET_ACCESS_KEY", "SECRET_KEY"):
        monkeypatch.delenv(f"NCLOUD_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(errors.CredentialsError, match="NCLOUD_ACCESS_KEY_ID"):
        nclue.connect(bucket="my-bucket")


def test_not_connected(sequences):
    with pytest.raises(errors.NotConnectedError, match="connect"):
        sequences.nclue.create_feature("f")


@pytest.mark.parametrize(
    ("body", "says"),
    [(b"", "empty"), (b"<html>sorry</html>\n", "TAB"), (b"\xff\xfe\x00a\tb\n", "UTF-8")],
    ids=["empty", "not TSV", "not UTF-8"],
)
def test_unreadable_result(sandbox, client, sequences, halves, body, says):
    feature = sequences.nclue.create_feature("f")
    run = halves[0].nclue.create_task("t", feature).run(feature).wait()
    (key,) = [key for key in sandbox.objects() if key.endswith(".tsv")]
    sandbox.put_object(key, body)
    with pytest.raises(errors.ResultFormatError, match=says):
        run.result()


def test_behaviors_are_cleaned_and_counted(client):
    log = pd.DataFrame(
        {
            "user": ["a", "a", "a", "b", "b"],
            "ts": pd.date_range("2026-01-01", periods=5),
            "what": ["x->y", "tab\there", "line\nbreak\x07", 'say "hi"', "🍵 차 שלום"],
        }
    )
    sequences = log.nclue.to_sequences(user="user", time="ts", behavior="what")
    by_user = dict(zip(sequences["user_id"], sequences["sequence"], strict=True))
    assert by_user["b"] == 'say "hi"->🍵 차 שלום'
    assert by_user["a"].count("->") == 2
    assert not set(by_user["a"]) & set("\t\n\x07")
    assert sequences.nclue.check().problems == ()
    assert sequences.nclue.create_feature("f").wait().record.user_count == 2
