"""Schemathesis sends whatever the description allows, and much that it does not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from nclue_pandas.sandbox import Sandbox
from nclue_pandas.sandbox.openapi import description

pytestmark = pytest.mark.usefixtures("no_pauses")

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as running:
        users = [f"u{number:03d}" for number in range(220)]
        lines = "".join(f"{u}\t{('tea', 'jam')[n % 2]}->milk\n" for n, u in enumerate(users))
        running.put_object("sequences.csv", lines.encode())
        running.put_object(
            "answers.csv", "".join(f"{u}\t{n % 2}\n" for n, u in enumerate(users)).encode()
        )
        yield running


class Signature(requests.auth.AuthBase):
    """Signs a request as its documentation says."""

    def __init__(self, sandbox):
        self.keys = sandbox.access_key, sandbox.secret_key

    def __call__(self, request):
        timestamp = str(int(time.time() * 1000))
        message = f"{request.method} {request.path_url}\n{timestamp}\n{self.keys[0]}"
        digest = hmac.new(self.keys[1].encode(), message.encode(), hashlib.sha256).digest()
        request.headers["x-ncp-apigw-timestamp"] = timestamp
        request.headers["x-ncp-iam-access-key"] = self.keys[0]
        request.headers["x-ncp-apigw-signature-v2"] = base64.b64encode(digest).decode()
        return request


API = schemathesis.openapi.from_dict(description("http://127.0.0.1/api/v1"))
OPERATIONS = {
    operation.ok().definition.raw["operationId"]: operation.ok()
    for operation in API.get_all_operations()
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation(name, sandbox):
    answered = set()

    @given(case=OPERATIONS[name].as_strategy())
    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def send(case):
        answer = case.call_and_validate(
            base_url=sandbox.api_url, auth=Signature(sandbox), checks=list(CHECKS), timeout=20
        )
        answered.add(answer.status_code)

    send()
    assert answered


def test_the_description_is_published(sandbox):
    answer = requests.get(f"{sandbox.api_url}/openapi.json", timeout=10)
    published = answer.json()
    assert published == description(sandbox.api_url)
    operations = [o for path in published["paths"].values() for o in path.values()]
    assert len({operation["operationId"] for operation in operations}) == 21
