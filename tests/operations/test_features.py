"""Features."""

from __future__ import annotations

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
    source,
)


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
