"""The same promises on every store: the embedded one over http and https, Swift, s3rver."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from stores.publisher import prepared

from nclue_pandas import errors
from nclue_pandas.storage import layout, publish
from nclue_pandas.storage.results import find_result, read_result

PART_BYTES = 2**16
STORES = ["moto_http", "moto_https", "swift", "s3rver"]
#: Those that compare signatures and know more than one answer to a wrong key.
CHECKING = ["moto_http", "moto_https", "swift"]

everywhere = pytest.mark.parametrize("store", STORES, indirect=True)


def bodies(dataset):
    """Return what each part must be, by key."""
    described = dataset.dataset("bucket")
    return {part.key: dataset.body(part.number).read() for part in described.parts}


def assert_no_uploads(store):
    """Assert that no multipart upload is left, where the store can tell."""
    if "s3rver" not in store.bucket:
        assert store.uploads() == []


@everywhere
@pytest.mark.parametrize("rows", [3, 200], ids=["one part", "several parts"])
def test_a_dataset_is_its_parts_and_a_manifest_written_last(store, rows):
    dataset, bucket = prepared(rows, PART_BYTES), store.open()
    made = publish.publish(dataset, bucket)
    wanted = bodies(dataset)
    there = store.objects()
    manifest = made.path.rstrip("/") + ".json"
    assert {key: there[key] for key in wanted} == wanted
    assert set(there) == {*wanted, manifest}
    assert made.sent[-1] == manifest
    assert (len(wanted) > 1) == (rows > 3)
    assert all(layout.is_ours(key, bucket.head(key).metadata) for key in there)
    assert_no_uploads(store)


@everywhere
def test_a_second_call_sends_only_what_is_missing(store):
    dataset, bucket = prepared(200, PART_BYTES), store.open()
    made = publish.publish(dataset, bucket)
    lost = made.parts[1].key
    bucket.delete(lost)
    assert publish.publish(dataset, bucket).sent == (lost,)
    assert publish.publish(dataset, bucket).sent == ()
    assert store.objects()[lost] == bodies(dataset)[lost]


@everywhere
def test_an_object_of_somebody_else_stays(store):
    dataset = prepared(3, PART_BYTES)
    key = next(iter(bodies(dataset)))
    store.put(key, b"somebody else's")
    with pytest.raises(errors.ForeignObjectError, match="prefix="):
        publish.publish(dataset, store.open())
    assert store.objects() == {key: b"somebody else's"}


@everywhere
def test_a_truncated_object_of_ours_is_written_again(store):
    dataset = prepared(3, PART_BYTES)
    (key, body), *_ = bodies(dataset).items()
    bucket = store.open()
    bucket.put(key, io.BytesIO(body[:-1]), layout.metadata(dataset.place.fingerprint, 0))
    assert key in publish.publish(dataset, bucket).sent
    assert store.objects()[key] == body


@pytest.mark.slow
@pytest.mark.parametrize("store", ["swift", "s3rver"], indirect=True)
def test_a_listing_goes_on_page_after_page(store):
    count = store.page + 103
    client = store.boto()
    keys = [f"many/{number:05d} a+b%20" for number in range(count)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda key: client.put_object(Bucket=store.bucket, Key=key, Body=b""), keys))
    client.close()
    store.put("many", b"no part of it")
    assert sorted(info.key for info in store.open().list("many/")) == keys


@everywhere
@pytest.mark.parametrize("told", ["out/dir/", "out/dir/nclue_abc_2026010100.tsv", "out/dir/nclue"])
def test_results_are_found_by_name_directory_and_stem(store, told):
    store.put("out/dir/nclue_abc_2026010100.tsv", b"u1\t0.5\nNA\t0.25\n")
    store.put("out/dir2/nclue_x_2026010100.tsv", b"other\t1\n")
    bucket = store.open()
    assert find_result(bucket, told).key == "out/dir/nclue_abc_2026010100.tsv"
    assert read_result(bucket, told)["user_id"].tolist() == ["u1", "NA"]


@pytest.mark.parametrize("store", CHECKING, indirect=True)
def test_wrong_keys_are_refused_and_not_shown(store):
    for wrong in ({"secret_key": "notTheSecret"}, {"access_key": "notTheKey"}):
        bucket = store.open(**wrong)
        for ask in (
            lambda bucket=bucket: bucket.put("a", io.BytesIO(b"x"), {}),
            lambda bucket=bucket: bucket.head("a"),
            lambda bucket=bucket: list(bucket.list("a")),
        ):
            with pytest.raises(errors.StorageAccessError, match="keys") as caught:
                ask()
            assert "notThe" not in str(caught.value)
    assert store.objects() == {}


@everywhere
def test_a_missing_bucket_says_so(store):
    bucket = replace(store, bucket="no-such-bucket-here").open()
    with pytest.raises(errors.BucketNotFoundError, match="two products"):
        bucket.check()
    with pytest.raises(errors.StorageError):
        bucket.put("a", io.BytesIO(b"x"), {})


class BrokenBody(io.BytesIO):
    """A file that cannot be read beyond its beginning."""

    def read(self, size=-1):
        if self.tell() > 2**20:
            raise OSError("the disk is gone")
        return super().read(min(size, 2**16) if size and size > 0 else 2**16)


@everywhere
def test_an_exception_inside_the_body_leaves_nothing(store):
    body, bucket = BrokenBody(b"x" * 2**22), store.open()
    with pytest.raises(errors.StorageError):
        bucket.put("a/b.csv", body, {})
    assert store.objects() == {}
    assert_no_uploads(store)
    bucket.put("a/b.csv", io.BytesIO(b"whole"), {})
    assert store.objects() == {"a/b.csv": b"whole"}


@everywhere
def test_parts_are_single_puts(store, monkeypatch):
    from aiobotocore.client import AioBaseClient

    asked = []
    call = AioBaseClient._make_api_call

    async def recorded(client, operation, arguments):
        asked.append(operation)
        return await call(client, operation, arguments)

    monkeypatch.setattr(AioBaseClient, "_make_api_call", recorded)
    made = publish.publish(prepared(200, PART_BYTES), store.open())
    assert set(asked) == {"HeadObject", "PutObject"}
    assert asked.count("PutObject") == len(made.parts) + 1


@everywhere
def test_two_layouts_of_one_content_never_share_a_directory(store):
    bucket = store.open()
    coarse = publish.publish(prepared(200, 4 * PART_BYTES), bucket)
    fine = publish.publish(prepared(200, PART_BYTES), bucket)
    assert coarse.fingerprint == fine.fingerprint
    for made in (coarse, fine):
        inside = {info.key for info in bucket.list(made.path)}
        assert inside == {part.key for part in made.parts}
