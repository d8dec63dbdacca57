"""What Object Storage says of itself is kept in the error and told; keys in it are not."""

from __future__ import annotations

import io
import pickle
import re
import time
from email.utils import formatdate

import pytest
from stores.hostile import Hostile, http

from nclue_pandas import errors
from nclue_pandas.config import Credentials, StorageSettings
from nclue_pandas.storage.bucket import Bucket

KEYS = Credentials("WordsTestAccess", "Words/Test+Secret")


@pytest.fixture(scope="module")
def server():
    server = Hostile()
    yield server
    server.close()


@pytest.fixture(scope="module")
def bucket(server):
    endpoint = server.url.removesuffix("/api/v1")
    options = {"config_kwargs": {"retries": {"max_attempts": 1}}}
    return Bucket(StorageSettings("shop", endpoint=endpoint, options=options), lambda: KEYS)


def refusing(server, code, message="No.", more="", status=403, ahead=0.0):
    """Let the server refuse everything; the answer to a HEAD has no body."""
    body = f"<Error><Code>{code}</Code><Message>{message}</Message>{more}</Error>".encode()
    headers = [f"Date: {formatdate(time.time() - ahead, usegmt=True)}", "Content-Type: text/xml"]
    server.answer = lambda line: http(
        b"" if line.startswith("HEAD") else body, *headers, status=status
    )


DOES = {
    "list": lambda bucket: list(bucket.list("a")),
    "look at": lambda bucket: bucket.head("a.csv"),
    "read": lambda bucket: bucket.get("a.csv", 0, 4),
    "write": lambda bucket: bucket.put("a.csv", io.BytesIO(b"u\tx\n"), {}),
    "delete": lambda bucket: bucket.delete("a.csv"),
}


def refused(bucket, does):
    with pytest.raises(errors.StorageError) as caught:
        DOES[does](bucket)
    again = pickle.loads(pickle.dumps(caught.value))
    for each in (caught.value, again):
        assert KEYS.secret_key not in str(each)
        assert KEYS.access_key not in str(each)
    assert (again.status, again.code, again.detail) == (
        caught.value.status,
        caught.value.code,
        caught.value.detail,
    )
    return caught.value


@pytest.mark.parametrize("does", DOES)
def test_access_denied_says_to_do_what_on_what(server, bucket, does):
    refusing(server, "AccessDenied", "Not for you.")
    error = refused(bucket, does)
    assert isinstance(error, errors.StorageAccessError)
    assert f"to {does} s3://shop/a" in str(error)
    assert "AccessDenied: Not for you." in str(error)
    assert "no right" in str(error)
    assert (error.status, error.code, error.detail) == (403, "AccessDenied", "Not for you.")


@pytest.mark.parametrize(
    ("code", "message", "more"),
    [
        (
            "AuthorizationHeaderMalformed",
            "The region 'kr-standard' is wrong; expecting 'jp-standard'",
            "",
        ),
        ("AuthorizationHeaderMalformed", "Malformed.", "<Region>jp-standard</Region>"),
        ("IllegalLocationConstraintException", "Elsewhere.", "<Region>jp-standard</Region>"),
    ],
)
@pytest.mark.parametrize("does", DOES)
def test_a_wrong_region_is_told_with_the_one_that_is_expected(
    server, bucket, does, code, message, more
):
    refusing(server, code, message, more, status=400)
    server.requests.clear()
    error = refused(bucket, does)
    assert "expects the region 'jp-standard', and 'kr-standard' was given" in str(error)
    assert "NCLUE_STORAGE_REGION" in str(error)
    assert error.code == code
    assert len(server.requests) == (2 if does == "look at" else 1)


@pytest.mark.parametrize("does", DOES)
@pytest.mark.parametrize(("ahead", "side"), [(4000.0, "ahead of"), (-4000.0, "behind")])
def test_a_clock_that_is_off_is_told_with_the_difference(server, bucket, does, ahead, side):
    refusing(server, "RequestTimeTooSkewed", "Too far.", ahead=ahead)
    error = refused(bucket, does)
    assert f"s {side} the store's" in str(error)
    seconds = re.search(r"clock is ([\d,]+) s", str(error))[1].replace(",", "")
    assert abs(int(seconds) - 4000) < 100
    assert isinstance(error, errors.StorageAccessError)


def test_a_bare_refusal_with_another_time_is_the_clocks(server, bucket):
    refusing(server, "AccessDenied", ahead=7200)
    assert "clock" in str(refused(bucket, "look at"))


def test_a_proxy_that_changes_the_host_is_told(server, bucket):
    canonical = "GET\n/shop\n\nhost:other.example\nx-amz-date:1\n\nhost;x-amz-date\nabc"
    more = f"<CanonicalRequest>{canonical}</CanonicalRequest>"
    refusing(server, "SignatureDoesNotMatch", more=more)
    error = refused(bucket, "read")
    assert "host 'other.example'" in str(error)
    assert "proxy" in str(error)
    host = server.url.split("/")[2]
    refusing(server, "SignatureDoesNotMatch", more=more.replace("other.example", host))
    assert "secret key is wrong" in str(refused(bucket, "read"))


def test_keys_in_what_a_store_says_are_not_repeated(server, bucket):
    said = f"{KEYS.access_key} and {KEYS.secret_key}\x1b[2J" + "x" * 9000
    for code in ("InvalidAccessKeyId", "SignatureDoesNotMatch", KEYS.access_key, "SlowDown"):
        refusing(server, code, said.replace("\x1b", "&#27;"))
        error = refused(bucket, "write")
        assert KEYS.secret_key not in error.detail
        assert KEYS.access_key not in error.detail
        assert "\x1b" not in str(error)
        assert len(str(error)) < 1200


@pytest.mark.parametrize("status", [500, 501, 503, 507])
def test_failures_are_told_with_code_and_message(server, bucket, monkeypatch, status):
    from s3fs import S3FileSystem

    monkeypatch.setattr(S3FileSystem, "retries", 1)
    refusing(server, "SlowDown", "Later.", status=status)
    error = refused(bucket, "delete")
    assert f"HTTP {status}, SlowDown: Later." in str(error)
    assert (error.status, error.code) == (status, "SlowDown")


def test_the_embedded_store_tells_its_region_and_a_changed_host(sandbox):
    keys = Credentials(sandbox.access_key, sandbox.secret_key)
    settings = StorageSettings(sandbox.bucket, endpoint=sandbox.endpoint, region="us-standard")
    with pytest.raises(errors.StorageError, match="expects the region 'kr-standard'"):
        Bucket(settings, lambda: keys).check()
    with pytest.raises(errors.StorageError, match="expects the region 'kr-standard'"):
        Bucket(settings, lambda: keys).head("a")
    sandbox.storage.hosts.clear()
    there = StorageSettings(sandbox.bucket, endpoint=sandbox.endpoint, region=sandbox.region)
    with pytest.raises(errors.StorageError, match="The Host header names another server"):
        Bucket(there, lambda: keys).check()
