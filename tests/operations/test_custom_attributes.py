"""Custom attributes."""

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
    likeness_of,
)


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
