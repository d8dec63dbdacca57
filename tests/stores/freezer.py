"""A wire to a server that freezes at a chosen point, as if the server's process were stopped."""

from __future__ import annotations

import contextlib
import socket
import threading
from urllib.parse import urlsplit

CHUNK = 2**14
DRIP = 0.2


class Freezer:
    """Passes bytes on until a request begins that :meth:`freeze` names; then nothing moves.

    ``thaw()`` lets everything go on, what was held too: a process that was stopped goes on so.
    """

    def __init__(self, endpoint):
        parts = urlsplit(endpoint)
        self._target = parts.hostname, parts.port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self.endpoint = f"{parts.scheme}://{self.host}{parts.path}"
        self.struck = threading.Event()
        self._thawed = threading.Event()
        self._thawed.set()
        self._point = None
        self._sockets = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.thaw()
        for each in [self._listening, *self._sockets]:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def freeze(self, line, side, after, *, drip=False):
        """Freeze when a request begins with `line`: its request, or its answer, `after` bytes on.

        With `drip` the answer goes on, a byte now and then.
        """
        self.struck.clear()
        self._thawed.clear()
        self._point = line.encode(), side, after, drip

    def thaw(self):
        """Let everything go on."""
        self._point = None
        self._thawed.set()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(self._target)
                self._sockets += [client, server]
                wire = {"struck": False}
                for source, sink, side in ((client, server, "request"), (server, client, "answer")):
                    arguments = (source, sink, side, wire)
                    threading.Thread(target=self._pump, args=arguments, daemon=True).start()

    def _pump(self, source, sink, side, wire):
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                point = self._point
                if point and side == "request" and not self.struck.is_set():
                    wire["struck"] = data.startswith(point[0])
                    if wire["struck"]:
                        self.struck.set()
                if point and self.struck.is_set():
                    data = self._held(data, sink, side, wire, point)
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def _held(self, data, sink, side, wire, point):
        """Pass on what comes before the point, wait, and return the rest."""
        _, frozen, after, drip = point
        if wire["struck"] and side == "request" and frozen == "answer":
            return data
        passes = after if wire["struck"] and side == frozen else 0
        sink.sendall(data[:passes])
        for place in range(passes, len(data) if drip and wire["struck"] else passes):
            if self._thawed.wait(DRIP):
                return data[place:]
            sink.sendall(data[place : place + 1])
            passes = place + 1
        self._thawed.wait()
        return data[passes:]
