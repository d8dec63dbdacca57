"""What a hostile server can answer, and that the client survives with documented errors."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc

import pytest
from stores.hostile import http

from nclue_pandas import errors
from nclue_pandas.service import paging
from nclue_pandas.service.transport import ANSWER_LIMIT

FEATURE = {"feature_id": "f-1", "feature_name": "f", "status": "completed"}
MEBI = 2**20


def endless(*headers):
    """Yield an answer without an end."""
    yield "\r\n".join(["HTTP/1.1 200 OK", "Connection: close", *headers]).encode() + b"\r\n\r\n"
    while True:
        yield b" " * MEBI


@pytest.mark.parametrize("ask", ["get_feature", "delete_feature"])
def test_a_body_without_an_end_is_given_up(hostile, service, ask):
    hostile.answer = lambda line: endless()
    tracemalloc.start()
    try:
        with pytest.raises(errors.InvalidAnswerError, match="larger than"):
            getattr(service, ask)("f-1")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3 * ANSWER_LIMIT


def test_an_error_without_an_end_is_read_at_its_beginning(hostile, service):
    head = b"HTTP/1.1 401 X\r\nConnection: close\r\n\r\n" + b'{"errorCode": "200"}'
    hostile.answer = lambda line: (piece for piece in [head, *[b" " * MEBI] * 3])
    with pytest.raises(errors.AuthenticationError):
        service.get_feature("f-1")


def bomb(size):
    return gzip.compress(b" " * size)


def test_a_bomb_is_not_unpacked(hostile, service):
    packed = bomb(256 * MEBI)
    assert len(packed) < MEBI
    hostile.answer = lambda line: http(packed, "Content-Encoding: gzip")
    tracemalloc.start()
    try:
        with pytest.raises(errors.InvalidAnswerError, match="larger than"):
            service.get_feature("f-1")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 128 * MEBI


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "deflate, gzip", "zstd", "\x1b[2J"])
def test_only_the_encoding_that_was_asked_for_is_decoded(hostile, service, encoding):
    packed = gzip.compress(bomb(64 * MEBI))
    hostile.answer = lambda line: http(packed, f"Content-Encoding: {encoding}")
    with pytest.raises(errors.InvalidAnswerError, match="encoded as") as caught:
        service.get_feature("f-1")
    assert "\x1b" not in str(caught.value)


def test_a_broken_gzip_is_no_answer(hostile, service):
    hostile.answer = lambda line: http(bomb(MEBI)[:-20], "Content-Encoding: gzip")
    with pytest.raises(errors.ServiceError):
        service.get_feature("f-1")
    hostile.answer = lambda line: http(b"no gzip", "Content-Encoding: gzip")
    with pytest.raises(errors.ConnectionBrokenError, match="ContentDecodingError"):
        service.get_feature("f-1")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"features": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        b'{"user_count": ' + b"9" * 100_000 + b"}",
        b'{"feature_id": "\xff\xfe"}',
        b"\x00" * 1_000,
        b"",
    ],
    ids=["arrays", "objects", "closed arrays", "digits", "no UTF-8", "zeros", "nothing"],
)
def test_json_that_is_too_deep_or_none(hostile, service, body):
    hostile.answer = lambda line: http(body)
    with pytest.raises(errors.InvalidAnswerError):
        service.get_feature("f-1")


VALUES = [None, True, 7, -1, 1e308, 10**400, "", "text", "\ud800", [], [[]], {}, {"a": 1}]
OPERATIONS = {
    "get_feature": "feature",
    "get_task": "task",
    "get_run": "run",
    "get_shopping_intent": "profile",
    "get_custom_attributes": "profile",
}
FIELDS = [
    *("name", "status", "created_at", "completed_at", "fail_message", "source_bucket"),
    *("user_count", "token_count", "disk_usage", "line_count", "AUROC", "keyword_set"),
    *("result_bucket", "result_file_path", "feature_name", "train_bucket"),
]


def read(service, operation):
    """Return a record, or the error of an answer that is none."""
    try:
        return getattr(service, operation)("i-1")
    except errors.InvalidAnswerError as error:
        return error


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_wrong_type_in_any_field_is_named_or_read(hostile, service, operation):
    prefix = OPERATIONS[operation]
    refused = 0
    for field in [f"{prefix}_id", f"{prefix}_name", *FIELDS]:
        for value in VALUES:
            answer = {f"{prefix}_id": "i-1", f"{prefix}_name": "n", field: value}
            hostile.answer = lambda line, answer=answer: http(json.dumps(answer).encode())
            outcome = read(service, operation)
            if isinstance(outcome, errors.InvalidAnswerError):
                refused += 1
                assert field in str(outcome)
            else:
                assert outcome.raw == answer
    assert refused > 30


@pytest.mark.parametrize("status", [100, 199, 201, 204, 301, 302, 307, 308, 399, 600, 999])
def test_other_statuses_are_no_answer_and_go_nowhere(hostile, service, status):
    location = f"Location: {hostile.url}/elsewhere"
    hostile.answer = lambda line: http(b"{}", location, status=status)
    with pytest.raises(errors.ServiceError):
        service.get_feature("f-1")
    assert not any("elsewhere" in line for line in hostile.requests)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n{}",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n12345",
        http(b"{}", length=10**15),
    ],
    ids=range(11),
)
def test_bytes_that_are_no_http(hostile, service, answer):
    hostile.answer = lambda line: answer
    with pytest.raises(errors.ServiceError):
        service.get_feature("f-1")


def test_cookies_of_a_server_do_no_harm(hostile, service):
    cookies = ["Set-Cookie: a=b; Path=/; Expires=nonsense", "Set-Cookie: \x1b[2J=;;;=\xff"]
    hostile.answer = lambda line: http(json.dumps(FEATURE).encode(), *cookies)
    assert [service.get_feature("f-1").id for _ in range(2)] == ["f-1", "f-1"]


def page(line):
    """Answer a list page of jobs that were never seen before, and announce more."""
    page.number += 100
    items = [{"feature_id": f"f-{page.number + n}"} for n in range(100)]
    return http(json.dumps({"features": items, "total": 10**9}).encode())


def test_a_list_without_an_end_is_given_up(hostile, service, monkeypatch):
    monkeypatch.setattr(paging, "PAGE_LIMIT", 40)
    page.number = 0
    hostile.answer = page
    with pytest.raises(errors.InvalidAnswerError, match="does not end after 40 pages"):
        list(paging.iterate(service.list_features))
    assert len(hostile.requests) == 40


def test_a_list_that_repeats_itself_ends(hostile, service):
    items = [{"feature_id": f"f-{n}"} for n in range(100)]
    hostile.answer = lambda line: http(json.dumps({"features": items, "total": 10**9}).encode())
    assert len(list(paging.iterate(service.list_features))) == 100
    assert len(hostile.requests) < 10


def test_a_long_retry_after_is_not_waited_for(hostile, service):
    hostile.answer = lambda line: http(b"{}", "Retry-After: 999999999", status=503)
    with pytest.raises(errors.BackendError):
        service.get_feature("f-1")
    assert len(hostile.requests) == 1


@pytest.mark.parametrize("after", ["nan", "inf", "-1", "1e400", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_a_strange_retry_after_is_survived(hostile, service, after):
    hostile.answer = lambda line: http(b"{}", f"Retry-After: {after}", status=429)
    with pytest.raises(errors.Throttled):
        service.get_feature("f-1")


def test_a_download_is_bounded(hostile, service, monkeypatch):
    monkeypatch.setattr("nclue_pandas.service.transport.DOWNLOAD_LIMIT", 4 * MEBI)
    hostile.answer = lambda line: endless("Content-Type: text/tab-separated-values")
    into = io.BytesIO()
    with pytest.raises(errors.InvalidAnswerError, match="larger than"):
        service.download_shopping_intent("p-1", into)
    assert len(into.getvalue()) <= 5 * MEBI
