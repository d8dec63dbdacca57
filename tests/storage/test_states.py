"""Blocks that are not those that were asked for, and parts that are not what was sent."""

from __future__ import annotations

import hashlib
import json
import warnings
from dataclasses import replace
from io import BytesIO

import pandas as pd
import pytest

from nclue_pandas import errors
from nclue_pandas.config import StorageSettings
from nclue_pandas.credentials import resolve_credentials
from nclue_pandas.sandbox.object_storage import ObjectStorage
from nclue_pandas.storage import publish
from nclue_pandas.storage.bucket import Bucket
from nclue_pandas.storage.content import FrameContent
from nclue_pandas.storage.results import iter_result, read_result, result_spans

KEY = "out/nclue_a_2026010100.tsv"
BODY = "".join(f"u{number:05d}\t0.{number:05d}\n" for number in range(5_000)).encode()
OTHER = BODY.replace(b"u", b"v")
ETAG = f'"{hashlib.md5(BODY, usedforsecurity=False).hexdigest()}"'


@pytest.fixture(scope="module")
def store():
    with ObjectStorage("KEY", "SECRET") as store:
        store.create_bucket("shop")
        yield store


@pytest.fixture
def bucket(store):
    settings = StorageSettings("shop", endpoint=store.endpoint, region=store.region)
    yield Bucket(settings, resolve_credentials(access_key="KEY", secret_key="SECRET"))
    store.on_request = store.on_answer = None
    for key in store.list("shop"):
        store.delete("shop", key)


class Answer:
    """An answer of the store, as a WSGI application."""

    def __init__(self, body, *, status="206 Partial Content", etag=ETAG, **headers):
        self.body, self.status, self.etag, self.headers = body, status, etag, headers

    def __call__(self, environ, start_response):
        named = [(name.replace("_", "-"), value) for name, value in self.headers.items()]
        sized = [("Content-Length", str(len(self.body))), ("ETag", self.etag), *named]
        start_response(self.status, sized)
        return [self.body]


def bounds(environ):
    start, _, end = environ["HTTP_RANGE"].removeprefix("bytes=").partition("-")
    return int(start), int(end) + 1


def ignored(environ):
    return Answer(BODY, status="200 OK")


def too_much(environ):
    start, end = bounds(environ)
    return Answer(BODY[start:end] + b"u")


def too_little(environ):
    start, end = bounds(environ)
    return Answer(BODY[start : end - 1])


def another_range(environ):
    start, end = bounds(environ)
    return Answer(BODY[: end - start], Content_Range=f"bytes 0-{end - start - 1}/{len(BODY)}")


def replaced(environ):
    start, end = bounds(environ)
    old = start == 0
    return Answer((BODY if old else OTHER)[start:end], etag=ETAG if old else '"new"')


def in_one(bucket):
    return read_result(bucket, KEY)


def in_blocks(bucket):
    return pd.concat(iter_result(bucket, KEY, block_bytes=9_000), ignore_index=True)


def in_spans(bucket):
    spans = result_spans(bucket, KEY, span_bytes=9_000)
    return pd.concat([span.read(bucket) for span in spans], ignore_index=True)


@pytest.mark.parametrize("read", [in_blocks, in_spans])
@pytest.mark.parametrize("fault", [ignored, too_much, too_little, another_range, replaced])
def test_blocks_that_are_not_those_asked_for(fault, read, store, bucket):
    store.put("shop", KEY, BODY)
    assert len(read(bucket)) == 5_000
    store.on_request = lambda environ: fault(environ) if "HTTP_RANGE" in environ else None
    with pytest.raises(errors.ObjectChangedError, match=KEY):
        read(bucket)


@pytest.mark.parametrize("fault", [too_much, too_little])
def test_a_file_of_one_block(fault, store, bucket):
    store.put("shop", KEY, BODY)
    store.on_request = lambda environ: fault(environ) if "HTTP_RANGE" in environ else None
    with pytest.raises(errors.ObjectChangedError):
        in_one(bucket)
    store.on_request = lambda environ: ignored(environ) if "HTTP_RANGE" in environ else None
    assert len(in_one(bucket)) == 5_000, "the whole file is what was asked for"


@pytest.mark.parametrize("read", [in_blocks, in_spans])
def test_an_object_that_is_replaced_while_it_is_read(read, store, bucket):
    """The store itself: another file of the same length is written after the first block."""
    store.put("shop", KEY, BODY)

    def write(environ):
        if "HTTP_RANGE" in environ and bounds(environ)[0] > 50_000:
            store.on_request = None
            store.put("shop", KEY, OTHER)

    store.on_request = write
    with pytest.raises(errors.ObjectChangedError, match="replaced while it was read"):
        read(bucket)
    assert len(read(bucket)) == 5_000


@pytest.mark.parametrize("read", [in_one, in_blocks, in_spans])
@pytest.mark.parametrize("block", [0, 1, 3, -1])
def test_an_object_that_is_replaced_before_any_of_its_blocks(block, read, store, bucket):
    """Between the look at the object and its first block too, and when all blocks are asked for."""
    store.put("shop", KEY, BODY)
    asked = []

    def count(environ):
        if "HTTP_RANGE" in environ:
            asked.append(environ["HTTP_RANGE"])

    store.on_request = count
    read(bucket)
    strike = range(len(asked))[min(block, len(asked) - 1)]
    asked.clear()

    def write(environ):
        count(environ)
        if len(asked) == strike + 1:
            store.on_request = None
            store.put("shop", KEY, OTHER)

    store.on_request = write
    with pytest.raises(errors.ObjectChangedError, match="replaced while it was read"):
        read(bucket)
    assert read(bucket)["user_id"].str.startswith("v").all()


