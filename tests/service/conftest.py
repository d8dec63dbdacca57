"""A scripted HTTP server that can also misbehave below the level of HTTP."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager

import pytest

from nclue_pandas.config import Credentials, ServiceSettings
from nclue_pandas.service.operations import Service
from nclue_pandas.service.transport import Transport

KEYS = Credentials("TestAccessKey", "Test/Secret+Key")


def http(status=200, body=b"{}", headers=()):
    """Return the bytes of an answer."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Script:
    """Answers connections in order with given bytes, the last one repeated.

    None closes the connection without an answer; ``"hang"`` leaves it open.
    """

    def __init__(self):
        self.answers = []
        self.requests = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._held = []
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def play(self, *answers):
        self.requests.clear()
        self.answers = list(answers)

    def close(self):
        self._socket.close()
        for held in self._held:
            held.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.requests.append(self._read(connection))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if answer == "hang":
                self._held.append(connection)
                continue
            if answer is not None:
                connection.sendall(answer)
            connection.close()

    @staticmethod
    def _read(connection):
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                while len(body) < int(line.split(b":")[1]):
                    body += connection.recv(65536)
        return head.decode() + "\n\n" + body.decode()


@pytest.fixture(scope="module")
def script():
    script = Script()
    yield script
    script.close()


@pytest.fixture
def slept():
    """The pauses that the client under test would have made."""
    return []


@pytest.fixture
def make_service(script, slept):
    def make(**settings):
        settings = {
            "api_url": f"http://127.0.0.1:{script.port}/api/v1",
            "requests_per_second": None,
            "read_timeout": 0.3,
            **settings,
        }
        return Service(Transport(ServiceSettings(**settings), lambda: KEYS, sleep=slept.append))

    return make


@pytest.fixture
def service(make_service):
    return make_service()


@contextmanager
def closed_port():
    """Yield a port of this machine on which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
