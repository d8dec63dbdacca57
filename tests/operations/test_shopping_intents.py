"""Shopping intents."""

from __future__ import annotations

import pandas as pd
import pytest

from nclue_pandas import errors
from operations.shop import (
    LONG,
    NO_ID,
    PATHS,
    assert_listed,
    assert_not_found,
    assert_recent,
    assert_refused,
)


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
