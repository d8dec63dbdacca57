"""The stores, each started once a worker and when a test first asks for it."""

from __future__ import annotations

import uuid
from contextlib import ExitStack

import pytest
from stores.base import StoreUnavailableError
from stores.moto import MotoStore
from stores.s3rver import S3rverStore
from stores.swift import SwiftStore


@pytest.fixture(autouse=True)
def _asked_again_at_once(no_pauses):
    pass


@pytest.fixture(scope="session")
def moto_http():
    """The embedded store over http."""
    with MotoStore.start() as store:
        yield store


@pytest.fixture(scope="session")
def moto_https(tmp_path_factory):
    """The embedded store over https."""
    with MotoStore.start(tmp_path_factory.mktemp("tls")) as store:
        yield store


@pytest.fixture(scope="session")
def swift():
    """OpenStack Swift."""
    yield from started(SwiftStore)


@pytest.fixture(scope="session")
def s3rver():
    """An independent S3 server for Node."""
    yield from started(S3rverStore)


def started(kind):
    """Start a store, or skip with the reason why it cannot."""
    with ExitStack() as stack:
        try:
            store = stack.enter_context(kind.start())
        except StoreUnavailableError as reason:
            pytest.skip(str(reason))
        yield store


@pytest.fixture
def store(request):
    """A fresh bucket on the store that the test's parameter names."""
    name = f"{request.param.replace('_', '-')}-{uuid.uuid4().hex[:12]}"
    return request.getfixturevalue(request.param).beside(name)
