"""A wire to a store that a test can stop after any byte, and let go on."""

from __future__ import annotations

import contextlib
import socket
import threading
from urllib.parse import urlsplit

CHUNK = 2**14
#: Small buffers: what the client has sent is close to what has passed.
BUFFER = 2**16


class Relay:
    """Passes bytes on between clients and one server, and counts those of the clients.

    ``hold(after=n)`` stops the bytes from the clients once `n` have passed; ``held`` is set when
    it has come to that. ``release()`` lets everything pass.
    """

    def __init__(self, endpoint):
        parts = urlsplit(endpoint)
        self._target = parts.hostname, parts.port
        self._listening = socket.socket()
        self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        self._listening.bind(("127.0.0.1", 0))
        self._listening.listen()
        self.endpoint = f"{parts.scheme}://127.0.0.1:{self._listening.getsockname()[1]}"
        self.held = threading.Event()
        self._limit = None
        self._passed = 0
        self._open = threading.Condition()
        self._sockets = set()
        self._pumps = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release()
        for each in [self._listening, *self._sockets]:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def hold(self, *, after):
        """Stop the bytes from the clients when `after` more have passed."""
        with self._open:
            self.held.clear()
            self._limit = self._passed + after

    def release(self):
        """Let everything pass."""
        with self._open:
            self._limit = None
            self._open.notify_all()

    def drain(self):
        """Let everything pass, and wait until both sides have closed all that was open."""
        self.release()
        for pump in self._pumps:
            pump.join(60)

    def _accept(self):
        while True:
            try:
                client, _ = self._listening.accept()
                server = socket.create_connection(self._target)
            except OSError:
                return
            self._sockets |= {client, server}
            for source, sink, gate in ((client, server, self._gate), (server, client, len)):
                pump = threading.Thread(target=_pump, args=(source, sink, gate), daemon=True)
                pump.start()
                self._pumps.append(pump)

    def _gate(self, data):
        with self._open:
            while self._limit is not None and self._passed >= self._limit:
                self.held.set()
                self._open.wait()
            self._passed += len(data)


def _pump(source, sink, gate):
    with contextlib.suppress(OSError):
        while data := source.recv(CHUNK):
            gate(data)
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
