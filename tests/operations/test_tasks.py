"""Tasks."""

from __future__ import annotations

import pytest

from nclue_pandas import errors
from operations.shop import (
    DOUBLE,
    LONG,
    NO_ID,
    PATHS,
    assert_listed,
    assert_not_found,
    assert_recent,
    assert_refused,
    train,
    train_and_test,
)


def test_create_task(shop, fresh, sent):
    train_on, test_on = shop.answers.iloc[:210], shop.answers.iloc[210:]
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
