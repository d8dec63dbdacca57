"""What the network can do to a request, and what becomes of it."""

from __future__ import annotations

import gzip
import io
import json
import logging
import os
import pickle
import time
from email.utils import formatdate

import pytest

from nclue_pandas import errors
from nclue_pandas.service.refusals import read_error

FEATURE = {"feature_id": "f-1", "feature_name": "f", "status": "completed"}
CREATE = {"name": "f", "source_bucket": "b", "source_file_path": "p.csv"}


def http(status=200, body=b"{}", headers=()):
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


OK = http(body=json.dumps(FEATURE).encode())
TRUNCATED = OK[:-5]
GARBAGE = http(body=b"\x00\xff nonsense")
UNAVAILABLE = http(503, b'{"error": {"errorCode": "500", "message": "later"}}')
GATEWAY_TIMEOUT = http(504, b'{"error": {"errorCode": 510, "message": "timeout"}}')
THROTTLED = http(429, b'{"error": {"errorCode": "410", "message": "slow down"}}')
QUOTA = http(429, b'{"error": {"errorCode": "400", "message": "quota"}}')

PASSING = {
    "closed": None,
    "cut off": TRUNCATED,
    "garbage": GARBAGE,
    "503": UNAVAILABLE,
    "504": GATEWAY_TIMEOUT,
    "no answer in time": "hang",
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_a_read_is_sent_again(script, service, slept, fault):
    script.play(fault, fault, OK)
    assert service.get_feature("f-1").status == "completed"
    assert len(script.requests) == 3
    assert len(slept) == 2


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_a_create_is_not_sent_again(script, service, fault):
    script.play(fault, OK)
    with pytest.raises(errors.AmbiguousCreateError) as caught:
        service.create_feature(**CREATE)
    assert isinstance(caught.value.__cause__, errors.ServiceError)
    assert len(script.requests) == 1


@pytest.mark.parametrize("call", ["get_feature", "create_feature", "delete_feature"])
def test_throttling_did_nothing_so_all_are_sent_again(script, service, slept, call):
    script.play(THROTTLED, OK)
    arguments = CREATE if call == "create_feature" else {"feature_id": "f-1"}
    getattr(service, call)(**arguments)
    assert len(script.requests) == 2
    assert len(slept) == 1


def test_every_attempt_is_signed_anew(script, make_service):
    script.play(UNAVAILABLE, OK)
    service = make_service()
    moments = iter([1_000.0, 2_000.0])
    service._transport._clock = lambda: next(moments)
    service.get_feature("f-1")
    stamps = [
        line.split(": ")[1]
        for request in script.requests
        for line in request.splitlines()
        if line.lower().startswith("x-ncp-apigw-timestamp")
    ]
    assert stamps == ["1000000", "2000000"]
    assert script.requests[0] != script.requests[1]


def test_retries_end(script, make_service, slept):
    script.play(UNAVAILABLE)
    with pytest.raises(errors.BackendError, match="later"):
        make_service(retries=2).get_feature("f-1")
    assert len(script.requests) == 3
    assert len(slept) == 2
    assert all(0 <= pause <= 8 for pause in slept)


def test_a_used_up_quota_is_not_asked_again(script, service):
    script.play(QUOTA)
    with pytest.raises(errors.QuotaExceeded, match="quota"):
        service.get_feature("f-1")
    assert len(script.requests) == 1


def test_retry_after_is_honored_up_to_a_cap(script, service, slept):
    wait = http(429, b'{"code": 420}', ["Retry-After: 30"])
    script.play(wait, OK)
    service.get_feature("f-1")
    assert slept == [30.0]
    script.play(http(429, b'{"code": 420}', ["Retry-After: 3600"]))
    with pytest.raises(errors.Throttled) as caught:
        service.get_feature("f-1")
    assert caught.value.retry_after == 3600
    assert len(script.requests) == 1


@pytest.mark.parametrize(("seconds", "least"), [(30, 25), (3600, 3500), (-3600, 0)])
def test_retry_after_may_be_a_date(script, service, slept, seconds, least):
    date = formatdate(time.time() + seconds, usegmt=True)
    script.play(http(429, b'{"code": 420}', [f"Retry-After: {date}"]), OK)
    if seconds < 60:
        service.get_feature("f-1")
        assert least <= slept[0] <= max(seconds, 8)
    else:
        with pytest.raises(errors.Throttled) as caught:
            service.get_feature("f-1")
        assert least <= caught.value.retry_after <= seconds


@pytest.mark.parametrize(
    "after", ["soon", "1.5", "-3", "nan", "9" * 5000, "Wed, 21 Foo 2026 07:28:00 GMT", "", "\t"]
)
def test_a_retry_after_that_is_neither_seconds_nor_a_date(script, service, slept, after):
    script.play(http(429, b'{"code": 420}', [f"Retry-After: {after}"]), OK)
    service.get_feature("f-1")
    assert slept[0] <= 8


REJECTED = b'{"error": {"errorCode": "200", "message": "Invalid authentication information"}}'


@pytest.mark.parametrize(
    ("ahead", "says"),
    [
        (0, "clock is right, so check both keys"),
        (200, "clock is right, so check both keys"),
        (4000, "s ahead of the service's: set it first"),
        (-4000, "s behind the service's: set it first"),
    ],
)
def test_the_date_of_a_401_tells_whether_the_clock_is_the_cause(script, service, ahead, says):
    date = formatdate(time.time() - ahead, usegmt=True)
    script.play(http(401, REJECTED, [f"Date: {date}"]))
    with pytest.raises(errors.AuthenticationError, match=says) as caught:
        service.get_feature("f-1")
    again = pickle.loads(pickle.dumps(caught.value))
    assert abs(again.clock_ahead - ahead) < 60
    assert str(again) == str(caught.value)


@pytest.mark.parametrize("headers", [[], ["Date: yesterday"], ["Date: "]])
def test_a_401_without_a_date_names_keys_and_clock(script, service, headers):
    script.play(http(401, REJECTED, headers))
    with pytest.raises(errors.AuthenticationError) as caught:
        service.get_feature("f-1")
    assert caught.value.clock_ahead is None
    assert "This machine's clock is" not in str(caught.value)


def test_other_refusals_say_nothing_of_the_clock(script, service):
    date = formatdate(time.time() - 4000, usegmt=True)
    denied = b'{"error": {"errorCode": "210", "message": "Permission Denied"}}'
    script.play(http(401, denied, [f"Date: {date}"]))
    with pytest.raises(errors.SubscriptionError) as caught:
        service.get_feature("f-1")
    assert "This machine's clock" not in str(caught.value)


def test_a_delete_that_worked_the_first_time_is_no_error(script, service):
    gone = http(404, b'{"errorCode": "404", "message": "no such feature"}')
    script.play(None, gone)
    assert service.delete_feature("f-1") == "f-1"
    script.play(gone)
    with pytest.raises(errors.NotFoundError):
        service.delete_feature("f-1")


def test_a_delete_that_was_not_done_finds_nothing(script, service):
    gone = http(404, b'{"errorCode": "404", "message": "no such feature"}')
    script.play(THROTTLED, gone)
    with pytest.raises(errors.NotFoundError):
        service.delete_feature("f-1")
    script.play(UNAVAILABLE, THROTTLED, gone)
    assert service.delete_feature("f-1") == "f-1"


def test_redirects_are_refused(script, service):
    script.play(http(302, b"", ["Location: http://127.0.0.1:1/"]))
    with pytest.raises(errors.InvalidAnswerError, match="redirect"):
        service.get_feature("f-1")


@pytest.mark.parametrize(
    "body",
    [
        b"[1]",
        b'"x"',
        b"null",
        b"{}",
        b'{"feature_id": 7}',
        b'{"feature_id": "f", "user_count": "many"}',
    ],
)
def test_wrong_types_are_named(script, make_service, body):
    script.play(http(body=body))
    with pytest.raises(errors.InvalidAnswerError):
        make_service(retries=0).get_feature("f-1")


def test_deep_json_is_survived(script, make_service):
    script.play(http(body=b"[" * 100_000))
    with pytest.raises(errors.InvalidAnswerError):
        make_service(retries=0).get_feature("f-1")


def test_a_bomb_is_not_unpacked(script, make_service):
    bomb = gzip.compress(b" " * (64 * 2**20))
    script.play(http(body=bomb, headers=["Content-Encoding: gzip"]))
    with pytest.raises(errors.InvalidAnswerError, match="larger"):
        make_service(retries=0, read_timeout=20).get_feature("f-1")


def test_unreachable(closed, make_service, slept):
    service = make_service(api_url=f"http://127.0.0.1:{closed}/api/v1")
    for call in (lambda: service.get_feature("f-1"), lambda: service.create_feature(**CREATE)):
        with pytest.raises(errors.ConnectionFailedError, match="cannot be reached"):
            call()
    assert len(slept) == 8


@pytest.fixture
def closed():
    import socket

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_a_proxy_of_the_environment_does_not_catch_loopback(script, service, monkeypatch, closed):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed}")
    script.play(OK)
    assert service.get_feature("f-1").id == "f-1"