@pytest.mark.parametrize("read", [in_one, in_blocks, in_spans])
def test_where_a_store_tells_no_etag_the_size_tells(read, store, bucket):
    """A longer object was written; each block has the length that was asked for."""
    store.put("shop", KEY, BODY)

    def longer(environ):
        if "HTTP_RANGE" not in environ:
            return Sized(len(BODY), etag="")
        start, end = bounds(environ)
        told = f"bytes {start}-{end - 1}/{len(BODY) * 2}"
        return Answer((OTHER * 2)[start:end], etag="", Content_Range=told)

    store.on_request = longer
    with pytest.raises(errors.ObjectChangedError, match="replaced while it was read"):
        read(bucket)


def test_a_listing_may_tell_other_etags_than_the_object(store, bucket, monkeypatch):
    """As stores do for what was written in parts."""
    store.put("shop", KEY, BODY)
    listed = [replace(info, etag="0-2") for info in bucket.list("out/")]
    monkeypatch.setattr(bucket, "list", lambda prefix: iter(listed))
    assert len(read_result(bucket, "out/")) == 5_000


# Parts.


@pytest.fixture
def prepared():
    users = [f"u{number:04d}" for number in range(400)]
    frame = pd.DataFrame({"user_id": users, "sequence": "tea->milk"})
    content = FrameContent.of_sequences(frame, "user_id", "sequence")
    return publish.prepare(content, "sequences", "shop", "nclue", part_bytes=2_000)


def test_a_part_is_known_by_its_content_not_by_its_size(store, bucket, prepared):
    first = publish.publish(prepared, bucket)
    assert len(first.sent) == len(first.parts) + 1 > 3
    assert publish.publish(prepared, bucket).sent == ()
    for key in (first.parts[1].key, prepared.place.manifest_key):
        good, marks = store.get("shop", key), store.metadata("shop", key)
        bad = good.replace(b"tea", b"ten").replace(b"rows", b"cows")
        assert len(bad) == len(good)
        assert bad != good
        bucket.put(key, BytesIO(bad), marks)
        assert publish.publish(prepared, bucket).sent == (key,)
        assert store.get("shop", key) == good
    assert json.loads(store.get("shop", prepared.place.manifest_key))["rows"] == 400


def test_a_store_that_changes_what_is_sent(store, bucket, prepared):
    def change(environ):
        if environ["REQUEST_METHOD"] == "PUT" and environ["PATH_INFO"].endswith(".csv"):
            key = environ["PATH_INFO"].removeprefix("/shop/")
            stored = store._key("shop", key)
            stored.value, stored._etag = stored.value.replace(b"tea", b"ten"), None

    store.on_answer = change
    with pytest.raises(errors.IncompleteUploadError, match="other ones"):
        publish.publish(prepared, bucket)
    store.on_answer = None
    assert len(publish.publish(prepared, bucket).parts) > 3
    assert b"ten" not in b"".join(store.get("shop", key) for key in store.list("shop"))


@pytest.mark.parametrize(
    "etag", ['"3858f62230ac3c915f300c664312c63f-9"', '"f" ' * 3, f'"{"0" * 32}"']
)
def test_etags_that_are_no_md5_are_told_once_and_sizes_decide(etag, store, bucket, prepared):
    def tell(environ):
        if environ["REQUEST_METHOD"] == "HEAD" and ".csv" in environ["PATH_INFO"]:
            key = environ["PATH_INFO"].removeprefix("/shop/")
            if key in store.list("shop"):
                marks = {
                    f"x-amz-meta-{name}": text for name, text in store.metadata("shop", key).items()
                }
                size = len(store.get("shop", key))
                return Sized(size, etag=etag, **marks)
        return None

    store.on_request = tell
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        first = publish.publish(prepared, bucket)
        assert publish.publish(prepared, bucket).sent == ()
    assert ["no MD5" in str(each.message) for each in seen] == [True]
    assert len(first.sent) == len(first.parts) + 1


class Sized(Answer):
    """The answer to a HEAD: it tells a size, and has no body."""

    def __init__(self, size, **told):
        super().__init__(b"", status="200 OK", **told)
        self.size = size

    def __call__(self, environ, start_response):
        headers = [("Content-Length", str(self.size)), ("ETag", self.etag), *self.headers.items()]
        start_response(self.status, headers)
        return []


def test_the_md5_of_a_body_is_that_of_its_bytes_however_it_is_read(prepared):
    number = prepared.dataset("shop").parts[0].number
    want = hashlib.md5(prepared.body(number).read(), usedforsecurity=False).hexdigest()
    body = prepared.body(number)
    assert body.md5() == want
    body.seek(0)
    body.read(10)
    assert body.md5() == want
    body.seek(7)
    body.read(3)
    body.seek(0)
    assert body.read()
    assert body.md5() == want


def test_nothing_is_said_of_a_store_whose_etags_are_md5(bucket, prepared):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        publish.publish(prepared, bucket)
        publish.publish(prepared, bucket)
