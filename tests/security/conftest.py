"""A hostile server, and a client of it."""

from __future__ import annotations

import pytest
from stores.hostile import Hostile

from nclue_pandas.config import Credentials, ServiceSettings
from nclue_pandas.service.operations import Service
from nclue_pandas.service.transport import Transport

KEYS = Credentials("HostileTestAccess", "Hostile/Test+Secret")


@pytest.fixture(autouse=True)
def _asked_again_at_once(no_pauses):
    pass


@pytest.fixture(scope="module")
def hostile_server():
    server = Hostile()
    yield server
    server.close()


@pytest.fixture
def hostile(hostile_server):
    hostile_server.requests.clear()
    return hostile_server


@pytest.fixture
def service(hostile):
    """A client of the hostile server that waits for nothing between attempts."""
    settings = ServiceSettings(
        hostile.url, requests_per_second=None, retries=1, read_timeout=20, connect_timeout=20
    )
    return Service(Transport(settings, lambda: KEYS, sleep=lambda seconds: None))
