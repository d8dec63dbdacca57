"""A scripted HTTP server and the tools that golden exchanges are checked with.

Nothing here is shared with the package: the signature is computed anew from its definition, and
the server only repeats what the golden files say.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ACCESS_KEY = "GoldenAccessKey"
SECRET_KEY = "golden/Secret+Key"


@dataclass(frozen=True)
class Seen:
    """One request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Scripted:
    """What the server answers, in order (the last answer is repeated), and what it saw."""

    port: int
    answers: deque[dict[str, Any]] = field(default_factory=deque)
    seen: list[Seen] = field(default_factory=list)
    access_key: str = ACCESS_KEY
    secret_key: str = SECRET_KEY

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v1"

    def play(self, *answers: dict[str, Any]) -> None:
        """Forget what was, and give these answers from now on."""
        self.seen.clear()
        self.answers = deque(answers)

    def next_answer(self) -> dict[str, Any]:
        return self.answers.popleft() if len(self.answers) > 1 else self.answers[0]


def answer_bytes(answer: dict[str, Any]) -> bytes:
    """Return the body of a golden answer."""
    if "json" in answer:
        return json.dumps(answer["json"], ensure_ascii=False).encode()
    if "body_base64" in answer:
        return base64.b64decode(answer["body_base64"])
    return (answer.get("text") or answer.get("body") or "").encode()


def _handler(scripted: Callable[[], Scripted]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None:
            """Stay silent."""

        def _answer(self) -> None:
            script = scripted()
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            script.seen.append(Seen(self.command, self.path, headers, body))
            answer = script.next_answer()
            payload = answer_bytes(answer)
            self.send_response(answer["status"])
            default = {"Content-Type": "application/json", "x-ncp-trace-id": "trace-golden-1"}
            for name, value in {**default, **answer.get("headers", {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

    for method in ("GET", "POST", "DELETE"):
        setattr(Handler, f"do_{method}", Handler._answer)
    return Handler


@pytest.fixture(scope="module")
def scripted() -> Iterator[Scripted]:
    """Serve scripted answers on loopback."""
    holder: list[Scripted] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(lambda: holder[0]))
    server.daemon_threads = True
    holder.append(Scripted(server.server_address[1]))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield holder[0]
    server.shutdown()
    thread.join()
    server.server_close()


def signature_of(
    method: str, target: str, timestamp: str | int, access_key: str, secret_key: str
) -> str:
    """Compute a signature from its definition (contract, section 2)."""
    message = f"{method} {target}\n{timestamp}\n{access_key}".encode()
    digest = hmac.new(secret_key.encode(), message, hashlib.sha256).digest()
    return base64.b64encode(digest).decode("ascii")


@pytest.fixture(scope="session")
def signature() -> Callable[..., str]:
    """Compute a signature from its definition."""
    return signature_of
