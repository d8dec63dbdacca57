"""Who may talk to whom: loopback, Host headers, plain http, TLS, the metadata service."""

from __future__ import annotations

import ast
import datetime as dt
import hmac
import inspect
import io
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from stores.moto import MotoStore, certificate

from nclue_pandas import errors
from nclue_pandas.config import Credentials, ServiceSettings, StorageSettings
from nclue_pandas.credentials import RoleCredentials
from nclue_pandas.sandbox import ncp_layer, refusals
from nclue_pandas.service.operations import Service
from nclue_pandas.service.transport import Transport

KEYS = Credentials("BoundaryAccess", "Boundary/Secret+1")
FOREIGN = [
    "evil.example",
    "127.0.0.1",
    "localhost",
    "127.0.0.1.evil.example:{port}",
    "[::1]:{port}",
]


def own_addresses():
    """Return this machine's addresses beside loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing
        return {probe.getsockname()[0]} - {"127.0.0.1"}


@pytest.mark.parametrize("url", ["api_url", "endpoint"])
def test_the_sandbox_listens_on_loopback_only(sandbox, url):
    port = urlsplit(getattr(sandbox, url)).port
    with socket.create_connection(("127.0.0.1", port), timeout=30):
        pass
    for address in ["127.0.0.2", *own_addresses()]:
        with pytest.raises(OSError, match=r"refused|timed out|unreachable"):
            socket.create_connection((address, port), timeout=5).close()


@pytest.mark.parametrize("host", FOREIGN)
def test_foreign_hosts_are_refused_whatever_is_asked(sandbox, host):
    api, storage = urlsplit(sandbox.api_url), urlsplit(sandbox.endpoint)
    for parts, path in (
        (api, "/api/v1/features"),
        (api, "/api/v1/openapi.json"),
        (api, "/_sandbox/settings"),
        (api, "/_sandbox/requests"),
        (storage, f"/{sandbox.bucket}"),
    ):
        headers = {"Host": host.format(port=parts.port)}
        url = f"http://127.0.0.1:{parts.port}{path}"
        answer = requests.get(url, headers=headers, timeout=30)
        assert answer.status_code == 403
        assert "The Host header names another server." in answer.text
        assert sandbox.secret_key not in answer.text


def test_pages_of_a_browser_cannot_steer_the_sandbox(sandbox):
    url = sandbox.api_url.replace("/api/v1", "/_sandbox/settings")
    before = sandbox.settings
    answer = requests.post(
        url, data='{"rate_limit": false}', headers={"Origin": "https://evil.example"}, timeout=30
    )
    assert answer.status_code == 403
    assert sandbox.settings == before


@pytest.mark.parametrize("compared", [refusals.Gatekeeper.check_signature, ncp_layer._same])
def test_signatures_are_compared_in_constant_time(compared):
    source = inspect.getsource(compared)
    assert "hmac.compare_digest" in source
    tree = ast.parse(textwrap.dedent(source))
    assert not [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare) and "signature" in ast.unparse(node)
    ]


def test_every_signature_goes_through_that_comparison(sandbox, client, monkeypatch):
    compared, compare = [], hmac.compare_digest

    def recorded(left, right):
        compared.append(len(left))
        return compare(left, right)

    monkeypatch.setattr(hmac, "compare_digest", recorded)
    client.service.list_features()
    api = len(compared)
    client.storage.check()
    assert 0 < api < len(compared)


@pytest.mark.parametrize(
    "url", ["http://nclue.example/api/v1", "http://169.254.169.254", "http://[::2]"]
)
def test_plain_http_is_for_loopback_alone(url):
    with pytest.raises(errors.ConfigurationError, match="plain http"):
        ServiceSettings(url)
    with pytest.raises(errors.ConfigurationError, match="plain http"):
        StorageSettings("bucket", endpoint=url)


@pytest.mark.parametrize("make", [ServiceSettings, lambda **k: StorageSettings("bucket", **k)])
def test_a_bundle_that_is_not_there_is_said_at_once(make):
    with pytest.raises(errors.ConfigurationError, match="ca_bundle"):
        make(ca_bundle="nowhere/ca.pem")


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    """An https server that answers everything with a job, and its certificate."""
    bundle, key = certificate(tmp_path_factory.mktemp("tls"))

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            body = b'{"feature_id": "f-1"}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(bundle, key)
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.handle_error = lambda *_: None
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}", str(bundle)
        server.shutdown()


def service_at(url, **settings):
    made = ServiceSettings(url, requests_per_second=None, retries=0, **settings)
    return Service(Transport(made, lambda: KEYS))


def test_certificates_of_the_service_are_verified(tls):
    url, bundle = tls
    assert service_at(url, ca_bundle=bundle).get_feature("f-1").id == "f-1"
    with pytest.raises(errors.ConnectionFailedError, match="never switched off"):
        service_at(url).get_feature("f-1")
    with pytest.raises(errors.ConnectionFailedError, match="certificate"):
        service_at(url.replace("127.0.0.1", "localhost"), ca_bundle=bundle).get_feature("f-1")


def test_certificates_of_object_storage_are_verified(tmp_path):
    with MotoStore.start(tmp_path) as store:
        store.open().check()
        with pytest.raises(errors.StorageError, match="cannot be reached"):
            store.open(
                ca_bundle=None, options={"config_kwargs": {"retries": {"max_attempts": 1}}}
            ).put("a", io.BytesIO(b"x"), {})


PROBE = """
import socket
reached = set()
connect = socket.socket.connect
def recorded(self, address):
    reached.add(address[0] if isinstance(address, tuple) else "local")
    return connect(self, address)
