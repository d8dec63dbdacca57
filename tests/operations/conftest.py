"""A service with something on it, and what tests see of it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import nclue_pandas as nclue
from nclue_pandas.sandbox import Sandbox, SandboxSettings
from operations.shop import frames, upload


@pytest.fixture(scope="module")
def shop():
    """A service with a completed feature and task, and its client."""
    with Sandbox(SandboxSettings()) as sandbox, nclue.connect(sandbox) as client:
        upload(sandbox)
        sequences, answers = frames()
        feature = client.create_feature("base", sequences).wait()
        task = client.create_task("base", feature, answers).wait()
        yield SimpleNamespace(
            sandbox=sandbox,
            client=client,
            service=client.service,
            sequences=sequences,
            answers=answers,
            feature=feature,
            task=task,
        )


@pytest.fixture
def fresh(shop, request):
    """A name that no other test uses."""
    return request.node.name.replace("[", " ").replace("]", "")


@pytest.fixture
def sent(shop):
    """The operations that arrived at the service since the test began."""
    start = len(shop.sandbox.requests)
    return lambda: [request.operation for request in shop.sandbox.requests[start:]]


@pytest.fixture
def held(shop):
    """Keep jobs unfinished during the test; all that it made is deleted after it."""
    made = []
    shop.sandbox.configure(job_seconds=3600.0)
    yield made.append
    shop.sandbox.configure(job_seconds=0.0)
    for job in reversed(made):
        job.wait()
        job.delete()
