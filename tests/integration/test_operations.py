"""The 21 operations over real HTTP, each through the public surface, each with its refusals.

A refusal that the client would find before it sends anything is provoked through
``client.service``, which sends what it is told.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pandas as pd
import pyarrow as pa
import pytest

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.contract import ERROR_CODES
from nclue_pandas.sandbox import Sandbox, SandboxSettings

NO_ID = "00000000-0000-4000-8000-000000000000"
LONG = "n" * 101
STRING = pd.ArrowDtype(pa.string())
DOUBLE = pd.ArrowDtype(pa.float64())
PATHS = {
    "ok": "data/sequences.csv",
    "answers": "data/answers.csv",
    "empty": "data/empty.csv",
    "personal": "data/personal.csv",
    "personal answers": "data/personal-answers.csv",
    "absent": "data/nothing.csv",
    "forbidden": "data/a b.csv",
}


def frames():
    """240 users, half of whom like tea."""
    users = pd.Series([f"u{number:03d}" for number in range(240)])
    tea = pd.Series(range(240)) % 2
    sequences = pd.DataFrame(
        {
            "user_id": users,
            "sequence": tea.map({0: "black coffee->milk", 1: "green tea 녹차->milk"}),
        }
    )
    return sequences, pd.DataFrame({"user_id": users, "label": tea})


def upload(sandbox) -> None:
    sequences, answers = frames()
    lines = "".join(f"{user}\t{text}\n" for user, text in sequences.itertuples(index=False))
    labels = "".join(f"{user}\t{label}\n" for user, label in answers.itertuples(index=False))
    sandbox.put_object(PATHS["ok"], lines.encode("utf-8"))
    sandbox.put_object(PATHS["answers"], labels.encode("utf-8"))
    sandbox.put_object(PATHS["empty"], b"")
    sandbox.put_object(PATHS["personal"], b"u000\tmail to someone@example.com\n")
    sandbox.put_object(PATHS["personal answers"], b"010-1234-5678\t1\n")


@pytest.fixture(scope="module")
def shop():
    """A service with a completed feature and task, and its client."""
    with Sandbox(SandboxSettings()) as sandbox, nclue.connect(sandbox) as client:
        upload(sandbox)
        sequences, answers = frames()
        feature = client.create_feature("base", sequences).wait()
        task = client.create_task("base", feature, answers).wait()
        yield SimpleNamespace(
            sandbox=sandbox,
            client=client,
            service=client.service,
            sequences=sequences,
            answers=answers,
            feature=feature,
            task=task,
        )


@pytest.fixture
def fresh(shop, request):
    """A name that no other test uses."""
    return request.node.name.replace("[", " ").replace("]", "")


@pytest.fixture
def sent(shop):
    """The operations that arrived at the service since the test began."""
    start = len(shop.sandbox.requests)
    return lambda: [request.operation for request in shop.sandbox.requests[start:]]


@pytest.fixture
def held(shop):
    """Keep jobs unfinished during the test; all that it made is deleted after it."""
    made = []
    shop.sandbox.configure(job_seconds=3600.0)
    yield made.append
    shop.sandbox.configure(job_seconds=0.0)
    for job in reversed(made):
        job.wait()
        job.delete()


def assert_refused(code, action) -> None:
    """The action ends in the typed error of `code`, with everything a user needs."""
    status, name = ERROR_CODES[code]
    with pytest.raises(errors.ApiError) as caught:
        action()
    error = caught.value
    assert type(error).__name__.lower().removesuffix("error") == name.replace("_", "").lower()
    assert (error.status, error.code) == (status, code)
    assert error.trace_id
    text = str(error)
    for part in (str(code), error.cause, error.remedy, error.trace_id):
        assert part
        assert part in text
    assert f"errors.html#code-{code}" in text


def assert_not_found(action) -> None:
    """An unknown id has no code of its own: HTTP 404, and a LookupError."""
    with pytest.raises(errors.NotFoundError) as caught:
        action()
    assert caught.value.status == 404
    assert caught.value.trace_id
    assert isinstance(caught.value, LookupError)


def assert_recent(*times) -> None:
    for time in times:
        assert abs(datetime.now(UTC) - time) < timedelta(minutes=5)


def source(shop, path="ok", **changes):
    return {"source_bucket": shop.sandbox.bucket, "source_file_path": PATHS[path], **changes}


def train(shop, path="answers", **changes):
    side = {
        "train_feature_id": shop.feature.id,
        "train_bucket": shop.sandbox.bucket,
        "train_file_path": PATHS[path],
    }
    return {**side, **changes}


def train_and_test(shop, path="answers", **changes):
    side = {
        "test_feature_id": shop.feature.id,
        "test_bucket": shop.sandbox.bucket,
        "test_file_path": PATHS[path],
    }
    return {**train(shop), **side, **changes}


def place(shop, path="results/", **changes):
    return {"result_bucket": shop.sandbox.bucket, "result_file_path": path, **changes}


def run_of(shop, **changes):
    body = {"task_id": shop.task.id, "feature_id": shop.feature.id, **place(shop)}
    return {**body, **changes}


def likeness_of(shop, **changes):
    return {"feature_id": shop.feature.id, "keywords": ["tea"], **place(shop), **changes}


def assert_listed(frame, job) -> None:
    """The list shows the job as its own get operation does, with Arrow types."""
    row = frame.set_index("id").loc[job.id]
    record = job.refresh().record
    assert row["name"] == record.name
    assert row["status"] == record.status
    assert row["created_at"] == record.created_at
    assert all(isinstance(dtype, pd.ArrowDtype) for dtype in frame.dtypes)


LISTS = {
    "list_features": lambda service, **page: service.list_features(**page),
    "list_tasks": lambda service, **page: service.list_tasks(**page),
    "list_runs": lambda service, **page: service.list_runs(**page),
    "list_shopping_intents": lambda service, **page: service.list_shopping_intents(**page),
    "list_custom_attributes": lambda service, **page: service.list_custom_attributes(**page),
}


@pytest.mark.parametrize("limit", [0, 101])
@pytest.mark.parametrize("operation", LISTS)
def test_list_refuses_10133(operation, limit, shop):
    assert_refused(10133, lambda: LISTS[operation](shop.service, index=0, limit=limit))


# Features.


def test_create_feature(shop, fresh, sent):
    feature = shop.sequences.nclue.create_feature(fresh, client=shop.client)
    assert sent() == ["create_feature"]
    record = feature.record
    assert (feature.name, record.name, record.source_bucket) == (fresh, fresh, shop.sandbox.bucket)
    assert record.source_file_path.startswith("nclue/sequences/")
    assert record.status is None
    assert_recent(record.created_at)
    assert feature.wait().record.user_count == 240


def test_create_feature_from_path(shop, fresh):
    feature = shop.client.create_feature_from_path(fresh, PATHS["ok"])
    assert feature.record.source_file_path == PATHS["ok"]
    assert feature.wait().record.user_count == 240


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        (10101, {"name": LONG}),
        (10102, {"name": "base"}),
        (10103, {"source_file_path": PATHS["forbidden"]}),
        (10106, {"source_file_path": PATHS["absent"]}),
        (10109, {"source_file_path": PATHS["personal"]}),
        (10121, {"source_file_path": PATHS["empty"]}),
        (10136, {"source_bucket": "no-such-bucket"}),
    ],
)
def test_create_feature_refuses(code, changes, shop, fresh):
    body = {"name": fresh, **source(shop), **changes}
    assert_refused(code, lambda: shop.service.create_feature(**body))
    assert fresh not in shop.client.list_features()["name"].tolist()


def test_get_feature(shop, sent):
    feature = shop.client.get_feature(shop.feature.id)
    assert sent() == ["get_feature"]
    record = feature.record
    assert (record.status, record.user_count, record.fail_message) == ("completed", 240, None)
    assert type(record.token_count) is int
    assert record.token_count > 0
    assert record.disk_usage > 0
    assert_recent(record.created_at, record.completed_at)
    assert shop.client.get_feature("base") == feature
    assert feature.result()["user_count"] == 240


def test_get_feature_refuses_an_unknown_id(shop):
    assert_not_found(lambda: shop.service.get_feature(NO_ID))
    with pytest.raises(errors.JobNotFoundError, match=NO_ID):
        shop.client.get_feature(NO_ID)


def test_list_features(shop, sent):
    frame = shop.client.list_features()
    assert set(sent()) == {"list_features"}
    assert_listed(frame, shop.feature)
    page = shop.service.list_features(index=0, limit=1)
    assert (page.index, page.limit, len(page.items)) == (0, 1, 1)
    assert page.total >= 1


def test_delete_feature(shop, fresh, sent):
    feature = shop.client.create_feature_from_path(fresh, PATHS["ok"]).wait()
    feature.delete()
    assert sent()[-1] == "delete_feature"
    assert_not_found(feature.refresh)
    again = shop.client.create_feature_from_path(fresh, PATHS["ok"])
    assert shop.service.delete_feature(again.wait().id) == again.id


def test_delete_feature_refuses_an_unknown_id(shop):
    assert_not_found(lambda: shop.service.delete_feature(NO_ID))


def test_delete_feature_refuses_10134(shop, fresh, held):
    held(shop.client.create_task(fresh, shop.feature, shop.answers))
    assert_refused(10134, shop.feature.delete)


def test_delete_feature_cancels_a_registered_one(shop, fresh, held):
    feature = shop.client.create_feature_from_path(fresh, PATHS["ok"])
    assert feature.refresh().status == "registered"
    feature.cancel()
    assert_not_found(feature.refresh)


# Tasks.


def test_create_task(shop, fresh, sent):
    train_on, test_on = shop.answers.iloc[:220], shop.answers.iloc[20:]
    task = train_on.nclue.create_task(fresh, shop.feature, test=test_on)
    assert sent() == ["create_task"]
    record = task.record
    assert (task.name, record.train_feature_id) == (fresh, shop.feature.id)
    assert record.train_feature_name == record.test_feature_name == "base"
    assert record.train_bucket == record.test_bucket == shop.sandbox.bucket
    assert record.train_file_path != record.test_file_path
    assert_recent(record.created_at)
    assert task.wait().auroc > 0.9


def test_create_task_without_a_test_file(shop, fresh):
    task = shop.client.create_task_from_path(fresh, shop.feature, PATHS["answers"])
    assert task.record.test_file_path is None
    assert task.record.test_feature_id is None
    assert task.wait().auroc > 0.9


def test_create_task_with_a_test_feature(shop, fresh):
    other = shop.client.create_feature_from_path(f"{fresh} tested on", PATHS["ok"])
    task = shop.client.create_task(
        fresh, shop.feature, shop.answers, test=shop.answers, test_feature=other
    )
    assert task.record.test_feature_id == other.id
    assert task.record.test_feature_name == other.name
    assert task.wait().auroc > 0.9


@pytest.mark.parametrize(
    ("code", "side", "changes"),
    [
        (10101, train, {"name": LONG}),
        (10102, train, {"name": "base"}),
        (10104, train, {"train_file_path": PATHS["forbidden"]}),
        (10105, train_and_test, {"test_file_path": PATHS["forbidden"]}),
        (10107, train, {"train_file_path": PATHS["absent"]}),
        (10108, train_and_test, {"test_file_path": PATHS["absent"]}),
        (10110, train, {"train_file_path": PATHS["personal answers"]}),
        (10111, train_and_test, {"test_file_path": PATHS["personal answers"]}),
        (10122, train, {"train_file_path": PATHS["empty"]}),
        (10123, train_and_test, {"test_file_path": PATHS["empty"]}),
        (10136, train, {"train_bucket": "no-such-bucket"}),
        (10136, train_and_test, {"test_bucket": "no-such-bucket"}),
    ],
)
def test_create_task_refuses(code, side, changes, shop, fresh):
    body = {"name": fresh, **side(shop), **changes}
    assert_refused(code, lambda: shop.service.create_task(**body))
    assert fresh not in shop.client.list_tasks()["name"].tolist()


@pytest.mark.parametrize("field", ["train_feature_id", "test_feature_id"])
def test_create_task_refuses_an_unknown_feature(field, shop, fresh):
    body = {"name": fresh, **train_and_test(shop), field: NO_ID}
    assert_not_found(lambda: shop.service.create_task(**body))


def test_create_task_refuses_10114(shop, fresh, held):
    feature = shop.client.create_feature_from_path(fresh, PATHS["ok"])
    held(feature)
    body = {"name": fresh, **train(shop, train_feature_id=feature.id)}
    assert_refused(10114, lambda: shop.service.create_task(**body))


def test_get_task(shop, sent):
    task = shop.client.get_task(shop.task.id)
    assert sent() == ["get_task"]
    record = task.record
    assert (record.status, record.name, record.fail_message) == ("completed", "base", None)
    assert type(record.auroc) is float
    assert 0.5 < record.auroc <= 1
    assert record.line_count > 0
    assert record.disk_usage > 0
    assert_recent(record.created_at, record.completed_at)
    assert shop.client.get_task("base") == task
    assert task.result()["auroc"] == record.auroc


def test_get_task_refuses_an_unknown_id(shop):
    assert_not_found(lambda: shop.service.get_task(NO_ID))
    with pytest.raises(errors.JobNotFoundError, match=NO_ID):
        shop.client.get_task(NO_ID)


def test_list_tasks(shop, sent):
    frame = shop.client.list_tasks()
    assert set(sent()) == {"list_tasks"}
    assert frame["auroc"].dtype == DOUBLE
    assert_listed(frame, shop.task)


def test_delete_task(shop, fresh, sent):
    task = shop.client.create_task_from_path(fresh, shop.feature, PATHS["answers"]).wait()
    task.delete()
    assert sent()[-1] == "delete_task"
    assert_not_found(task.refresh)
    again = shop.client.create_task_from_path(fresh, shop.feature, PATHS["answers"])
    assert shop.service.delete_task(again.wait().id) == again.id


def test_delete_task_refuses_an_unknown_id(shop):
    assert_not_found(lambda: shop.service.delete_task(NO_ID))


def test_delete_task_refuses_10135(shop, fresh, held):
    held(shop.task.run(shop.feature, name=fresh))
    assert_refused(10135, shop.task.delete)


def test_delete_task_refuses_10135_for_a_shopping_intent(shop, fresh, held):
    held(shop.task.shopping_intent(fresh))
    assert_refused(10135, shop.task.delete)


# Runs.


def test_create_run(shop, fresh, sent):
    run = shop.task.run(shop.feature, name=fresh)
    assert sent() == ["create_run"]
    record = run.record
    assert (run.name, record.task_id, record.feature_id) == (fresh, shop.task.id, shop.feature.id)
    assert (record.task_name, record.feature_name) == ("base", "base")
    assert record.result_bucket == shop.sandbox.bucket
    assert record.result_file_path.startswith("nclue/results/")
    assert record.result_file_path.endswith("/")
    assert_recent(record.created_at)
    scores = run.result()
    assert scores.dtypes.to_dict() == {"user_id": STRING, "score": DOUBLE}
    assert sorted(scores["user_id"]) == sorted(shop.sequences["user_id"])


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        (10101, {"name": LONG}),
        (10102, {"name": "run base"}),
        (10130, {"result_file_path": ""}),
        (10136, {"result_bucket": "no-such-bucket"}),
    ],
)
def test_create_run_refuses(code, changes, shop, fresh):
    if code == 10102:
        shop.task.run(shop.feature, name="run base").wait()
    body = {"name": fresh, **run_of(shop), **changes}
    assert_refused(code, lambda: shop.service.create_run(**body))


@pytest.mark.parametrize("field", ["task_id", "feature_id"])
def test_create_run_refuses_an_unknown(field, shop, fresh):
    assert_not_found(lambda: shop.service.create_run(name=fresh, **run_of(shop, **{field: NO_ID})))


def test_create_run_refuses_10113(shop, fresh):
    other = shop.client.create_feature_from_path(fresh, PATHS["ok"]).wait()
    shop.sandbox.configure(other_feature="refuse")
    try:
        assert_refused(10113, lambda: shop.task.run(other, name=fresh))
    finally:
        shop.sandbox.configure(other_feature="accept")


def test_create_run_refuses_10114(shop, fresh, held):
    feature = shop.client.create_feature_from_path(fresh, PATHS["ok"])
    held(feature)
    body = run_of(shop, feature_id=feature.id)
    assert_refused(10114, lambda: shop.service.create_run(name=fresh, **body))


def test_create_run_refuses_10115(shop, fresh, held):
    task = shop.client.create_task_from_path(fresh, shop.feature, PATHS["answers"])
    held(task)
    assert_refused(
        10115, lambda: shop.service.create_run(name=fresh, **run_of(shop, task_id=task.id))
    )


def test_get_run(shop, fresh, sent):
    run = shop.task.run(shop.feature, name=fresh).wait()
    assert set(sent()) == {"create_run", "get_run"}
    record = shop.client.get_run(run.id).record
    assert (record.status, record.line_count, record.fail_message) == ("completed", 240, None)
    assert record.result_file_path in shop.sandbox.objects("nclue/results/")
    assert_recent(record.created_at, record.completed_at)
    assert shop.client.get_run(fresh) == run


def test_get_run_refuses_an_unknown_id(shop):
    assert_not_found(lambda: shop.service.get_run(NO_ID))
    with pytest.raises(errors.JobNotFoundError, match=NO_ID):
        shop.client.get_run(NO_ID)


def test_list_runs(shop, fresh, sent):
    run = shop.task.run(shop.feature, name=fresh).wait()
    frame = shop.client.list_runs()
    assert sent()[-1] == "list_runs"
    assert_listed(frame, run)


def test_delete_run(shop, fresh, sent):
    run = shop.task.run(shop.feature, name=fresh).wait()
    result = run.record.result_file_path
    run.delete()
    assert sent()[-1] == "delete_run"
    assert_not_found(run.refresh)
    assert result in shop.sandbox.objects(), "the file is the customer's"


def test_delete_run_refuses_an_unknown_id(shop):
    assert_not_found(lambda: shop.service.delete_run(NO_ID))


# Shopping intents.


def test_create_shopping_intent(shop, fresh, sent):
    profile = shop.task.shopping_intent(fresh)
    assert sent() == ["create_shopping_intent"]
    record = profile.record
    assert (profile.name, record.task_id, record.task_name) == (fresh, shop.task.id, "base")
    assert record.status is None
    assert_recent(record.created_at)
    assert profile.wait().completed


@pytest.mark.parametrize("code", [10101, 10102])
def test_create_shopping_intent_refuses(code, shop, fresh):
    name = LONG if code == 10101 else fresh
    if code == 10102:
        shop.task.shopping_intent(fresh).wait()
    assert_refused(
        code, lambda: shop.service.create_shopping_intent(name=name, task_id=shop.task.id)
    )


def test_create_shopping_intent_refuses_an_unknown_task(shop, fresh):
    assert_not_found(lambda: shop.service.create_shopping_intent(name=fresh, task_id=NO_ID))


def test_create_shopping_intent_refuses_10115(shop, fresh, held):
    task = shop.client.create_task_from_path(fresh, shop.feature, PATHS["answers"])
    held(task)
    assert_refused(10115, lambda: shop.service.create_shopping_intent(name=fresh, task_id=task.id))


def test_get_shopping_intent(shop, fresh):
    profile = shop.task.shopping_intent(fresh).wait()
    record = shop.client.get_shopping_intent(profile.id).record
    assert (record.name, record.status, record.fail_message) == (fresh, "completed", None)
    assert record.line_count > 0
    assert record.disk_usage > 0
    assert_recent(record.created_at, record.completed_at)
    assert shop.client.get_shopping_intent(fresh) == profile


def test_get_shopping_intent_refuses_10124(shop):
    assert_refused(10124, lambda: shop.service.get_shopping_intent(NO_ID))
    with pytest.raises(errors.JobNotFoundError, match=NO_ID):
        shop.client.get_shopping_intent(NO_ID)


def test_list_shopping_intents(shop, fresh, sent):
    profile = shop.task.shopping_intent(fresh).wait()
    frame = shop.client.list_shopping_intents()
    assert sent()[-1] == "list_shopping_intents"
    assert_listed(frame, profile)


def test_delete_shopping_intent(shop, fresh, sent):
    profile = shop.task.shopping_intent(fresh).wait()
    assert shop.service.delete_shopping_intent(profile.id) == profile.id
    assert sent()[-1] == "delete_shopping_intent"
    assert_refused(10124, profile.refresh)


def test_delete_shopping_intent_refuses_10124(shop):
    assert_refused(10124, lambda: shop.service.delete_shopping_intent(NO_ID))


def test_download_shopping_intent(shop, fresh, sent):
    profile = shop.task.shopping_intent(fresh)
    frame = profile.result()
    assert sent()[-1] == "download_shopping_intent"
    assert len(frame) > 0
    assert all(isinstance(dtype, pd.ArrowDtype) for dtype in frame.dtypes)
    text = shop.service.download_shopping_intent(profile.id).decode("utf-8")
    assert text.splitlines()[-1].split("\t")[0] == str(frame.iloc[-1, 0])


def test_download_shopping_intent_refuses_10124(shop):
    assert_refused(10124, lambda: shop.service.download_shopping_intent(NO_ID))


def test_download_shopping_intent_refuses_10117(shop, fresh, held):
    profile = shop.task.shopping_intent(fresh)
    held(profile)
    assert_refused(10117, lambda: shop.service.download_shopping_intent(profile.id))


# Custom attributes.


def test_create_custom_attributes(shop, fresh, sent):
    profile = shop.feature.custom_attributes(fresh, ["green tea", "녹차"])
    assert sent() == ["create_custom_attributes"]
    record = profile.record
    assert (profile.name, record.feature_id, record.feature_name) == (
        fresh,
        shop.feature.id,
        "base",
    )
    assert record.keywords == ("green tea", "녹차")
    assert record.result_file_path.startswith("nclue/results/")
    assert_recent(record.created_at)
    scores = profile.result().set_index("user_id")["score"]
    assert sorted(scores.index) == sorted(shop.sequences["user_id"])
    assert scores["u001"] > scores["u000"]


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        (10101, {"name": LONG}),
        (10102, {"name": "likeness base"}),
        (10112, {"keywords": ["k" * 1001]}),
        (10118, {"keywords": []}),
        (10130, {"result_file_path": ""}),
        (10136, {"result_bucket": "no-such-bucket"}),
    ],
)
def test_create_custom_attributes_refuses(code, changes, shop, fresh):
    if code == 10102:
        shop.feature.custom_attributes("likeness base", ["tea"]).wait()
    body = {"name": fresh, **likeness_of(shop), **changes}
    assert_refused(code, lambda: shop.service.create_custom_attributes(**body))


def test_create_custom_attributes_refuses_an_unknown_feature(shop, fresh):
    body = likeness_of(shop, feature_id=NO_ID)
    assert_not_found(lambda: shop.service.create_custom_attributes(name=fresh, **body))


def test_create_custom_attributes_refuses_10114(shop, fresh, held):
    feature = shop.client.create_feature_from_path(fresh, PATHS["ok"])
    held(feature)
    body = likeness_of(shop, feature_id=feature.id)
    assert_refused(10114, lambda: shop.service.create_custom_attributes(name=fresh, **body))


def test_get_custom_attributes(shop, fresh):
    profile = shop.feature.custom_attributes(fresh, ["tea", "milk"]).wait()
    record = shop.client.get_custom_attributes(profile.id).record
    assert (record.status, record.line_count, record.fail_message) == ("completed", 240, None)
    assert record.keywords == ("tea", "milk")
    assert record.result_file_path in shop.sandbox.objects("nclue/results/")
    assert_recent(record.created_at, record.completed_at)
    assert shop.client.get_custom_attributes(fresh) == profile


def test_get_custom_attributes_refuses_10124(shop):
    assert_refused(10124, lambda: shop.service.get_custom_attributes(NO_ID))
    with pytest.raises(errors.JobNotFoundError, match=NO_ID):
        shop.client.get_custom_attributes(NO_ID)


def test_list_custom_attributes(shop, fresh, sent):
    profile = shop.feature.custom_attributes(fresh, ["tea", "milk"]).wait()
    frame = shop.client.list_custom_attributes()
    assert sent()[-1] == "list_custom_attributes"
    assert frame.set_index("id").loc[profile.id, "keywords"] == "tea, milk"
    assert_listed(frame, profile)


def test_delete_custom_attributes(shop, fresh, sent):
    profile = shop.feature.custom_attributes(fresh, ["tea"]).wait()
    profile.delete()
    assert sent()[-1] == "delete_custom_attributes"
    assert_refused(10124, profile.refresh)


def test_delete_custom_attributes_refuses_10124(shop):
    assert_refused(10124, lambda: shop.service.delete_custom_attributes(NO_ID))
