"""A server that answers whatever bytes a test gives it."""

from __future__ import annotations

import contextlib
import socket
import threading


def http(body=b"{}", *headers, status=200, length=None):
    """Return the bytes of an answer."""
    length = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {length}", "Connection: close", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


class Hostile:
    """Answers every request with the bytes that ``answer`` gives for its first line."""

    def __init__(self):
        self.answer = lambda line: http()
        self.requests = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/api/v1"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        """Stop listening."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError), connection:
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(65536)
            line = head.split(b"\r\n", 1)[0].decode()
            self.requests.append(line)
            answer = self.answer(line)
            for piece in [answer] if isinstance(answer, bytes) else answer:
                connection.sendall(piece)