socket.socket.connect = recorded
lookup = socket.getaddrinfo
def resolved(host, *rest, **options):
    reached.add(host)
    return lookup(host, *rest, **options)
socket.getaddrinfo = resolved
import asyncio, pandas as pd
sock_connect = asyncio.selector_events.BaseSelectorEventLoop.sock_connect
async def told(self, sock, address):
    reached.add(address[0])
    return await sock_connect(self, sock, address)
asyncio.selector_events.BaseSelectorEventLoop.sock_connect = told
import nclue_pandas as nclue
client = nclue.connect("sandbox")
client.create_feature("logs", pd.DataFrame({"user_id": ["u"], "sequence": ["a"]})).wait()
try:
    import os
    os.environ["HOME"] = "nowhere"
    nclue.connect(bucket="no-keys-here")
except nclue.errors.CredentialsError:
    print(*sorted(reached))
"""


def test_nothing_but_what_was_asked_for_is_reached():
    """No metadata service, no AWS host: with and without keys."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    assert "127.0.0.1" in done.stdout.split()
    assert set(done.stdout.split()) <= {"127.0.0.1", "localhost", "local"}


class Role(BaseHTTPRequestHandler):
    """A metadata service that answers what a test gives it."""

    answer = b""

    def log_message(self, *_):
        pass

    def do_PUT(self):
        self.send_error(404)

    def do_GET(self):
        body = b"role-1" if self.path.endswith("credentials") else type(self).answer
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def role():
    handler = type("Handler", (Role,), {})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        handler.url = f"http://127.0.0.1:{server.server_port}"
        yield handler
        server.shutdown()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b"7",
        b"{}",
        b"[" * 60_000,
        b" " * 10**6,
        b'{"AccessKeyId": 1, "SecretAccessKey": "s", "Expiration": "2026-01-01T00:00:00Z"}',
        b'{"AccessKeyId": "a", "SecretAccessKey": "s\\n", "Expiration": "2026-01-01T00:00:00Z"}',
        b'{"AccessKeyId": "a", "SecretAccessKey": "s", "Expiration": "0001-01-01T00:00:00Z"}',
        b'{"AccessKeyId": "a", "SecretAccessKey": "s", "Expiration": 5}',
    ],
    ids=range(10),
)
def test_a_metadata_service_that_makes_no_sense(role, answer):
    role.answer = answer
    with pytest.raises(errors.CredentialsError, match="role=True") as caught:
        RoleCredentials(role.url)()
    assert caught.value.__context__ is None


def test_keys_of_a_role_are_renewed_before_they_end(role):
    now = [dt.datetime(2026, 1, 1, tzinfo=dt.UTC)]
    role.answer = (
        b'{"AccessKeyId": "a1", "SecretAccessKey": "s", "Expiration": "2026-01-01T01:00:00Z"}'
    )
    keys = RoleCredentials(role.url, lambda: now[0])
    assert keys().access_key == "a1"
    role.answer = role.answer.replace(b"a1", b"a2").replace(b"T01", b"T02")
    now[0] += dt.timedelta(minutes=44, seconds=59)
    assert keys().access_key == "a1"
    now[0] += dt.timedelta(seconds=1)
    assert keys().access_key == "a2"


def test_no_file_of_the_package_switches_verification_off():
    package = Path(inspect.getfile(errors)).parent.parent
    texts = [path.read_text("utf-8") for path in package.rglob("*.py")]
    assert len(texts) > 50
    assert not [text for text in texts if "verify=False" in text or "CERT_NONE" in text]
