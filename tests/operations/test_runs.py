"""Runs."""

from __future__ import annotations

import pytest

from nclue_pandas import errors
from operations.shop import (
    DOUBLE,
    LONG,
    NO_ID,
    PATHS,
    STRING,
    assert_listed,
    assert_not_found,
    assert_recent,
    assert_refused,
    run_of,
)


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