def test_netrc_does_not_replace_the_signature(script, service, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    script.play(OK)
    service.get_feature("f-1")
    assert "x-ncp-apigw-signature-v2" in script.requests[0].lower()
    assert "authorization" not in script.requests[0].lower()


def test_ids_cannot_leave_their_place_in_the_path(script, service):
    script.play(OK)
    service.get_feature("../tasks?x=1")
    assert script.requests[0].startswith("GET /api/v1/features/..%2Ftasks%3Fx%3D1 ")


def test_download_goes_into_a_file(script, service):
    script.play(TRUNCATED, http(body="성별\t여\n".encode()))
    into = io.BytesIO()
    assert service.download_shopping_intent("p-1", into) == b""
    assert into.getvalue() == "성별\t여\n".encode()


def test_logs_and_errors_hold_no_secret(script, make_service, caplog):
    caplog.set_level(logging.DEBUG)
    for answer in (*PASSING.values(), THROTTLED, QUOTA):
        script.play(answer)
        with pytest.raises(errors.ServiceError) as caught:
            make_service(retries=1).get_feature("f-1")
        told = repr(caught.value) + str(vars(caught.value)) + str(caught.value.__context__)
        assert "Test/Secret+Key" not in told + caplog.text
        assert b"Test/Secret+Key" not in pickle.dumps(caught.value)


def test_a_download_that_broke_off_late_leaves_nothing_behind(script, service):
    start = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: "
    script.play(start + b"300000\r\n\r\n" + b"x" * 200_000, start + b"4\r\n\r\nk\tv\n")
    into = io.BytesIO()
    service.download_shopping_intent("p-1", into)
    assert into.getvalue() == b"k\tv\n"


def test_connections_are_not_inherited_by_a_fork(service, monkeypatch):
    transport = service._transport
    first = transport._session
    assert transport._session is first
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert transport._session is not first


def test_a_code_that_is_a_boolean_is_none():
    assert read_error(b'{"errorCode": true, "message": "no"}', {}).code is None
