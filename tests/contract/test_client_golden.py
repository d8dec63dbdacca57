"""The client against golden exchanges: what goes on the wire, and what is made of the answer."""

from __future__ import annotations

import json
import pickle
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from nclue_pandas.config import Credentials, ServiceSettings
from nclue_pandas.service.operations import Service
from nclue_pandas.service.transport import Transport, sign

GOLDEN = Path(__file__).parent / "golden"
OPERATIONS = {path.stem: json.loads(path.read_text()) for path in GOLDEN.glob("operations/*.json")}
VARIANTS = {path.stem: json.loads(path.read_text()) for path in GOLDEN.glob("variants/*.json")}
SIGNATURES = json.loads((GOLDEN / "signatures.json").read_text())
EXCHANGES = sorted({**OPERATIONS, **VARIANTS}.items())

TIMES = {"created_at", "completed_at"}


@pytest.fixture(scope="module")
def service(scripted):
    settings = ServiceSettings(api_url=scripted.api_url, requests_per_second=None)
    credentials = Credentials(scripted.access_key, scripted.secret_key)
    return Service(Transport(settings, lambda: credentials, sleep=lambda _: None))


def call(service, exchange):
    """Call the operation as a user of `Service` would: ids by position, the rest by name."""
    operation = getattr(service, exchange["operation"])
    if exchange["operation"].startswith(("get_", "delete_", "download_")):
        return operation(*exchange["call"].values())
    return operation(**exchange["call"])


def assert_signed(seen, scripted, signature) -> None:
    assert seen.headers["x-ncp-iam-access-key"] == scripted.access_key
    timestamp = seen.headers["x-ncp-apigw-timestamp"]
    assert abs(int(timestamp) / 1000 - time.time()) < 30
    assert seen.headers["x-ncp-apigw-signature-v2"] == signature(
        seen.method, seen.target, timestamp, scripted.access_key, scripted.secret_key
    )


def assert_typed(record, expected) -> None:
    """Each field has the value and exactly the type of the golden expectation."""
    for field, value in expected.items():
        actual = getattr(record, field)
        if value is not None and field in TIMES:
            assert isinstance(actual, datetime), field
            assert actual.utcoffset() is not None, field
            assert actual == datetime.fromisoformat(value), field
        elif field == "keywords":
            assert actual == tuple(value)
        else:
            assert (type(actual), actual) == (type(value), value), field


def test_every_operation_has_a_golden_exchange():
    kinds = ("feature", "task", "run", "shopping_intent", "custom_attributes")
    plural = ("features", "tasks", "runs", "shopping_intents", "custom_attributes")
    names = {f"{verb}_{kind}" for verb in ("create", "get", "delete") for kind in kinds}
    names |= {f"list_{kind}" for kind in plural} | {"download_shopping_intent"}
    assert set(OPERATIONS) == names
    assert len(names) == 21
    assert all(exchange["operation"] == name for name, exchange in OPERATIONS.items())


@pytest.mark.parametrize(("name", "exchange"), EXCHANGES, ids=[name for name, _ in EXCHANGES])
def test_request_on_the_wire(name, exchange, service, scripted, signature):
    scripted.play(exchange["answer"])
    call(service, exchange)
    (seen,) = scripted.seen
    golden = exchange["request"]
    assert (seen.method, seen.target) == (golden["method"], golden["target"])
    assert_signed(seen, scripted, signature)
    if golden["method"] == "POST":
        assert seen.headers["content-type"].split(";")[0] == "application/json"
        assert json.loads(seen.body.decode("utf-8")) == golden["json"]
    else:
        assert seen.body == b""
    assert scripted.secret_key not in str(seen)


@pytest.mark.parametrize(("name", "exchange"), EXCHANGES, ids=[name for name, _ in EXCHANGES])
def test_typed_answer(name, exchange, service, scripted):
    scripted.play(exchange["answer"])
    answered = call(service, exchange)
    expected = exchange["expected"]
    if exchange["operation"].startswith("download_"):
        assert answered == expected.encode("utf-8")
    elif exchange["operation"].startswith("delete_"):
        assert answered == expected
    elif exchange["operation"].startswith("list_"):
        assert (answered.index, answered.limit, answered.total) == (
            expected["index"],
            expected["limit"],
            expected["total"],
        )
        assert len(answered.items) == len(expected["items"])
        for record, item in zip(answered.items, expected["items"], strict=True):
            assert_typed(record, item)
        assert answered.raw == exchange["answer"]["json"]
    else:
        assert_typed(answered, expected)
        assert answered.raw == exchange["answer"]["json"]
        assert pickle.loads(pickle.dumps(answered)) == answered


def test_every_documented_answer_field_is_an_attribute(service, scripted):
    renamed = {"AUROC": "auroc", "keyword_set": "keywords"}
    for kind in ("feature", "task", "run", "shopping_intent", "custom_attributes"):
        exchange = OPERATIONS[f"get_{kind}"]
        scripted.play(exchange["answer"])
        record = call(service, exchange)
        short = {"shopping_intent": "profile", "custom_attributes": "profile"}.get(kind, kind)
        own = {f"{short}_id": "id", f"{short}_name": "name"}
        for field in exchange["answer"]["json"]:
            assert hasattr(record, {**renamed, **own}.get(field, field)), (kind, field)


@pytest.mark.parametrize("vector", SIGNATURES, ids=lambda vector: vector["target"])
def test_signature_vectors(vector, signature):
    keys = ("method", "target", "timestamp", "access_key", "secret_key")
    arguments = [vector[key] for key in keys]
    assert signature(*arguments) == vector["signature"]
    assert sign(*arguments) == vector["signature"]


def test_every_attempt_is_signed_anew(service, scripted, signature):
    busy = {"status": 503, "body": "", "headers": {"x-ncp-apigw-error-code": "500"}}
    scripted.play(busy, busy, OPERATIONS["get_feature"]["answer"])
    started = datetime.now().astimezone() - timedelta(seconds=1)
    record = call(service, OPERATIONS["get_feature"])
    assert record.status == "completed"
    assert len(scripted.seen) == 3
    for seen in scripted.seen:
        assert_signed(seen, scripted, signature)
        assert int(seen.headers["x-ncp-apigw-timestamp"]) >= started.timestamp() * 1000
