"""TLS that fails before a request, when nothing was done, and after it, when it may have been."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading

import pytest
from stores.moto import certificate

from nclue_pandas import errors

FEATURE = {"feature_id": "f-1", "feature_name": "f", "status": "completed"}
CREATE = {"name": "f", "source_bucket": "b", "source_file_path": "p.csv"}
BODY = json.dumps(FEATURE).encode()
OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(BODY), BODY)
#: What comes on the wire, beneath TLS, once a request has arrived.
AFTER = {
    "plain text": b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
    "an alert": b"\x15\x03\x03\x00\x02\x02\x28",
    "a broken record": b"\x17\x03\x03\x00\x20" + b"\xff" * 32,
    "a record too long": b"\x17\x03\x03\xff\xff" + b"\x00" * 64,
    "nothing": b"",
}
#: What comes instead of a handshake.
INSTEAD = {
    "plain text": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "nothing": b"",
    "an alert": AFTER["an alert"],
}


class TlsServer:
    """Answers connections in order: (bytes beneath TLS, whether the handshake comes first)."""

    def __init__(self, folder):
        self.bundle, key = certificate(folder)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.bundle, key)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._socket.getsockname()[1]}/api/v1"
        self.requests, self.faults = [], []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        self._socket.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                raw, _ = self._socket.accept()
                with contextlib.suppress(OSError), raw:
                    self._answer(raw, *(self.faults.pop(0) if self.faults else (None, True)))

    def _answer(self, raw, fault, shakes):
        raw.settimeout(5)
        if not shakes:
            raw.recv(65536)
            raw.sendall(fault)
            return
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self._context.wrap_bio(incoming, outgoing, server_side=True)
        self._pumped(raw, incoming, outgoing, tls.do_handshake)
        request = b""
        while b"\r\n\r\n" not in request:
            request += self._pumped(raw, incoming, outgoing, lambda: tls.read(65536))
        if request.startswith(b"POST") and not request.endswith(b"}"):
            request += self._pumped(raw, incoming, outgoing, lambda: tls.read(65536))
        self.requests.append(request.split()[0].decode())
        if fault is None:
            tls.write(OK)
            fault = outgoing.read()
        raw.sendall(fault)

    @staticmethod
    def _pumped(raw, incoming, outgoing, step):
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                raw.sendall(outgoing.read())
                data = raw.recv(65536)
                if not data:
                    raise OSError("closed") from None
                incoming.write(data)
            else:
                raw.sendall(outgoing.read())
                return done


@pytest.fixture
def server(tmp_path):
    server = TlsServer(tmp_path)
    yield server
    server.close()


@pytest.fixture
def service(server, make_service):
    return make_service(api_url=server.url, ca_bundle=str(server.bundle), read_timeout=5.0)


@pytest.mark.parametrize("fault", AFTER.values(), ids=AFTER)
def test_a_create_whose_answer_breaks_may_have_been_carried_out(server, service, fault):
    server.faults = [(fault, True)]
    with pytest.raises(errors.AmbiguousCreateError):
        service.create_feature(**CREATE)
    assert server.requests == ["POST"]


@pytest.mark.parametrize("fault", AFTER.values(), ids=AFTER)
def test_a_question_whose_answer_breaks_is_asked_again(server, service, fault):
    server.faults = [(fault, True)]
    assert service.get_feature("f-1").status == "completed"
    assert server.requests == ["GET", "GET"]


@pytest.mark.parametrize("fault", INSTEAD.values(), ids=INSTEAD)
def test_a_handshake_that_fails_sent_nothing(server, service, fault):
    server.faults = [(fault, False)]
    assert service.create_feature(**CREATE).id == "f-1"
    assert server.requests == ["POST"]


def test_a_certificate_that_is_not_trusted_sent_nothing(server, make_service):
    service = make_service(api_url=server.url, retries=0)
    with pytest.raises(errors.ConnectionFailedError, match="certificate"):
        service.create_feature(**CREATE)
    assert server.requests == []
