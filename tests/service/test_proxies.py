"""A proxy that is not there or lets nothing pass: it is named, without its password."""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest

from nclue_pandas import errors
from nclue_pandas.config import StorageSettings
from nclue_pandas.credentials import resolve_credentials
from nclue_pandas.storage.bucket import Bucket

HOST = "nclue.apigw.ntruss.com"
CREATE = {"name": "f", "source_bucket": "b", "source_file_path": "p.csv"}


def answer(status):
    return f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()


#: What a proxy answers to CONNECT, and what is said of it.
ANSWERS = {
    "nothing listens": (None, "Check HTTPS_PROXY"),
    "hangs up": (b"", "Check HTTPS_PROXY"),
    "no proxy": (b"hello\r\n\r\n", "Check HTTPS_PROXY"),
    "wants a password": (answer("407 Proxy Authentication Required"), "user:password@"),
    "refuses": (answer("403 Forbidden"), "answered 403"),
    "does not reach it": (answer("502 Bad Gateway"), "answered 502"),
}


@pytest.fixture(params=ANSWERS.values(), ids=ANSWERS)
def proxy(request, monkeypatch):
    """A proxy of the environment; yields its place and what must be said."""
    body, said = request.param
    listening = socket.create_server(("127.0.0.1", 0))
    place = f"127.0.0.1:{listening.getsockname()[1]}"

    def serve():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(body)

    if body is None:
        listening.close()
    else:
        threading.Thread(target=serve, daemon=True).start()
    for name in ("HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:hid%2Fden%40@{place}")
    yield place, said
    listening.close()


def test_a_proxy_on_the_way_to_the_service(proxy, make_service):
    place, said = proxy
    service = make_service(api_url=f"https://{HOST}/api/v1", retries=0)
    for call in (lambda: service.get_feature("f-1"), lambda: service.create_feature(**CREATE)):
        with pytest.raises(errors.ConnectionFailedError, match="cannot be reached") as caught:
            call()
        text = str(caught.value)
        assert place in text
        assert HOST in text
        assert said in text
        assert "hid" not in text


def test_a_proxy_on_the_way_to_the_store(proxy, no_pauses):
    place, said = proxy
    settings = StorageSettings("shop", options={"config_kwargs": {"retries": {"max_attempts": 1}}})
    bucket = Bucket(settings, resolve_credentials(access_key="KEY", secret_key="SECRET"))
    with pytest.raises(errors.StorageError, match="cannot be reached") as caught:
        bucket.check()
    text = str(caught.value)
    assert place in text
    assert said in text
    assert "hid" not in text


def test_without_a_proxy_none_is_named(monkeypatch, make_service):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    service = make_service(api_url=f"http://127.0.0.1:{port}/api/v1", retries=0)
    with pytest.raises(errors.ConnectionFailedError, match="Check the network") as caught:
        service.get_feature("f-1")
    assert "through the proxy" not in str(caught.value)
