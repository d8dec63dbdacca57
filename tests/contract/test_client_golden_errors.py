"""The client against golden refusals: every code, every body shape, every gateway answer."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

import nclue_pandas.errors as tree
from nclue_pandas.config import Credentials, ServiceSettings
from nclue_pandas.errors import (
    AmbiguousCreateError,
    ApiError,
    InvalidAnswerError,
    NclueError,
    ServiceError,
)
from nclue_pandas.service.operations import Service
from nclue_pandas.service.transport import Transport

GOLDEN = Path(__file__).parent / "golden"
CODES = json.loads((GOLDEN / "errors" / "codes.json").read_text())
SHAPES = json.loads((GOLDEN / "errors" / "shapes.json").read_text())
GATEWAY = json.loads((GOLDEN / "errors" / "gateway.json").read_text())
FEATURE_ID = "6f1f7a52-3c0e-4b51-9d3e-0a5c2b7e9d10"
CREATE = {"name": "golden", "source_bucket": "nclue-sandbox", "source_file_path": "golden/s/"}


@pytest.fixture(scope="module")
def service(scripted):
    settings = ServiceSettings(api_url=scripted.api_url, requests_per_second=None)
    credentials = Credentials(scripted.access_key, scripted.secret_key)
    return Service(Transport(settings, lambda: credentials, sleep=lambda _: None))


def refused(scripted, action, answer, *more):
    """Return the error that `action` ends in when the service gives `answer`."""
    scripted.play(answer, *more)
    with pytest.raises(NclueError) as caught:
        action()
    return caught.value


def test_there_are_31_codes():
    assert len({entry["code"] for entry in CODES}) == 31


@pytest.mark.parametrize("golden", CODES, ids=lambda golden: f"{golden['code']}-{golden['name']}")
def test_code(golden, service, scripted):
    body = {"error": {"errorCode": str(golden["code"]), "message": golden["name"], "details": ""}}
    trace = {"x-ncp-trace-id": f"trace-{golden['code']}"}
    answer = {"status": golden["status"], "json": body, "headers": trace}
    error = refused(scripted, lambda: service.create_feature(**CREATE), answer)
    assert len(scripted.seen) == 1
    assert isinstance(error, ApiError)
    assert type(error) is not ApiError
    assert (error.status, error.code) == (golden["status"], golden["code"])
    assert error.trace_id == f"trace-{golden['code']}"
    assert error.method == "POST"
    assert error.path.endswith("/features")
    text = str(error)
    assert error.cause in text
    assert error.remedy in text
    assert min(len(error.cause), len(error.remedy)) > 15
    assert text.rstrip(" .)>").endswith(f"docs/errors.md#code-{golden['code']}")
    for part in (str(golden["code"]), golden["name"], error.trace_id):
        assert part in text
    assert scripted.secret_key not in text + repr(error) + str(vars(error))
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.code, copy.trace_id) == (
        type(error),
        text,
        error.code,
        error.trace_id,
    )


def test_every_code_has_its_own_public_class(service, scripted):
    classes = set()
    for golden in CODES:
        body = {"errorCode": golden["code"], "message": golden["name"]}
        answer = {"status": golden["status"], "json": body}
        error = refused(scripted, lambda: service.get_feature(FEATURE_ID), answer)
        assert type(error).code == golden["code"]
        assert getattr(tree, type(error).__name__) is type(error)
        classes.add(type(error))
    assert len(classes) == 31


@pytest.mark.parametrize("golden", SHAPES, ids=lambda golden: golden["shape"])
def test_body_shape(golden, service, scripted):
    error = refused(scripted, lambda: service.get_feature(FEATURE_ID), golden)
    assert isinstance(error, ApiError)
    assert error.status == golden["status"]
    if "code" in golden:
        assert error.code == golden["code"]
    assert golden["message"] in str(error)
    assert error.trace_id == "trace-golden-1"
    if golden["status"] == 404 and "code" not in golden:
        assert isinstance(error, LookupError)


@pytest.mark.parametrize(
    "golden", [g for g in SHAPES if g.get("code", 0) > 10_000], ids=lambda golden: golden["shape"]
)
def test_every_code_in_every_shape(golden, service, scripted):
    name = next(entry["name"] for entry in CODES if entry["code"] == golden["code"])
    for entry in CODES:
        body = golden["body"].replace(str(golden["code"]), str(entry["code"]))
        body = body.replace(name, entry["name"]).replace(name.lower(), entry["name"].lower())
        answer = {"status": entry["status"], "body": body}
        error = refused(scripted, lambda: service.get_feature(FEATURE_ID), answer)
        assert (error.status, error.code, type(error).code) == (
            entry["status"],
            entry["code"],
            entry["code"],
        )


@pytest.mark.parametrize("golden", GATEWAY, ids=lambda g: f"{g['status']}-{g['code']}-{g['error']}")
def test_gateway_error_of_a_read(golden, service, scripted):
    error = refused(scripted, lambda: service.get_feature(FEATURE_ID), golden)
    assert isinstance(error, getattr(tree, golden["error"]))
    assert error.status == golden["status"]
    assert error.code == golden["code"]
    assert error.trace_id == "trace-golden-1"
    assert error.cause
    assert error.remedy
    attempts = len(scripted.seen)
    assert attempts > 1 if golden["retried"] else attempts == 1


@pytest.mark.parametrize("golden", GATEWAY, ids=lambda g: f"{g['status']}-{g['code']}-{g['error']}")
def test_gateway_error_of_a_create(golden, service, scripted):
    error = refused(scripted, lambda: service.create_feature(**CREATE), golden)
    attempts = len(scripted.seen)
    if golden["status"] >= 500:
        # The work may have been done: never sent twice from here.
        assert isinstance(error, AmbiguousCreateError)
        assert isinstance(error, ServiceError)
        assert attempts == 1
    else:
        assert isinstance(error, getattr(tree, golden["error"]))
        assert attempts > 1 if golden["retried"] else attempts == 1


@pytest.mark.parametrize("code", ["410", "420"])
def test_throttled_create_goes_through(code, service, scripted):
    created = json.loads((GOLDEN / "operations" / "create_feature.json").read_text())["answer"]
    busy = {"status": 429, "json": {"error": {"errorCode": code, "message": "slow down"}}}
    scripted.play(busy, busy, created)
    assert service.create_feature(**CREATE).id == FEATURE_ID
    assert len(scripted.seen) == 3
    assert len({seen.body for seen in scripted.seen}) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "body": ""},
        {"status": 200, "body": "not json"},
        {"status": 200, "body": "[1, 2]"},
        {"status": 200, "body": "null"},
        {"status": 200, "body": "<html></html>", "headers": {"Content-Type": "text/html"}},
        {"status": 200, "body": '{"feature_id": "6f1f'},
        {"status": 200, "body_base64": "/v8AZXJyb3IA"},
        {"status": 200, "body": "{}"},
        {"status": 200, "body": '{"status": "completed"}'},
    ],
    ids=lambda answer: repr(answer.get("body", "not UTF-8")),
)
def test_success_without_a_sensible_body(answer, service, scripted):
    error = refused(scripted, lambda: service.get_feature(FEATURE_ID), answer)
    assert isinstance(error, InvalidAnswerError)
    error = refused(scripted, lambda: service.create_feature(**CREATE), answer)
    assert isinstance(error, (AmbiguousCreateError, InvalidAnswerError))
    assert len(scripted.seen) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(status, service, scripted):
    away = {"status": status, "body": "", "headers": {"Location": "http://127.0.0.1:9/api/v1/x"}}
    error = refused(scripted, lambda: service.get_feature(FEATURE_ID), away)
    assert isinstance(error, ServiceError)
    assert {seen.target for seen in scripted.seen} == {f"/api/v1/features/{FEATURE_ID}"}


def test_retry_after_is_honored(scripted):
    naps = []
    settings = ServiceSettings(api_url=scripted.api_url, requests_per_second=None)
    credentials = Credentials(scripted.access_key, scripted.secret_key)
    service = Service(Transport(settings, lambda: credentials, sleep=naps.append))
    busy = {"status": 429, "json": {"error": {"errorCode": 410, "message": "slow down"}}}
    done = json.loads((GOLDEN / "operations" / "get_feature.json").read_text())["answer"]
    scripted.play({**busy, "headers": {"Retry-After": "7"}}, done)
    assert service.get_feature(FEATURE_ID).id == FEATURE_ID
    assert sum(naps) >= 7
